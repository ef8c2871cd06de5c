"""The races by the thousand: ``python -m tests.guards.trials --trials 10000 --database postgresql``.

A fresh database every few hundred trials, so that each slice is as quick as the first and nobody has a namesake; a line a
slice says how far it is, and what was violated. Leaves out: what is played (``races``, ``undone``).
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from broker.local.postgres import PrivatePostgres
from tests.guards.races import RACES, Pair, Race, open_pair
from tests.guards.undone import merged_and_undone

EVERY: dict[str, Race] = {**RACES, "merged and taken back": merged_and_undone}


def main(arguments: list[str] | None = None) -> int:
    """0 when nothing was violated in any trial."""
    parser = argparse.ArgumentParser(prog="python -m tests.guards.trials", description=__doc__)
    parser.add_argument("--race", action="append", choices=sorted(EVERY), help="one of them; may be said again (default: all)")
    parser.add_argument("--trials", type=int, default=10_000, help="of each race (default: 10,000)")
    parser.add_argument("--first", type=int, default=0, help="how many went before, in another run (default: 0)")
    parser.add_argument("--slice", type=int, default=200, help="trials on one database (default: 200)")
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    chosen = parser.parse_args(arguments)
    broken = 0
    with databases(chosen.database) as fresh:
        for name in chosen.race or EVERY:
            broken += run(name, chosen.trials, chosen.slice, fresh, chosen.database, chosen.first)
    return 1 if broken else 0


def run(name: str, trials: int, at_a_time: int, fresh: Iterator[str], database: str, first: int = 0) -> int:
    """All trials of one race; how many violations there were. What is drawn is drawn anew in every slice."""
    began, done, broken = time.monotonic(), 0, 0
    while done < trials:
        pair = open_pair(next(fresh))
        try:
            count = min(at_a_time, trials - done)
            drawn = EVERY[name] is merged_and_undone
            found = merged_and_undone(pair, count, first + done) if drawn else EVERY[name](pair, count)
        finally:
            close(pair)
        done, broken = min(done + at_a_time, trials), broken + len(found)
        for each in found[:10]:
            print(f"  {each}", flush=True)
        print(
            f"{name} on {database}: {done:,} of {trials:,} trials, {broken} violations, {time.monotonic() - began:.0f} s",
            flush=True,
        )
    return broken


def close(pair: Pair) -> None:
    """Give both connections back."""
    for broker in pair:
        broker.store.close()


@contextmanager
def databases(kind: str) -> Iterator[Iterator[str]]:
    """As many fresh databases as are asked for, one after the other."""
    if kind == "sqlite":
        yield _files()
        return
    server = PrivatePostgres()
    server.start()
    try:
        yield _of(server)
    finally:
        server.stop()


def _files() -> Iterator[str]:
    while True:
        with tempfile.TemporaryDirectory() as folder:
            yield f"sqlite:///{Path(folder) / 'store.sqlite'}"


def _of(server: PrivatePostgres) -> Iterator[str]:
    while True:
        url = server.create()
        yield url
        server.drop(url)


if __name__ == "__main__":
    sys.exit(main())
