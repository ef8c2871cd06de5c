"""The records of an agency's own system, read strictly, with errors that its developer can act on.

Times are text with a zone (``2026-11-21T22:10:00Z``), people and consents have the agency's own ids. The forms are those of
``docs/adapter-guide.md``; a field nobody named is refused. Leaves out: what may be sent by whom (``mapping``).
"""

import json
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import Field, TypeAdapter, ValidationError

from agencies.local_desk import Need, NewReference, PresentationClosed, PresentationOpened, Review, Watch, Written
from agencies.local_fields import ErrorInRecord, LocalId, LocalIdentity, Time, explain
from contracts.identifiers import AgencyId, Digest, RoleName
from contracts.messages.compartments import (
    AgeAndArea,
    Attendance,
    Coded,
    Contact,
    Counselling,
    DrugTreatment,
    FreeText,
    Health,
    HousingNeed,
    Immigration,
    Incident,
    Involvement,
    Offending,
    Outcome,
    Prescribing,
    Request,
    Safety,
    SexualAssault,
    ThirdParty,
)
from contracts.vocabulary import (
    Capacity,
    CaseRole,
    CloseReason,
    ConsentAnswer,
    Gillick,
    Interpreter,
    Label,
    LeadReason,
    OverrideReason,
    Presentation,
    Purpose,
)

MAX_RECORD_BYTES: Final = 48 * 1024


class Person(Written):
    """This agency knows her now. ``arrived`` names the record by which she came, if she came that way."""

    type: Literal["person"]
    person: LocalId
    identity: LocalIdentity
    arrived: LocalId | None = None
    protected: bool = False
    canary: bool = False


class Consent(Written):
    """One answer of hers to one question about sharing."""

    type: Literal["consent"]
    consent: LocalId
    person: LocalId
    answer: ConsentAnswer
    purpose: Purpose
    to: AgencyId
    labels: Annotated[tuple[Label, ...], Field(min_length=1, max_length=20)]
    alone: bool
    capacity: Capacity
    limits_shown: bool
    wording: Coded = "form_1"
    language: Coded = "english"
    interpreter: Interpreter = Interpreter.NOT_NEEDED
    how: Coded = "face_to_face"
    setting: Coded = "not_noted"
    freely: bool | None = None
    gillick: Gillick = Gillick.NOT_NEEDED
    notice: Coded | None = None
    no_notice: Coded | None = None
    evidence: Digest | None = None
    replaces: LocalId | None = None
    taken_at: Time | None = None
    review: Time | None = None


class ConsentWithdrawal(Written):
    """She takes a consent back: all of it, or only some ``labels``."""

    type: Literal["consent_withdrawal"]
    consent: LocalId
    labels: Annotated[tuple[Label, ...], Field(max_length=20)] = ()
    withdrawn_at: Time | None = None
    how: Coded = "face_to_face"


class Correction(Written):
    """Something told to others about her was wrong. ``corrects`` is one's own record in which it stood."""

    type: Literal["correction"]
    corrects: LocalId
    labels: Annotated[tuple[Label, ...], Field(min_length=1, max_length=15)]
    why: Coded
    found_at: Time | None = None


class CaseloadCheck(Written):
    """Is she on a caseload? Asked while she is there. ``opened`` is the id of the presentation's own record, if it has one."""

    type: Literal["caseload_check"]
    identity: LocalIdentity
    presentation: Presentation
    opened: LocalId | None = None


class CaseOpen(Written):
    """A case is opened. ``check`` is the id of this agency's own caseload check record."""

    type: Literal["case_open"]
    person: LocalId
    role: CaseRole
    check: LocalId | None = None


class CaseClose(Written):
    """A case is closed. The lead says why (R04)."""

    type: Literal["case_close"]
    person: LocalId
    role: CaseRole = CaseRole.LEAD
    reason: CloseReason | None = None


