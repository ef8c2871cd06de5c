"""From a local record to the draft of a letter, one small function a record type; the same for every kind of agency.

Leaves out: which kind may send which record (``mapping``), ids, times and sealing (``sending``).
"""

from typing import Final

from agencies.addressing import CASELOAD_ROLE, back_to, to_agency, to_broker, wire, write_transfer
from agencies.drafts import Draft, Known, Rejected, age_band, facts_for, lifetime
from agencies.local_records import (
    AttendanceRecord,
    CaseClose,
    CaseloadCheck,
    CaseOpen,
    IncidentRecord,
    LeadAnswer,
    LeadPropose,
    Person,
    Referral,
    ReferralAnswer,
    Script,
)
from agencies.presenting import NOT_OPENED, NOT_REGISTERED
from contracts.identifiers import BROKER
from contracts.kinds import Kind
from contracts.messages.attendance import AttendanceReported
from contracts.messages.caseloads import LeadAccepted, LeadDeclined, LeadProposed
from contracts.messages.conversation import Said
from contracts.messages.referrals import (
    IncidentReported,
    ReferralAccepted,
    ReferralCompleted,
    ReferralDeclined,
    ReferralMade,
    ReferralReceived,
    ReferralWithdrawn,
)
from contracts.steps import (
    CaseStep,
    CheckStep,
    LeadStep,
    Override,
    RegisterStep,
    ScriptStep,
)
from contracts.vocabulary import CaseMove, LeadMove, Purpose, ScriptMove

Result = Draft | Rejected
_HALF_YEAR_MS: Final = 183 * 86_400_000

NOT_HEARD: Final = Rejected(
    "nothing-to-answer", "The record names no message that fits. Write the id of what arrived, or of your own record."
)
TOO_THIN: Final = Rejected(
    "identity-too-thin", "Too little is known of her to recognise her again. Give a forename and a surname in letters."
)

ANSWERS: Final[dict[str, tuple[Kind, type[Said]]]] = {
    "received": (Kind.REFERRAL_RECEIVED, ReferralReceived),
    "accepted": (Kind.REFERRAL_ACCEPTED, ReferralAccepted),
    "declined": (Kind.REFERRAL_DECLINED, ReferralDeclined),
    "withdrawn": (Kind.REFERRAL_WITHDRAWN, ReferralWithdrawn),
    "completed": (Kind.REFERRAL_COMPLETED, ReferralCompleted),
}


def write_person(record: Person, known: Known) -> Result:
    """Register her. She keeps the reference she came by, or the one she has; otherwise the adapter mints one (D9)."""
    if record.arrived and known.heard is None:
        return Rejected("nothing-to-answer", "The field arrived names no record that arrived here. Leave it out or correct it.")
    if not known.keyed:
        return TOO_THIN
    reference = known.reference or (known.heard and known.heard.reference) or known.fresh
    band = record.age_band or age_band(record.identity, None, known.now)
    first, also = known.keyed[0], known.keyed[1] if len(known.keyed) > 1 else None
    return Draft(
        kind=Kind.PERSON_REGISTERED,
        recipient=BROKER,
        role=CASELOAD_ROLE,
        reference=reference,
        step=RegisterStep(epoch=first.epoch, tokens=first.tokens, also=also, protected=record.protected, canary=record.canary),
        lifetime=lifetime(record, Kind.PERSON_REGISTERED),
        person=(record.person, reference, band),
    )


def write_check(record: CaseloadCheck, known: Known) -> Result:
    """Ask. Registers nobody, so it carries no reference."""
    if not known.keyed:
        return TOO_THIN
    if record.opened and known.opened is None:
        return NOT_OPENED
    band = age_band(record.identity, None, known.now)
    facts = facts_for(record, Purpose.CASELOAD_CHECK, known, band=band)
    if isinstance(facts, Rejected):
        return facts
    first, also = known.keyed[0], known.keyed[1] if len(known.keyed) > 1 else None
    return Draft(
        kind=Kind.CASELOAD_CHECK,
        recipient=BROKER,
        role=CASELOAD_ROLE,
        facts=facts.model_copy(update={"presentation": record.presentation}),
        step=CheckStep(
            epoch=first.epoch,
            tokens=first.tokens,
            also=also,
            presentation=record.presentation,
            worker=record.worker,
            opened=known.opened,
        ),
        lifetime=lifetime(record, Kind.CASELOAD_CHECK),
    )


def write_case_open(record: CaseOpen, known: Known) -> Result:
    """Open a case. The check that went before is named by its message id."""
    if known.reference is None:
        return NOT_REGISTERED
    if record.check and known.check is None:
        return Rejected("unknown-check", "The field check names no caseload check of this agency. Write its record id.")
    return to_broker(record, Kind.CASE_OPENED, CaseStep(move=CaseMove.OPEN, role=record.role, check=known.check), known)


def write_case_close(record: CaseClose, known: Known) -> Result:
    """Close a case."""
    if known.reference is None:
        return NOT_REGISTERED
    return to_broker(record, Kind.CASE_CLOSED, CaseStep(move=CaseMove.CLOSE, role=record.role, reason=record.reason), known)


