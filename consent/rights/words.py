"""The words in which she is told about herself: what the codes of the partnership mean to the person they are about.

Leaves out: what she is told (``history``).
"""

from datetime import UTC, datetime
from typing import Final

from contracts.vocabulary import Label, Purpose

LABELS: Final[dict[Label, str]] = {
    Label.IDENTITY: "who you are",
    Label.CONTACT: "how to reach you safely",
    Label.REQUEST: "what was asked for",
    Label.OUTCOME: "what came of it",
    Label.DRUG_TREATMENT: "your drug treatment",
    Label.PRESCRIBING: "what you are prescribed",
    Label.HEALTH: "your health",
    Label.HOUSING: "where you live or need to live",
    Label.SAFETY: "what keeps you safe",
    Label.SEXUAL_ASSAULT: "a sexual assault",
    Label.OFFENDING: "offences",
    Label.ATTENDANCE: "whether you came to an appointment",
    Label.INVOLVEMENT: "sex work",
    Label.INCIDENT: "an incident",
    Label.FREE_TEXT: "a note in words",
    Label.AGE_AND_AREA: "your age group and the area you live in",
    Label.COUNSELLING: "counselling",
    Label.IMMIGRATION: "your immigration status",
    Label.THIRD_PARTY: "other people",
}
PURPOSES: Final[dict[Purpose, str]] = {
    Purpose.CASELOAD_CHECK: "to see whether somebody already helps you",
    Purpose.LEAD_ALLOCATION: "to agree who is your main worker",
    Purpose.SUPPORT_REFERRAL: "to find you support",
    Purpose.TREATMENT_REFERRAL: "to find you drug treatment",
    Purpose.HOUSING_REFERRAL: "to find you a place to live",
    Purpose.SEXUAL_VIOLENCE_REFERRAL: "to find you help after sexual violence",
    Purpose.ARREST_REFERRAL: "to offer you help after an arrest",
    Purpose.PRESCRIBING_SAFETY: "so that you are not prescribed the same twice",
    Purpose.COMPLIANCE: "because a court asked whether you came",
    Purpose.CRIME_REPORT: "to report a crime, as you asked",
    Purpose.SAFEGUARDING: "to keep somebody safe",
}


def of_labels(labels: list[str]) -> str:
    """Labels as a person says them."""
    words = [said for label, said in LABELS.items() if label.value in labels]
    return ", ".join(words[:-1]) + (" and " if len(words) > 1 else "") + words[-1] if words else "nothing"


def of_purpose(purpose: str) -> str:
    """A purpose as a person says it."""
    return PURPOSES.get(Purpose(purpose), f"for {purpose.replace('_', ' ')}")


def of_day(moment: int) -> str:
    """The day of a moment, in UTC."""
    day = datetime.fromtimestamp(moment / 1000, UTC)
    return f"{day.day} {day.strftime('%B %Y')}"
