"""How well people are recognised, on registrations whose truth is known: ``python -m broker.evaluate TRUTH.csv``.

The second half of ``./run evaluate-matching``: tokens come in on standard input, one registration a line, and go through the
store as a registration does. Three times: the register filed as the evidence says, where same or different has to be said
(``balance``, pairwise figures, bytes); as the broker files it unaided, with doubt left to people (``same``); and under the
truth (online figures: was she found automatically, sent for review, or missed?). Leaves out: names; they never come here.
"""

import csv
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from broker.matching.afresh import Seen
from broker.matching.index import load_weights
from broker.matching.people import Found
from broker.matching.score import Weights
from broker.migrations import upgrade
from broker.store import afresh, filing, merges
from broker.store.database import Database, Work
from contracts.steps import Keyed

BATCH: Final = 50
_AGENCY: Final = "evaluated"
_PARTED: Final = "UPDATE record SET person = ? WHERE id = ANY(?)"


class EvaluationError(Exception):
    """What came in cannot be evaluated, with the reason in plain words."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """One registration."""

    record: str
    keyed: tuple[Keyed, ...]

    @property
    def reference(self) -> str:
        """The reference that its agency would have minted."""
        return sha256(self.record.encode()).hexdigest()[:32]


class Progress:
    """A line on standard error that moves on a terminal, and four lines anywhere else."""

    def __init__(self, what: str, total: int) -> None:
        self._what, self._total, self._done, self._shown = what, total, 0, -1

    def step(self) -> None:
        """One more."""
        self.reach(self._done + 1)

    def reach(self, done: int) -> None:
        """So many now."""
        self._done = done
        terminal = sys.stderr.isatty()
        part = self._done * (40 if terminal else 4) // max(1, self._total)
        if part != self._shown:
            self._shown = part
            bar = f"[{'#' * part}{'.' * (40 - part)}] " if terminal else ""
            end = "\n" if not terminal or self._done == self._total else ""
            sys.stderr.write(f"{chr(13) if terminal else ''}{self._what} {bar}{self._done} of {self._total}{end}")
            sys.stderr.flush()


def read_truth(path: Path) -> dict[str, str]:
    """Which person each record is. EvaluationError says what is missing."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            table = csv.DictReader(file)
            missing = [column for column in ("record_id", "person_id") if column not in (table.fieldnames or ())]
            if missing:
                raise EvaluationError(f"{path} has no column {', '.join(missing)}. It needs: record_id,person_id")
            return {row["record_id"].strip(): row["person_id"].strip() for row in table}
    except OSError as error:
        raise EvaluationError(f"{path} cannot be read: {error.strerror}") from error


def read_arrivals(lines: Iterable[str], truth: dict[str, str]) -> list[Arrival]:
    """The registrations in their order. EvaluationError where the truth of one is not known, or there are none."""
    found = []
    for line in lines:
        told = json.loads(line)
        if told["record"] not in truth:
            raise EvaluationError(f"the truth names no person for the record {told['record']}")
        # She of whom nothing is known has no tokens: she is registered all the same, and never recognised.
        keyed = (Keyed(epoch=told["epoch"], tokens=tuple(told["tokens"])),) if told["tokens"] else ()
        found.append(Arrival(told["record"], keyed))
    if not found:
        raise EvaluationError("there are no registrations to evaluate")
    return found


