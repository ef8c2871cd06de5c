"""The offline verifier accepts the log as it was written, and nothing else: each fraud is named."""

import ast
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest

import consent.log
from consent.log.append import LogSigner, append
from consent.log.entry import Entry, EntryKind, Salts, commit
from consent.log.erase import erase_subjects
from consent.log.export import export
from consent.log.merkle import EMPTY, grow
from consent.log.verify import NotWholeError, main, open_note, read_key, verify
from contracts.canonical import canonical
from contracts.checkpoint import Checkpoint, sign
from tests.unit.log.logs import CANARY, NAME, NOON, SIGNER, STRANGER, append_batches, decision, new_log

PROGRAM = Path(consent.log.__file__).parent / "verify.py"
KEY = read_key(SIGNER.verifier_key())
Lines = list[bytes]


def lines_of(*, subjects: bool = True, sizes: tuple[int, ...] = (3, 1, 4), signer: LogSigner = SIGNER) -> Lines:
    """A log of three batches, with one erased entry and the erasure: nine entries and four checkpoints."""
    engine = new_log()
    with engine.begin() as connection:
        append_batches(connection, sizes)
        told = {"ground": "art-17-1-b", "approved_by": ["ig-1", "ig-2"], "signer": signer}
        erase_subjects(connection, [2], now=NOON + 60_000, **told)  # type: ignore[arg-type]
        return list(export(connection, subjects=subjects))


WHOLE = lines_of()
WITHHELD = lines_of(subjects=False)


def changed(line: bytes, change: Callable[[dict[str, Any]], object]) -> bytes:
    """The line with its fields changed, spelled as the log spells."""
    value = json.loads(line)
    change(value)
    return canonical(value) + b"\n"


def rewritten(line: bytes) -> bytes:
    """An entry that says something else, with fresh commitments and a leaf to match: all that needs no key."""
    told = json.loads(line)
    entry = Entry(EntryKind.REFUSAL, NOON, {"message": "0" * 32}, {"sender": "police-ashby"}, {})
    other = commit(entry, told["skeleton"]["written"], Salts(bytes(32), bytes(32), bytes(32)))
    told |= {"shown": json.loads(other.shown), "shown_salt": "00" * 32, "leaf": other.leaf_hash.hex()}
    told |= {"skeleton": json.loads(other.skeleton), "skeleton_salt": "00" * 32}
    told |= {"subject": {}, "subject_salt": "00" * 32, "subject_commitment": other.opening.subject.hex()}
    return canonical(told) + b"\n"


def at(lines: Lines, number: int, change: Callable[[dict[str, Any]], object]) -> Lines:
    """The file with one line changed."""
    return [*lines[:number], changed(lines[number], change), *lines[number + 1 :]]


def test_the_log_as_it_was_written_is_whole() -> None:
    for lines, opened in ((WHOLE, 8), (WITHHELD, 0)):
        walk = verify(lines, KEY, None)
        assert (walk.size, len(walk.heads), walk.erased) == (9, 4, {2})
        assert walk.kinds == {"decision": 8, "erasure": 1}
        assert sum(json.loads(line).get("subject") is not None for line in lines) == opened


def test_an_export_without_subject_parts_holds_none_of_them() -> None:
    assert CANARY.encode() not in b"".join(WITHHELD)
    assert f"{CANARY}-2".encode() not in b"".join(WHOLE), "an erased part comes back in no export"
    assert f"{CANARY}-3".encode() in b"".join(WHOLE)


@pytest.mark.parametrize("number", range(len(WHOLE)))
def test_no_line_can_be_taken_out(number: int) -> None:
    with pytest.raises(NotWholeError):
        verify(WHOLE[:number] + WHOLE[number + 1 :], KEY, None)


@pytest.mark.parametrize("number", range(len(WHOLE)))
def test_no_line_can_be_put_in_twice(number: int) -> None:
    with pytest.raises(NotWholeError):
        verify([*WHOLE[:number], WHOLE[number], *WHOLE[number:]], KEY, None)


