"""``./run trace``: every hop of a message in words, and no name."""

from collections.abc import Callable
from pathlib import Path

from broker.local.trace import lines
from tests.journeys.conftest import Week


def message_of(week: Week, agency: str, reason: str) -> str:
    """A message of that agency that was refused for that reason."""
    desk = week.played.week.stage[agency]
    refused = (one for one in desk.told if str((desk.receipt(one) or {}).get("reason")).startswith(reason))
    record = next(refused)
    message = desk.message_of(record)
    assert message
    return message


def test_a_delivered_referral_is_told_from_its_seal_to_its_receipt(week: Week) -> None:
    told = "\n".join(week.played.found.timeline)
    steps = (
        "sealed at project-ashby", "received by the broker", "asked (attempt 1): permitted", "sent to the inbox", "opened at",
        "handed over to", "told: delivered", "its end is written down",
    )  # fmt: skip
    places = [told.find(step) for step in steps]
    assert -1 not in places, told
    assert places == sorted(places), told


def test_a_refused_message_says_why_and_by_which_clause(week: Week) -> None:
    told = "\n".join(lines(week.folder, message_of(week, "project-ashby", "POL-01")))
    assert "its sender is told: POL-01, The police may not receive this." in told
    assert "R11" in told
    assert "opened at" not in told


def test_a_withdrawal_on_the_way_shows_both_decisions(week: Week) -> None:
    told = "\n".join(lines(week.folder, message_of(week, "project-ashby", "CON-03")))
    assert "asked (attempt 1): permitted" in told
    assert "refused, CON-03" in told


def test_no_trace_carries_a_name(week: Week, stores_of_week: Callable[[], Path]) -> None:
    folder = stores_of_week()
    desk = week.played.week.stage["project-ashby"]
    messages = [message for one in desk.put if (message := desk.message_of(one["id"]))][:60]
    told = "\n".join(line for message in messages for line in lines(folder, message))
    assert len(messages) == 60
    assert not [woman.surname for woman in week.played.week.women if woman.surname in told or woman.forename in told]


def test_a_message_that_nobody_knows_has_no_trace(week: Week) -> None:
    assert lines(week.folder, "0" * 32) == []
