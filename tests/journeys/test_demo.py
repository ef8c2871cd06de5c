"""The demonstration keeps what it promises, tells it on one page, and the same seed gives the same week."""

import json
from pathlib import Path

from broker.local.demo import STATES_FILE, table
from tests.integration.audit.canary import canaries
from tests.integration.audit.town import LABELS, read
from tests.journeys.conftest import Week


def test_every_promise_of_the_week_held(week: Week) -> None:
    broken = [f"{promise.text} (seen: {promise.seen})" for promise in week.played.week.promises if not promise.kept]
    assert broken == []
    assert len(week.played.week.promises) >= 53


def test_the_auditor_and_the_offline_verifier_found_nothing(week: Week) -> None:
    assert week.played.found.audit_holds, "\n".join(week.played.found.audit)
    assert week.played.found.verified


def test_the_same_seed_gives_the_same_counts_by_kind_and_verdict(week: Week) -> None:
    recorded = json.loads(STATES_FILE.read_text())
    assert table(week.played.found.counts) == recorded


def test_the_report_tells_it_on_one_page(week: Week) -> None:
    for heading in (
        "What travelled", "What was refused, and why", "Who leads", "What the guards stopped", "What officers decided",
        "The broken glass", "A new key, and nobody lost", "Who asked about the project's people",
        "What she was given when she asked", "Was everyone asked about?",
        "Who tried the door",
        "The way of one referral", "The record", "What was promised",
    ):  # fmt: skip
        assert f"\n{heading}\n" in week.report
    assert "verified offline: yes" in week.report
    assert "BROKEN" not in week.report
    assert "V3 release without a record: 0 of" in week.report


def test_the_play_takes_a_few_minutes_even_on_a_busy_machine(week: Week) -> None:
    assert week.played.found.seconds["play"] <= 240


def test_no_name_stands_in_any_log_queue_or_store_outside_the_agencies(week: Week) -> None:
    names = {name for woman in week.played.week.women for name in (woman.surname, woman.nhs_number)}
    assert len(names) > 60
    found = [
        f"{path.relative_to(week.folder)}: {name}"
        for path in week.folder.rglob("*")
        if path.is_file() and path.relative_to(week.folder).parts[0] != "agencies"
        for name in names
        if name.encode() in (body if (body := _read(path)) else b"")
    ]
    assert found == []


def test_a_word_was_planted_in_every_compartment_that_travelled(week: Week) -> None:
    """What the auditor looks for: a search for names alone would not see a leak of the rest."""
    words = canaries(read(week.folder))
    travelled = {label for desk in week.played.week.stage.desks.values() for one in desk.arrived for label in LABELS & set(one)}
    found = {label for label in travelled if any(label in word for word in words if word.startswith("canary_"))}
    by_their_own_words = {"identity", "contact", "free_text", "prescribing", "offending", "incident", "outcome"}
    # Attendance says one of three words that the agreement itself says too: there is nothing to plant.
    assert travelled - found - by_their_own_words == {"attendance"}
    assert {"methadone", "loitering", "outside_our_service", "dark van"} <= words


def test_the_names_are_where_they_belong(week: Week) -> None:
    """Or the search above would find nothing anywhere."""
    name = week.played.week.women[0].surname.encode()
    files = [path for path in (week.folder / "agencies").rglob("*.sqlite*") if path.is_file()]
    assert any(name in path.read_bytes() for path in files)


_BODIES: dict[Path, bytes] = {}


def _read(path: Path) -> bytes:
    if path not in _BODIES:
        _BODIES[path] = path.read_bytes()
    return _BODIES[path]
