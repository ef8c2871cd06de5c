"""While the broker does not answer, whoever waits is told so: "not checked", "cannot say", and never nothing."""

from collections.abc import Callable
from typing import Any

import pytest

from agencies.unanswered import Unanswered
from contracts.kinds import Kind
from contracts.notices import GuardItem, ReceiptItem
from contracts.vocabulary import GuardAnswer, Reason, ReceiptState
from tests.unit.agencies.town import IDENTITY, Desk

PATIENCE = 15_000
RESERVE = {"type": "script", "id": "s-1", "person": "client-9", "move": "reserve"}
CHECK = {"type": "caseload_check", "id": "k-1", "identity": IDENTITY, "presentation": "custody", "age_band": "adult"}


@pytest.fixture
def project(desk: Callable[[str], Desk]) -> Desk:
    project = desk("project-ashby")
    project.register()
    return project


def waited(project: Desk, by: int = PATIENCE) -> list[dict[str, Any]]:
    """What is told after so long."""
    project.clock.now += by
    Unanswered(project.store, project.inbox, project.clock, PATIENCE).tell()
    return [dict(one.fields) for one in project.inbox.to_tell(10) if one.id.startswith("unanswered-")]


def test_a_prescriber_who_hears_nothing_is_told_that_it_was_not_checked(project: Desk) -> None:
    message = project.sent(**RESERVE).header.id
    (told,) = waited(project)
    assert (told["type"], told["record"], told["message"]) == ("guard", "s-1", message)
    assert (told["answer"], told["reason"], told["person"]) == ("not_checked", "SYS-01:check-not-available", "client-9")
    assert "This is not a clearance." in told["sentence"]


def test_a_worker_who_hears_nothing_is_told_that_it_cannot_be_said(project: Desk) -> None:
    project.sent(**CHECK)
    (told,) = waited(project)
    assert (told["type"], told["record"], told["status"], told["covers"]) == ("caseload_answer", "k-1", "cannot_say", [])
    assert "not the same as not known" in told["sentence"]


def test_it_is_told_once_and_not_before_its_time(project: Desk) -> None:
    project.sent(**RESERVE)
    assert waited(project, PATIENCE - 1) == []
    assert len(waited(project, 1)) == 1
    project.inbox.told([one.id for one in project.inbox.to_tell(10)])
    assert waited(project) == []


@pytest.mark.parametrize("state", [ReceiptState.DELIVERED, ReceiptState.REFUSED, ReceiptState.EXPIRED, ReceiptState.HELD])
def test_whoever_was_answered_or_told_who_acts_is_not_told_otherwise(state: ReceiptState, project: Desk) -> None:
    header = project.sent(**RESERVE).header
    project.hear(ReceiptItem(message=header.id, conversation=header.conversation, state=state))
    assert waited(project) == []


def test_that_the_broker_has_it_is_no_answer(project: Desk) -> None:
    header = project.sent(**RESERVE).header
    project.hear(ReceiptItem(message=header.id, conversation=header.conversation, state=ReceiptState.RECEIVED))
    assert [one["answer"] for one in waited(project)] == ["not_checked"]


def test_the_true_answer_is_told_when_it_comes(project: Desk) -> None:
    header = project.sent(**RESERVE).header
    waited(project)
    item = GuardItem(message=header.id, conversation=header.conversation, kind=Kind.SCRIPT_RESERVED, answer=GuardAnswer.CLEARED)
    project.hear(item)
    told = [one.fields["answer"] for one in project.inbox.to_tell(10) if one.fields["type"] == "guard"]
    assert told == ["not_checked", "cleared"]


def test_other_records_wait_in_silence_as_they_may(project: Desk) -> None:
    project.sent(type="case_open", id="o-1", person="client-9", role="supplementary")
    assert waited(project) == []
    assert Reason.CHECK_NOT_AVAILABLE.value not in str([one.fields for one in project.inbox.to_tell(10)])


def test_looking_for_them_reads_no_other_rows(project: Desk) -> None:
    plan = project.store.rows.execute(
        "EXPLAIN QUERY PLAN SELECT id FROM message WHERE kind IN ('script-reserved/1', 'caseload-check/1') "
        "AND state IN ('queued', 'sent', 'received') AND created <= 5 AND record IS NOT NULL ORDER BY created LIMIT 50"
    ).fetchall()
    assert "message_asking" in str(plan)
