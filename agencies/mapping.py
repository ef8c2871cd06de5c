"""The shape that every kind's mapping has: which records it sends, for which purposes, and which messages it takes.

Each kind's own list is in ``agencies/<kind>/mapping.py``; what they do alike is here and in ``outgoing`` and ``arriving``.
A refusal here is a courtesy to the writer: the consent service decides, and would refuse it too.
"""

from collections.abc import Mapping as Table
from dataclasses import dataclass, field

from agencies import her_word, outgoing, presenting
from agencies.drafts import Draft, Known, Rejected
from agencies.local_desk import Need, NewReference, PresentationClosed, PresentationOpened, Review, Watch
from agencies.local_records import (
    AttendanceRecord,
    CaseClose,
    CaseloadCheck,
    CaseOpen,
    Consent,
    ConsentWithdrawal,
    Correction,
    IncidentRecord,
    LeadAnswer,
    LeadPropose,
    Outgoing,
    Person,
    Referral,
    ReferralAnswer,
    Script,
)
from contracts.kinds import Kind
from contracts.vocabulary import AgencyKind, Label, Purpose

REFERRAL_ANSWERS = frozenset(
    {
        Kind.REFERRAL_RECEIVED,
        Kind.REFERRAL_ACCEPTED,
        Kind.REFERRAL_DECLINED,
        Kind.REFERRAL_WITHDRAWN,
        Kind.REFERRAL_COMPLETED,
    }
)
LEAD_STEPS = frozenset({Kind.LEAD_PROPOSED, Kind.LEAD_ACCEPTED, Kind.LEAD_DECLINED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapping:
    """One kind of agency: local record to letter, and which letters it takes."""

    kind: AgencyKind
    name: str
    """What it is called in a sentence to a person."""
    sends: frozenset[str]
    """Types of local records."""
    purposes: frozenset[Purpose]
    """What its referrals and incidents may be for."""
    answers_for: Purpose
    """What its answers to referrals are usually for."""
    receives: frozenset[Kind]
    never_sends: Table[Label, str] = field(default_factory=dict)
    """Parts that must not leave this kind of agency, and why."""
    knows_people: bool = True
    """Whether it holds the linkage key and registers people (design.md D9)."""

    def write(self, record: Outgoing, known: Known) -> Draft | Rejected:
        """The draft of a letter for a local record, or why there is none.

        1. This kind sends such records.  2. For such a purpose.  3. About people only if it may hold people.
        4. With none of the parts that it never sends.  5. The record itself is whole (``outgoing``).
        """
        if record.type not in self.sends:
            return Rejected("not-for-this-kind", f"A {self.name} does not send {record.type} records. Nothing was sent.")
        purpose = getattr(record, "purpose", None)
        if isinstance(record, Referral | IncidentRecord) and purpose not in self.purposes:
            return Rejected("purpose-not-ours", f"A {self.name} does not send this for that purpose. Choose another purpose.")
        if not self.knows_people and getattr(record, "person", None):
            return Rejected("no-person-here", f"A {self.name} registers nobody. Leave the field person out.")
        for label, why in self.never_sends.items():
            if getattr(record, label.value, None) is not None:
                return Rejected(f"never-sent:{label.value}", f"The part {label.value} is not sent from here: {why}")
        return _write(record, known, self.answers_for)

    def takes(self, kind: Kind) -> bool:
        """Whether its local system can be handed such a message."""
        return kind in self.receives


def _write(record: Outgoing, known: Known, usual: Purpose) -> Draft | Rejected:  # noqa: C901  # one line a record type
    match record:
        case Person():
            return outgoing.write_person(record, known)
        case Consent():
            return her_word.write_consent(record, known)
        case ConsentWithdrawal():
            return her_word.write_withdrawal(record, known)
        case Correction():
            return her_word.write_correction(record, known, usual)
        case CaseloadCheck():
            return outgoing.write_check(record, known)
        case PresentationOpened() | PresentationClosed() | Watch() | NewReference() | Need() | Review():
            return presenting.write(record, known)
        case CaseOpen():
            return outgoing.write_case_open(record, known)
        case CaseClose():
            return outgoing.write_case_close(record, known)
        case LeadPropose():
            return outgoing.write_lead_proposal(record, known)
        case LeadAnswer():
            return outgoing.write_lead_answer(record, known)
        case Referral():
            return outgoing.write_referral(record, known)
        case ReferralAnswer():
            return outgoing.write_referral_answer(record, known, usual)
        case Script():
            return outgoing.write_script(record, known)
        case AttendanceRecord():
            return outgoing.write_attendance(record, known)
        case IncidentRecord():
            return outgoing.write_incident(record, known)
