"""`./run bench matching`: its arguments, its order, and what it prints. The parts are in ``matching``.

One crowd is drawn and its tokens are made once; then, for each database and size, a register is filled, people are looked up
and registered. Splink looks up the same people in the same register, in plain text. Leaves out how well people are recognised
when they are registered again and again: ``./run evaluate-matching`` tells that.
"""

import argparse
import json
import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from broker.evaluate import Progress as Bar
from broker.local.postgres import PrivatePostgres
from broker.local.progress import Progress
from broker.migrations import upgrade
from tests.benchmarks import machine, table
from tests.benchmarks.matching import broker_side, crowd, tokens
from tests.benchmarks.matching.shown import print_matching, reached
from tests.synthetic.__main__ import write
from tests.synthetic.regimes import USUAL
from tests.synthetic.town import registrations

PEERS: Final = Path("var/peers/bin/python")
"""Splink's own environment, which ``./run`` makes from requirements/bench.txt."""
_SPLINK: Final = Path(__file__).with_name("matching") / "splink_side.py"
_REGIME: Final = USUAL
_LEARNED_ON: Final = 3_000
_SEED: Final = 1


@dataclass(frozen=True, slots=True)
class Measured:
    """One register of one size."""

    people: int
    database: str
    filled: dict[str, Any]
    looked_up: dict[str, Any]
    registered: dict[str, Any]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may be chosen."""
    parser.add_argument(
        "--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000], help="people registered (10000 100000 1000000)"
    )
    parser.add_argument("--databases", nargs="+", choices=("sqlite", "postgresql"), default=["sqlite", "postgresql"])
    parser.add_argument("--asked", type=int, default=2_000, help="looked up at each size: half return, half are new (2000)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="programs that make tokens (one a core)")
    parser.add_argument("--without-splink", action="store_true", help="ourselves alone")
    parser.add_argument("--splink-most", type=int, default=200, help="look-ups with Splink at each size, at most (200)")
    parser.add_argument("--splink-seconds", type=float, default=60, help="and for so long at most (60)")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep people, tokens and SQLite registers; use those there")
    parser.add_argument("--json", type=Path, help="also write every figure to this file")


async def run(chosen: argparse.Namespace, command: str) -> int:
    """Measure and print; 1 when a million people were measured on SQLite and a bar of issue 4 was missed."""
    progress = Progress()
    with nullcontext(str(chosen.keep)) if chosen.keep else tempfile.TemporaryDirectory(prefix="relay-bench-") as folder:
        place = Path(folder)
        place.mkdir(parents=True, exist_ok=True)
        about = machine.describe(None, place)
        progress.say("Setting up:")
        tables, key = _crowd(place, chosen, progress)
        made, token_ms = _tokens(tables, key, chosen.jobs)
        measured = []
        for database in chosen.databases:
            with _server(database, progress) as server:
                for size in tables.sizes:
                    progress.say(f"{database}, {size:,} people:")
                    url = server.create() if server else f"sqlite:///{place / f'register-{size}.sqlite'}"
                    measured.append(_measure(url, database, size, made, tables, key))
        splink = [] if chosen.without_splink else _splink(place, tables, chosen, progress)
    figures = {
        "command": command, "machine": about, "token_ms": token_ms, "ours": [asdict(each) for each in measured],
        "splink": splink,
    }  # fmt: skip
    progress.say("")
    table.print_machine(about, command)
    print_matching(figures)
    table.write_json(chosen.json, figures)
    return 0 if reached(figures) is not False else 1


def _crowd(place: Path, chosen: argparse.Namespace, progress: Progress) -> tuple[crowd.Tables, bytes]:
    """The people and the key, or those that were kept from before."""
    wanted = {"sizes": sorted(chosen.sizes), "asked": chosen.asked, "seed": _SEED, "regime": asdict(_REGIME)}
    note, key = place / "crowd.json", place / "linkage.key"
    tables = crowd.Tables(place / "register.csv", tuple(sorted(chosen.sizes)))
    if note.exists() and json.loads(note.read_text()) == json.loads(json.dumps(wanted)):
        progress.say("  the people are there from before")
        return tables, key.read_bytes()
    if note.exists() or key.exists():
        # They took the better part of an hour to make: not for this program to throw away.
        raise SystemExit(f"{place} holds another crowd (other sizes, or an older generator). Name another folder.")
    with progress.step(f"writing {max(chosen.sizes):,} people, and {chosen.asked:,} who come at each size"):
        crowd.write(place, _REGIME, chosen.sizes, chosen.asked, _SEED)
    with os.fdopen(os.open(key, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(secrets.token_bytes(32))
    note.write_text(json.dumps(wanted))
    return tables, key.read_bytes()


def _tokens(tables: crowd.Tables, key: bytes, jobs: int) -> tuple[Path, float | None]:
    """The file of their tokens, and what one person's cost in CPU milliseconds; None when it was there from before."""
    kept, note = tables.register.with_suffix(".tokens"), tables.register.with_suffix(".cost")
    if kept.exists() and note.exists():
        return kept, float(note.read_text())
    bar = Bar("making tokens of", max(tables.sizes))
    made, spent = tokens.make(tables.register, key, jobs, bar.reach)
    note.write_text(f"{spent:.3f}")
    return made, round(spent, 3)


