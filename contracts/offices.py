"""The closed lists of those who decide by name: their offices, whose approval a hold needs, why the glass is broken.

Exported by ``vocabulary`` like every other list. Leaves out: who holds an office (``directory``).
"""

from enum import StrEnum


class Office(StrEnum):
    """What a named person of an agency may decide, with a key of her own: the owner of a hold is one of these."""

    GOVERNANCE_OFFICER = "governance_officer"
    SAFEGUARDING_LEAD = "safeguarding_lead"
    DUTY_LEAD = "duty_lead"


class Approval(StrEnum):
    """Whose approval closes a hold with a release, where one can (clause I2)."""

    ONE_PERSON = "one_person"
    TWO_PEOPLE = "two_people"
    TWO_AGENCIES = "two_agencies"


class Emergency(StrEnum):
    """Why the glass is broken: life or limb, now (clause G4). Nothing that can wait is among them."""

    OVERDOSE = "overdose"
    SUICIDE_RISK = "suicide_risk"
    VIOLENCE_NOW = "violence_now"
    MISSING_AT_RISK = "missing_at_risk"
    UNCONSCIOUS = "unconscious"
    OTHER_DANGER_TO_LIFE = "other_danger_to_life"


class Finding(StrEnum):
    """What a review of a broken glass found."""

    JUSTIFIED = "justified"
    NOT_JUSTIFIED = "not_justified"
