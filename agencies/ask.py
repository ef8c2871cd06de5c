"""``./run ask``: the caseload check as a worker makes it, at three in the morning, in a custody suite.

Names are never arguments by themselves: she is asked for them on the terminal, or they come as JSON from a file or standard
input, so that they stay out of the shell's history and the list of processes. The check goes through the adapter of a running
system like any other record. Leaves out: what the answer is, which the agencies' caseloads and the consent service decide.

Exit codes: 0 not known · 3 known, not active · 4 active · 5 cannot say, or no answer in time · 2 the check could not be made.
"""

import argparse
import json
import sqlite3
import sys
import time
from pathlib import Path
from typing import Any, Final, Protocol

from pydantic import ValidationError
from rich.console import Console
from rich.panel import Panel
from rich.prompt import Prompt

from agencies.local_fields import ErrorInRecord
from agencies.local_records import read_record
from agencies.settings import AskSettings
from contracts.canonical import MalformedError, parse_loose
from contracts.directory import Directory, DirectoryError, load_directory
from contracts.identifiers import new_id
from contracts.vocabulary import AgeBand, NoCheck

_LOOK_S: Final = 0.02
EXIT: Final = {"not_known": 0, "known_not_active": 3, "active": 4, "cannot_say": 5}
BIG: Final = {
    "not_known": ("NOT KNOWN", "green"),
    "known_not_active": ("KNOWN, NOT ACTIVE", "yellow"),
    "active": ("ACTIVE", "red"),
    "cannot_say": ("CANNOT SAY", "magenta"),
}
WAITS_FOR_OFFICER: Final = ("DUP-04", "DUP-05")
MEANS: Final = {
    "not_known": "None of the agencies below has her on a caseload.",
    "known_not_active": "She was on a caseload and is not now. Ring before you open a case.",
    "active": "She is on a caseload. Ring before you do anything else.",
    "cannot_say": "The check cannot tell you. This is not 'not known': ring the agencies you would ask.",
}


class NoCheckError(Exception):
    """The check could not be made, with what to do about it."""


class Door(Protocol):
    """The way to a running adapter: leave a record there, and see what was told about it."""

    def leave(self, record: dict[str, Any]) -> None:
        """Leave a record for the adapter to take."""

    def told(self, name: str) -> list[dict[str, Any]]:
        """What was told about that record so far."""


class OfficeDoor:
    """Through the tables of a simulated case system (``simulated/tables.sql``)."""

    def __init__(self, path: Path) -> None:
        file = path if path.suffix == ".sqlite" else path / "case_system.sqlite"
        if not file.exists():
            raise NoCheckError("That agency's adapter has not started yet. Start the system: ./run up")
        self._rows = sqlite3.connect(file, isolation_level=None, timeout=5)
        self._from = self._rows.execute("SELECT COALESCE(MAX(id), 0) FROM told").fetchone()[0]

    def leave(self, record: dict[str, Any]) -> None:
        """A task that is due."""
        self._rows.execute("INSERT INTO task (id, due, record) VALUES (?, 0, ?)", (record["id"], json.dumps(record)))

    def told(self, name: str) -> list[dict[str, Any]]:
        """Rows of told since we came."""
        rows = self._rows.execute("SELECT record FROM told WHERE id > ? ORDER BY id", (self._from,))
        return [one for one in (json.loads(row[0]) for row in rows) if one.get("record") == name]


class FolderDoor:
    """Through a drop folder."""

    def __init__(self, path: Path) -> None:
        if not (path / "out").is_dir():
            raise NoCheckError("That agency's drop folder is not there. Start its adapter first.")
        self._folder = path

    def leave(self, record: dict[str, Any]) -> None:
        """A file in out/, whole from the first moment."""
        unfinished = self._folder / "out" / f".{record['id']}.tmp"
        unfinished.write_text(json.dumps(record))
        unfinished.chmod(0o600)
        unfinished.rename(self._folder / "out" / f"{record['id']}.json")

    def told(self, name: str) -> list[dict[str, Any]]:
        """Notices about it, and what the adapter could not send."""
        error = self._folder / "out" / "errors" / f"{name}.json.error.json"
        if error.exists():
            return [{"type": "rejected", **json.loads(error.read_text())}]
        notices = [json.loads(path.read_text()) for path in sorted((self._folder / "notices").glob("[!.]*.json"))]
        return [one for one in notices if one.get("record") == name]


