"""A second opinion: the clauses as they stand in YAML, read the slow and obvious way. It imports nothing of the program."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

SEVERITY = ("route", "route_minimised", "hold", "refuse")


def clauses(file: Path) -> list[dict[str, Any]]:
    """The rows as officers wrote them; what the program judges itself has no row."""
    return [one for one in yaml.safe_load(file.read_text())["clauses"] if one.get("applies")]


def words(listed: Mapping[str, Any]) -> dict[str, list[str]]:
    return {name: [str(word) for word in some] for name, some in listed.items()}


def fits(condition: Mapping[str, Any], row: Mapping[str, str]) -> bool:
    return all(row[name] in listed for name, listed in words(condition).items())


def speaks(clause: Mapping[str, Any], row: Mapping[str, str]) -> bool:
    if not fits(clause["applies"], row):
        return False
    return all(not fits(line, row) for line in clause.get("unless", []))


def verdict(table: list[dict[str, Any]], row: Mapping[str, str]) -> str:
    """The most severe of every clause that speaks of one label of one message."""
    worst = "route"
    for clause in table:
        if speaks(clause, row) and SEVERITY.index(clause["verdict"]) > SEVERITY.index(worst):
            worst = clause["verdict"]
    return worst