def pairwise(database: Database, arrivals: Sequence[Arrival], truth: dict[str, str], weights: Weights) -> dict[str, float]:
    """Register as the system does; every pair of records on one person against every pair that truly is one."""
    shown = Progress("registering", len(arrivals))

    def register(work: Work, batch: Sequence[Arrival]) -> None:
        for each in batch:
            filed = filing.file(work, _AGENCY, each.reference, each.keyed, 0)
            merges.put_together(work, filed, merges.recognised(work, filed, weights, 0), 0)
            shown.step()

    _in_batches(database, arrivals, register)
    if weights.counted:
        _look_afresh(database, weights)
    rows = database.read(lambda work: work.rows("SELECT reference, person FROM record"))
    person: dict[str, str] = dict(rows)
    put = Counter(person[each.reference] for each in arrivals)
    true = Counter(truth[each.record] for each in arrivals)
    both = Counter((person[each.reference], truth[each.record]) for each in arrivals)
    together, right, wanted = (sum(n * (n - 1) // 2 for n in counted.values()) for counted in (put, both, true))
    precision, recall = _share(right, together), _share(right, wanted)
    return {"precision": precision, "recall": recall, "f1": _share(2 * precision * recall, precision + recall)}


def _look_afresh(database: Database, weights: Weights) -> None:
    """As if people had agreed with all that is plain by now: who is two, and then who is one."""
    again: list[Progress] = []

    def shown(done: int, total: int) -> None:
        again[:] = again or [Progress("looking afresh", total)]
        again[0].reach(done)

    def part(_: str, parts: list[list[str]]) -> None:
        database.write(lambda work: [work.run(_PARTED, records[0], records) for records in parts[1:]])

    def join(each: Seen) -> bool:
        return database.write(lambda work: afresh.put_together(work, each, 0))

    afresh.look_apart(database.read, part, load_weights(), shown)
    again.clear()
    afresh.look_afresh(database.read, join, weights, shown)


def online(database: Database, arrivals: Sequence[Arrival], truth: dict[str, str]) -> tuple[dict[str, float], dict[str, float]]:
    """Look each one up in a register filed under the truth: how she was found, and how long it took."""
    weights, shown = load_weights(), Progress("looking up", len(arrivals))
    filed: dict[str, str] = {}
    names: dict[str, str] = {}
    counts: Counter[str] = Counter()
    took: list[float] = []

    def look_up(work: Work, batch: Sequence[Arrival]) -> None:
        for each in batch:
            began = time.perf_counter()
            found = merges.resolve(work, each.keyed, weights).found
            took.append(time.perf_counter() - began)
            counts.update(_judged(found, truth[each.record], names, returning=truth[each.record] in filed))
            record = filing.file(work, _AGENCY, each.reference, each.keyed, 0)
            person = filed.setdefault(truth[each.record], record.person)
            names[person] = truth[each.record]
            if person != record.person:
                merges.merge(work, record.person, person, "truth", None, 0)
            shown.step()

    _in_batches(database, arrivals, look_up)
    took.sort()
    returning = counts["returning"]
    return {
        "auto_precision": _share(counts["right"], counts["automatic"]),
        "auto_recall": _share(counts["right"], returning),
        "review_share": _share(counts["review"], len(arrivals)),
        "recall_with_review": _share(counts["right"] + counts["in_review"], returning),
    }, {"p50": round(took[len(took) // 2] * 1e3, 3), "p99": round(took[len(took) * 99 // 100] * 1e3, 3)}


def _judged(found: Found, truth: str, names: dict[str, str], *, returning: bool) -> Iterator[str]:
    if returning:
        yield "returning"
    if found.same is not None:
        yield "automatic"
        # Whom it would have put together with her counts as well.
        if all(names[each.person] == truth for each in (found.same, *found.also)):
            yield "right"
    elif found.possible:
        yield "review"
        if truth in {names[each.person] for each in found.possible}:
            yield "in_review"


def _in_batches(database: Database, arrivals: Sequence[Arrival], task: Callable[..., None]) -> None:
    for first in range(0, len(arrivals), BATCH):
        batch = arrivals[first : first + BATCH]
        database.write(partial(task, batch=batch))


def _share(part: float, whole: float) -> float:
    return round(part / whole, 4) if whole else 0.0


def evaluate(arrivals: Sequence[Arrival], truth: dict[str, str], folder: Path) -> dict[str, Any]:
    """All figures of one set of registrations, on SQLite in this folder."""
    names = ("decided", "unaided", "true")
    databases = [Database(f"sqlite:///{folder / name}.sqlite") for name in names]
    for name in names:
        upgrade(f"sqlite:///{folder / name}.sqlite")
    weights = load_weights()
    try:
        pairs = pairwise(databases[0], arrivals, truth, weights.by_evidence())
        unaided = pairwise(databases[1], arrivals, truth, weights)
        found, took = online(databases[2], arrivals, truth)
        ((pages,),) = databases[0].read(lambda work: work.rows("PRAGMA page_count"))
        ((size,),) = databases[0].read(lambda work: work.rows("PRAGMA page_size"))
    finally:
        for database in databases:
            database.close()
    people = len({truth[each.record] for each in arrivals})
    return {
        "pairwise": pairs,
        "pairwise_unaided": unaided,
        "online": found,
        "lookup_ms": took,
        "bytes_per_person": round(pages * size / people),
    }


def main(arguments: list[str]) -> int:
    """Print the figures as JSON; 2 when what came in is wrong."""
    if len(arguments) != 1:
        sys.stderr.write("python -m broker.evaluate TRUTH.csv < tokens\n")
        return 2
    try:
        truth = read_truth(Path(arguments[0]))
        arrivals = read_arrivals(sys.stdin, truth)
        with tempfile.TemporaryDirectory(prefix="matching-") as folder:
            figures = evaluate(arrivals, truth, Path(folder))
    except EvaluationError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write(json.dumps(figures, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
