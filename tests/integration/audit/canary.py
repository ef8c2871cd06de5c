"""The canary search: no name, number or word of any person in any file outside the agencies' own machines (V10).

The words to look for are read from the agencies' own case systems, so whatever people the story has, their details are
looked for. Leaves out the agencies' own folders, where names belong.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.integration.audit.findings import Finding
from tests.integration.audit.town import Town

# Shorter words could stand in any binary file by chance.
_SHORTEST = 7
_CHUNK = 1 << 22
_TOLD = {
    "forename",
    "surname",
    "aliases",
    "nhs_number",
    "address",
    "details",
    "text",
    "offender",
    "vehicle",
    "drug",
    "offence",
    "reasons",
}
_PLANTED = "canary_"


def blind_carrier(town: Town, planted: tuple[str, ...] = ()) -> Finding:
    """V10. Search every file of the broker, the consent service, RabbitMQ and all logs."""
    words = sorted({*canaries(town), *planted})
    finding = Finding("V10", "names found where none may be", 0, "files")
    # In small letters, and one plain search a word: a pattern of all of them is ten times slower.
    small = [word.lower().encode() for word in words]
    for path in _files(town.folder):
        finding.looked_at += 1
        if found := _search(path, small):
            finding.violations.append(f"{path.relative_to(town.folder)}: {found} places")
    finding.remarks = [f"{len(words):,} names and details looked for"]
    if not words:
        finding.violations.append("there was nobody to look for")
    return finding


def canaries(town: Town) -> set[str]:
    """Every name, alias, number, contact and free word in the agencies' own systems that is long enough to look for."""
    found: set[str] = set()
    for desk in town.desks.values():
        for record in [*(row["record"] for row in desk.tasks), *desk.arrived.values()]:
            found.update(_words(_loaded(record)))
    return {word for word in found if len(word) >= _SHORTEST}


def _loaded(record: Any) -> Any:
    return json.loads(record) if isinstance(record, str) else record


def _words(value: Any, name: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _words(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from _words(inner, name)
    elif isinstance(value, str) and (name in _TOLD or value.startswith(_PLANTED)):
        yield value


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder).parts
        if path.is_file() and inside[0] != "agencies":
            yield path


def _search(path: Path, words: list[bytes]) -> int:
    """How often any of them is there. Read in pieces that overlap, because RabbitMQ's own files may be large."""
    count, tail = 0, b""
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            piece = (tail + chunk).lower()
            count += sum(piece.count(word) for word in words)
            tail = chunk[-200:]
    return count
