"""Put an address on what a record says: to the broker, to an agency's role, or back to whoever wrote."""

from typing import Final

from agencies.drafts import Draft, Heard, Known, Rejected, age_band, facts_for, lifetime
from agencies.local_desk import Written
from agencies.local_fields import LocalIdentity
from agencies.local_records import Script
from contracts.identifiers import BROKER
from contracts.kinds import Kind
from contracts.messages.compartments import Identity
from contracts.messages.conversation import Said
from contracts.messages.prescriptions import ScriptTransferred, names_last_dose
from contracts.steps import Step
from contracts.vocabulary import AgeBand, Engagement, Purpose

CASELOAD_ROLE: Final = "caseload"
INTAKE_ROLE: Final = "intake"

UNKNOWN_AGENCY: Final = Rejected(
    "unknown-agency", "No agency of the id in the field to takes part, or it is this one. Check the directory."
)


def wire(identity: LocalIdentity | None) -> Identity | None:
    """Her details as the partnership writes them, if the record has any."""
    return identity.on_the_wire() if identity else None


def to_broker(record: Written, kind: Kind, step: Step, known: Known) -> Draft:
    """A guard step about a registered person, which no other agency reads. Steps of one script share a conversation."""
    return Draft(
        kind=kind,
        recipient=BROKER,
        role=CASELOAD_ROLE,
        reference=known.reference,
        step=step,
        conversation=known.continues.conversation if known.continues else None,
        lifetime=lifetime(record, kind),
    )


def to_agency(
    record: Written,
    said: Said,
    purpose: Purpose,
    known: Known,
    *,
    to: str,
    role: str | None = None,
    step: Step | None = None,
    about: LocalIdentity | None = None,
    engagement: Engagement = Engagement.VOLUNTARY,
) -> Draft | Rejected:
    """The beginning of a conversation with one role of another agency; its intake where it has no such role."""
    if known.other is None or known.other.id != to:
        return UNKNOWN_AGENCY
    band = age_band(about, None, known.now) if about else AgeBand.UNKNOWN
    known_band = band if known.age_band is AgeBand.UNKNOWN else known.age_band
    facts = facts_for(record, purpose, known, engagement=engagement, band=known_band)
    if isinstance(facts, Rejected):
        return facts
    has_role = any(one.name == role for one in known.other.roles)
    return Draft(
        kind=said.KIND,
        recipient=to,
        role=role if role and has_role else INTAKE_ROLE,
        facts=facts,
        reference=known.reference,
        step=step,
        said=said,
        lifetime=lifetime(record, said.KIND),
    )


def back_to(
    record: Written, said: Said, purpose: Purpose, known: Known, heard: Heard, *, step: Step | None = None
) -> Draft | Rejected:
    """An answer in the conversation of the message that was heard, about the person as this agency knows her."""
    facts = facts_for(record, purpose, known, band=heard.age_band, answering=True)
    if isinstance(facts, Rejected):
        return facts
    return Draft(
        kind=said.KIND,
        recipient=heard.other,
        role=INTAKE_ROLE,
        facts=facts,
        reference=heard.reference,
        step=step,
        said=said,
        conversation=heard.conversation,
        in_reply_to=heard.message,
        lifetime=lifetime(record, said.KIND),
    )


def write_transfer(record: Script, step: Step, known: Known) -> Draft | Rejected:
    """Hand a live prescription to another prescriber: drug, dose and dates, and nothing else (E5)."""
    if not record.to or not record.prescribing:
        return Rejected("transfer-incomplete", "A transfer names the other prescriber (to) and the prescribing. Add both.")
    if known.other and not known.other.prescriber:
        return Rejected("not-a-prescriber", "The agency in the field to is no prescriber in the directory. Check the id.")
    said = ScriptTransferred(prescribing=record.prescribing, identity=wire(record.identity))
    if not names_last_dose(said.compartments()):
        return Rejected(
            "last-dose-missing", "A transfer begins with the last dose. Add last_dose and last_dose_milligrams to prescribing."
        )
    return to_agency(record, said, Purpose.PRESCRIBING_SAFETY, known, to=record.to, role="prescribing", step=step)
