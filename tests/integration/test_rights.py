"""Her rights, on both databases: what she is shown, who may stop, restart and erase, and how a withdrawal has travelled."""

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from consent.log.append import LogSigner
from consent.log.entry import EntryKind
from consent.migrations import bring_up_to_date
from consent.outcomes import Outcomes
from consent.rights.about_her import entries_about_her
from consent.rights.access import access_file
from consent.rights.acts import DoneNow, NotDone, take
from consent.rights.history import History, history
from consent.rights.paper import Paper, propose, stand_beside
from consent.rights.travelled import LATE_AFTER, Came, Report, in_words, report
from consent.store import alone, open_store
from contracts.consent_check import Outcome, OutcomeBatch
from contracts.identifiers import new_id
from contracts.keyring import PEOPLE, load_signing_key
from contracts.kinds import Kind
from contracts.vocabulary import ConsentAnswer, Exemption, Ground, Label, Purpose, Reason, Right
from tests.factories import consent_given, partnership
from tests.unit.consent.conftest import RECORD, Desk, arrives, ashby, asked

NAMES = {agency.id: agency.neutral_name for agency in partnership().directory.document.agencies}
GOVERNANCE, SECOND, SAFEGUARDING = "r_ellery", "v_marchmont", "j_tolland"


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    engine = open_store(database_url)
    bring_up_to_date(engine)
    yield Desk(engine, partnership(), ashby(), partnership().now)
    engine.dispose()


def hers(person: str) -> Any:
    return load_signing_key(partnership().folder / PEOPLE / person)


def paper(desk: Desk, right: Right, by: str = GOVERNANCE, second: str | None = None, **changes: Any) -> Paper:
    directory = partnership().directory
    values: dict[str, Any] = {"ground": Ground.SHE_CONTESTS_IT, "why": "she wrote to us", **changes}
    made = propose(right, (RECORD,), values.pop("ground"), values.pop("why"), hers(by), directory, desk.now, **values)
    return stand_beside(made, hers(second), directory, desk.now) if second else made


def carry_out(desk: Desk, made: Paper) -> DoneNow | NotDone:
    signer = LogSigner(partnership().directory.log_name, partnership().log_signing.ed25519)
    with alone(desk.engine) as connection:
        return take(connection, made.statement, made.second, partnership().directory, signer, desk.now)


def shown(desk: Desk) -> History:
    with desk.engine.begin() as connection:
        return history(entries_about_her(connection, [RECORD]), NAMES)


def released(desk: Desk, **changes: Any) -> str:
    received = arrives(**changes)
    assert desk.ask_one(asked(received)).answer == "permitted"
    return received.header.id


# --- what she is shown


def test_her_history_says_in_plain_words_what_she_said_and_who_was_told_what(desk: Desk) -> None:
    desk.consented()
    released(desk)
    desk.ask_one(asked(arrives(Kind.CONSENT_WITHDRAWN)))
    desk.ask_one(asked(arrives()))
    said = [line.partition(": ")[2] for line in shown(desk).lines]
    about = "who you are, how to reach you safely, what was asked for and what keeps you safe, to find you support."
    assert said == [
        f"You said yes when Ashby Advice Team asked whether Ashby Link may know {about}",
        f"Ashby Advice Team told Ashby Link {about}",
        "You took a yes back. Ashby Advice Team passed that on, and everyone who had been told was told so.",
        "Ashby Advice Team wanted to tell Ashby Link something about you. It was not passed on.",
    ]


def test_what_may_spoil_an_investigation_is_kept_back_and_counted_for_the_officer_alone(desk: Desk) -> None:
    desk.consented()
    desk.ask_one(asked(arrives(facts_changes={"purpose": Purpose.SAFEGUARDING})))
    found = shown(desk)
    assert len(found.lines) == 1
    assert found.kept_back == {"may spoil an investigation, or somebody's safety": 1}
    with zipfile.ZipFile(io.BytesIO(access_file(found, "1 November 2026"))) as file:
        words, data = (file.read(name).decode() for name in file.namelist())
    assert "safeguarding" not in data
    assert "spoil" not in words
    assert "worker_7" not in words + data, "no worker is named to her"
    assert [entry["what"] for entry in json.loads(data)["entries"]] == ["consent"]


