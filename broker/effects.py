"""What is to be written down about checks, presentations and reviews, as data; the other effects are in ``outcome``.

The store carries these out in one transaction. Leaves out: how one is chosen (``checks``, ``presentations``, ``review``).
"""

from dataclasses import dataclass

from contracts.steps import CheckStep
from contracts.vocabulary import NoCheck, Presentation, Reason, ReviewAnswer, ReviewState, WatchReason


@dataclass(frozen=True, slots=True)
class KeepCheck:
    """A caseload check was made, so that a case may be opened after it (R01), and the presentation it was made in has ended.

    ``said``: whether it could be answered. None: it waits for an officer, and neither follows yet.
    """

    step: CheckStep
    said: bool | None
    named: tuple[str, ...] = ()
    """The agencies that its answer named."""
    told: tuple[tuple[str, str], ...] = ()
    """Who was told that it was made, each with her own reference there: what the weekly list has, and nothing else."""


@dataclass(frozen=True, slots=True)
class HoldChecks:
    """From now on an officer of another agency must act before this worker's checks are answered; ``why`` is for her eyes."""

    agency: str
    worker: str
    why: str
    reason: Reason


@dataclass(frozen=True, slots=True)
class OpenPresentation:
    """A person came to an agency."""

    id: str
    agency: str
    place: Presentation
    worker: str
    until: int


@dataclass(frozen=True, slots=True)
class EndPresentation:
    """It ended without a check, for this reason."""

    id: str
    why_not: NoCheck


@dataclass(frozen=True, slots=True)
class SettleReview:
    """One agency answered a review, which stands so now. ``undo``: the merge it led to is taken back."""

    review: str
    agency: str
    answer: ReviewAnswer
    state: ReviewState
    undo: bool = False


@dataclass(frozen=True, slots=True)
class SetWatch:
    """An agency asks to hear when she comes to another; a second one takes the place of the first."""

    record: str
    reason: WatchReason
    until: int


@dataclass(frozen=True, slots=True)
class EndWatch:
    """It does not want to hear any more."""

    record: str


@dataclass(frozen=True, slots=True)
class ReplaceReference:
    """An agency knows her by a fresh reference. ``former``: the one that its record of her has until now."""

    record: str
    former: str
    fresh: str


@dataclass(frozen=True, slots=True)
class CountGap:
    """A need that no service could meet, and what stood in the way. Of nobody: a count."""

    needs: tuple[str, ...]
    why: tuple[str, ...]