class LeadPropose(Written):
    """The lead asks another agency to lead."""

    type: Literal["lead_propose"]
    person: LocalId
    to: AgencyId
    reason: LeadReason
    request: Request
    identity: LocalIdentity | None = None
    free_text: FreeText | None = None
    age_and_area: AgeAndArea | None = None


class LeadAnswer(Written):
    """The answer to such a proposal; ``answers`` is the id of the record that arrived."""

    type: Literal["lead_accept", "lead_decline"]
    answers: LocalId
    reason: LeadReason = LeadReason.BETTER_PLACED
    outcome: Outcome


class Referral(Written):
    """Please take her on."""

    type: Literal["referral"]
    person: LocalId | None = None
    to: AgencyId
    role: RoleName | None = None
    purpose: Purpose
    request: Request
    identity: LocalIdentity | None = None
    contact: Contact | None = None
    drug_treatment: DrugTreatment | None = None
    prescribing: Prescribing | None = None
    health: Health | None = None
    housing: HousingNeed | None = None
    safety: Safety | None = None
    sexual_assault: SexualAssault | None = None
    offending: Offending | None = None
    involvement: Involvement | None = None
    free_text: FreeText | None = None
    age_and_area: AgeAndArea | None = None
    counselling: Counselling | None = None
    immigration: Immigration | None = None
    third_party: ThirdParty | None = None


class ReferralAnswer(Written):
    """What became of a referral. ``answers`` is what arrived; for ``withdrawn`` it is one's own referral."""

    type: Literal["referral_answer"]
    answers: LocalId
    answer: Literal["received", "accepted", "declined", "withdrawn", "completed"]
    outcome: Outcome
    purpose: Purpose | None = None


class Script(Written):
    """A step of a prescription. A transfer names the other prescriber, an override who goes on and why.

    ``check_refused``, with reserve: she does not want other prescribers asked.
    """

    type: Literal["script"]
    person: LocalId
    move: Literal["reserve", "confirm", "release", "end", "transfer", "override"]
    continues: LocalId | None = None
    to: AgencyId | None = None
    prescribing: Prescribing | None = None
    identity: LocalIdentity | None = None
    by: Coded | None = None
    why: OverrideReason | None = None
    check_refused: bool = False


class AttendanceRecord(Written):
    """She came, did not come, or completed."""

    type: Literal["attendance"]
    person: LocalId | None = None
    to: AgencyId
    purpose: Purpose = Purpose.COMPLIANCE
    attendance: Attendance


class IncidentRecord(Written):
    """A report of violence, at the level she chose."""

    type: Literal["incident"]
    person: LocalId | None = None
    to: AgencyId
    role: RoleName | None = None
    purpose: Purpose = Purpose.INCIDENT_INTELLIGENCE
    incident: Incident
    identity: LocalIdentity | None = None
    contact: Contact | None = None


Outgoing = (
    Person | Consent | ConsentWithdrawal | Correction | CaseloadCheck | PresentationOpened | PresentationClosed
    | Review | Watch | Need | NewReference
    | CaseOpen | CaseClose | LeadPropose | LeadAnswer | Referral | ReferralAnswer | Script | AttendanceRecord | IncidentRecord
)  # fmt: skip

RECORDS: Final[TypeAdapter[Outgoing]] = TypeAdapter(Annotated[Outgoing, Field(discriminator="type")])


def read_record(fields: Mapping[str, Any]) -> Outgoing:
    """Read one record; ErrorInRecord says which field is wrong and what to do."""
    text = json.dumps(fields)
    if len(text) > MAX_RECORD_BYTES:
        raise ErrorInRecord("too-large", "The record is larger than 48 KiB. Send less in one record.")
    try:
        return RECORDS.validate_json(text)
    except ValidationError as error:
        raise explain(error) from None


def schema() -> dict[str, Any]:
    """The JSON Schema of every record a local system may write."""
    return RECORDS.json_schema()
