"""Two records may be one person: the two agencies that hold them look, each at its own file, and say what they think.

Only both together make them one; "not the same" is remembered for a while, and whatever was settled may be disputed. Doubt
stays doubt: until it is settled, and after nobody answered, the two are possibly the same and every guard treats them so.
Leaves out: finding the two (``people``), and what a merge does (the store).
"""

from dataclasses import dataclass
from typing import Final

from broker.effects import SettleReview
from contracts.vocabulary import Reason, ReviewAnswer, ReviewState, Strength

SETTLED: Final = frozenset({ReviewState.SAME, ReviewState.DIFFERENT})


@dataclass(frozen=True, slots=True)
class Side:
    """One agency's half of a review: its record, and what it said so far."""

    agency: str
    record: str
    answer: ReviewAnswer | None = None


@dataclass(frozen=True, slots=True)
class Review:
    """A review as the store has it. Both sides may be one agency, which then registered someone twice."""

    id: str
    state: ReviewState
    sides: tuple[Side, Side]


def strength_of(weight: float, possible: float, balance: float) -> Strength:
    """The score in words: strong where she would more likely be the same, fair from half way to there."""
    if weight >= balance:
        return Strength.STRONG
    return Strength.FAIR if weight >= (possible + balance) / 2 else Strength.SLIGHT


def judge_answer(review: Review | None, agency: str, answer: ReviewAnswer) -> SettleReview | Reason:
    """Judge one agency's answer.

    1. It is one of the two.  2. What is settled is only disputed, and a dispute takes back only what is settled.
    3. Otherwise the latest answer of each counts: both same, the same; a "not the same" that the other does not gainsay, two
    people; one answer, wait for the other; anything else, unsettled.
    """
    if review is None or agency not in {side.agency for side in review.sides}:
        return Reason.NO_REVIEW
    disputed = answer is ReviewAnswer.DISPUTE
    if disputed is not (review.state in SETTLED):
        return Reason.REVIEW_ANSWERED
    if disputed:
        return SettleReview(review.id, agency, answer, ReviewState.OPEN, undo=review.state is ReviewState.SAME)
    return SettleReview(review.id, agency, answer, _together(review, agency, answer))


def _together(review: Review, agency: str, answer: ReviewAnswer) -> ReviewState:
    others = [side.answer for side in review.sides if side.agency != agency]
    both = {answer, *others}
    if None in both:
        # Only what was asked can lapse: an answer that came late keeps waiting for the other.
        return ReviewState.OPEN
    if both == {ReviewAnswer.SAME}:
        return ReviewState.SAME
    if ReviewAnswer.DIFFERENT in both and ReviewAnswer.SAME not in both:
        return ReviewState.DIFFERENT
    return ReviewState.UNSETTLED
