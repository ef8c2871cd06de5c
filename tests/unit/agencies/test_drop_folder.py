"""The folder that is a case system: what is picked up, what is left, what is wrong with the rest, and nothing written over."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from agencies.case_system import CaseSystemDownError, LocalNotice, LocalRecord
from agencies.drop_folder import DropFolder
from tests.unit.agencies.town import Clock

GOOD = {"type": "case_close", "id": "r-1", "person": "client-9"}
LATER = 10_000_000_000_000


@pytest.fixture
def folder(tmp_path: Path) -> DropFolder:
    return DropFolder(tmp_path, Clock(LATER))


def put(tmp_path: Path, name: str, body: bytes | dict[str, Any]) -> Path:
    path = tmp_path / "out" / name
    path.write_bytes(body if isinstance(body, bytes) else json.dumps(body).encode())
    return path


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.is_file())


PICKED_UP: dict[str, tuple[bytes | dict[str, Any], str]] = {
    "a plain record": (GOOD, "r-1"),
    "a record without an id takes the file's name": ({"type": "case_close", "person": "client-9"}, "note"),
    "with the mark that Windows puts before text": (b"\xef\xbb\xbf" + json.dumps(GOOD).encode(), "r-1"),
    "spaces, lines and any order": (json.dumps(GOOD, indent=4).encode(), "r-1"),
    "names in another script": ({**GOOD, "person": "Олена"}, "r-1"),
}


@pytest.mark.parametrize("case", PICKED_UP)
def test_a_finished_file_is_given_out_until_it_is_taken_and_then_kept(case: str, folder, tmp_path) -> None:
    body, name = PICKED_UP[case]
    put(tmp_path, "note.json", body)
    assert [record.id for record in folder.outgoing(10)] == [name]
    assert [record.id for record in folder.outgoing(10)] == [name], "it stays until the adapter has it"
    folder.taken(name, "a" * 32)
    assert folder.outgoing(10) == []
    assert names(tmp_path / "out" / "sent") == ["note.json"]
    assert names(tmp_path / "out") == []


LEFT = ["note.json.tmp", "note.json.part", ".note.json", "note.txt", "note.json~"]


@pytest.mark.parametrize("name", LEFT)
def test_a_file_that_is_not_finished_is_left_alone(name: str, folder, tmp_path) -> None:
    path = put(tmp_path, name, GOOD)
    assert folder.outgoing(10) == []
    assert path.exists()


def test_a_file_that_was_touched_a_moment_ago_is_left_until_it_settles(tmp_path) -> None:
    path = put_early = tmp_path / "out" / "note.json"
    clock = Clock(0)
    folder = DropFolder(tmp_path, clock)
    put_early.write_text('{"type": "case_')
    clock.now = path.stat().st_mtime_ns // 1_000_000 + 100
    assert folder.outgoing(10) == []
    path.write_text(json.dumps(GOOD))
    clock.now = path.stat().st_mtime_ns // 1_000_000 + 300
    assert [record.id for record in folder.outgoing(10)] == ["r-1"]


WRONG: dict[str, tuple[bytes, str, str]] = {
    "no JSON": (b'{"type": "case_close",}', "FRM-03", "comma"),
    "half a file": (b'{"type": "case_clo', "FRM-03", "bracket"),
    "nothing": (b"", "FRM-03", "JSON"),
    "no UTF-8": (b'{"type": "\xff"}', "FRM-02", "UTF-8"),
    "a list": (b"[]", "FRM-04", "must begin with {"),
    "a field twice": (b'{"type": "a", "type": "b"}', "FRM-05", "twice"),
    "a decimal": (b'{"type": "a", "n": 1.5}', "FRM-06", "whole"),
    "a direction mark": ('{"type": "a\u202e"}'.encode(), "FRM-09", "hide"),
    "too deep": (b'{"a":' * 20 + b"1" + b"}" * 20, "FRM-08", "nested"),
    "too large": (b'{"type": "' + b"a" * 50_000 + b'"}', "FRM-01", "48 KiB"),
    "an id that is a number": (b'{"type": "case_close", "id": 7}', "wrong-field:id", "must be text"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_file_that_is_no_record_goes_to_errors_with_the_reason_beside_it(case: str, folder, tmp_path) -> None:
    body, code, words = WRONG[case]
    put(tmp_path, "note.json", body)
    assert folder.outgoing(10) == []
    errors = tmp_path / "out" / "errors"
    assert names(errors) == ["note.json", "note.json.error.json"]
    assert (errors / "note.json").read_bytes() == body
    said = json.loads((errors / "note.json.error.json").read_text())
    assert said["code"].startswith(code)
    assert words in said["sentence"]


def test_what_the_adapter_cannot_send_goes_to_errors_with_its_sentence(folder, tmp_path) -> None:
    put(tmp_path, "note.json", GOOD)
    folder.outgoing(10)
    folder.rejected("r-1", "not-registered", "Send a person record first.")
    said = json.loads((tmp_path / "out" / "errors" / "note.json.error.json").read_text())
    assert said == {"file": "note.json", "code": "not-registered", "sentence": "Send a person record first."}
    assert folder.outgoing(10) == []


def test_two_files_of_one_id_are_given_out_one_after_the_other(folder, tmp_path) -> None:
    put(tmp_path, "a.json", GOOD)
    put(tmp_path, "b.json", {**GOOD, "person": "client-1"})
    (first,) = folder.outgoing(10)
    folder.taken(first.id, "a" * 32)
    (second,) = folder.outgoing(10)
    assert (first.fields["person"], second.fields["person"]) == ("client-9", "client-1")


def test_nothing_is_written_over(folder, tmp_path) -> None:
    for person in ("client-1", "client-2"):
        put(tmp_path, "note.json", {**GOOD, "id": person, "person": person})
        folder.outgoing(10)
        folder.taken(person, "a" * 32)
    folder.hand_over(LocalRecord("m-1", {"id": "m-1", "n": 1}))
    folder.hand_over(LocalRecord("m-1", {"id": "m-1", "n": 2}))
    assert names(tmp_path / "out" / "sent") == ["note.2.json", "note.json"]
    assert json.loads((tmp_path / "in" / "m-1.json").read_text())["n"] == 1


def test_what_arrives_and_what_is_told_are_files_and_nothing_unfinished_stays(folder, tmp_path) -> None:
    folder.hand_over(LocalRecord("m-1", {"id": "m-1", "identity": {"forename": "Zoë"}}))
    said = {"type": "receipt", "at": "2026-11-22T00:24:34.048Z"}
    for _ in range(2):
        folder.told(LocalNotice("n-1", said))
    assert "Zoë" in (tmp_path / "in" / "m-1.json").read_text()
    (notice,) = (tmp_path / "notices").iterdir()
    assert notice.name == "20261122T002434048Z-n-1.json"
    assert json.loads(notice.read_text()) == {"id": "n-1", **said}
    assert names(tmp_path / "in") == ["m-1.json"]


def test_a_restart_finds_everything_where_it_was(folder, tmp_path) -> None:
    put(tmp_path, "note.json", GOOD)
    folder.outgoing(10)
    again = DropFolder(tmp_path, Clock(LATER))
    again.taken("r-1", "a" * 32)
    assert [record.id for record in again.outgoing(10)] == ["r-1"], "it was not given out by this one, so it is given out again"


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    return


def test_a_full_disk_is_a_system_that_is_down_and_leaves_nothing_half_written(folder, tmp_path, full_disk) -> None:
    with pytest.raises(CaseSystemDownError, match="no space left"):
        folder.hand_over(LocalRecord("m-1", {"id": "m-1"}))
    assert list((tmp_path / "in").iterdir()) == []


def test_a_folder_that_is_gone_is_a_system_that_is_down(folder, tmp_path) -> None:
    (tmp_path / "out").rename(tmp_path / "elsewhere")
    with pytest.raises(CaseSystemDownError):
        folder.outgoing(10)


def test_a_link_is_not_followed(folder, tmp_path) -> None:
    secret = tmp_path / "secret.json"
    secret.write_text(json.dumps(GOOD))
    (tmp_path / "out" / "note.json").symlink_to(secret)
    assert folder.outgoing(10) == []
