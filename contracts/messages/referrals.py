"""A referral: one request to take someone on, and what becomes of it (W26-W39)."""

from typing import ClassVar

from contracts.kinds import Kind
from contracts.messages.compartments import (
    AgeAndArea,
    Contact,
    Counselling,
    DrugTreatment,
    FreeText,
    Health,
    HousingNeed,
    Identity,
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
from contracts.messages.conversation import Said


class ReferralMade(Said):
    """One agency asks another to take her on."""

    KIND: ClassVar[Kind] = Kind.REFERRAL_MADE
    request: Request
    identity: Identity | None = None
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


class ReferralReceived(Said):
    """A worker has seen the referral."""

    KIND: ClassVar[Kind] = Kind.REFERRAL_RECEIVED
    outcome: Outcome


class ReferralAccepted(Said):
    """The service takes her on."""

    KIND: ClassVar[Kind] = Kind.REFERRAL_ACCEPTED
    outcome: Outcome


class ReferralDeclined(Said):
    """The service does not take her on, and says why in codes."""

    KIND: ClassVar[Kind] = Kind.REFERRAL_DECLINED
    outcome: Outcome


class ReferralWithdrawn(Said):
    """The referrer takes the request back."""

    KIND: ClassVar[Kind] = Kind.REFERRAL_WITHDRAWN
    outcome: Outcome


class ReferralCompleted(Said):
    """What was asked for is done."""

    KIND: ClassVar[Kind] = Kind.REFERRAL_COMPLETED
    outcome: Outcome


class IncidentReported(Said):
    """A report of violence, at the level she chose: anonymous, or named with her consent (W40, R12)."""

    KIND: ClassVar[Kind] = Kind.INCIDENT_REPORTED
    incident: Incident
    identity: Identity | None = None
    contact: Contact | None = None
