"""The broker's half, as a program of its own, so that its memory is its own (``run_matching`` starts it).

``fill`` brings a register to its size, ``look-up`` asks whom those who come are, each in a transaction of its own as a check
is, and ``register`` registers them as the broker does, fifty to a transaction. Each prints one line of JSON. Filling writes
the very rows that registering writes, without asking whom each is: a test holds the two equal.
"""

import argparse
import csv
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, Final

import psycopg

from broker.evaluate import BATCH, Arrival
from broker.matching.carried import Presented, presented
from broker.matching.index import load_weights
from broker.store import filing, merges
from broker.store.database import Database, Work, new_token
from tests.benchmarks.matching.tokens import arrivals

AGENCY: Final = "measured"
WARM: Final = 100
"""So many look-ups come first and are not counted: a broker runs for weeks."""
_CHUNK: Final = 25_000
"""So many people at a time: each time nearly every page of the index of a million is written once."""
_TABLES: Final = {
    "record": ("n", "id", "agency", "reference", "person", "minted", "created"),
    "token": ("t", "r"),
    "known": ("r", "epoch", "tokens"),
}
_SIZES: Final = {
    True: "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size",
    False: "SELECT pg_database_size(current_database())",
}


def main(arguments: list[str]) -> int:
    """Do one of the three, and say what it came to."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.matching.broker_side", description=__doc__)
    parser.add_argument("what", choices=("fill", "look-up", "register"))
    parser.add_argument("database")
    parser.add_argument("tokens", type=Path)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--last", type=int)
    parser.add_argument("--truth", type=Path, help="look-up: whom each is")
    chosen = parser.parse_args(arguments)
    database = Database(chosen.database)
    people = arrivals(chosen.tokens, chosen.first, chosen.last or sys.maxsize)
    try:
        if chosen.what == "fill":
            figures = fill(database, chosen.database, people)
        elif chosen.what == "look-up":
            figures = look_up(database, list(people), _truth(chosen.truth))
        else:
            figures = register(database, list(people))
    finally:
        database.close()
    print(json.dumps(figures | {"peak_mb": peak_mb()}), flush=True)
    return 0


def fill(database: Database, url: str, people: Iterator[Arrival]) -> dict[str, Any]:
    """Write them into the register, thousands at a time; how long it took, and how large the database is now."""
    began, done = time.perf_counter(), 0
    ((number,),) = database.read(lambda work: work.rows("SELECT coalesce(max(n), 0) FROM record"))
    while chunk := list(islice(people, _CHUNK)):
        tables = _rows(chunk, number)
        number += len(chunk)
        done += len(chunk)
        if database.sqlite:
            database.write(partial(_insert, tables=tables))
        else:
            _copy(url, tables)
        print(number, file=sys.stderr, flush=True)
    if not database.sqlite:
        with psycopg.connect(_plain(url), autocommit=True) as connection:
            connection.execute("SELECT setval(pg_get_serial_sequence('record', 'n'), %s)", (number,))
            connection.execute("VACUUM ANALYZE record, token, known")
    ((size,),) = database.read(lambda work: work.rows(_SIZES[database.sqlite]))
    return {"filled": done, "seconds": round(time.perf_counter() - began, 1), "bytes": size}


def look_up(database: Database, people: Sequence[Arrival], truth: dict[str, str]) -> dict[str, Any]:
    """How long each took, and what was found: of those who return, and of strangers."""
    weights, took, answers = load_weights(), [], []
    for each in people:
        began = time.perf_counter()
        resolved = database.read(partial(merges.resolve, keyed=each.keyed, weights=weights))
        took.append(time.perf_counter() - began)
        answers.append((each, resolved.found))
    counted: Counter[str] = Counter()
    for each, found in answers:
        known = truth[each.record]
        person = database.read(partial(_person_of, record=known)) if known else None
        possible = {one.person for one in found.possible}
        counted["returning" if known else "strangers"] += 1
        if found.same is not None:
            taken = {found.same.person, *(one.person for one in found.also)}
            counted["found" if taken == {person} else "wrong"] += 1
        elif possible:
            counted["review"] += 1
            counted["in_review"] += person in possible
    times = sorted(took[min(WARM, len(took) // 10) :])
    return {
        "looked_up": len(times),
        "p50_ms": round(times[len(times) // 2] * 1e3, 2),
        "p99_ms": round(times[len(times) * 99 // 100] * 1e3, 2),
        "highest_ms": round(times[-1] * 1e3, 2),
        "found": counted["found"] / max(1, counted["returning"]),
        "found_with_review": (counted["found"] + counted["in_review"]) / max(1, counted["returning"]),
        "wrong": counted["wrong"] / max(1, counted["found"] + counted["wrong"]),
        "review": counted["review"] / max(1, len(people)),
    }


def register(database: Database, people: Sequence[Arrival]) -> dict[str, Any]:
    """Register as the system does: file, recognise, put together; fifty to a transaction, whose commit is not in the figure."""
    weights = load_weights()

    def batch_of(work: Work, batch: Sequence[Arrival]) -> None:
        for each in batch:
            filed = filing.file(work, AGENCY, each.reference, each.keyed, 0)
            merges.put_together(work, filed, merges.recognised(work, filed, weights, 0), 0)

        raise _TakenBackError

    began = time.perf_counter()
    for first in range(0, len(people), BATCH):
        with suppress(_TakenBackError):
            database.write(partial(batch_of, batch=people[first : first + BATCH]))
    return {"registered": len(people), "per_second": round(len(people) / (time.perf_counter() - began), 1)}


class _TakenBackError(Exception):
    """A batch was measured, and the register stays as large as it is said to be."""


def filled(url: str) -> int:
    """How many are in this register already."""
    database = Database(url)
    try:
        ((count,),) = database.read(lambda work: work.rows("SELECT count(*) FROM record"))
    finally:
        database.close()
    return int(count)


def peak_mb() -> float:
    """The most memory this program ever had, in MB. Of itself alone: ``getrusage`` would count whoever started it."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return round(int(line.split()[1]) / 1024, 1)
    return 0.0