def test_no_two_lines_can_change_places() -> None:
    for one in range(len(WHOLE)):
        for two in range(one):
            lines = [*WHOLE]
            lines[one], lines[two] = lines[two], lines[one]
            with pytest.raises(NotWholeError):
                verify(lines, KEY, None)


def test_the_file_cannot_be_cut_anywhere() -> None:
    whole, position, ends = b"".join(WHOLE), 0, {0, 1}
    for line in WHOLE:
        ends |= {position + 1, position + len(line) // 2, position + len(line) - 1, position}
        position += len(line)
    assert len(ends) > 40
    for end in ends:
        with pytest.raises(NotWholeError):
            verify(whole[:end].splitlines(keepends=True), KEY, None)


@pytest.mark.parametrize("subjects", [True, False], ids=["opened", "withheld"])
def test_no_byte_can_be_changed(subjects: bool) -> None:
    dice, tried, let_through = Random(3), 0, []
    whole = b"".join(lines_of(subjects=subjects, sizes=(3,)))
    for position in range(len(whole)):
        wrong = whole[position] ^ (1 << dice.randrange(8))
        changed_file = whole[:position] + bytes([wrong]) + whole[position + 1 :]
        tried += 1
        try:
            verify(changed_file.splitlines(keepends=True), KEY, None)
        except NotWholeError:
            continue
        let_through.append(position)

    assert tried > 2_500
    assert let_through == []


def with_note(change: Callable[[str], str]) -> Lines:
    """The file with its first checkpoint's note changed."""
    return at(WHOLE, 4, lambda v: v.update(checkpoint=change(v["checkpoint"])))


def other_origin(note: str) -> str:
    head = open_note(note, KEY, "")
    return sign(Checkpoint("relay.other.example", head.size, head.root), NAME, SIGNER.key)


FRAUDS: dict[str, tuple[Callable[[], Lines], str]] = {
    "a decision altered": (lambda: at(WHOLE, 1, lambda v: v["shown"].update(recipient="police-ashby")), "entry 0 "),
    "an officer's part altered": (lambda: at(WHOLE, 2, lambda v: v["skeleton"].update(verdict="hold")), "entry 1 "),
    "a label taken out": (lambda: at(WHOLE, 2, lambda v: v["subject"].update(labels=[])), "entry 1 "),
    "an entry back-dated": (lambda: at(WHOLE, 5, lambda v: v["skeleton"].update(at=NOON - 9_000_000)), "entry 3 "),
    "an entry written earlier": (lambda: at(WHOLE, 5, lambda v: v["skeleton"].update(written=NOON)), "entry 3 "),
    "a kind changed": (lambda: at(WHOLE, 1, lambda v: v["shown"].update(entry="refusal")), "entry 0 "),
    "a subject part hidden": (lambda: at(WHOLE, 2, lambda v: v.update(subject=None)), "entry 1"),
    "a subject part called erased": (
        lambda: at(WHOLE, 2, lambda v: v.update(subject=None, subject_salt=None, erased=True)),
        "entry 1: its subject part is gone",
    ),
    "a withheld part called erased": (lambda: at(WITHHELD, 2, lambda v: v.update(erased=True)), "entry 1"),
    "an erased part called kept": (lambda: at(WITHHELD, 3, lambda v: v.update(erased=False)), "entry 2"),
    "an entry rewritten with its leaf": (
        lambda: [*WHOLE[:2], rewritten(WHOLE[2]), *WHOLE[3:]],
        "the checkpoint on line 5, after entry 2: it was signed over other entries",
    ),
    "entries added after the last checkpoint": (
        lambda: at(WHOLE[:-1], 0, lambda v: v.update(checkpoints=3)),
        "after entry 8: the file ends before the log does",
    ),
    "a leaf altered": (lambda: at(WHOLE, 1, lambda v: v.update(leaf="0" * 64)), "entry 0 "),
    "a number altered": (lambda: at(WHOLE, 1, lambda v: v.update(index=7)), "entry 0 "),
    "true for one": (lambda: at(WHOLE, 2, lambda v: v.update(index=True)), "entry 1 "),
    "one for true": (lambda: at(WHOLE, 3, lambda v: v.update(erased=1)), "entry 2 "),
    "a field more": (lambda: at(WHOLE, 1, lambda v: v.update(extra=1)), "entry 0 "),
    "a field less": (lambda: at(WHOLE, 1, lambda v: v.pop("erased")), "entry 0 "),
    "a false size": (lambda: at(WHOLE, 0, lambda v: v.update(size=8)), "after entry 8"),
    "a size that is text": (lambda: at(WHOLE, 0, lambda v: v.update(size="9")), "after entry 8"),
    "another log": (lambda: at(WHOLE, 0, lambda v: v.update(origin="relay.other.example")), "line 1"),
    "another format": (lambda: at(WHOLE, 0, lambda v: v.update(export="relay-log-export/v2")), "line 1"),
    "said to be withheld": (lambda: at(WHOLE, 0, lambda v: v.update(subjects="withheld")), "entry 0 "),
    "said to be opened": (lambda: at(WITHHELD, 0, lambda v: v.update(subjects="opened")), "entry 0 "),
    "neither": (lambda: at(WITHHELD, 0, lambda v: v.update(subjects="some")), "line 1"),
    "a checkpoint without signature": (
        lambda: at(WHOLE, 4, lambda v: v.update(checkpoint=v["checkpoint"].split("\u2014")[0])),
        "the checkpoint on line 5, after entry 2",
    ),
    "a checkpoint of the end in the middle": (lambda: [*WHOLE[:4], WHOLE[-1], *WHOLE[5:]], "the checkpoint on line 5"),
    "a checkpoint that is a number": (lambda: at(WHOLE, 4, lambda v: v.update(checkpoint=4)), "the checkpoint on line 5"),
    "a checkpoint of another log by the same key": (lambda: with_note(other_origin), "the checkpoint on line 5"),
    "a checkpoint signed twice": (lambda: with_note(lambda note: note + note.split("\n\n")[1]), "the checkpoint on line 5"),
    "a signature with loose bits": (
        lambda: with_note(lambda note: note[:-3] + chr(ord(note[-3]) + 1) + "=\n"),
        "the checkpoint on line 5",
    ),
    "a line after the signatures": (lambda: with_note(lambda note: note + "more\n"), "the checkpoint on line 5"),
    "spaces between": (lambda: [WHOLE[0].replace(b",", b", "), *WHOLE[1:]], "line 1"),
    "a line of something else": (lambda: [*WHOLE, b"{}\n"], "entry 9"),
    "not JSON": (lambda: [*WHOLE[:3], b"hello\n", *WHOLE[3:]], "line 4"),
    "a list": (lambda: [*WHOLE[:3], b"[]\n", *WHOLE[3:]], "line 4"),
    "very deep": (lambda: [*WHOLE[:3], b"[" * 100_000 + b"\n", *WHOLE[3:]], "line 4"),
    "no bytes at all": (list, "after entry -1"),
    "the first line alone": (lambda: WHOLE[:1], "after entry -1"),
    "a checkpoint of nothing": (lambda: [WHOLE[0], WHOLE[-1]], "the checkpoint on line 2"),
}


@pytest.mark.parametrize("field", ["size", "checkpoints"])
@pytest.mark.parametrize("wrong", [True, "1", [1], None, 1.0])
def test_a_count_is_a_whole_number(field: str, wrong: object) -> None:
    engine = new_log()
    with engine.begin() as connection:
        append_batches(connection, [1])
        lines = list(export(connection))

    assert verify(lines, KEY, None).size == 1
    with pytest.raises(NotWholeError):
        verify(at(lines, 0, lambda v: v.update({field: wrong})), KEY, None)


@pytest.mark.parametrize("case", FRAUDS)
def test_each_fraud_is_found_and_its_place_named(case: str) -> None:
    make, place = FRAUDS[case]

    with pytest.raises(NotWholeError) as found:
        verify(make(), KEY, None)

    assert str(found.value).startswith(place)


def test_a_whole_log_of_another_key_is_not_this_log() -> None:
    with pytest.raises(NotWholeError, match="signed"):
        verify(WHOLE, read_key(STRANGER.verifier_key()), None)


def test_the_keeper_of_the_key_cannot_date_an_entry_before_the_one_in_front() -> None:
    engine = new_log()
    with engine.begin() as connection:
        append_batches(connection, [2])
        # Someone with the key and the database: the guard of the writer is what she takes out.
        connection.exec_driver_sql("UPDATE checkpoint SET written = 0")
        append(connection, [decision(9, NOON - 9_000_000)], SIGNER, NOON - 9_000_000)
        lines = list(export(connection))

    with pytest.raises(NotWholeError, match=r"entry 2 .*before the entry in front"):
        verify(lines, KEY, None)


def forged(entry: Entry, written: Any = NOON) -> Lines:
    """A log that its own key signed over an entry which the program would not have written."""
    engine = new_log()
    with engine.begin() as connection:
        append_batches(connection, [2])
        lines = list(export(connection))
        before = [bytes.fromhex(json.loads(line)["leaf"]) for line in lines[1:3]]
    salts = Salts(bytes(32), bytes(32), bytes(32))
    bad = commit(entry, written, salts)
    line = {
        "index": 2,
        "leaf": bad.leaf_hash.hex(),
        "shown": json.loads(bad.shown),
        "shown_salt": "00" * 32,
        "skeleton": json.loads(bad.skeleton),
        "skeleton_salt": "00" * 32,
        "subject": None,
        "subject_salt": None,
        "subject_commitment": bad.opening.subject.hex(),
        "erased": False,
    }
    head = {"checkpoint": SIGNER.sign(3, grow(EMPTY, [*before, bad.leaf_hash]).root)}
    first = changed(lines[0], lambda v: v.update(size=3, checkpoints=2))
    return [first, *lines[1:], canonical(line) + b"\n", canonical(head) + b"\n"]


def erasure(named: object) -> Entry:
    return Entry(EntryKind.ERASURE, NOON, {}, {"erased": named}, {})


FORGERIES: dict[str, Lines] = {
    "about the future": forged(decision(9, NOON + 61_000)),
    "at no time": forged(Entry(EntryKind.REVIEW, None, {}, {}, {})),  # type: ignore[arg-type]
    "at a time in words": forged(Entry(EntryKind.REVIEW, "noon", {}, {}, {})),  # type: ignore[arg-type]
    "written at no time": forged(decision(9), None),
    "an erasure of nothing named": forged(erasure(None)),
    "an erasure of a word": forged(erasure("2")),
    "an erasure of what is to come": forged(erasure([3])),
    "an erasure of itself": forged(erasure([2])),
    "an erasure of a negative number": forged(erasure([-1])),
    "an erasure of true": forged(erasure([True])),
    "an erasure of lists": forged(erasure([[0]])),
}


@pytest.mark.parametrize("case", FORGERIES)
def test_the_keeper_of_the_key_cannot_write_what_makes_no_sense(case: str) -> None:
    assert verify(forged(decision(9)), KEY, None).size == 3
    with pytest.raises(NotWholeError, match=r"^entry 2 "):
        verify(FORGERIES[case], KEY, None)


def test_an_erasure_of_what_is_still_kept_is_a_lie() -> None:
    with pytest.raises(NotWholeError, match=r"^entry 1: its subject part is gone .* other way round"):
        verify(forged(erasure([1])), KEY, None)


def test_an_entry_of_no_known_kind_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("consent.log.verify.KINDS", ["refusal", "erasure"])

    with pytest.raises(NotWholeError, match=r"entry 0 .*kind"):
        verify(WHOLE, KEY, None)


def run(folder: Path, lines: Lines, *more: str) -> subprocess.CompletedProcess[str]:
    """The verifier as an officer runs it: away from our code, in a folder with nothing else."""
    (folder / "export.jsonl").write_bytes(b"".join(lines))
    (folder / "log.vkey").write_text(SIGNER.verifier_key() + "\n")
    (folder / "verify.py").write_bytes(PROGRAM.read_bytes())
    command = [sys.executable, "-I", "verify.py", "export.jsonl", "--key", "log.vkey", *more]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_the_one_file_alone_says_in_words_that_the_log_is_whole(tmp_path: Path) -> None:
    done = run(tmp_path, WHOLE)

    assert (done.returncode, done.stderr) == (0, "")
    for words in (
        "relay.ashby.example/consent/2026",
        "9 of 9 derived again",
        "4 checkpoints",
        "decision 8, erasure 1",
        "8 opened, 1 erased",
        "whole           yes",
    ):
        assert words in done.stdout
    assert CANARY not in done.stdout


def test_the_one_file_alone_names_the_first_bad_entry(tmp_path: Path) -> None:
    done = run(tmp_path, FRAUDS["a decision altered"][0]())

    assert done.returncode == 1
    assert done.stdout.startswith("NOT WHOLE       entry 0 ")


def test_what_was_seen_before_must_still_be_there(tmp_path: Path) -> None:
    remember = tmp_path / "seen"
    short = lines_of(sizes=(3, 1))
    first = run(tmp_path, WHOLE, "--remember", "seen")
    seen = remember.read_text()
    again = run(tmp_path, WHOLE, "--remember", "seen")
    cut = run(tmp_path, short, "--remember", "seen")

    assert "not known" in first.stdout
    assert "continues the 9 entries you remember" in again.stdout
    assert cut.returncode == 1
    assert remember.read_text() == seen, "what was remembered is not forgotten for a log that does not fit"


def test_a_log_begun_again_is_not_the_one_that_was_seen(tmp_path: Path) -> None:
    rewritten = lines_of(sizes=(3, 1, 4, 2))
    run(tmp_path, WHOLE, "--remember", "seen")

    done = run(tmp_path, rewritten, "--remember", "seen")

    assert done.returncode == 1
    assert "you remember" in done.stdout


def test_a_remembered_checkpoint_is_continued_from_any_size() -> None:
    for line in WHOLE:
        note = json.loads(line).get("checkpoint")
        if note:
            assert verify(WHOLE, KEY, open_note(note, KEY, "seen")).size == 9


GOOD_KEY = SIGNER.verifier_key()
WRONG_KEYS = ["", "x", "a+00000000+AA==", GOOD_KEY.replace("+", "-"), GOOD_KEY.replace(NAME, "relay.other.example")]


@pytest.mark.parametrize("text", WRONG_KEYS)
def test_a_key_file_that_is_none_stops_it(tmp_path: Path, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "key").write_text(text)
    (tmp_path / "export").write_bytes(b"".join(WHOLE))

    assert main([str(tmp_path / "export"), "--key", str(tmp_path / "key")]) == 1
    assert "NOT WHOLE       the key file" in capsys.readouterr().out


def test_a_file_that_is_not_there_is_not_a_fraud(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "key").write_text(SIGNER.verifier_key())

    assert main([str(tmp_path / "none"), "--key", str(tmp_path / "key")]) == 2
    assert "cannot read" in capsys.readouterr().err


def test_the_verifier_trusts_none_of_our_code() -> None:
    tree = ast.parse(PROGRAM.read_text())
    names = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    names |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    ours = {name for name in names if name and name.split(".")[0] not in sys.stdlib_module_names}

    assert {name.split(".")[0] for name in ours} == {"cryptography"}


def test_every_kind_of_entry_passes_through_an_export() -> None:
    engine = new_log()
    kinds = [kind for kind in EntryKind if kind is not EntryKind.ERASURE]
    with engine.begin() as connection:
        append(connection, [decision(i, kind=kind) for i, kind in enumerate(kinds)], SIGNER, NOON)
        lines = list(export(connection, subjects=True))

    assert set(verify(lines, KEY, None).kinds) == {kind.value for kind in kinds}
