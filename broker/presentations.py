"""A presentation is a thing with an id: someone came, and it ends with a caseload check or with the reason why there was none.

What nobody explains in time is reported as unexplained, so that "she was never asked about" cannot hide (W01, anchors.md §3,
feature 11). It names nobody. Leaves out: the check itself (``checks``) and counting by agency and hour (the store).
"""

from dataclasses import dataclass
from enum import StrEnum

from broker.effects import EndPresentation, OpenPresentation
from contracts.steps import PresentationStep
from contracts.vocabulary import Reason


class PresentationState(StrEnum):
    """How a presentation stands. Checked: a check ended it, whatever it could say. Unexplained ones can still be explained."""

    OPEN = "open"
    CHECKED = "checked"
    EXPLAINED = "explained"
    UNEXPLAINED = "unexplained"


@dataclass(frozen=True, slots=True)
class Presented:
    """A presentation as the store has it."""

    agency: str
    state: PresentationState
    until: int

    def takes_a_check(self, agency: str, now: int) -> bool:
        """Whether a check may be made in it. A second one may: a name is misheard, and asked about again."""
        return self.agency == agency and self.state is not PresentationState.EXPLAINED and now < self.until


def judge_presentation(
    step: PresentationStep, agency: str, message: str, found: Presented | None, now: int, stands_for: int
) -> OpenPresentation | EndPresentation | Reason:
    """Judge the opening of a presentation, or its end without a check.

    1. An opening says nothing of an end.  2. An end names a presentation of the same agency that has not ended, and says why.
    """
    if step.closes is None:
        if step.why_not is not None:
            return Reason.NO_PRESENTATION
        return OpenPresentation(message, agency, step.presentation, step.worker, now + stands_for)
    ended = found is None or found.agency != agency or found.state in {PresentationState.CHECKED, PresentationState.EXPLAINED}
    if ended or step.why_not is None:
        return Reason.NO_PRESENTATION
    return EndPresentation(step.closes, step.why_not)
