"""How many caseload checks are usual, and what follows when a worker asks more, or asks what nobody has a reason to ask (E4).

A worker's checks are held as a whole, not one by one: whoever fishes must not learn which question gave her away. Only an
officer of another agency lifts that (I3). Leaves out: what a check is answered (``checks``), and counting (the store).
"""

from array import array
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from zlib import crc32

from broker.effects import HoldChecks
from broker.outcome import Alert
from contracts.vocabulary import Reason

DAY: Final = 24 * 3_600_000
ALL_WORKERS: Final = ""
"""In the place of a worker's code: the whole agency."""
_LIKE: Final = 0.5


@dataclass(frozen=True, slots=True)
class Budgets:
    """The table of ``check_budgets.toml``."""

    worker: int = 40
    agency: int = 300
    same_person: int = 4
    norms: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """Agency to its own numbers: by one worker, by all."""
    presentation_ms: int = 240 * 60_000
    review_ms: int = 14 * DAY
    different_ms: int = 365 * DAY

    def of(self, agency: str) -> tuple[int, int]:
        """How many checks one worker, and all workers, of an agency may make in a day."""
        return self.norms.get(agency, (self.worker, self.agency))


@dataclass(frozen=True, slots=True)
class Asking:
    """What one worker, and her agency, asked in the last day, before this check; counted no further than their budgets."""

    agency: str
    worker: str
    by_worker: int = 0
    by_agency: int = 0
    about_her: int = 0
    """How many of this worker's were about what seems to be the same person, whether anyone knows her or not."""
    held: Reason | None = None
    """Why this worker's checks are on hold already."""
    canary: bool = False
    """Whether she asks about someone who was planted."""


def budgets_from(table: Mapping[str, Any]) -> Budgets:
    """The budgets as read from TOML, over the defaults. ValueError names a field that is unknown or no whole number."""
    day, time = dict(table.get("day", {})), dict(table.get("time", {}))
    known = {"day": {"worker", "agency", "same_person"}, "time": {"presentation_minutes", "review_days", "different_days"}}
    for part, given in table.items():
        unknown = set() if part == "agencies" else set(given) - known.get(part, set())
        if part not in {*known, "agencies"} or unknown:
            raise ValueError(f"the part [{part}] of the check budgets holds a field that is not known: {sorted(unknown)}")
    usual = Budgets()
    norms = {
        agency: (_count(own.get("worker", day.get("worker", usual.worker))), _count(own.get("agency", usual.agency)))
        for agency, own in table.get("agencies", {}).items()
    }
    return Budgets(
        worker=_count(day.get("worker", usual.worker)),
        agency=_count(day.get("agency", usual.agency)),
        same_person=_count(day.get("same_person", usual.same_person)),
        norms=norms,
        presentation_ms=_count(time.get("presentation_minutes", usual.presentation_ms // 60_000)) * 60_000,
        review_ms=_count(time.get("review_days", usual.review_ms // DAY)) * DAY,
        different_ms=_count(time.get("different_days", usual.different_ms // DAY)) * DAY,
    )


def judge_asking(asking: Asking, budgets: Budgets) -> tuple[Reason | None, HoldChecks | None]:
    """Whether this check waits for an officer, and the hold that begins with it, if one does.

    1. The worker's checks are on hold already.  2. Nobody has a reason to ask about someone who was planted.  3. The same
    person again and again.  4. More than is usual, for the worker or for her agency.
    """
    # (1) Whatever is asked now: a question that went through would tell which one had been too much.
    if asking.held is not None:
        return asking.held, None
    worker, agency = budgets.of(asking.agency)
    if asking.canary:
        return _held(asking, asking.worker, "canary", Reason.CHECKS_ON_HOLD)
    if asking.about_her >= budgets.same_person:
        return _held(asking, asking.worker, "same_person", Reason.CHECKS_ON_HOLD)
    if asking.by_worker >= worker:
        return _held(asking, asking.worker, "worker_budget", Reason.CHECKS_OVER_BUDGET)
    if asking.by_agency >= agency:
        return _held(asking, ALL_WORKERS, "agency_budget", Reason.CHECKS_OVER_BUDGET)
    return None, None


def told_of_hold(hold: HoldChecks, agencies: Collection[str]) -> tuple[Alert, ...]:
    """Everyone with a caseload is told that an agency's checks wait, and so is that agency: one of them must act."""
    return tuple(Alert(to, "checks_on_hold", None, hold.agency) for to in sorted({*agencies, hold.agency}))


def brief(tokens: Iterable[str]) -> bytes:
    """A question's tokens as they are kept to be compared with the next ones: 32 bits of each, a tenth of the work."""
    return array("I", [crc32(token.encode()) for token in tokens]).tobytes()


def in_brief(kept: bytes) -> "array[int]":
    """What ``brief`` made of a question's tokens."""
    values = array("I")
    values.frombytes(kept)
    return values


def seems_the_same(mine: Collection[int], theirs: Collection[int]) -> bool:
    """Whether two questions are about one person, by their tokens alone (``in_brief``).

    Never by whom they were found to be: a hold that came only for people who are known would tell that they are.
    """
    one, other = frozenset(mine), frozenset(theirs)
    return len(one & other) >= _LIKE * min(len(one), len(other))


def _held(asking: Asking, worker: str, why: str, reason: Reason) -> tuple[Reason, HoldChecks]:
    return reason, HoldChecks(asking.agency, worker, why, reason)


def _count(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ValueError("every check budget is a whole number above nought")
    return value
