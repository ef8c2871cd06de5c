"""Every kind of message, and its shape: who it goes to, what it carries, what step it takes, how long it lives.

The number is permanent: a change that is not an optional new field is a new kind. What may be shared with whom is not here;
that is the protocol's business (``consent/clauses``).
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

_MINUTE: Final = 60_000
_DAY: Final = 24 * 60 * _MINUTE


class Kind(StrEnum):
    """The kinds agencies send. What the broker says back is in ``notices``."""

    PERSON_REGISTERED = "person-registered/1"
    REFERENCE_REPLACED = "reference-replaced/1"
    CONSENT_RECORDED = "consent-recorded/1"
    CONSENT_WITHDRAWN = "consent-withdrawn/1"
    CORRECTION_RECORDED = "correction-recorded/1"
    CASELOAD_CHECK = "caseload-check/1"
    PRESENTATION_OPENED = "presentation-opened/1"
    PRESENTATION_CLOSED = "presentation-closed/1"
    REVIEW_ANSWERED = "review-answered/1"
    WATCH_SET = "watch-set/1"
    NEED_UNMET = "need-unmet/1"
    CASE_OPENED = "case-opened/1"
    CASE_CLOSED = "case-closed/1"
    LEAD_PROPOSED = "lead-proposed/1"
    LEAD_ACCEPTED = "lead-accepted/1"
    LEAD_DECLINED = "lead-declined/1"
    REFERRAL_MADE = "referral-made/1"
    REFERRAL_RECEIVED = "referral-received/1"
    REFERRAL_ACCEPTED = "referral-accepted/1"
    REFERRAL_DECLINED = "referral-declined/1"
    REFERRAL_WITHDRAWN = "referral-withdrawn/1"
    REFERRAL_COMPLETED = "referral-completed/1"
    INCIDENT_REPORTED = "incident-reported/1"
    SCRIPT_RESERVED = "script-reserved/1"
    SCRIPT_CONFIRMED = "script-confirmed/1"
    SCRIPT_TRANSFERRED = "script-transferred/1"
    SCRIPT_ENDED = "script-ended/1"
    ATTENDANCE_REPORTED = "attendance-reported/1"
    RECEIPTS = "receipts/1"


class Goes(StrEnum):
    """Where a kind ends: another agency's inbox, the consent service, or the broker itself."""

    TO_AGENCY = "agency"
    TO_CONSENT = "consent"
    TO_BROKER = "broker"


@dataclass(frozen=True, slots=True)
class Shape:
    """What a message of one kind must look like, whatever it says."""

    goes: Goes
    step: str | None = None
    """The guard step that ``for_broker`` must carry (a name of ``steps``), or None."""
    asks_consent: bool = True
    """Whether the consent service is asked before anything happens."""
    names_person: bool = True
    """Whether a subject reference is required; where False it may be absent."""
    lifetime: int = 14 * _DAY
    """The longest time between created and not_after, in milliseconds."""


SHAPES: Final[dict[Kind, Shape]] = {
    Kind.PERSON_REGISTERED: Shape(Goes.TO_BROKER, step="register", asks_consent=False),
    Kind.REFERENCE_REPLACED: Shape(Goes.TO_BROKER, step="reference", asks_consent=False, lifetime=_DAY),
    Kind.CONSENT_RECORDED: Shape(Goes.TO_CONSENT),
    Kind.CONSENT_WITHDRAWN: Shape(Goes.TO_CONSENT),
    Kind.CORRECTION_RECORDED: Shape(Goes.TO_CONSENT, names_person=False),
    Kind.CASELOAD_CHECK: Shape(Goes.TO_BROKER, step="check", names_person=False, lifetime=10 * _MINUTE),
    Kind.PRESENTATION_OPENED: Shape(Goes.TO_BROKER, step="presentation", asks_consent=False, names_person=False, lifetime=_DAY),
    Kind.PRESENTATION_CLOSED: Shape(Goes.TO_BROKER, step="presentation", asks_consent=False, names_person=False, lifetime=_DAY),
    Kind.REVIEW_ANSWERED: Shape(Goes.TO_BROKER, step="review", asks_consent=False, names_person=False),
    Kind.WATCH_SET: Shape(Goes.TO_BROKER, step="watch", asks_consent=False),
    Kind.NEED_UNMET: Shape(Goes.TO_BROKER, step="gap", asks_consent=False, names_person=False),
    Kind.CASE_OPENED: Shape(Goes.TO_BROKER, step="case", asks_consent=False),
    Kind.CASE_CLOSED: Shape(Goes.TO_BROKER, step="case", asks_consent=False),
    Kind.LEAD_PROPOSED: Shape(Goes.TO_AGENCY, step="lead"),
    Kind.LEAD_ACCEPTED: Shape(Goes.TO_AGENCY, step="lead"),
    Kind.LEAD_DECLINED: Shape(Goes.TO_AGENCY, step="lead"),
    Kind.REFERRAL_MADE: Shape(Goes.TO_AGENCY, names_person=False),
    Kind.REFERRAL_RECEIVED: Shape(Goes.TO_AGENCY, names_person=False),
    Kind.REFERRAL_ACCEPTED: Shape(Goes.TO_AGENCY, names_person=False),
    Kind.REFERRAL_DECLINED: Shape(Goes.TO_AGENCY, names_person=False),
    Kind.REFERRAL_WITHDRAWN: Shape(Goes.TO_AGENCY, names_person=False),
    Kind.REFERRAL_COMPLETED: Shape(Goes.TO_AGENCY, names_person=False),
    Kind.INCIDENT_REPORTED: Shape(Goes.TO_AGENCY, names_person=False),
    Kind.SCRIPT_RESERVED: Shape(Goes.TO_BROKER, step="script", asks_consent=False),
    Kind.SCRIPT_CONFIRMED: Shape(Goes.TO_BROKER, step="script", asks_consent=False),
    Kind.SCRIPT_TRANSFERRED: Shape(Goes.TO_AGENCY, step="script"),
    Kind.SCRIPT_ENDED: Shape(Goes.TO_BROKER, step="script", asks_consent=False),
    Kind.ATTENDANCE_REPORTED: Shape(Goes.TO_AGENCY, names_person=False),
    Kind.RECEIPTS: Shape(Goes.TO_BROKER, step="receipts", asks_consent=False, names_person=False, lifetime=_DAY),
}

FORMER_STANDS: Final = 28 * _DAY
"""How long a reference that was replaced still says who is meant: as long as a message lives, and as long again for an agency
that was cut off before it heard that it has a new one."""
SKEW: Final = 60_000
"""How far apart two clocks may be, in milliseconds (trust.md I5)."""
