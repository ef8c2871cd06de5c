"""R30 and E5: who the message may be about, and who may tell whom about a prescription."""

from collections.abc import Iterable

from consent.clauses.asked import Asked, Spoke
from contracts.vocabulary import AgeBand, Label, Reason


def adults_only(asked: Asked, _: frozenset[Label]) -> Iterable[Spoke]:
    """R30. Under 18, or of an age nobody knows: the safeguarding route, never an adult one."""
    if asked.facts.age_band is not AgeBand.ADULT and asked.purpose not in asked.protocol.open_to_under_18:
        yield Spoke("R30", Reason.UNDER_18)


def prescriber_to_prescriber(asked: Asked, _: frozenset[Label]) -> Iterable[Spoke]:
    """E5. Drug, dose and dates go from one prescriber in the directory to another."""
    both = asked.sender.prescriber and asked.recipient.prescriber
    if asked.purpose in asked.protocol.prescribers_only and not both:
        yield Spoke("E5", Reason.NOT_A_PRESCRIBER)
