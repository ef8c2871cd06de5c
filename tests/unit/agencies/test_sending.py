"""What leaves: once for each record, in order, kept until RabbitMQ has it, and told when its time runs out."""

import pytest

from agencies.case_system import LocalRecord
from agencies.drafts import Rejected
from agencies.sending import Taken
from agencies.store import Store, StoreError
from contracts.envelope import check_addressee, check_signature, check_times, read_submission
from contracts.kinds import Kind
from contracts.vocabulary import Reason, ReceiptState
from tests.unit.agencies.town import IDENTITY, Desk

CHECK = {"type": "caseload_check", "identity": IDENTITY, "presentation": "custody"}


def test_a_record_given_twice_is_one_message_even_after_a_kill(desk) -> None:
    cjit: Desk = desk("cjit-ashby")
    first = cjit.take(id="k-1", **CHECK)
    cjit.again()
    second = cjit.take(id="k-1", **CHECK)
    assert isinstance(first, Taken)
    assert isinstance(second, Taken)
    assert (second.message, second.kind) == (first.message, None)
    assert cjit.outbox.depth() == 1


def test_another_record_under_the_same_id_is_refused(desk) -> None:
    cjit: Desk = desk("cjit-ashby")
    cjit.take(id="k-1", **CHECK)
    other = cjit.take(id="k-1", **{**CHECK, "presentation": "court"})
    assert isinstance(other, Rejected)
    assert other.code == "id-used-before"
    assert cjit.outbox.depth() == 1


def test_what_leaves_is_what_the_broker_accepts(desk) -> None:
    cjit: Desk = desk("cjit-ashby")
    cjit.register()
    cjit.take(id="k-1", **CHECK)
    for one in cjit.outbox.queued(10):
        received = read_submission(one.body)
        assert check_signature(received, cjit.party.directory) is None
        assert check_times(received.header, cjit.clock()) is None
        assert check_addressee(received.header, cjit.party.directory) is None


def test_numbers_have_no_gap_and_the_order_is_kept(desk) -> None:
    cjit: Desk = desk("cjit-ashby")
    for number in range(5):
        cjit.take(id=f"k-{number}", **CHECK)
        cjit.again()
    assert [read_submission(one.body).header.sequence for one in cjit.outbox.queued(10)] == [1, 2, 3, 4, 5]


def test_what_rabbitmq_confirmed_is_not_published_again_and_its_bytes_go_with_the_first_receipt(desk) -> None:
    cjit: Desk = desk("cjit-ashby")
    taken = cjit.take(id="k-1", **CHECK)
    assert isinstance(taken, Taken)
    cjit.outbox.confirmed([taken.message])
    cjit.again()
    assert cjit.outbox.queued(10) == []
    kept = "SELECT body IS NOT NULL FROM message WHERE id = ?"
    assert cjit.store.rows.execute(kept, (taken.message,)).fetchone()[0] == 1
    cjit.outbox.told(taken.message, ReceiptState.RECEIVED, None)
    assert cjit.store.rows.execute(kept, (taken.message,)).fetchone()[0] == 0


def test_what_is_past_its_time_is_told_and_not_sent(desk) -> None:
    cjit: Desk = desk("cjit-ashby")
    cjit.take(id="late", wanted_within_seconds=10, **CHECK)
    cjit.take(id="fresh", **CHECK)
    cjit.clock.now += 11_000
    (due,) = cjit.sending.due(10)
    assert cjit.outbox.record_of(due.id) == "fresh"
    (told,) = cjit.inbox.to_tell(10)
    assert (told.fields["record"], told.fields["state"], told.fields["reason"]) == ("late", "expired", Reason.EXPIRED.value)
    assert [one.id for one in cjit.sending.due(10)] == [due.id]
    assert len(cjit.inbox.to_tell(10)) == 1


def test_many_receipts_travel_as_one_message_and_at_most_two_hundred(desk) -> None:
    cjit: Desk = desk("cjit-ashby")
    for number in range(201):
        cjit.inbox.owe_receipt(f"{number:032x}", 1, "delivered", None)
    assert (cjit.sending.bundle_receipts(), cjit.sending.bundle_receipts(), cjit.sending.bundle_receipts()) == (200, 1, 0)
    kinds = [read_submission(one.body).header.kind for one in cjit.outbox.queued(10)]
    assert kinds == [Kind.RECEIPTS, Kind.RECEIPTS]
    cjit.outbox.confirmed([one.id for one in cjit.outbox.queued(10)])
    assert cjit.store.rows.execute("SELECT COUNT(*) FROM message").fetchone()[0] == 0


def test_a_case_is_opened_on_the_check_that_went_before(desk) -> None:
    cjit: Desk = desk("cjit-ashby")
    cjit.register()
    check = cjit.take(id="k-1", **CHECK)
    assert isinstance(check, Taken)
    step = cjit.sent(type="case_open", id="o-1", person="client-9", role="lead", check="k-1").submission.for_broker.step
    assert step is not None
    assert step.model_dump()["check"] == check.message


def test_registering_her_again_keeps_her_reference(desk) -> None:
    cjit: Desk = desk("cjit-ashby")
    first = cjit.register().submission.for_broker.reference
    again = cjit.sent(type="person", id="p-2", person="client-9", identity={**IDENTITY, "aliases": ["Mari"]})
    assert again.submission.for_broker.reference == first


def test_only_one_agency_uses_a_file(desk) -> None:
    cjit: Desk = desk("cjit-ashby")
    with pytest.raises(StoreError, match="belongs to another agency"):
        Store(cjit.path, "project-ashby")


def test_a_name_is_nowhere_in_the_file_of_what_was_sent(desk) -> None:
    cjit: Desk = desk("cjit-ashby")
    cjit.sending.take(LocalRecord("k-1", {"id": "k-1", **CHECK}))
    assert all(b"Quillfeather" not in path.read_bytes() for path in cjit.path.parent.iterdir())
