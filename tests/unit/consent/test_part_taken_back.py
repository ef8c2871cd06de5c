"""She takes back a part of what she agreed to: that part is a no from then on, the rest of her yes stands."""

from consent.log.entry import EntryKind
from consent.rights.travelled import report
from contracts.kinds import Kind
from contracts.messages.compartments import Request
from contracts.messages.consents import ConsentWithdrawn
from contracts.messages.referrals import ReferralMade
from contracts.vocabulary import Label, Reason
from tests.factories import MINUTE, person
from tests.unit.consent.conftest import Desk, arrives, asked

CONSENT = "c0" * 16


def taken_back(desk: Desk, *labels: Label) -> ConsentWithdrawn:
    return ConsentWithdrawn(consent=CONSENT, labels=labels, withdrawn_at=desk.now, taken_by="worker_7")


def without_contact(desk: Desk) -> ReferralMade:
    del desk
    return ReferralMade(request=Request(needs=("safety",)), identity=person().identity)


def test_the_part_is_refused_the_rest_goes_on_and_whoever_had_it_is_told(desk: Desk) -> None:
    desk.consented()
    before = arrives()
    assert desk.ask_one(asked(before)).answer == "permitted"
    only_her_request = arrives(said=without_contact(desk))
    assert desk.ask_one(asked(only_her_request)).answer == "permitted"
    desk.now += MINUTE

    told = desk.ask_one(asked(arrives(Kind.CONSENT_WITHDRAWN, said=taken_back(desk, Label.CONTACT))))

    assert (told.answer, told.withdrawn) == ("recorded", True)
    # Only the message in which it stood; not the one that never had it.
    assert [one.message for one in told.tellings] == [before.header.id]
    again = desk.ask_one(asked(before, attempt=2))
    assert (again.answer, again.reason) == ("refused", Reason.CONSENT_REFUSED)
    assert desk.ask_one(asked(only_her_request, attempt=2)).answer == "permitted"
    entry = next(entry for entry in desk.log() if entry.kind is EntryKind.WITHDRAWAL)
    assert entry.subject is not None
    assert (entry.subject.fields["consent"], entry.subject.fields["labels"]) == (CONSENT, ["contact"])


def test_told_twice_it_is_one(desk: Desk) -> None:
    desk.consented()
    before = arrives()
    desk.ask_one(asked(before))
    received = arrives(Kind.CONSENT_WITHDRAWN, said=taken_back(desk, Label.CONTACT))
    first = desk.ask_one(asked(received))
    again, later = desk.ask_one(asked(received)), desk.ask_one(asked(received, attempt=2))
    assert first.tellings == again.tellings == later.tellings
    assert (again.answer, later.answer) == ("recorded", "recorded")
    assert desk.kinds().count(EntryKind.WITHDRAWAL) == 1


def test_all_of_its_labels_is_all_of_it(desk: Desk) -> None:
    desk.consented()
    (recorded,) = [one.consent for one in desk.recordings("a1" * 16)]
    desk.ask_one(asked(arrives(Kind.CONSENT_WITHDRAWN, said=taken_back(desk, *recorded.labels))))
    assert desk.rows("withdrawal") == 1


def test_what_she_never_agreed_to_cannot_be_taken_back(desk: Desk) -> None:
    desk.consented()
    told = desk.ask_one(asked(arrives(Kind.CONSENT_WITHDRAWN, said=taken_back(desk, Label.HOUSING))))
    assert (told.answer, told.reason) == ("refused", Reason.VALUE_NOT_ALLOWED)


def test_the_report_names_who_had_the_part_or_that_nobody_had(desk: Desk) -> None:
    desk.consented()
    nobody = arrives(Kind.CONSENT_WITHDRAWN, said=taken_back(desk, Label.SAFETY))
    desk.ask_one(asked(nobody))
    with desk.engine.begin() as connection:
        found = report(connection, nobody.header.id, desk.now)
    assert found is not None
    assert (found.what, found.lines, found.complete) == (EntryKind.WITHDRAWAL, (), True)
