"""R30 and E5: who the message may be about, and who may tell whom about a prescription."""

from consent.clauses.asked import Asked, Spoke
from contracts.vocabulary import AgeBand, Label, Reason


def adults_only(asked: Asked, _: frozenset[Label]) -> Spoke | None:
    """R30. Under 18, or of an age nobody knows: the safeguarding route, never an adult one."""
    if asked.facts.age_band is not AgeBand.ADULT and asked.purpose not in asked.protocol.open_to_under_18:
        return Spoke("R30", Reason.UNDER_18)
    return None


def prescriber_to_prescriber(asked: Asked, _: frozenset[Label]) -> Spoke | None:
    """E5. Drug, dose and dates go from one prescriber in the directory to another."""
    if asked.purpose not in asked.protocol.prescribers_only:
        return None
    both = asked.sender.prescriber and asked.recipient.prescriber
    return None if both else Spoke("E5", Reason.NOT_A_PRESCRIBER)
