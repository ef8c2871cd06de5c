"""A case system made of folders, for agencies whose system can write and read files, or whose worker has a spreadsheet.

::

    out/            put a record here as one .json file (write it under another name, then rename it)
    out/sent/       the adapter moves it here once it is safe
    out/errors/     or here, with NAME.error.json beside it: what is wrong and what to do
    in/             what arrived: one MESSAGE-ID.json each
    notices/        what became of what was sent, answers, alerts

Nothing is ever written over, and nothing is moved before the adapter has it on disk. Safe to stop at any moment.
"""

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from agencies.case_system import CaseSystemDownError, LocalNotice, LocalRecord
from agencies.local_records import MAX_RECORD_BYTES
from contracts.canonical import MalformedError, parse_loose
from contracts.vocabulary import Reason

_UNFINISHED: Final = (".tmp", ".part", ".swp", "~", ".crdownload")
# A file that was touched within this time may still be being written by a program that does not rename.
_SETTLED_MS: Final = 200

_FAULTS: Final[dict[Reason, str]] = {
    Reason.TOO_LARGE: "The file is larger than 48 KiB. Send less in one record.",
    Reason.NOT_UTF8: "The file is not UTF-8 text. Save it as UTF-8.",
    Reason.NOT_JSON: "The file is not JSON. A missing comma, quote or bracket is the usual cause.",
    Reason.NOT_AN_OBJECT: 'The file is JSON but not one record: it must begin with { and hold "type" and "id".',
    Reason.DUPLICATE_KEY: "A field is written twice. Keep one of them.",
    Reason.BAD_NUMBER: "A number is not a whole number. Write whole numbers only.",
    Reason.TOO_DEEP: "The record is nested too deeply.",
    Reason.FORBIDDEN_CHARACTER: "A text holds a control or direction character that could hide what is said. Type it again.",
}


@dataclass(frozen=True, slots=True)
class _File:
    """One file in out/, as it looked when it was listed."""

    path: Path
    size: int
    changed: int


class DropFolder:
    """The ``CaseSystem`` of a folder."""

    def __init__(self, folder: Path, clock: Callable[[], int]) -> None:
        self._out, self._in, self._notices = folder / "out", folder / "in", folder / "notices"
        self._sent, self._errors = self._out / "sent", self._out / "errors"
        self._clock = clock
        self._given: dict[str, Path] = {}
        for one in (self._sent, self._errors, self._in, self._notices):
            one.mkdir(parents=True, exist_ok=True, mode=0o700)

    # --- what leaves

    def outgoing(self, limit: int) -> list[LocalRecord]:
        """Files that are finished, oldest first. One that is no record goes to errors/ at once."""
        found: list[LocalRecord] = []
        try:
            for file in self._finished():
                if len(found) == limit:
                    break
                record = self._read(file)
                if record is not None:
                    found.append(record)
        except OSError as error:
            raise CaseSystemDownError(f"the folder {self._out.name} cannot be read ({_name_of(error)})") from None
        return found

    def taken(self, record_id: str, message_id: str) -> None:
        """Move the file to sent/."""
        del message_id  # the notices carry it
        self._move(record_id, self._sent)

    def rejected(self, record_id: str, code: str, sentence: str) -> None:
        """Move the file to errors/, with the reason beside it."""
        path = self._given.get(record_id)
        if path is not None:
            self._reject(path, code, sentence)
            del self._given[record_id]

    # --- what arrives

    def hand_over(self, arrived: LocalRecord) -> None:
        """Write in/MESSAGE-ID.json. A file of that name is that record already."""
        self._write(self._in / f"{arrived.id}.json", arrived.fields)

    def told(self, notice: LocalNotice) -> None:
        """Write notices/TIME-NOTICE-ID.json, so that they sort as they were said."""
        said = "".join(letter for letter in str(notice.fields.get("at", "")) if letter.isalnum())
        self._write(self._notices / f"{said}-{notice.id}.json", {"id": notice.id, **notice.fields})

    # --- files

    def _finished(self) -> list[_File]:
        now = self._clock()
        files = []
        for entry in os.scandir(self._out):
            if not entry.name.endswith(".json") or entry.name.startswith(".") or entry.name.endswith(_UNFINISHED):
                continue
            if not entry.is_file(follow_symlinks=False):
                continue
            seen = entry.stat()
            # A clock may be set back, or the file come from a machine whose clock is ahead: then it is not new either.
            if abs(now - seen.st_mtime_ns // 1_000_000) >= _SETTLED_MS:
                files.append(_File(Path(entry.path), seen.st_size, seen.st_mtime_ns))
        return sorted(files, key=lambda file: (file.changed, file.path.name))

    def _read(self, file: _File) -> LocalRecord | None:
        if file.size > MAX_RECORD_BYTES:
            self._reject(file.path, Reason.TOO_LARGE.value, _FAULTS[Reason.TOO_LARGE])
            return None
        body = file.path.read_bytes()
        seen = file.path.stat()
        if (seen.st_size, seen.st_mtime_ns) != (file.size, file.changed):
            return None  # it was still being written: next time
        try:
            fields = parse_loose(body, limit=MAX_RECORD_BYTES)
        except MalformedError as error:
            sentence = _FAULTS.get(error.reason, "The file is not in the agreed form.")
            self._reject(file.path, error.reason.value, sentence)
            return None
        name = fields.setdefault("id", file.path.stem)
        if not isinstance(name, str):
            self._reject(file.path, "wrong-field:id", "The field id must be text: letters, digits, dots and hyphens.")
            return None
        if self._given.get(name, file.path) != file.path and self._given[name].exists():
            return None  # two files of one id: the second waits until the first has gone, and is then told apart
        self._given[name] = file.path
        return LocalRecord(name, fields)

    def _move(self, record_id: str, folder: Path) -> None:
        path = self._given.pop(record_id, None)
        if path is None:
            return
        try:
            if path.exists():
                path.rename(_free_name(folder / path.name))
        except OSError as error:
            self._given[record_id] = path
            raise CaseSystemDownError(f"a file cannot be moved to {folder.name} ({_name_of(error)})") from None

    def _reject(self, path: Path, code: str, sentence: str) -> None:
        try:
            target = _free_name(self._errors / path.name)
            # The reason first: a file in errors/ without one would be a riddle.
            self._write(target.with_name(f"{target.name}.error.json"), {"file": path.name, "code": code, "sentence": sentence})
            path.rename(target)
        except OSError as error:
            raise CaseSystemDownError(f"a file cannot be moved to errors ({_name_of(error)})") from None

    def _write(self, path: Path, fields: Mapping[str, Any]) -> None:
        """Whole or not at all: under another name, flushed, renamed, and the folder flushed."""
        if path.exists():
            return
        unfinished = path.with_name(f".{path.name}.tmp")
        try:
            with unfinished.open("w", encoding="utf-8") as file:
                json.dump(fields, file, ensure_ascii=False, indent=2)
                file.flush()
                os.fsync(file.fileno())
            unfinished.rename(path)
            _flush(path.parent)
        except OSError as error:
            unfinished.unlink(missing_ok=True)
            raise CaseSystemDownError(f"nothing can be written to {path.parent.name} ({_name_of(error)})") from None


def _free_name(path: Path) -> Path:
    """The path, or the first of its kind that is free: what was moved here before is never written over."""
    number, free = 1, path
    while free.exists():
        number += 1
        free = path.with_name(f"{path.stem}.{number}{path.suffix}")
    return free


def _flush(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _name_of(error: OSError) -> str:
    return os.strerror(error.errno).lower() if error.errno else "no reason given"
