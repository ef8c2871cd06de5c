"""The log in a real database, SQLite and PostgreSQL: one history, whoever writes, whatever fails half way."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError

from consent.cli import main
from consent.log.append import LogClockError, LogConflictError, LogSigner, append
from consent.log.entry import Entry, EntryKind
from consent.log.erase import erase_subjects
from consent.log.export import export
from consent.log.read import (
    LogDamagedError,
    NotInLogError,
    checkpoints,
    consistency,
    entries_about,
    entries_between,
    inclusion_now,
    newest_checkpoint,
    newest_entries,
    record_reading,
)
from consent.log.verify import NotWholeError, read_key, verify
from contracts.checkpoint import open_note
from contracts.keyring import ASHBY, load_signing_key, make_partnership
from contracts.proofs import Opening, verify_consistency, verify_inclusion
from tests.unit.log.logs import CANARY, NAME, NOON, SIGNER, append_batches, decision, new_log

KEY = read_key(SIGNER.verifier_key())


@pytest.fixture
def log(database_url: str) -> Iterator[Engine]:
    engine = new_log(database_url)
    yield engine
    engine.dispose()


def is_whole(engine: Engine) -> int:
    """Export everything, check it as an officer would, and say how many entries there are."""
    with engine.connect() as connection:
        return verify(list(export(connection, subjects=True)), KEY, None).size


def rows(engine: Engine) -> dict[str, int]:
    """What is left in each table."""
    names = ("leaf", "node", "entry", "subject_key", "checkpoint")
    with engine.connect() as connection:
        return {name: connection.scalar(text(f"SELECT count(*) FROM {name}")) or 0 for name in names}


def test_each_batch_comes_back_with_proofs_that_its_permits_can_carry(log: Engine) -> None:
    with log.begin() as connection:
        done = append_batches(connection, [1, 50, 7, 50])

    for batch in done:
        head = open_note(batch.checkpoint_note, NAME, SIGNER.key.public_key())
        assert (head.size, head.root) == (batch.size, batch.root)
        for offset, (opening, proof) in enumerate(zip(batch.openings, batch.proofs, strict=True)):
            verify_inclusion(opening.leaf_hash(), batch.first_index + offset, head.size, proof, head.root)
    assert [(batch.first_index, batch.size) for batch in done] == [(0, 1), (1, 51), (51, 58), (58, 108)]
    assert rows(log) == {"leaf": 108, "node": 104, "entry": 108, "subject_key": 108, "checkpoint": 4}
    assert is_whole(log) == 108


def test_what_is_read_is_what_was_written(log: Engine) -> None:
    with log.begin() as connection:
        append_batches(connection, [3, 3])
        about = entries_about(connection, f"{4:032x}", subjects=True)
        unasked = entries_about(connection, f"{4:032x}")
        nobody = entries_about(connection, "none")
        newest = newest_entries(connection, 2)

    (entry,) = about
    told = decision(4, NOON + 3000)
    assert (entry.index, entry.kind, entry.at, entry.written) == (4, told.kind, told.at, told.at)
    assert entry.shown == {**told.shown, "entry": "decision"}
    assert entry.skeleton == {**told.skeleton, "at": told.at, "written": told.at}
    assert entry.subject is not None
    assert entry.subject.fields == told.subject
    assert unasked[0].subject is None
    assert not unasked[0].erased
    assert nobody == []
    assert [one.index for one in newest] == [4, 5]


def test_any_two_heads_are_proved_to_be_one_history(log: Engine) -> None:
    with log.begin() as connection:
        append_batches(connection, [1, 2, 5, 9, 16, 1])
        heads = list(checkpoints(connection, most=2))
        for old in heads:
            for new in heads:
                if old.size <= new.size:
                    proof = consistency(connection, old.size, new.size)
                    verify_consistency(old.size, old.root, new.size, new.root, proof)

    assert [head.size for head in heads] == [1, 3, 8, 17, 33, 34]


def test_an_old_entry_is_proved_under_the_newest_head(log: Engine) -> None:
    with log.begin() as connection:
        append_batches(connection, [5, 6, 7])
        for entry in entries_between(connection, 0, 18):
            now = inclusion_now(connection, entry.index)
            verify_inclusion(entry.leaf_hash, entry.index, now.checkpoint.size, now.proof, now.checkpoint.root)
        with pytest.raises(NotInLogError):
            inclusion_now(connection, 18)
        with pytest.raises(NotInLogError):
            consistency(connection, 5, 19)


def test_an_empty_log_proves_and_exports_nothing(log: Engine) -> None:
    with log.connect() as connection:
        assert newest_checkpoint(connection) is None
        assert newest_entries(connection, 5) == []
        with pytest.raises(NotInLogError):
            list(export(connection))
        with pytest.raises(NotInLogError):
            consistency(connection, 0, 1)


def test_a_transaction_that_fails_leaves_nothing_behind(log: Engine) -> None:
    with log.begin() as connection:
        append_batches(connection, [3])
    before = rows(log)

    with log.connect() as connection:
        append_batches(connection, [4], start=3)
        connection.rollback()

    assert rows(log) == before
    with log.begin() as connection:
        assert append_batches(connection, [2], start=3)[0].first_index == 3
    assert is_whole(log) == 5


def test_a_batch_of_nothing_is_refused(log: Engine) -> None:
    with log.begin() as connection, pytest.raises(ValueError, match="nothing"):
        append(connection, [], SIGNER, NOON)
    assert rows(log)["checkpoint"] == 0


def test_a_second_writer_cannot_continue_the_same_head(log: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    with log.begin() as connection:
        append_batches(connection, [3])
    with log.connect() as connection:
        from consent.log import append as module

        seen = module._newest_head(connection)
        connection.rollback()
    with log.begin() as connection:
        append_batches(connection, [2], start=3)
    before = rows(log)

    # This writer read the head before the other committed, and writes after it.
    monkeypatch.setattr(module, "_newest_head", lambda _: seen)
    with log.connect() as connection, pytest.raises(LogConflictError):
        append(connection, [decision(99)], SIGNER, NOON + 10_000)

    assert rows(log) == before
    assert is_whole(log) == 5


def test_many_writers_make_one_history_and_lose_nothing(log: Engine) -> None:
    writers, each = 4, 12
    tried_again: list[int] = []
    failed: list[BaseException] = []

    def write(writer: int) -> None:
        for number in range(each):
            for attempt in range(400):
                try:
                    with log.begin() as connection:
                        batch = [decision(writer * 1000 + number * 2 + i) for i in range(2)]
                        append(connection, batch, SIGNER, NOON)
                    break
                except (LogConflictError, OperationalError):  # the second is SQLite's "locked"
                    tried_again.append(writer)
                    time.sleep(0.002 * (1 + (writer + attempt) % 5))
                except BaseException as error:  # noqa: BLE001 - a thread's error is the test's error
                    failed.append(error)
                    return
            else:
                failed.append(TimeoutError(f"writer {writer} never got through"))

    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failed == []
    assert is_whole(log) == writers * each * 2
    with log.connect() as connection:
        messages = {entry.message_id for entry in entries_between(connection, 0, 10_000)}
    assert len(messages) == writers * each * 2


CLOCKS = {
    "a little behind is stamped as the one before": (NOON - 59_000, NOON - 59_000, NOON),
    "ahead is taken as it is": (NOON + 5_000, NOON + 5_000, NOON + 5_000),
    "a minute behind stops the log": (NOON - 61_000, NOON - 61_000, None),
    "an entry from the future is refused": (NOON, NOON + 61_000, None),
    "an entry about yesterday is not": (NOON, NOON - 86_400_000, NOON),
}


@pytest.mark.parametrize("case", CLOCKS)
def test_the_time_of_writing_never_runs_backwards(log: Engine, case: str) -> None:
    now, at, written = CLOCKS[case]
    with log.begin() as connection:
        append(connection, [decision(0)], SIGNER, NOON)

    if written is None:
        with log.connect() as connection, pytest.raises(LogClockError):
            append(connection, [decision(1, at)], SIGNER, now)
        assert is_whole(log) == 1
        return
    with log.begin() as connection:
        append(connection, [decision(1, at)], SIGNER, now)
        assert newest_entries(connection, 1)[0].written == written
    assert is_whole(log) == 2


def stored_bytes(engine: Engine) -> bytes:
    """Everything in the tables, as bytes."""
    found = []
    with engine.connect() as connection:
        for name in rows(engine):
            for row in connection.execute(text(f"SELECT * FROM {name}")):
                found += [bytes(v) if isinstance(v, bytes | memoryview) else str(v).encode() for v in row]
    return b"\n".join(found)


def test_the_subject_part_is_never_stored_readable(log: Engine) -> None:
    with log.begin() as connection:
        append_batches(connection, [5])

    assert CANARY.encode() not in stored_bytes(log)


def test_erasing_leaves_every_proof_valid_and_nothing_to_open(log: Engine) -> None:
    with log.begin() as connection:
        (batch,) = append_batches(connection, [6])
        before = newest_checkpoint(connection)
    with log.begin() as connection:
        erase_subjects(connection, [1, 4, 4], ground="art-17-1-b", approved_by=["ig-1", "ig-2"], signer=SIGNER, now=NOON + 9)

    assert before is not None
    with log.connect() as connection:
        entries = entries_between(connection, 0, 7, subjects=True)
        proof = consistency(connection, 6, 7)
        after = newest_checkpoint(connection)
    assert after is not None
    assert [entry.erased for entry in entries] == [False, True, False, False, True, False, False]
    assert [entry.subject is None for entry in entries] == [entry.erased for entry in entries]
    assert entries[6].skeleton["erased"] == [1, 4]
    assert entries[6].skeleton["approved_by"] == ["ig-1", "ig-2"]
    verify_inclusion(batch.openings[4].leaf_hash(), 4, 6, batch.proofs[4], batch.root)
    verify_consistency(6, before.root, 7, after.root, proof)
    assert is_whole(log) == 7


@pytest.mark.parametrize("indexes", [[], [5], [0, 5], [-1]])
def test_nobody_is_told_of_an_erasure_that_did_not_happen(log: Engine, indexes: list[int]) -> None:
    with log.begin() as connection:
        append_batches(connection, [5])
    before = rows(log)

    with log.connect() as connection, pytest.raises(NotInLogError):
        erase_subjects(connection, indexes, ground="x", approved_by=["a"], signer=SIGNER, now=NOON)

    assert rows(log) == before


def test_an_erasure_that_is_rolled_back_erases_nothing(log: Engine) -> None:
    with log.begin() as connection:
        append_batches(connection, [5])
    with log.connect() as connection:
        erase_subjects(connection, [2], ground="x", approved_by=["a"], signer=SIGNER, now=NOON + 1)
        connection.rollback()

    assert rows(log)["subject_key"] == 5
    assert is_whole(log) == 5


def test_reading_is_written_down_before_anything_is_shown(log: Engine) -> None:
    with log.begin() as connection:
        append_batches(connection, [2])
        record_reading(connection, "ig-1", "yearly review", {"message": "ab"}, SIGNER, NOON + 50)

    with log.connect() as connection:
        (entry,) = newest_entries(connection, 1)
    assert entry.kind is EntryKind.READING
    assert entry.skeleton["reader"] == "ig-1"
    assert entry.skeleton["scope"] == {"message": "ab"}


EDITS = {
    "what a recipient saw": "UPDATE entry SET shown = replace(shown, 'project', 'police') WHERE leaf_index = 2",
    "who sent": "UPDATE entry SET skeleton = replace(skeleton, 'cjit', 'sarc') WHERE leaf_index = 2",
    "a salt": "UPDATE entry SET shown_salt = skeleton_salt WHERE leaf_index = 2",
    "a subject commitment": "UPDATE entry SET subject_commitment = shown_salt WHERE leaf_index = 2",
    "a subject ciphertext": "UPDATE entry SET subject_ciphertext = shown_salt WHERE leaf_index = 2",
    "a leaf": "UPDATE leaf SET hash = (SELECT root FROM checkpoint WHERE size = 3) WHERE leaf_index = 2",
    "a key destroyed without a word": "DELETE FROM subject_key WHERE leaf_index = 2",
    "a text that is not JSON": "UPDATE entry SET shown = 'x' WHERE leaf_index = 2",
    "the newest head cut off": "DELETE FROM checkpoint WHERE size = 7",
    "a head in the middle": "UPDATE checkpoint SET note = (SELECT note FROM checkpoint WHERE size = 7) WHERE size = 3",
}


@pytest.mark.parametrize("case", EDITS)
def test_an_edit_of_the_database_is_seen(log: Engine, case: str) -> None:
    with log.begin() as connection:
        (*_, last) = append_batches(connection, [3, 4])
    with log.begin() as connection:
        assert connection.execute(text(EDITS[case])).rowcount == 1

    seen = "nothing"
    try:
        with log.connect() as connection:
            head = verify(list(export(connection, subjects=True)), KEY, None).heads[-1]
        # Cut off cleanly at an older head it is still a whole log; who remembers the newer one sees it.
        if head.size != last.size:
            seen = "shorter than remembered"
    except (LogDamagedError, NotWholeError) as error:
        seen = type(error).__name__

    assert seen == {
        "a subject commitment": "LogDamagedError",
        "a subject ciphertext": "LogDamagedError",
        "a text that is not JSON": "LogDamagedError",
        "the newest head cut off": "shorter than remembered",
    }.get(case, "NotWholeError")


@pytest.fixture
def officer(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """A demonstration partnership with a small log, and the environment of an officer's command line."""
    make_partnership(tmp_path / "keys", ASHBY, now=time.time_ns() // 1_000_000, demonstration=True)
    signer = LogSigner(NAME, load_signing_key(tmp_path / "keys" / "consent", "log").ed25519)
    monkeypatch.setenv("CONSENT_DATABASE_URL", database_url)
    monkeypatch.setenv("CONSENT_DIRECTORY", str(tmp_path / "keys" / "directory.json"))
    monkeypatch.setenv("CONSENT_KEYS", str(tmp_path / "keys" / "consent"))
    monkeypatch.setenv("DEMONSTRATION", "1")
    engine = new_log(database_url)
    with engine.begin() as connection:
        append(connection, [decision(i) for i in range(3)], signer, NOON)
    yield engine
    engine.dispose()


def test_an_officer_verifies_the_running_log(officer: Engine, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["log", "verify"]) == 0
    said = capfd.readouterr().out
    assert "3 of 3 derived again" in said
    assert said.endswith("verified offline: yes\n")

    with officer.begin() as connection:
        connection.execute(text("UPDATE entry SET shown = replace(shown, 'project', 'police')"))
    assert main(["log", "verify"]) == 1
    said = capfd.readouterr().out
    assert said.startswith("NOT WHOLE       entry 0 ")
    assert said.endswith("verified offline: NO\n")


def test_an_officer_is_shown_entries_and_the_log_says_so(officer: Engine, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["log", "show", "--message", f"{1:032x}", "--reader", "ig-1", "--reason", "complaint 7"]) == 0
    said = capfd.readouterr().out
    assert "1  2026-" in said
    assert "recipient project-ashby" in said
    assert "verdict route" in said
    assert CANARY not in said

    assert main(["log", "show", "--last", "1"]) == 0
    said = capfd.readouterr().out
    assert "reading" in said
    assert main(["log", "show", "--last", "9", "--subjects"]) == 0
    assert CANARY in capfd.readouterr().out
    with officer.connect() as connection:
        readings = [entry for entry in entries_between(connection, 0, 9) if entry.kind is EntryKind.READING]
    assert [entry.skeleton["reader"] for entry in readings] == ["ig-1", "operator", "operator"]
    assert readings[0].skeleton["reason"] == "complaint 7"


def test_an_officer_takes_an_export_away(officer: Engine, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    taken = tmp_path / "log.jsonl"

    assert main(["log", "export", str(taken)]) == 0

    key = read_key((tmp_path / "log.jsonl.vkey").read_text())
    walk = verify(taken.read_bytes().splitlines(keepends=True), key, None)
    assert walk.kinds == {"decision": 3, "reading": 1}
    assert CANARY.encode() not in taken.read_bytes()
    assert "verify.py" in capfd.readouterr().out


MISSING = {
    "no directory": ("CONSENT_DIRECTORY", ["log", "verify"], 2),
    "no database": ("CONSENT_DATABASE_URL", ["log", "verify"], 2),
    "no keys to write the reading": ("CONSENT_KEYS", ["log", "show"], 2),
    "not told that it is a demonstration": ("DEMONSTRATION", ["log", "verify"], 1),
}


@pytest.mark.parametrize("case", MISSING)
def test_a_command_that_lacks_something_shows_nothing(
    officer: Engine, case: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    variable, command, code = MISSING[case]
    monkeypatch.delenv(variable)

    assert main(command) == code

    shown = capfd.readouterr()
    assert shown.out == ""
    assert shown.err.count("\n") == 1
    assert rows(officer)["entry"] == 3


def test_an_entry_of_any_size_keeps_its_opening(log: Engine) -> None:
    long = Entry(EntryKind.REVIEW, NOON, {"said": "\u2713" * 20_000}, {"n": list(range(1000))}, {})
    with log.begin() as connection:
        done = append(connection, [long], SIGNER, NOON)
        (entry,) = newest_entries(connection, 1)

    assert entry.leaf_hash == done.openings[0].leaf_hash() == Opening(*_parts(done.openings[0])).leaf_hash()
    assert is_whole(log) == 1


def _parts(opening: Opening) -> tuple[bytes, bytes, bytes, bytes]:
    return opening.shown, opening.salt, opening.skeleton, opening.subject