# --- who may stop, restart and erase


def test_one_officer_stops_sharing_and_two_let_it_go_on(desk: Desk) -> None:
    desk.consented()
    received = arrives()
    assert desk.ask_one(asked(received)).answer == "permitted"
    assert isinstance(carry_out(desk, paper(desk, Right.RESTRICT)), DoneNow)
    assert desk.ask_one(asked(received)).answer == "stale", "what was decided before is decided again"
    held = desk.ask_one(asked(received, attempt=2))
    assert (held.answer, held.clauses, held.owner) == ("held", ("h2",), "governance_officer")
    assert held.reason is Reason.OFFICER_LOOKS, "that she asked for it is not told to whoever sends"
    assert restricted(desk) is True

    alone_she = carry_out(desk, paper(desk, Right.LIFT, ground=Ground.SETTLED))
    assert isinstance(alone_she, NotDone)
    assert alone_she.reason is Reason.SECOND_PERSON_AWAITED
    own_second = carry_out(desk, paper(desk, Right.LIFT, second=GOVERNANCE, ground=Ground.SETTLED))
    assert isinstance(own_second, NotDone)
    assert own_second.reason is Reason.APPROVER_NOT_ALLOWED
    assert isinstance(carry_out(desk, paper(desk, Right.LIFT, second=SECOND, ground=Ground.SETTLED)), DoneNow)
    assert desk.ask_one(asked(received, attempt=3)).answer == "permitted"
    assert restricted(desk) is False
    assert desk.kinds().count(EntryKind.RIGHT) == 2


def restricted(desk: Desk) -> bool:
    """Whether the newest decision was made under a restriction."""
    entry = desk.log()[-1]
    assert entry.subject is not None
    return bool(entry.subject.fields["context"].get("restricted", False))


def test_an_objection_stops_its_own_purpose_and_no_other(desk: Desk) -> None:
    desk.consented()
    carry_out(desk, paper(desk, Right.OBJECT, ground=Ground.SHE_OBJECTS, purpose=Purpose.HOUSING_REFERRAL))
    released(desk)
    assert restricted(desk) is False
    carry_out(desk, paper(desk, Right.OBJECT, ground=Ground.SHE_OBJECTS, purpose=Purpose.SUPPORT_REFERRAL))
    assert desk.ask_one(asked(arrives())).clauses == ("h2",)
    assert restricted(desk) is True


REFUSED: dict[str, tuple[Callable[[Desk], Paper], Reason]] = {
    "by another office": (lambda desk: paper(desk, Right.RESTRICT, by=SAFEGUARDING), Reason.APPROVER_NOT_ALLOWED),
    "without a word why": (lambda desk: paper(desk, Right.RESTRICT, why=""), Reason.MISSING_FIELD),
    "an erasure by one": (
        lambda desk: paper(desk, Right.ERASE, exemption=Exemption.NONE_APPLIES),
        Reason.SECOND_PERSON_AWAITED,
    ),
    "an erasure with no exemption looked at": (lambda desk: paper(desk, Right.ERASE, second=SECOND), Reason.MISSING_FIELD),
    "an erasure that an exemption forbids": (
        lambda desk: paper(desk, Right.ERASE, second=SECOND, exemption=Exemption.LEGAL_CLAIMS),
        Reason.MISSING_FIELD,
    ),
    "with a second who stood beside something else": (
        lambda desk: paper(desk, Right.LIFT).model_copy(update={"second": paper(desk, Right.LIFT, second=SECOND).second}),
        Reason.PARTS_DO_NOT_FIT,
    ),
}


@pytest.mark.parametrize("how", REFUSED)
def test_an_act_that_is_not_whole_changes_nothing_and_is_written_down(desk: Desk, how: str) -> None:
    desk.consented()
    make, reason = REFUSED[how]
    before = desk.kinds()
    done = carry_out(desk, make(desk))
    assert isinstance(done, NotDone)
    assert done.reason is reason
    assert desk.kinds() == [*before, EntryKind.ACT_REFUSED]
    assert (desk.rows("restriction"), len(shown(desk).lines)) == (0, 1)


