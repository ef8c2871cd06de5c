"""The agency's half: a table of people becomes a file of keyed tokens, on every core. The key is drawn for one run.

Made once and read by every database, so that all of them are measured on the same tokens.
"""

import csv
import json
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from multiprocessing import Pool
from pathlib import Path
from typing import Final

from agencies.identity import EPOCH, KeyedTokens
from agencies.make_tokens import details_in
from broker.evaluate import Arrival
from contracts.steps import Keyed

_CHUNK: Final = 1_000
_maker: list[KeyedTokens] = []


def make(table: Path, key: bytes, jobs: int, told: Callable[[int], None]) -> tuple[Path, float]:
    """The file with a line of tokens for each row, and how many CPU milliseconds one row took. ``told``: rows done so far."""
    to, rows, spent = table.with_suffix(".tokens"), 0, 0.0
    with (
        table.open(newline="", encoding="utf-8") as file,
        to.open("w", encoding="utf-8") as lines,
        Pool(jobs, _take_key, (key,)) as pool,
    ):
        for text, count, seconds in pool.imap(_lines, _chunks(csv.DictReader(file))):
            lines.write(text)
            rows, spent = rows + count, spent + seconds
            told(rows)
    return to, spent / max(1, rows) * 1e3


def arrivals(tokens: Path, first: int, last: int) -> Iterator[Arrival]:
    """The registrations between two places of such a file, one at a time."""
    with tokens.open(encoding="utf-8") as lines:
        for line in islice(lines, first, last):
            told = json.loads(line)
            # As they left the adapter: checked when a message is read, which is not what is measured here.
            keyed = Keyed.model_construct(epoch=told["epoch"], tokens=tuple(told["tokens"]))
            yield Arrival(told["record"], (keyed,) if told["tokens"] else ())


def _take_key(key: bytes) -> None:
    # Whoever started it stops it; by itself it says nothing on the way out.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _maker[:] = [KeyedTokens(key)]


def _lines(rows: Sequence[dict[str, str]]) -> tuple[str, int, float]:
    began = time.process_time()
    made = [(row["record_id"], _maker[0].tokens(details_in(row))) for row in rows]
    spent = time.process_time() - began
    lines = [json.dumps({"record": record, "epoch": EPOCH, "tokens": tokens}, separators=(",", ":")) for record, tokens in made]
    return "\n".join(lines) + "\n", len(rows), spent


def _chunks(table: "csv.DictReader[str]") -> Iterator[list[dict[str, str]]]:
    while chunk := list(islice(table, _CHUNK)):
        yield chunk
