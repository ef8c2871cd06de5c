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


class Right(StrEnum):
    """What an officer does about a right of hers (UK GDPR articles 16 to 21; trust.md H2, H4)."""

    RESTRICT = "restrict"
    OBJECT = "object"
    LIFT = "lift"
    ERASE = "erase"


class Ground(StrEnum):
    """On what ground it is done: article 17(1), 18(1) or 21."""

    SHE_CONTESTS_IT = "she_contests_it"
    SHE_OBJECTS = "she_objects"
    NO_LONGER_NEEDED = "no_longer_needed"
    SHE_WITHDREW = "she_withdrew"
    NOT_LAWFUL = "not_lawful"
    LAW_REQUIRES_IT = "law_requires_it"
    SETTLED = "settled"


class Exemption(StrEnum):
    """Why what she asked to have erased must be kept (article 17(3), Schedule 2), or that nothing says so."""

    NONE_APPLIES = "none_applies"
    LEGAL_OBLIGATION = "legal_obligation"
    LEGAL_CLAIMS = "legal_claims"
    PUBLIC_HEALTH = "public_health"
    SAFEGUARDING_OF_OTHERS = "safeguarding_of_others"


class OverrideFinding(StrEnum):
    """What looking at a prescriber's override found."""

    WELL_FOUNDED = "well_founded"
    NOT_WELL_FOUNDED = "not_well_founded"
    UNCLEAR = "unclear"


class Finding(StrEnum):
    """What a review of a broken glass found."""

    JUSTIFIED = "justified"
    NOT_JUSTIFIED = "not_justified"