def write_lead_proposal(record: LeadPropose, known: Known) -> Result:
    """Ask another agency to lead."""
    if known.reference is None:
        return NOT_REGISTERED
    said = LeadProposed(
        request=record.request,
        identity=wire(record.identity),
        free_text=record.free_text,
        age_and_area=record.age_and_area,
    )
    step = LeadStep(move=LeadMove.PROPOSE, reason=record.reason)
    return to_agency(record, said, Purpose.LEAD_ALLOCATION, known, to=record.to, step=step)


def write_lead_answer(record: LeadAnswer, known: Known) -> Result:
    """Take the lead, or do not."""
    if known.heard is None or known.heard.kind is not Kind.LEAD_PROPOSED:
        return NOT_HEARD
    accepts = record.type == "lead_accept"
    said = (LeadAccepted if accepts else LeadDeclined)(outcome=record.outcome)
    step = LeadStep(move=LeadMove.ACCEPT if accepts else LeadMove.DECLINE, reason=record.reason)
    return back_to(record, said, Purpose.LEAD_ALLOCATION, known, known.heard, step=step)


def write_referral(record: Referral, known: Known) -> Result:
    """Ask another agency to take her on. Without a person the referral is anonymous (W43)."""
    if record.person and known.reference is None:
        return NOT_REGISTERED
    said = ReferralMade(
        request=record.request,
        identity=wire(record.identity),
        contact=record.contact,
        drug_treatment=record.drug_treatment,
        prescribing=record.prescribing,
        health=record.health,
        housing=record.housing,
        safety=record.safety,
        sexual_assault=record.sexual_assault,
        offending=record.offending,
        involvement=record.involvement,
        free_text=record.free_text,
        age_and_area=record.age_and_area,
        counselling=record.counselling,
        immigration=record.immigration,
        third_party=record.third_party,
    )
    if len(said.compartments()) > 8:
        return Rejected("too-many-parts", "A referral carries at most eight parts. Send the rest in a second one.")
    return to_agency(
        record,
        said,
        record.purpose,
        known,
        to=record.to,
        role=record.role,
        about=record.identity,
        engagement=record.request.engagement,
    )


def write_referral_answer(record: ReferralAnswer, known: Known, usual: Purpose) -> Result:
    """Say what became of a referral, in its own conversation."""
    heard = known.heard
    if heard is None or heard.kind is not Kind.REFERRAL_MADE:
        return NOT_HEARD
    ours = heard.purpose is not None
    if ours is not (record.answer == "withdrawn"):
        return Rejected(
            "not-yours-to-say", "Only its sender withdraws a referral, and only its recipient answers it. Check answers."
        )
    said = ANSWERS[record.answer][1].model_validate({"outcome": record.outcome})
    return back_to(record, said, record.purpose or heard.purpose or usual, known, heard)


def write_script(record: Script, known: Known) -> Result:
    """Take a step of a prescription."""
    if not known.prescriber:
        return Rejected("not-a-prescriber", "The directory does not name this agency as a prescriber. Ask its keepers.")
    if known.reference is None:
        return NOT_REGISTERED
    match record.move:
        case "transfer":
            return write_transfer(record, ScriptStep(move=ScriptMove.BEGIN_TRANSFER, last_dose=True), known)
        case "override":
            if not record.by or not record.why:
                return Rejected("override-unnamed", "An override names who goes on (by) and why, as codes. Add both.")
            step = ScriptStep(move=ScriptMove.RESERVE, override=Override(by=record.by, reason=record.why))
            return to_broker(record, Kind.SCRIPT_RESERVED, step, known)
        case "reserve":
            return to_broker(
                record, Kind.SCRIPT_RESERVED, ScriptStep(move=ScriptMove.RESERVE, check_refused=record.check_refused), known
            )
        case "confirm":
            return to_broker(record, Kind.SCRIPT_CONFIRMED, ScriptStep(move=ScriptMove.CONFIRM), known)
        case "release":
            return to_broker(record, Kind.SCRIPT_ENDED, ScriptStep(move=ScriptMove.RELEASE), known)
        case "end":
            return to_broker(record, Kind.SCRIPT_ENDED, ScriptStep(move=ScriptMove.END), known)


def write_attendance(record: AttendanceRecord, known: Known) -> Result:
    """Say whether she came."""
    if record.person and known.reference is None:
        return NOT_REGISTERED
    said = AttendanceReported(attendance=record.attendance)
    return to_agency(record, said, record.purpose, known, to=record.to, engagement=record.attendance.engagement)


def write_incident(record: IncidentRecord, known: Known) -> Result:
    """Report violence, at the level she chose: an anonymous report carries no person (R13)."""
    if record.person and known.reference is None:
        return NOT_REGISTERED
    said = IncidentReported(incident=record.incident, identity=wire(record.identity), contact=record.contact)
    role = record.role or "public_protection"
    return to_agency(record, said, record.purpose, known, to=record.to, role=role, about=record.identity)