def test_a_statement_is_carried_out_once(desk: Desk) -> None:
    made = paper(desk, Right.RESTRICT)
    assert isinstance(carry_out(desk, made), DoneNow)
    again = carry_out(desk, made)
    assert isinstance(again, NotDone)
    assert again.reason is Reason.REPLAYED


def test_what_is_erased_is_gone_and_her_no_is_still_obeyed(desk: Desk) -> None:
    desk.consented()
    released(desk)
    no = consent_given(consent="c1" * 16, answer=ConsentAnswer.REFUSED, recipient="housing-ashby", labels=(Label.REQUEST,))
    desk.ask_one(asked(arrives(Kind.CONSENT_RECORDED, said=no)))
    made = paper(desk, Right.ERASE, second=SECOND, ground=Ground.NO_LONGER_NEEDED, exemption=Exemption.NONE_APPLIES)
    done = carry_out(desk, made)
    assert isinstance(done, DoneNow)
    assert done.erased == 3
    assert shown(desk) == History((), (), {})
    assert [one.subject for one in desk.log() if one.kind is not EntryKind.ERASURE] == [None, None, None]
    assert desk.log()[-1].skeleton["approved_by"] == ["cjit-ashby/r_ellery", "project-ashby/v_marchmont"]
    (kept,) = desk.recordings(RECORD)
    assert (kept.consent.answer, kept.consent.circumstances.wording) == (ConsentAnswer.REFUSED, "not_kept")
    with desk.engine.begin() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM decision WHERE record IS NOT NULL").scalar_one() == 0


# --- how a withdrawal has travelled


def reported(desk: Desk, name: str) -> Report:
    with desk.engine.begin() as connection:
        found = report(connection, name, desk.now)
    assert found is not None
    return found


def told(desk: Desk, telling: str, state: str, *, reason: Reason | None = None) -> None:
    outcome = Outcome(
        message=telling, attempt=1, state=state, reason=reason, sender="cjit-ashby", recipient="project-ashby",
        kind=Kind.REFERRAL_MADE.value, at=desk.now,
    )  # fmt: skip
    signer = LogSigner(partnership().directory.log_name, partnership().log_signing.ed25519)
    Outcomes(desk.engine, signer, desk.keys.directory).write(OutcomeBatch(id=new_id(), outcomes=(outcome,)).wire(), desk.now)


def test_the_report_of_a_withdrawal_says_who_was_told_and_what_cannot_be_recalled(desk: Desk) -> None:
    desk.consented()
    opened, queued, stopped, silent = (released(desk) for _ in range(4))
    withdrawal = arrives(Kind.CONSENT_WITHDRAWN)
    tellings = {one.message: one.id for one in desk.ask_one(asked(withdrawal)).tellings}
    assert [line.came for line in reported(desk, withdrawal.header.id).lines] == [Came.PENDING] * 4
    told(desk, tellings[opened], "acknowledged")
    told(desk, tellings[queued], "recalled")
    told(desk, tellings[stopped], "acknowledged")
    told(desk, stopped, "refused", reason=Reason.CONSENT_WITHDRAWN)
    desk.now += LATE_AFTER + 1
    found = reported(desk, "c0" * 16)
    assert {line.message: line.came for line in found.lines} == {
        opened: Came.ACKNOWLEDGED, queued: Came.RECALLED, stopped: Came.STOPPED, silent: Came.LATE,
    }  # fmt: skip
    assert not found.complete
    assert {line.message for line in found.not_recalled} == {opened, silent}
    assert in_words(found, NAMES)[-2:] == [
        "4 messages had been released: 2 stopped in time, 2 beyond recall.",
        "Not complete: somebody has not acknowledged it yet.",
    ]
    told(desk, tellings[silent], "acknowledged")
    assert reported(desk, "c0" * 16).complete


def test_a_withdrawal_of_what_nobody_was_told_is_a_whole_report_too(desk: Desk) -> None:
    desk.consented()
    desk.ask_one(asked(arrives(Kind.CONSENT_WITHDRAWN)))
    found = reported(desk, "c0" * 16)
    assert found.complete
    assert found.lines == ()
    with desk.engine.begin() as connection:
        assert report(connection, new_id(), desk.now) is None
