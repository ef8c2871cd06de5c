"""``./run references rotate AGENCY``: a new reference for one of its people, or for all, because one was seen elsewhere (T16).

Each goes through the agency's own adapter like any other record, and what is on its way under the former one still arrives.
Prints agencies and counts, and neither reference. Leaves out: what the adapter (``renewing``) and the broker do.

Exit codes: 0 done; 1 some were refused, or have no answer yet; 2 it could not be asked for.
"""

import argparse
import json
import sqlite3
import sys
import time
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError
from rich.console import Console

from agencies.ask import Door, NoCheckError, door_of
from agencies.settings import ReferencesSettings
from contracts.identifiers import new_id

_LOOK_S: Final = 0.05
_AT_A_TIME: Final = 50
_NO_ANSWER: Final = "no answer yet"
# Neither those that were replaced, nor those that are only asked for.
_STANDING: Final = (
    "SELECT r.local, r.reference FROM reference AS r WHERE (? IS NULL OR r.local = ?) "
    "AND r.reference NOT IN (SELECT reference FROM former WHERE replaced = 1) "
    "AND r.reference NOT IN (SELECT fresh FROM former WHERE replaced = 0) ORDER BY r.n"
)


class NotAskedError(Exception):
    """Nothing was asked for, with what to do about it."""


def standing(folder: Path, person: str | None) -> list[tuple[str, str]]:
    """The agency's own id and the reference of each of its people, or of one: as its adapter has them."""
    file = folder / "adapter.sqlite"
    if not file.exists():
        raise NotAskedError("That agency's adapter has not started yet. Start the system: ./run up")
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=5)) as rows:
        found: list[tuple[str, str]] = rows.execute(_STANDING, (person, person)).fetchall()
    return found


def rotate(people: list[tuple[str, str]], worker: str, doors: Callable[[], Door], seconds: float) -> list[str]:
    """Leave a record for each, some at a time, and wait for the last word on it; what became of each."""
    said: list[str] = []
    for start in range(0, len(people), _AT_A_TIME):
        said += _rotate_some(people[start : start + _AT_A_TIME], worker, doors(), seconds)
    return said


def _rotate_some(people: list[tuple[str, str]], worker: str, door: Door, seconds: float) -> list[str]:
    said: dict[str, str] = {}
    for person, reference in people:
        name = f"reference-{new_id()[:12]}"
        door.leave({"type": "new_reference", "id": name, "person": person, "reference": reference, "worker": worker})
        said[name] = _NO_ANSWER
    limit = time.monotonic() + seconds
    while _NO_ANSWER in said.values() and time.monotonic() < limit:
        for name in [name for name, word in said.items() if word == _NO_ANSWER]:
            said[name] = _last_word(door.told(name))
        time.sleep(_LOOK_S)
    return list(said.values())


def _last_word(told: list[dict[str, Any]]) -> str:
    for one in told:
        if one["type"] == "rejected":
            return "not sent"
        if one["type"] == "receipt" and one["state"] in {"delivered", "refused", "expired"}:
            return str(one["state"])
    return _NO_ANSWER


def _arguments(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="./run references", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    acts = parser.add_subparsers(required=True)
    rotating = acts.add_parser("rotate", help="a new reference for one person of an agency, or for all of them")
    rotating.add_argument("agency")
    whom = rotating.add_mutually_exclusive_group(required=True)
    whom.add_argument("--person", metavar="LOCAL-ID", help="the agency's own id for her")
    whom.add_argument("--all", action="store_true", help="everyone whom that agency knows")
    rotating.add_argument("--worker", default="worker", help="the code of whoever asks for it, such as worker_7")
    rotating.add_argument("--seconds", type=float, default=60, help="how long to wait for each fifty of them (default: 60)")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    """Ask for it once; see the module's first lines for the exit codes."""
    chosen, console, errors = _arguments(arguments), Console(), Console(stderr=True)
    try:
        folder = ReferencesSettings().relay_folder
        doors = partial(door_of, chosen.agency, folder)
        doors()
        people = standing(_data(chosen.agency, folder), chosen.person)
        if not people:
            raise NotAskedError("That agency knows nobody of that id." if chosen.person else "That agency knows nobody.")
        with errors.status("Asking …"):
            said = rotate(people, chosen.worker, doors, chosen.seconds)
    except ValidationError:
        errors.print("No running system was found. Start one: ./run up")
        return 2
    except (NoCheckError, NotAskedError) as error:
        errors.print(f"Nothing was asked for. {error}", highlight=False)
        return 2
    done = said.count("delivered")
    console.print(f"{chosen.agency}: {done} of {len(said)} references are new. What is on its way under a former one arrives.",
                  highlight=False)  # fmt: skip
    for word in ("refused", "expired", "not sent", _NO_ANSWER):
        if word in said:
            console.print(f"  {said.count(word)} {word}; its own system is told what became of it.", highlight=False)
    return 0 if done == len(said) else 1


def _data(agency: str, folder: Path) -> Path:
    state = json.loads((folder / "system.json").read_text())
    return Path(state["programs"][agency]["env"]["ADAPTER_DATA"])


if __name__ == "__main__":
    sys.exit(main())
