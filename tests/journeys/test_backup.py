"""Copies of every store that fit each other; a restore that is behind is noticed and said."""

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from broker.local.backup import BackupError, back_up, restore
from broker.local.findings import findings
from broker.local.stores import of
from tests.integration.auditor import audit

PROJECT = "project-ashby"


def change(file: Path, *statements: str) -> None:
    with closing(sqlite3.connect(file)) as rows, rows:
        for statement in statements:
            assert rows.execute(statement).rowcount != 0, statement


def test_what_is_put_back_is_what_was_copied(stores_of_week: Callable[[], Path], tmp_path: Path) -> None:
    system, copies = stores_of_week(), tmp_path / "copies"
    back_up(system, copies)
    change(system / "broker" / "broker.sqlite", "DELETE FROM message")
    change(system / "consent" / "consent.sqlite", "DELETE FROM checkpoint")
    restore(system, copies)
    assert [finding.line() for finding in audit(system) if not finding.holds] == []


def test_no_private_key_is_in_a_backup_unless_asked_for(stores_of_week: Callable[[], Path], tmp_path: Path) -> None:
    system = stores_of_week()
    back_up(system, tmp_path / "without")
    back_up(system, tmp_path / "with", with_keys=True)
    assert not list((tmp_path / "without").rglob("*.key"))
    assert (tmp_path / "without" / "keys" / "directory.json").exists()
    kept = {path.relative_to(system / "keys") for path in (system / "keys").rglob("*.key")}
    assert kept == {path.relative_to(tmp_path / "with" / "keys") for path in (tmp_path / "with").rglob("*.key")}
    shutil.rmtree(system / "keys")
    restore(system, tmp_path / "with")
    assert kept == {path.relative_to(system / "keys") for path in (system / "keys").rglob("*.key")}


def test_a_machine_that_lost_everything_gets_it_back(stores_of_week: Callable[[], Path], tmp_path: Path) -> None:
    system, copies = stores_of_week(), tmp_path / "copies"
    back_up(system, copies, with_keys=True)
    lost = {path.relative_to(system) for path in [*system.rglob("*.sqlite"), *system.rglob("*.key")]}
    shutil.rmtree(system)
    restore(system, copies)
    assert {path.relative_to(system) for path in [*system.rglob("*.sqlite"), *system.rglob("*.key")]} == lost
    assert {path.stat().st_mode & 0o077 for path in system.rglob("*.sqlite")} == {0}


def misplaced(copies: Path, place: str | None) -> None:
    manifest = json.loads((copies / "manifest.json").read_text())
    manifest["stores"]["broker"]["place"] = place
    (copies / "manifest.json").write_text(json.dumps(manifest))


ELSEWHERE = "broker did not lie in the system's own folder"
UNPLACED: dict[str, tuple[bool, Callable[[Path], object], str]] = {
    "without keys": (False, lambda copies: None, "put the folder of keys at .*/keys first"),
    "in a database of its own": (True, lambda copies: misplaced(copies, None), ELSEWHERE),
    "outside of its folder": (True, lambda copies: misplaced(copies, "../broker.sqlite"), ELSEWHERE),
}


@pytest.mark.parametrize("which", UNPLACED)
def test_what_has_no_place_on_an_empty_machine_is_said_and_nothing_is_made(
    which: str, stores_of_week: Callable[[], Path], tmp_path: Path
) -> None:
    with_keys, change_it, why = UNPLACED[which]
    system, copies = stores_of_week(), tmp_path / "copies"
    back_up(system, copies, with_keys=with_keys)
    change_it(copies)
    shutil.rmtree(system)
    with pytest.raises(BackupError, match=why):
        restore(system, copies)
    assert not system.exists()


def test_a_backup_is_never_written_over(stores_of_week: Callable[[], Path], tmp_path: Path) -> None:
    system = stores_of_week()
    back_up(system, tmp_path / "copies")
    with pytest.raises(BackupError, match="holds a backup already"):
        back_up(system, tmp_path / "copies")


def test_a_damaged_copy_is_refused_and_nothing_is_touched(stores_of_week: Callable[[], Path], tmp_path: Path) -> None:
    system, copies = stores_of_week(), tmp_path / "copies"
    back_up(system, copies)
    (copies / "consent.sqlite").write_bytes(b"not the log")
    before = (system / "broker" / "broker.sqlite").read_bytes()
    with pytest.raises(BackupError, match="consent is missing or was changed"):
        restore(system, copies)
    assert (system / "broker" / "broker.sqlite").read_bytes() == before
    assert not list(system.rglob("before-restore-*"))


def test_a_folder_without_a_finished_backup_is_refused(stores_of_week: Callable[[], Path], tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="no finished backup"):
        restore(stores_of_week(), tmp_path)


def test_what_was_there_before_is_kept_aside(stores_of_week: Callable[[], Path], tmp_path: Path) -> None:
    system, copies = stores_of_week(), tmp_path / "copies"
    back_up(system, copies)
    restore(system, copies)
    kept = {path.relative_to(system).as_posix() for path in system.rglob("before-restore-*/*.sqlite")}
    assert {path.partition("/before-")[0] for path in kept} >= {"broker", "consent", f"agencies/{PROJECT}"}


CUT = (
    "DELETE FROM subject_key WHERE leaf_index >= 20",
    "DELETE FROM entry WHERE leaf_index >= 20",
    "DELETE FROM leaf WHERE leaf_index >= 20",
    "DELETE FROM checkpoint WHERE size > 20",
)
BEHIND: dict[str, tuple[str, tuple[str, ...], list[str]]] = {
    "the log": ("consent/consent.sqlite", CUT, ["The log is behind", "remembers the log with"]),
    "another log": (
        "consent/consent.sqlite",
        ("UPDATE checkpoint SET root = zeroblob(32)",),
        ["remembers another log"],
    ),
    "the broker": (
        "broker/broker.sqlite",
        (f"DELETE FROM message WHERE sender = '{PROJECT}'",),
        ["messages that the broker acknowledged to project-ashby are not in its store"],
    ),
    "an adapter": (
        f"agencies/{PROJECT}/adapter.sqlite",
        ("UPDATE own SET value = '3' WHERE name = 'sequence'",),
        ["whose adapter has counted to 3"],
    ),
}


def test_stores_that_fit_give_no_finding(stores_of_week: Callable[[], Path]) -> None:
    assert findings(of(stores_of_week())) == []


@pytest.mark.parametrize("which", BEHIND)
def test_a_store_that_is_behind_is_noticed_and_said(which: str, stores_of_week: Callable[[], Path]) -> None:
    file, statements, sentences = BEHIND[which]
    system = stores_of_week()
    change(system / file, *statements)
    said = "\n".join(findings(of(system)))
    assert [sentence for sentence in sentences if sentence not in said] == [], said
