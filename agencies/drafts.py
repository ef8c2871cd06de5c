"""What lies between a local record and a letter: what the adapter knows, what it would send, or why it will not.

The five basis fields are filled here from a table by purpose, which an agency's mapping and then a record may override
(design.md D7). Whether a basis is allowed is not decided here: that is the consent service's business.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from agencies.local_desk import Written
from agencies.local_fields import LocalIdentity
from agencies.local_records import LeadPropose, Referral
from contracts.directory import Agency
from contracts.facts import Facts
from contracts.kinds import SHAPES, Kind
from contracts.messages.consents import ForConsent
from contracts.messages.conversation import Said
from contracts.offers import Service
from contracts.steps import Keyed, Step
from contracts.vocabulary import (
    AgeBand,
    Article6,
    Article9Or10,
    Confidence,
    Engagement,
    Gateway,
    Purpose,
)


@dataclass(frozen=True, slots=True)
class Rejected:
    """A record that is not sent, and what its writer should do. Quotes nothing of it."""

    code: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Heard:
    """A message that a record refers to: one that arrived, or one of our own."""

    message: str
    conversation: str
    other: str
    kind: Kind
    reference: str | None
    purpose: Purpose | None = None
    age_band: AgeBand = AgeBand.UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the store and the directory know of what a record names. ``fresh`` is a random id, drawn in case it is wanted."""

    now: int
    fresh: str
    reference: str | None = None
    references: Mapping[str, bool] = field(default_factory=dict)
    """All that this agency has for her, and whether another was asked for in its place; not those that were replaced."""
    age_band: AgeBand = AgeBand.UNKNOWN
    consents: Mapping[str, tuple[str, Purpose, str]] = field(default_factory=dict)
    """Local consent id to its id on the wire, its purpose, and the reference of the person who gave it."""
    heard: Heard | None = None
    check: str | None = None
    opened: str | None = None
    """The message that told of the presentation."""
    continues: Heard | None = None
    other: Agency | None = None
    """The agency that the record goes to, as the directory has it."""
    prescriber: bool = False
    keyed: tuple[Keyed, ...] = ()
    """Her tokens, epoch by epoch."""
    offered: tuple[Service, ...] = ()
    """The directory of services, where the partnership keeps one."""