def _rows(chunk: Sequence[Arrival], number: int) -> dict[str, list[tuple[Any, ...]]]:
    tables: dict[str, list[tuple[Any, ...]]] = {name: [] for name in _TABLES}
    for n, each in enumerate(chunk, start=number + 1):
        tables["record"].append((n, new_token(), AGENCY, each.reference, new_token(), 0, 0))
        for keyed in each.keyed:
            read: Presented = presented(keyed.tokens, keyed.epoch)
            tables["token"] += [(key, n) for key in read.blocking]
            tables["known"].append((n, read.epoch, read.packed()))
    # In the order of the index: neighbours go to one page.
    tables["token"].sort()
    return tables


def _insert(work: Work, tables: dict[str, list[tuple[Any, ...]]]) -> None:
    for name, columns in _TABLES.items():
        marks = ", ".join("?" * len(columns))
        work.many(f"INSERT INTO {name} ({', '.join(columns)}) VALUES ({marks})", tables[name])


def _copy(url: str, tables: dict[str, list[tuple[Any, ...]]]) -> None:
    with psycopg.connect(_plain(url)) as connection, connection.cursor() as cursor:
        for name, columns in _TABLES.items():
            with cursor.copy(f"COPY {name} ({', '.join(columns)}) FROM STDIN") as copy:
                for row in tables[name]:
                    copy.write_row(row)


def _person_of(work: Work, record: str) -> str:
    ((person,),) = work.rows(
        "SELECT person FROM record WHERE reference = ? AND agency = ?", Arrival(record, ()).reference, AGENCY
    )
    return str(person)


def _truth(path: Path) -> dict[str, str]:
    with path.open(newline="", encoding="utf-8") as file:
        return {row["record_id"]: row["person_id"] for row in csv.DictReader(file)}


def _plain(url: str) -> str:
    return url.replace("postgresql+psycopg://", "postgresql://")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
