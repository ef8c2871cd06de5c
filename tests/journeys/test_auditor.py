"""The auditor finds every fault that is planted: an auditor that finds nothing proves nothing until then."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.integration.auditor import audit, main

Plant = Callable[[Path], None]
PROJECT, HOUSING = "project-ashby", "housing-ashby"

UNLOGGED = '{"said": {"id": "' + "ab" * 16 + '"}}'
"""As much of an officer's signed word as the auditor reads: one that the log was never told of."""


def run(file: Path, *statements: str) -> None:
    with closing(sqlite3.connect(file)) as rows, rows:
        for statement in statements:
            assert rows.execute(statement).rowcount != 0, statement


def broker(*statements: str) -> Plant:
    return lambda folder: run(folder / "broker" / "broker.sqlite", *statements)


def consent(*statements: str) -> Plant:
    return lambda folder: run(folder / "consent" / "consent.sqlite", *statements)


def adapter(agency: str, *statements: str) -> Plant:
    return lambda folder: run(folder / "agencies" / agency / "adapter.sqlite", *statements)


def cases(agency: str, *statements: str) -> Plant:
    return lambda folder: run(folder / "agencies" / agency / "cases" / "case_system.sqlite", *statements)


def opens_more_than_permitted(folder: Path) -> None:
    file = folder / "agencies" / HOUSING / "cases" / "case_system.sqlite"
    with closing(sqlite3.connect(file)) as rows, rows:
        message, text = rows.execute("SELECT id, record FROM arrived WHERE record LIKE '%\"referral\"%' LIMIT 1").fetchone()
        record = json.loads(text) | {"offending": {"offence": "loitering", "drug_test": "positive"}}
        rows.execute("UPDATE arrived SET record = ? WHERE id = ?", (json.dumps(record), message))


def a_name_in_a_log(folder: Path) -> None:
    with (folder / "logs" / "broker.log").open("a") as log:
        log.write('{"event": "refused", "body": "quillfeather"}\n')


def rewritten_from_the_end(folder: Path) -> None:
    """Cut off the newest batch; what is left is whole in itself."""
    file = folder / "consent" / "consent.sqlite"
    with closing(sqlite3.connect(file)) as rows, rows:
        before = rows.execute("SELECT previous_size FROM checkpoint ORDER BY size DESC LIMIT 1 OFFSET 40").fetchone()[0]
        for table in ("subject_key", "entry", "leaf"):
            rows.execute(f"DELETE FROM {table} WHERE leaf_index >= ?", (before,))
        rows.execute("DELETE FROM checkpoint WHERE size > ?", (before,))


