"""Clause A1: the message is what it says it is, and in time."""

from consent.clauses.asked import Asked, Spoke
from contracts.vocabulary import Label, Reason

FAULTS = frozenset(
    {
        Reason.UNKNOWN_KEY, Reason.REVOKED_KEY, Reason.BAD_SIGNATURE, Reason.WRONG_RECIPIENT_KEY, Reason.CANNOT_OPEN,
        Reason.PARTS_DO_NOT_FIT, Reason.UNKNOWN_RECIPIENT, Reason.UNKNOWN_ROLE, Reason.EXPIRED, Reason.WRONG_TIME,
        Reason.REPLAYED, Reason.VALUE_NOT_ALLOWED,
    }
)  # fmt: skip


def sound(asked: Asked, _: frozenset[Label]) -> Spoke | None:
    """A1. Signed by its sender, sealed to its recipient, opened, in time, and not said twice."""
    fault = asked.context.fault
    return None if fault is None else Spoke("A1", fault)
