"""The closed lists: every word that a message, a clause, a store or a page may use. Spelled here once.

Values are stored and shown, so they are never reworded or reused; a retired one stays, marked. What a refusal says to a
person is in ``reasons``; who decides on a hold is in ``offices``; what is said of checks and reviews is in ``looking``; which
kind of message may do what is in ``kinds``.
"""

from enum import IntEnum, StrEnum

from contracts.guard_words import (
    CaseMove,
    CaseRole,
    CloseReason,
    GuardAnswer,
    LeadMove,
    LeadReason,
    OverrideReason,
    ScriptMove,
    ScriptState,
    WatchMove,
    WatchReason,
)
from contracts.looking import NoCheck, ReviewAnswer, ReviewState, Strength
from contracts.offices import Approval, Emergency, Exemption, Finding, Ground, Office, OverrideFinding, Right
from contracts.reasons import Reason


class AgencyKind(StrEnum):
    """What an agency is; the protocol's matrix is written in these (design.md §5)."""

    CJIT = "cjit"
    DRUG_SERVICE = "drug_service"
    HOUSING = "housing"
    SARC = "sarc"
    POLICE = "police"
    PROJECT = "project"


class Label(StrEnum):
    """What a compartment is about. One compartment, one label, one typed schema (trust.md §2.2)."""

    IDENTITY = "identity"
    CONTACT = "contact"
    REQUEST = "request"
    OUTCOME = "outcome"
    DRUG_TREATMENT = "drug_treatment"
    PRESCRIBING = "prescribing"
    HEALTH = "health"
    HOUSING = "housing"
    SAFETY = "safety"
    SEXUAL_ASSAULT = "sexual_assault"
    OFFENDING = "offending"
    ATTENDANCE = "attendance"
    INVOLVEMENT = "involvement"
    INCIDENT = "incident"
    FREE_TEXT = "free_text"
    AGE_AND_AREA = "age_and_area"
    COUNSELLING = "counselling"
    IMMIGRATION = "immigration"
    THIRD_PARTY = "third_party"


class Purpose(StrEnum):
    """Why something is shared, in the words of the agreement. Purposes are not interchangeable."""

    CASELOAD_CHECK = "caseload_check"
    LEAD_ALLOCATION = "lead_allocation"
    SUPPORT_REFERRAL = "support_referral"
    TREATMENT_REFERRAL = "treatment_referral"
    HOUSING_REFERRAL = "housing_referral"
    SEXUAL_VIOLENCE_REFERRAL = "sexual_violence_referral"
    ARREST_REFERRAL = "arrest_referral"
    PRESCRIBING_SAFETY = "prescribing_safety"
    COMPLIANCE = "compliance"
    INCIDENT_INTELLIGENCE = "incident_intelligence"
    CRIME_REPORT = "crime_report"
    SAFEGUARDING = "safeguarding"
    RISK_CONFERENCE = "risk_conference"
    STATUTORY_REPORT = "statutory_report"
    TRAFFICKING_REFERRAL = "trafficking_referral"
    MISSING_PERSON = "missing_person"
    INFORMATION_REQUEST = "information_request"
    POLICE_REQUEST = "police_request"
    ENFORCEMENT = "enforcement"


class Article6(StrEnum):
    """UK GDPR Article 6 basis (trust.md §3.1)."""

    CONSENT = "consent"
    LEGAL_OBLIGATION = "legal_obligation"
    VITAL_INTERESTS = "vital_interests"
    PUBLIC_TASK = "public_task"
    LEGITIMATE_INTERESTS = "legitimate_interests"
    RECOGNISED_LEGITIMATE_INTERESTS = "recognised_legitimate_interests"


class Article9Or10(StrEnum):
    """UK GDPR Article 9 condition or Article 10 authority, with its Schedule 1 paragraph (trust.md §3.1)."""

    NOT_SPECIAL = "not_special"
    EXPLICIT_CONSENT = "explicit_consent"
    VITAL_INTERESTS = "vital_interests"
    HEALTH_OR_SOCIAL_CARE = "health_or_social_care"
    SAFEGUARDING = "safeguarding"
    UNLAWFUL_ACTS = "unlawful_acts"
    STATUTORY = "statutory"


class Confidence(StrEnum):
    """Why telling does not break the duty of confidence (trust.md §3.1)."""

    EXPLICIT_CONSENT = "explicit_consent"
    IMPLIED_DIRECT_CARE = "implied_direct_care"
    REQUIRED_BY_LAW = "required_by_law"
    PUBLIC_INTEREST = "public_interest"
    NOT_CONFIDENTIAL = "not_confidential"