@contextmanager
def _server(database: str, progress: Progress) -> Iterator[PrivatePostgres | None]:
    if database == "sqlite":
        yield None
        return
    server = PrivatePostgres()
    with progress.step("starting a private PostgreSQL, with fsync on"):
        server.start()
    try:
        yield server
    finally:
        server.stop()


def _measure(url: str, database: str, size: int, made: Path, tables: crowd.Tables, key: bytes) -> Measured:
    """Fill one register, look up, register: each a program of its own."""
    upgrade(url)
    come, _ = tokens.make(tables.asked(size), key, 1, lambda _: None)
    has = broker_side.filled(url)
    filled = _child("fill", url, made, "--first", has, "--last", size, bar=Bar("  filling", size)) | {"kept": has}
    looked_up = _child("look-up", url, come, "--truth", tables.truth(size))
    print(f"  looked up {looked_up['looked_up']:,}: p50 {looked_up['p50_ms']} ms, p99 {looked_up['p99_ms']} ms", flush=True)
    registered = _child("register", url, come)
    print(f"  registered {registered['registered']:,}: {registered['per_second']:,} a second", flush=True)
    return Measured(size, database, filled, looked_up, registered)


def _child(*arguments: object, bar: Bar | None = None) -> dict[str, Any]:
    """Run one part of the broker's half, and move the bar by what it tells. CalledProcessError when it failed."""
    command = [sys.executable, "-m", "tests.benchmarks.matching.broker_side", *map(str, arguments)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        assert program.stderr is not None
        said = []
        try:
            for line in program.stderr:
                if bar and line.strip().isdigit():
                    bar.reach(int(line))
                else:
                    said.append(line)
            told = program.stdout.read()
        except KeyboardInterrupt:
            program.terminate()
            raise
    if program.returncode:
        raise subprocess.CalledProcessError(program.returncode, command, stderr="".join(said))
    found: dict[str, Any] = json.loads(told)
    return found


def _splink(place: Path, tables: crowd.Tables, chosen: argparse.Namespace, progress: Progress) -> list[dict[str, Any]]:
    """The same people and the same questions, at every size it can manage in the time."""
    if not PEERS.exists():
        print(f"Splink is not installed ({PEERS} is missing; ./run bench matching installs it), so we stand alone.")
        return []
    learn, truth = write(place / "learn", *registrations(USUAL, 20_262, _LEARNED_ON))
    found = []
    for size in tables.sizes:
        command: Sequence[object] = (
            PEERS, _SPLINK, tables.register, tables.asked(size), tables.truth(size), learn, truth,
            "--size", size, "--most", chosen.splink_most, "--seconds", chosen.splink_seconds,
        )  # fmt: skip
        with progress.step(f"Splink, {size:,} people"):
            done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
        if done.returncode:
            print("  it did not manage: " + (done.stderr.strip().splitlines() or ["no word of why"])[-1])
            found.append({"people": size, "failed": done.returncode})
        else:
            found.append({"people": size, **json.loads(done.stdout.strip().splitlines()[-1])})
    return found