def ask(record: dict[str, Any], door: Door, seconds: float) -> dict[str, Any] | None:
    """Leave the check, and wait until its answer is there, or time is up (None). NoCheckError when it was refused.

    A check that waits for an officer is answered "cannot say" at once: whoever stands there cannot wait for that.
    """
    door.leave(record)
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        for one in door.told(record["id"]):
            if one["type"] == "caseload_answer":
                return one
            if one["type"] == "rejected" or (one["type"] == "receipt" and one["state"] in ("refused", "expired")):
                raise NoCheckError(one["sentence"])
            if one["type"] == "receipt" and one["state"] == "held" and str(one["reason"]).startswith(WAITS_FOR_OFFICER):
                return {**one, "status": "cannot_say", "agencies": [], "covers": []}
        time.sleep(_LOOK_S)
    return None


def not_asked(place: str, worker: str, why: str, door: Door, seconds: float, console: Console) -> int:
    """She came, and no check is made: say so, and why. It counts, and names nobody."""
    name = f"came-{new_id()[:12]}"
    door.leave({"type": "presentation_opened", "id": name, "worker": worker, "presentation": place})
    closed = {"opened": name, "presentation": place, "why_not": why, "worker": worker}
    _until_final(door, name, seconds)
    door.leave({"type": "presentation_closed", "id": f"{name}-end", **closed})
    _until_final(door, f"{name}-end", seconds)
    console.print(f"Noted: no check was made ({why.replace('_', ' ')}).", highlight=False)
    return 0


def _until_final(door: Door, name: str, seconds: float) -> None:
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        for one in door.told(name):
            if one["type"] == "rejected" or one.get("state") in ("refused", "expired"):
                raise NoCheckError(one["sentence"])
            if one.get("state") == "delivered":
                return
        time.sleep(_LOOK_S)
    raise NoCheckError("The broker did not answer in time. It is written down here, and goes when it can.")


def show(answer: dict[str, Any] | None, record: str, directory: Directory, console: Console) -> int:
    """One of four answers, in words that can be read from where she stands."""
    status = answer["status"] if answer else "cannot_say"
    word, colour = BIG[status]
    means = MEANS[status] if answer else "Cannot say: no answer came in time. This is not 'not known'."
    if answer and answer["type"] == "receipt":
        means = f"{answer['sentence']} This is not 'not known'."
    lines = [f"[bold {colour}]{word}[/]", "", means]
    if answer and answer["agencies"]:
        lines.append(f"Ring: {', '.join(_to_ring(one, directory) for one in answer['agencies'])}")
    if answer and answer["covers"]:
        lines.append(f"Asked about: {', '.join(_name(one, directory) for one in answer['covers'])}")
    console.print(Panel("\n".join(lines), border_style=colour, title="Caseload check", title_align="left"))
    number = answer["message"] if answer else record
    console.print(f"Recorded as check {number}.", highlight=False)
    if answer:
        console.print(f"To open a case on it, name this record: {record}", highlight=False)
    return EXIT[status]


def _name(agency: str, directory: Directory) -> str:
    known = directory.agency(agency)
    return f"{known.neutral_name} ({agency})" if known else agency


def _to_ring(agency: str, directory: Directory) -> str:
    known = directory.agency(agency)
    return f"{_name(agency, directory)} {known.contact}".strip() if known else agency


def _identity(source: str | None, console: Console) -> dict[str, Any]:
    """Her details: from a file, from standard input, or asked for."""
    if source is None and sys.stdin.isatty():
        return _prompted(console)
    try:
        body = sys.stdin.buffer.read() if source in (None, "-") else Path(str(source)).read_bytes()
        return parse_loose(body)
    except OSError:
        raise NoCheckError("That file cannot be read. Give --from a JSON file, or - for standard input.") from None
    except MalformedError:
        raise NoCheckError(
            'Write her details as JSON: {"forename": "…", "surname": "…", "date_of_birth": "YYYY-MM-DD"}'
        ) from None


