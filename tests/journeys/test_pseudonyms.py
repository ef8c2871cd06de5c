"""No two agencies hold one pseudonym for anybody, and none the broker's own: two registers side by side match nothing (T16)."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from itertools import combinations
from pathlib import Path

from broker.local.stores import of

_HELD = """SELECT reference FROM reference UNION SELECT reference FROM keyed UNION SELECT reference FROM consent
    UNION SELECT reference FROM received WHERE reference IS NOT NULL
    UNION SELECT reference FROM message WHERE reference IS NOT NULL
    UNION SELECT reference FROM former UNION SELECT fresh FROM former"""
_BROKERS = "SELECT agency, reference, person, id FROM record"


def linked(folder: Path) -> list[str]:
    """Everything by which what two parties hold could be laid side by side."""
    stores = of(folder)
    held = {agency: {row["reference"] for row in store.rows(_HELD)} for agency, store in stores.adapters.items()}
    assert all(held[agency] for agency in ("cjit-ashby", "drugs-ashby", "housing-ashby", "project-ashby"))
    records = stores.broker.rows(_BROKERS)
    inner = {row[name] for row in records for name in ("person", "id")}
    found = [f"{one} and {other}: {each}" for one, other in combinations(held, 2) for each in held[one] & held[other]]
    found += [f"{agency} and the broker's own: {each}" for agency, each_held in held.items() for each in each_held & inner]
    owners: dict[str, set[str]] = {}
    for row in records:
        owners.setdefault(row["reference"], set()).add(row["agency"])
    return found + [f"{sorted(agencies)} in the register: {each}" for each, agencies in owners.items() if len(agencies) > 1]


def change(file: Path, sql: str, *values: str) -> None:
    with closing(sqlite3.connect(file)) as rows, rows:
        assert rows.execute(sql, values).rowcount == 1


def test_no_pseudonym_is_anybodys_in_two_places(stores_of_week: Callable[[], Path]) -> None:
    folder = stores_of_week()
    assert linked(folder) == []
    # And one that were would be found: an agency that was given another's, or the broker's own.
    (hers,) = of(folder).broker.rows(f"{_BROKERS} WHERE agency = 'drugs-ashby' ORDER BY n LIMIT 1")
    adapter = folder / "agencies" / "housing-ashby" / "adapter.sqlite"
    one = "UPDATE keyed SET reference = ? WHERE reference = (SELECT reference FROM keyed ORDER BY reference LIMIT 1)"
    for planted, told in ((hers["reference"], "drugs-ashby and housing-ashby"), (hers["person"], "the broker's own")):
        change(adapter, one, planted)
        assert [line for line in linked(folder) if told in line and planted in line]
