"""From what a desk writes beside a check (she came, no check was made, an answer to a review) to the draft of a letter.

None of these names a person. Leaves out: the check itself and everything else (``outgoing``).
"""

from typing import Final

from agencies.addressing import to_broker
from agencies.drafts import Draft, Known, Rejected
from agencies.local_desk import PresentationClosed, PresentationOpened, Review
from contracts.kinds import Kind
from contracts.steps import PresentationStep, ReviewStep

NOT_OPENED: Final = Rejected(
    "not-opened", "The field opened names no presentation of this agency. Write the id of its presentation_opened record."
)


def write_presentation(record: PresentationOpened, known: Known) -> Draft | Rejected:
    """Say that a person came: where, and by whom she was met."""
    step = PresentationStep(presentation=record.presentation, worker=record.worker)
    return to_broker(record, Kind.PRESENTATION_OPENED, step, known)


def write_no_check(record: PresentationClosed, known: Known) -> Draft | Rejected:
    """Say why no check was made."""
    if known.opened is None:
        return NOT_OPENED
    step = PresentationStep(presentation=record.presentation, worker=record.worker, closes=known.opened, why_not=record.why_not)
    return to_broker(record, Kind.PRESENTATION_CLOSED, step, known)


def write_review(record: Review, known: Known) -> Draft | Rejected:
    """Say whether two records are one person. Names nobody: the review knows which record is this agency's."""
    step = ReviewStep(review=record.review, answer=record.answer, worker=record.worker)
    return to_broker(record, Kind.REVIEW_ANSWERED, step, known)