def _prompted(console: Console) -> dict[str, Any]:
    asked = {
        "forename": "Forename",
        "surname": "Surname",
        "date_of_birth": "Date of birth, YYYY-MM-DD (or nothing)",
        "aliases": "Other names she uses, with commas between (or nothing)",
        "postcode": "Postcode (or nothing)",
        "address": "Address without the town (or nothing; no message carries it)",
        "town": "Town (or nothing; nor that)",
    }
    given: dict[str, Any] = {name: Prompt.ask(words, console=console, default="").strip() for name, words in asked.items()}
    given["aliases"] = [one.strip() for one in given["aliases"].split(",") if one.strip()]
    return {name: value for name, value in given.items() if value}


def door_of(agency: str, folder: Path) -> Door:
    """The way to an agency's adapter in the running system; NoCheckError when there is none."""
    try:
        state = json.loads((folder / "system.json").read_text())
        where = state["programs"][agency]["env"]["ADAPTER_CASE_SYSTEM"]
    except (OSError, ValueError, KeyError):
        raise NoCheckError(
            f"No adapter of {agency} is known in the running system. ./run status names those there are."
        ) from None
    kind, _, path = where.partition(":")
    return OfficeDoor(Path(path)) if kind == "simulated" else FolderDoor(Path(path))


def _arguments(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="./run ask", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--agency", help="who asks (default: the CJIT of the running system)")
    parser.add_argument("--presentation", default="custody", choices=["custody", "court", "drop_in", "walk_in"])
    parser.add_argument("--worker", default="worker", help="the code of the worker who asks, such as worker_7")
    parser.add_argument(
        "--not-asked",
        metavar="WHY",
        choices=[one.value for one in NoCheck],
        help=f"she came, and no check is made: say why ({', '.join(one.value for one in NoCheck)})",
    )
    parser.add_argument("--from", dest="source", help="a JSON file with her details, or - for standard input")
    parser.add_argument(
        "--age-band", choices=[one.value for one in AgeBand], help="her age as you judge it (default: by her date of birth)"
    )
    parser.add_argument("--seconds", type=float, default=20, help="how long to wait for the answer (default: 20)")
    parser.add_argument("--json", action="store_true", help="print the answer as JSON")
    return parser.parse_args(arguments)


def _check(chosen: argparse.Namespace, errors: Console) -> dict[str, Any]:
    """The record of a check, as an adapter takes it."""
    record: dict[str, Any] = {
        "type": "caseload_check",
        "id": f"check-{new_id()[:12]}",
        "worker": chosen.worker,
        "identity": _identity(chosen.source, errors),
        "presentation": chosen.presentation,
        "wanted_within_seconds": max(5, int(chosen.seconds)),
    }
    if chosen.age_band:
        record["age_band"] = chosen.age_band
    return record


def main(arguments: list[str] | None = None) -> int:
    """Ask once; see the module's first lines for the exit codes."""
    chosen, console, errors = _arguments(arguments), Console(), Console(stderr=True)
    try:
        settings = AskSettings()
        agency = chosen.agency or settings.adapter_agency
        door = door_of(agency, settings.relay_folder)
        directory = load_directory(
            settings.adapter_directory, now=time.time_ns() // 1_000_000, demonstration=settings.demonstration
        )
        if chosen.not_asked:
            return not_asked(chosen.presentation, chosen.worker, chosen.not_asked, door, chosen.seconds, console)
        record = _check(chosen, errors)
        read_record(record)
        with errors.status("Asking …"):
            answer = ask(record, door, chosen.seconds)
    except ValidationError:
        errors.print("No running system was found. Start one: ./run up")
        return 2
    except ErrorInRecord as error:
        errors.print(f"The check was not made. {error.sentence}", highlight=False)
        return 2
    except (NoCheckError, DirectoryError) as error:
        errors.print(f"The check was not made. {error}", highlight=False)
        return 2
    except KeyboardInterrupt:
        errors.print("Stopped. This is not 'not known'.")
        return 5
    if chosen.json:
        print(json.dumps(answer or {"status": "cannot_say", "record": record["id"], "reason": "no answer in time"}))
        return EXIT[answer["status"]] if answer else 5
    return show(answer, str(record["id"]), directory, console)


if __name__ == "__main__":
    sys.exit(main())
