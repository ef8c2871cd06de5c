"""The broker's half, as a program of its own, so that its memory is its own (``run_matching`` starts it).

``fill`` brings a register to its size, ``look-up`` asks whom those who come are, each in a transaction of its own as a check
is, and ``register`` registers them as the broker does, fifty to a transaction. Each prints one line of JSON. Filling writes
the very rows that registering writes, without asking whom each is: a test holds the two equal.
"""

import argparse
import csv
import json
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, Final

import psycopg
from sqlalchemy.engine import make_url

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
"""So many people at a time are held in memory."""
_PAGES_MB: Final = 768
"""What filling may keep of the indexes in memory: only then is a page of a million's written once."""
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
    """Write them into the register; how long it took, and how large the database is now."""
    began = time.perf_counter()
    ((before,),) = database.read(lambda work: work.rows("SELECT coalesce(max(n), 0) FROM record"))
    chunks = _chunks(people, before)
    number = _into_sqlite(url, chunks, before) if database.sqlite else _into_postgresql(url, chunks, before)
    ((size,),) = database.read(lambda work: work.rows(_SIZES[database.sqlite]))
    return {"filled": number - before, "seconds": round(time.perf_counter() - began, 1), "bytes": size}


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


def _chunks(people: Iterator[Arrival], number: int) -> Iterator[dict[str, list[tuple[Any, ...]]]]:
    """The rows of every table, thousands of people at a time, numbered from the one after ``number``."""
    while chunk := list(islice(people, _CHUNK)):
        tables: dict[str, list[tuple[Any, ...]]] = {name: [] for name in _TABLES}
        for n, each in enumerate(chunk, start=number + 1):
            tables["record"].append((n, new_token(), AGENCY, each.reference, new_token(), 0, 0))
            for keyed in each.keyed:
                read: Presented = presented(keyed.tokens, keyed.epoch)
                tables["token"] += [(key, n) for key in read.blocking]
                tables["known"].append((n, read.epoch, read.packed()))
        yield tables
        number += len(chunk)
        print(number, file=sys.stderr, flush=True)


def _into_sqlite(url: str, chunks: Iterator[dict[str, list[tuple[Any, ...]]]], number: int) -> int:
    """Beside the register first, then into it in the order of its index: as they come, tokens would go to every page."""
    place = Path(str(make_url(url).database))
    with tempfile.TemporaryDirectory(dir=place.parent) as folder, closing(sqlite3.connect(place, isolation_level=None)) as into:
        into.execute("ATTACH ? AS beside", (f"{folder}/beside.sqlite",))
        for pragma in (f"cache_size = {-1024 * _PAGES_MB}", "synchronous = OFF", "beside.journal_mode = OFF"):
            into.execute(f"PRAGMA {pragma}")
        for name, columns in _TABLES.items():
            into.execute(f"CREATE TABLE beside.{name} ({', '.join(columns)})")
        for tables in chunks:
            into.execute("BEGIN")
            for name, columns in _TABLES.items():
                into.executemany(f"INSERT INTO beside.{name} VALUES ({', '.join('?' * len(columns))})", tables[name])
            into.execute("COMMIT")
            number += len(tables["record"])
        into.execute("BEGIN")
        for name, columns in _TABLES.items():
            every = ", ".join(columns)
            into.execute(f"INSERT INTO main.{name} ({every}) SELECT {every} FROM beside.{name} ORDER BY 1, 2")
        into.execute("COMMIT")
    return number


def _into_postgresql(url: str, chunks: Iterator[dict[str, list[tuple[Any, ...]]]], number: int) -> int:
    with psycopg.connect(_plain(url), autocommit=True) as into, into.cursor() as cursor:
        for tables in chunks:
            # In the order of the index: neighbours go to one page.
            tables["token"].sort()
            for name, columns in _TABLES.items():
                with cursor.copy(f"COPY {name} ({', '.join(columns)}) FROM STDIN") as copy:
                    for row in tables[name]:
                        copy.write_row(row)
            number += len(tables["record"])
        into.execute("SELECT setval(pg_get_serial_sequence('record', 'n'), %s)", (max(1, number),))
        into.execute("VACUUM ANALYZE record, token, known")
    return number


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