FAULTS: dict[str, tuple[Plant, str]] = {
    "the broker lost a message": (
        broker("DELETE FROM message WHERE id = (SELECT id FROM message WHERE kind = 'referral-made/1' LIMIT 1)"),
        "V1",
    ),
    "a message never came to an end": (
        broker("UPDATE message SET state = 'sent', ended = NULL WHERE id = "
               "(SELECT id FROM message WHERE state = 'delivered' LIMIT 1)"),
        "V1",
    ),
    "a hold whose deadline has passed": (
        broker("UPDATE message SET state = 'held', owner = 'officer', deadline = 1 WHERE id = "
               "(SELECT id FROM message WHERE state = 'delivered' LIMIT 1)"),
        "V1",
    ),
    "a worker was never told": (cases(PROJECT, "DELETE FROM told WHERE record LIKE '%\"delivered\"%'"), "V1"),
    "handed over, and not there": (
        cases(HOUSING, "DELETE FROM arrived WHERE id = (SELECT id FROM arrived LIMIT 1)"),
        "V2",
    ),
    "two live prescriptions": (
        broker("DROP INDEX one_live_script",
               "INSERT INTO script SELECT 'again', person, record, 'elsewhere', 'active', NULL, NULL, since, NULL, message, "
               "NULL, NULL, NULL, NULL FROM script WHERE state = 'active' LIMIT 1"),
        "V2",
    ),
    "two leads": (
        broker("DROP INDEX one_lead", "DROP INDEX one_case_each",
               "INSERT INTO cases SELECT 'again', person, record, 'elsewhere', role, state, NULL, opened, NULL, NULL "
               "FROM cases WHERE state = 'open' AND role = 'lead' LIMIT 1"),
        "V2",
    ),
    "a case without a lead": (
        broker("UPDATE cases SET state = 'closed' WHERE role = 'lead' AND person IN "
               "(SELECT person FROM cases WHERE state = 'open' AND role = 'supplementary')"),
        "V2",
    ),
    "opened without a decision": (
        adapter(HOUSING, "UPDATE received SET arrived = 1"),
        "V3",
    ),
    "opened without a checkpoint": (adapter(HOUSING, "DELETE FROM checkpoint"), "V3"),
    "opened more than was permitted": (opens_more_than_permitted, "V4"),
    "an entry was edited": (
        consent("UPDATE entry SET skeleton = replace(skeleton, 'public_task', 'consent') WHERE leaf_index = "
                "(SELECT leaf_index FROM entry WHERE kind = 'decision' LIMIT 1)"),
        "V7",
    ),
    "the end of the log was cut off": (rewritten_from_the_end, "V7"),
    "a head was signed by nobody": (
        consent("UPDATE checkpoint SET note = replace(note, '=', 'A') WHERE size = (SELECT MAX(size) FROM checkpoint)"),
        "V7",
    ),
    "a refusal that is not in the log": (
        broker("UPDATE message SET state = 'refused', reason = 'POL-01:not-for-police' WHERE id = "
               "(SELECT id FROM message WHERE kind = 'person-registered/1' LIMIT 1)"),
        "V8",
    ),
    "an override that is not in the log": (
        broker("UPDATE script_override SET message = 'ab' WHERE message = (SELECT message FROM script_override LIMIT 1)"),
        "V8",
    ),
    "checks that an officer let go on, not in the log": (
        broker(f"UPDATE check_hold SET lifted = 1, lifted_statement = '{UNLOGGED}' WHERE lifted IS NULL"),
        "V8",
    ),
    "a merge that an officer took back, not in the log": (
        broker(f"UPDATE merge SET undone_statement = '{UNLOGGED}' WHERE id = (SELECT id FROM merge LIMIT 1)"),
        "V8",
    ),
    "an epoch that an officer ended, not in the log": (
        broker(f"UPDATE retired_epoch SET statement = '{UNLOGGED}'"),
        "V8",
    ),
    "nobody acknowledged that she took it back": (
        consent("UPDATE entry SET skeleton = replace(skeleton, '\"acknowledged\"', '\"delivered\"') WHERE kind = 'outcome'"),
        "V9",
    ),
    "somebody who was told of her and is not told that she took it back": (
        consent("UPDATE entry SET skeleton = replace(skeleton, '\"to_tell\":[', '\"to_tell\":[],\"was\":[') "
                "WHERE kind = 'withdrawal'"),
        "V9",
    ),
    "a name in a program's log": (a_name_in_a_log, "V10"),
    "a release that nobody can explain": (
        consent("UPDATE entry SET skeleton = replace(skeleton, '\"actor\"', '\"who\"') WHERE kind = 'decision'"),
        "V14",
    ),
}  # fmt: skip


def test_nothing_is_found_in_what_nobody_touched(
    stores_of_week: Callable[[], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(stores_of_week())]) == 0
    assert "V3 release without a record: 0 of" in capsys.readouterr().out


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_found(fault: str, stores_of_week: Callable[[], Path]) -> None:
    plant, invariant = FAULTS[fault]
    folder = stores_of_week()
    plant(folder)
    assert invariant in {finding.id for finding in audit(folder) if not finding.holds}