@dataclass(frozen=True, slots=True)
class Renewal:
    """What is asked for: a fresh reference for a person of this agency, in the place of one that she has."""

    local: str
    former: str
    fresh: str
    band: AgeBand


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A letter in all but its id, times and seals."""

    kind: Kind
    recipient: str
    role: str
    facts: Facts | None = None
    reference: str | None = None
    step: Step | None = None
    said: Said | ForConsent | None = None
    conversation: str | None = None
    in_reply_to: str | None = None
    lifetime: int = 0
    person: tuple[str, str, AgeBand] | None = None
    """To be remembered with it: local id, reference, age band."""
    renewal: Renewal | None = None
    """To be remembered with it."""
    consent: tuple[str, str, Purpose, str] | None = None
    """To be remembered with it: local id, id on the wire, purpose, reference."""


_CARE: Final = (Article6.PUBLIC_TASK, Article9Or10.HEALTH_OR_SOCIAL_CARE, Confidence.EXPLICIT_CONSENT, Gateway.NOT_NEEDED)
_DIRECT: Final = (
    Article6.PUBLIC_TASK,
    Article9Or10.HEALTH_OR_SOCIAL_CARE,
    Confidence.IMPLIED_DIRECT_CARE,
    Gateway.NOT_NEEDED,
)
BASIS: Final[dict[Purpose, tuple[Article6, Article9Or10, Confidence, Gateway]]] = {
    Purpose.CASELOAD_CHECK: _DIRECT,
    Purpose.LEAD_ALLOCATION: _DIRECT,
    Purpose.PRESCRIBING_SAFETY: _DIRECT,
    Purpose.SUPPORT_REFERRAL: _CARE,
    Purpose.TREATMENT_REFERRAL: _CARE,
    Purpose.HOUSING_REFERRAL: _CARE,
    Purpose.SEXUAL_VIOLENCE_REFERRAL: _CARE,
    Purpose.ARREST_REFERRAL: (
        Article6.PUBLIC_TASK,
        Article9Or10.UNLAWFUL_ACTS,
        Confidence.PUBLIC_INTEREST,
        Gateway.CRIME_AND_DISORDER_ACT_115,
    ),
    Purpose.COMPLIANCE: (
        Article6.LEGAL_OBLIGATION,
        Article9Or10.STATUTORY,
        Confidence.REQUIRED_BY_LAW,
        Gateway.COURT_ORDER,
    ),
    Purpose.INCIDENT_INTELLIGENCE: (
        Article6.PUBLIC_TASK,
        Article9Or10.NOT_SPECIAL,
        Confidence.NOT_CONFIDENTIAL,
        Gateway.CRIME_AND_DISORDER_ACT_115,
    ),
    Purpose.CRIME_REPORT: (
        Article6.PUBLIC_TASK,
        Article9Or10.EXPLICIT_CONSENT,
        Confidence.EXPLICIT_CONSENT,
        Gateway.CRIME_AND_DISORDER_ACT_115,
    ),
    Purpose.SAFEGUARDING: (
        Article6.PUBLIC_TASK,
        Article9Or10.SAFEGUARDING,
        Confidence.PUBLIC_INTEREST,
        Gateway.CARE_ACT,
    ),
    Purpose.RISK_CONFERENCE: (
        Article6.PUBLIC_TASK,
        Article9Or10.SAFEGUARDING,
        Confidence.PUBLIC_INTEREST,
        Gateway.CRIME_AND_DISORDER_ACT_115,
    ),
    Purpose.STATUTORY_REPORT: (
        Article6.LEGAL_OBLIGATION,
        Article9Or10.SAFEGUARDING,
        Confidence.REQUIRED_BY_LAW,
        Gateway.CHILDREN_ACT,
    ),
    Purpose.TRAFFICKING_REFERRAL: (
        Article6.PUBLIC_TASK,
        Article9Or10.EXPLICIT_CONSENT,
        Confidence.EXPLICIT_CONSENT,
        Gateway.MODERN_SLAVERY_ACT_52,
    ),
    Purpose.MISSING_PERSON: (
        Article6.VITAL_INTERESTS,
        Article9Or10.NOT_SPECIAL,
        Confidence.PUBLIC_INTEREST,
        Gateway.CRIME_AND_DISORDER_ACT_115,
    ),
    Purpose.INFORMATION_REQUEST: (
        Article6.PUBLIC_TASK,
        Article9Or10.EXPLICIT_CONSENT,
        Confidence.EXPLICIT_CONSENT,
        Gateway.VICTIM_INFORMATION_REQUEST,
    ),
    Purpose.POLICE_REQUEST: (
        Article6.PUBLIC_TASK,
        Article9Or10.UNLAWFUL_ACTS,
        Confidence.PUBLIC_INTEREST,
        Gateway.DATA_PROTECTION_ACT_SCHEDULE_2,
    ),
    Purpose.ENFORCEMENT: (
        Article6.PUBLIC_TASK,
        Article9Or10.UNLAWFUL_ACTS,
        Confidence.PUBLIC_INTEREST,
        Gateway.CRIME_AND_DISORDER_ACT_115,
    ),
}


# Statements that some clause asks for: sent on in the worker's own words, and never filled in for her.
_AS_STATED: Final = (
    "relation", "privacy_notice", "told", "given_for", "linked_to_him", "order_completed", "police_request", "drug_test",
    "risk_conference", "duty", "ending", "enforcement",
)  # fmt: skip


def age_band(identity: LocalIdentity | None, born: str | None, now: int) -> AgeBand:
    """Her age band from a date of birth; unknown without one, and unknown for the first of January that stands for a year."""
    text = identity.date_of_birth if identity else born
    if text is None or text.endswith("-01-01"):
        return AgeBand.UNKNOWN
    today = datetime.fromtimestamp(now / 1000, UTC)
    year, month, day = (int(part) for part in text.split("-"))
    age = today.year - year - ((today.month, today.day) < (month, day))
    bands = ((13, AgeBand.UNDER_13), (16, AgeBand.AGED_13_TO_15), (18, AgeBand.AGED_16_TO_17))
    return next((band for limit, band in bands if age < limit), AgeBand.ADULT)


def facts_for(
    record: Written,
    purpose: Purpose,
    known: Known,
    *,
    engagement: Engagement = Engagement.VOLUNTARY,
    band: AgeBand | None = None,
    answering: bool = False,
) -> Facts | Rejected:
    """The facts of a record: its own words first, then what is known of her, then the table.

    An answer to those who asked, with no consent of its own named, rests on the direct care that both give her.
    """
    missing = [name for name in record.consents if name not in known.consents]
    if missing:
        return Rejected("unknown-consent", f"There is no consent record {missing[0]} of this agency. Send that first.")
    usual = BASIS[purpose]
    told = record.basis
    implied = answering and usual == _CARE and not record.consents
    return Facts(
        purpose=purpose,
        article_6=(told and told.article_6) or usual[0],
        article_9_or_10=(told and told.article_9_or_10) or usual[1],
        confidence=(told and told.confidence) or (Confidence.IMPLIED_DIRECT_CARE if implied else usual[2]),
        gateway=(told and told.gateway) or usual[3],
        actor=record.worker,
        presentation=record.presentation,
        age_band=record.age_band or band or known.age_band,
        capacity=record.capacity,
        threshold=record.threshold,
        engagement=record.engagement or engagement,
        approvals=record.approvals,
        glass=record.glass,
        consents=tuple(known.consents[name][0] for name in record.consents),
        free_text_read_by=_reader(record),
        **{name: getattr(record, name) for name in _AS_STATED},
    )


def _reader(record: Written) -> str | None:
    """Who read the prose before it was sent: the prose itself is sealed to its recipient, so the clause is told here (D2)."""
    prose = record.free_text if isinstance(record, Referral | LeadPropose) else None
    return prose.read_by if prose else None


def lifetime(record: Written, kind: Kind) -> int:
    """How long a message lives: what its kind allows, or less if its writer wants it sooner."""
    longest = SHAPES[kind].lifetime
    wanted = record.wanted_within_seconds
    return longest if wanted is None else min(longest, wanted * 1000)
