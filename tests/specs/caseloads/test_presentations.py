"""Someone came: it ends with a check, or with the reason why there was none, or it is reported."""

import pytest

from broker.effects import EndPresentation, OpenPresentation
from broker.presentations import PresentationState, Presented, judge_presentation
from contracts.steps import PresentationStep
from contracts.vocabulary import NoCheck, Presentation, Reason
from tests.specs.caseloads.book import NOW

title = "Presentations"
rules = {"R01"}

CJIT, DRUGS, THIS, THAT = "cjit-ashby", "drugs-ashby", "ab" * 16, "cd" * 16
OPENS = PresentationStep(presentation=Presentation.COURT, worker="worker_7")
CLOSES = PresentationStep(presentation=Presentation.COURT, closes=THAT, why_not=NoCheck.SHE_DECLINED)


def stands(state: PresentationState, agency: str = CJIT) -> Presented:
    return Presented(agency, state, NOW)


OPENED = OpenPresentation(THIS, CJIT, Presentation.COURT, "worker_7", NOW + 5)
ENDED = EndPresentation(THAT, NoCheck.SHE_DECLINED)

CASES: dict[str, tuple[PresentationStep, Presented | None, object]] = {
    "someone came": (OPENS, None, OPENED),
    "an opening gives no reason": (OPENS.model_copy(update={"why_not": NoCheck.LEFT_BEFORE}), None, Reason.NO_PRESENTATION),
    "no check, and why": (CLOSES, stands(PresentationState.OPEN), ENDED),
    "no check, and nobody says why": (
        CLOSES.model_copy(update={"why_not": None}), stands(PresentationState.OPEN), Reason.NO_PRESENTATION,
    ),
    "explained late is explained": (CLOSES, stands(PresentationState.UNEXPLAINED), ENDED),
    "what a check ended needs no reason": (CLOSES, stands(PresentationState.CHECKED), Reason.NO_PRESENTATION),
    "it ends once": (CLOSES, stands(PresentationState.EXPLAINED), Reason.NO_PRESENTATION),
    "another agency's is not ours to end": (CLOSES, stands(PresentationState.OPEN, DRUGS), Reason.NO_PRESENTATION),
    "one that nobody told of cannot end": (CLOSES, None, Reason.NO_PRESENTATION),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_how_a_presentation_goes(name: str) -> None:
    step, found, outcome = CASES[name]
    assert judge_presentation(step, CJIT, THIS, found, NOW, 5) == outcome
