"""What leaves: once for each record, in order, kept until RabbitMQ has it, and told when its time runs out."""

from typing import Any

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


def test_of_several_records_at_once_the_good_ones_go_and_a_refused_one_leaves_no_gap(desk) -> None:
    cjit: Desk = desk("cjit-ashby")
    cjit.register()
    long = {**IDENTITY, "aliases": ["a" * 120] * 8}
    written: list[dict[str, Any]] = [CHECK, {"type": "no such thing"}, CHECK, {**CHECK, "identity": long}, CHECK]
    records = [LocalRecord(f"k-{place}", {**fields, "id": f"k-{place}"}) for place, fields in enumerate(written)]
    first = cjit.sending.take_all(records)
    assert [type(result) for result in first[:3]] == [Taken, Rejected, Taken]
    cjit.again()
    sent = [read_submission(one.body).header.sequence for one in cjit.outbox.queued(10)]
    assert sent == list(range(1, len(sent) + 1))
    # After a kill they are given again, and are the same messages still.
    again = cjit.sending.take_all(records)
    assert [one.message for one in again if isinstance(one, Taken)] == [one.message for one in first if isinstance(one, Taken)]
    assert len(cjit.outbox.queued(10)) == len(sent)


def _counted_and_failed(store: Store) -> None:
    with store.writing():
        store.next_sequence()
        raise StoreError("half way")


def test_what_fails_inside_a_larger_transaction_is_taken_back_by_itself(desk) -> None:
    cjit: Desk = desk("cjit-ashby")
    with cjit.store.writing():
        first = cjit.store.next_sequence()
        with pytest.raises(StoreError):
            _counted_and_failed(cjit.store)
        second = cjit.store.next_sequence()
    cjit.again()
    with cjit.store.writing():
        assert (first, second, cjit.store.next_sequence()) == (1, 2, 3)


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
