"""Two records may be one person: both agencies must say so, "not the same" is remembered, and everything can be disputed."""

from itertools import product

import pytest

from broker.effects import SettleReview
from broker.matching.review import SETTLED, Review, Side, judge_answer, strength_of
from contracts.vocabulary import Reason, ReviewAnswer, ReviewState, Strength

title = "Reviews"
rules: set[str] = set()

HERE, THERE, ELSEWHERE = "drugs-ashby", "project-ashby", "housing-ashby"
OPEN, DIFFERENT, UNSETTLED = ReviewState.OPEN, ReviewState.DIFFERENT, ReviewState.UNSETTLED
SAME, NOT, CANNOT, DISPUTE = ReviewAnswer.SAME, ReviewAnswer.DIFFERENT, ReviewAnswer.CANNOT_TELL, ReviewAnswer.DISPUTE


def review(state: ReviewState = OPEN, theirs: ReviewAnswer | None = None, mine: ReviewAnswer | None = None) -> Review:
    return Review("ab" * 16, state, (Side(HERE, "a", mine), Side(THERE, "b", theirs)))


# What the other agency said; what this one says; how it stands then.
TOGETHER: dict[str, tuple[ReviewAnswer | None, ReviewAnswer, ReviewState]] = {
    "one answer waits for the other": (None, SAME, OPEN),
    "a no waits for the other, too": (None, NOT, OPEN),
    "both say the same": (SAME, SAME, ReviewState.SAME),
    "one alone does not make them one": (CANNOT, SAME, UNSETTLED),
    "nor the other": (SAME, CANNOT, UNSETTLED),
    "both say two people": (NOT, NOT, DIFFERENT),
    "a no that nobody gainsays": (CANNOT, NOT, DIFFERENT),
    "whichever of them said it": (NOT, CANNOT, DIFFERENT),
    "they disagree": (SAME, NOT, UNSETTLED),
    "and the other way round": (NOT, SAME, UNSETTLED),
    "neither can tell": (CANNOT, CANNOT, UNSETTLED),
}


@pytest.mark.parametrize("name", TOGETHER)
def test_what_two_answers_come_to(name: str) -> None:
    theirs, mine, state = TOGETHER[name]
    for before in (OPEN, UNSETTLED, ReviewState.LAPSED):
        assert judge_answer(review(before, theirs), HERE, mine) == SettleReview("ab" * 16, HERE, mine, state)


def test_only_the_two_concerned_answer() -> None:
    assert judge_answer(review(), ELSEWHERE, SAME) is Reason.NO_REVIEW
    assert judge_answer(None, HERE, SAME) is Reason.NO_REVIEW


def test_the_latest_answer_of_an_agency_counts() -> None:
    settled = judge_answer(review(UNSETTLED, theirs=SAME, mine=NOT), HERE, SAME)
    assert settled == SettleReview("ab" * 16, HERE, SAME, ReviewState.SAME)


def test_an_agency_that_registered_her_twice_answers_alone() -> None:
    own = Review("ab" * 16, OPEN, (Side(HERE, "a"), Side(HERE, "b")))
    assert judge_answer(own, HERE, SAME) == SettleReview("ab" * 16, HERE, SAME, ReviewState.SAME)


def test_what_is_settled_is_only_disputed_and_a_dispute_of_a_merge_takes_it_back() -> None:
    for state, answer in product(ReviewState, ReviewAnswer):
        judged = judge_answer(review(state), HERE, answer)
        if (answer is DISPUTE) is not (state in SETTLED):
            assert judged is Reason.REVIEW_ANSWERED, (state, answer)
        elif answer is DISPUTE:
            assert judged == SettleReview("ab" * 16, HERE, DISPUTE, OPEN, undo=state is ReviewState.SAME)


@pytest.mark.parametrize(
    ("weight", "word"), [(-2.0, Strength.SLIGHT), (-0.6, Strength.SLIGHT), (-0.4, Strength.FAIR), (1.0, Strength.STRONG)]
)
def test_the_strength_is_a_word(weight: float, word: Strength) -> None:
    assert strength_of(weight, -2.0, 1.0) is word
