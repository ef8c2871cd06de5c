"""The closed lists of those who look for her: why no caseload check was made, and what two agencies say of two records.

Exported by ``vocabulary`` like every other list. Leaves out: the four answers to a check (``vocabulary``).
"""

from enum import StrEnum


class NoCheck(StrEnum):
    """Why a presentation ended without a caseload check. There is no code for "forgot": what nobody explains stays open."""

    SHE_DECLINED = "she_declined"
    LEFT_BEFORE = "left_before"
    OWN_CASE_OPEN = "own_case_open"
    NOT_BELIEVED_INVOLVED = "not_believed_involved"
    CHILD_ROUTE = "child_route"
    EMERGENCY_FIRST = "emergency_first"
    CHECK_UNAVAILABLE = "check_unavailable"
    OPENED_IN_ERROR = "opened_in_error"


class Strength(StrEnum):
    """How strongly two records speak for one person, in words: all that either agency is told of the other's record."""

    SLIGHT = "slight"
    FAIR = "fair"
    STRONG = "strong"


class ReviewAnswer(StrEnum):
    """What an agency says of two records that may be one person. A dispute takes back what was settled."""

    SAME = "same"
    DIFFERENT = "different"
    CANNOT_TELL = "cannot_tell"
    DISPUTE = "dispute"


class ReviewState(StrEnum):
    """Where a review stands. Unsettled and lapsed leave the two as they were: possibly the same."""

    OPEN = "open"
    SAME = "same"
    DIFFERENT = "different"
    UNSETTLED = "unsettled"
    LAPSED = "lapsed"