class Gateway(StrEnum):
    """The power to disclose. A power, not a reason (trust.md §3.1)."""

    NOT_NEEDED = "not_needed"
    CRIME_AND_DISORDER_ACT_115 = "crime_and_disorder_act_115"
    CARE_ACT = "care_act"
    CHILDREN_ACT = "children_act"
    COURT_ORDER = "court_order"
    DATA_PROTECTION_ACT_SCHEDULE_2 = "data_protection_act_schedule_2"
    SERIOUS_VIOLENCE_DUTY = "serious_violence_duty"
    MODERN_SLAVERY_ACT_52 = "modern_slavery_act_52"
    VICTIM_INFORMATION_REQUEST = "victim_information_request"


class AgeBand(StrEnum):
    """Her age as far as it is known. Unknown is treated as under 18 (pathways.md W48)."""

    UNDER_13 = "under_13"
    AGED_13_TO_15 = "13_to_15"
    AGED_16_TO_17 = "16_to_17"
    ADULT = "adult"
    UNKNOWN = "unknown"


class Capacity(StrEnum):
    """Her capacity to consent, as judged by the worker who asked."""

    PRESENT = "present"
    DOUBTED = "doubted"
    FLUCTUATING = "fluctuating"
    NOT_ASSESSED = "not_assessed"


class Gillick(StrEnum):
    """Whether someone under 16 was found to understand what she agrees to (Gillick; trust.md C6)."""

    NOT_NEEDED = "not_needed"
    COMPETENT = "competent"
    NOT_COMPETENT = "not_competent"
    NOT_ASSESSED = "not_assessed"


class Interpreter(StrEnum):
    """Who carried the words between her and the worker who asked her (trust.md C4)."""

    NOT_NEEDED = "not_needed"
    PROFESSIONAL = "professional"
    FAMILY_OR_FRIEND = "family_or_friend"
    NEEDED_AND_ABSENT = "needed_and_absent"


class Threshold(StrEnum):
    """Whether a statutory or risk threshold is met, where one is relied on."""

    MET = "met"
    NOT_MET = "not_met"
    UNKNOWN = "unknown"
    NOT_RELIED_ON = "not_relied_on"


class Engagement(StrEnum):
    """On what footing she takes part (R23: a voluntary referral never makes a compliance message)."""

    VOLUNTARY = "voluntary"
    DIVERSION = "diversion"
    CONDITION = "condition"
    ORDER = "order"


class Presentation(StrEnum):
    """The moment a person comes to an agency; a caseload check is asked only inside one (E1)."""

    CUSTODY = "custody"
    COURT = "court"
    DROP_IN = "drop_in"
    WALK_IN = "walk_in"


class Verdict(IntEnum):
    """What may become of a message, least severe first. The most severe clause that applies wins."""

    ROUTE = 0
    ROUTE_MINIMISED = 1
    HOLD = 2
    REFUSE = 3


class CaseloadStatus(StrEnum):
    """The four answers to a caseload check (W01). Silence is none of them."""

    NOT_KNOWN = "not_known"
    KNOWN_NOT_ACTIVE = "known_not_active"
    ACTIVE = "active"
    CANNOT_SAY = "cannot_say"


class ReceiptState(StrEnum):
    """What became of a message, as told to its sender. Held, delivered, refused and expired always follow received."""

    RECEIVED = "received"
    DELIVERED = "delivered"
    REFUSED = "refused"
    HELD = "held"
    EXPIRED = "expired"


class ConsentAnswer(StrEnum):
    """What she said. A refusal is a record of its own."""

    GIVEN = "given"
    REFUSED = "refused"


__all__ = [
    "AgeBand", "AgencyKind", "Approval", "Article6", "Article9Or10", "Capacity", "CaseMove", "CaseRole", "CaseloadStatus",
    "CloseReason", "Confidence", "ConsentAnswer", "Emergency", "Engagement", "Exemption", "Finding", "Gateway", "Gillick",
    "Ground", "GuardAnswer", "Interpreter", "Label", "LeadMove", "LeadReason", "NoCheck", "Office", "OverrideFinding",
    "OverrideReason", "Presentation", "Purpose", "Reason", "ReceiptState", "ReviewAnswer", "ReviewState", "Right", "ScriptMove",
    "ScriptState", "Strength", "Threshold", "Verdict", "WatchMove", "WatchReason",
]  # fmt: skip
