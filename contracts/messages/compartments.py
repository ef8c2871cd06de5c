"""The typed schemas of compartments: what may be written under each label, and nothing else.

Only ``free_text`` carries prose. Everything else is codes, dates and short fields, so that a label says what is inside
(trust.md §2.2: a lying label is then a breach that the recipient can show).
"""

from typing import Annotated, Final

from pydantic import Field, StringConstraints, ValidationInfo, field_validator

from contracts.frozen import Frozen
from contracts.vocabulary import AgeBand, Engagement, Label

ShortText = Annotated[str, StringConstraints(min_length=1, max_length=120)]
LongText = Annotated[str, StringConstraints(min_length=1, max_length=4000)]
Date = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$")]
Coded = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{1,48}$")]
Codes = Annotated[tuple[Coded, ...], Field(max_length=20)]


MOST_SESSIONS_OF_A_CAUTION: Final = 3


class Identity(Frozen):
    """Who she is, as she gives it. Every field but the two names may be missing."""

    forename: ShortText
    surname: ShortText
    aliases: Annotated[tuple[ShortText, ...], Field(max_length=8)] = ()
    date_of_birth: Date | None = None
    sex: Annotated[str, StringConstraints(pattern=r"^(female|male|other|not_given)$")] = "not_given"
    nhs_number: Annotated[str, StringConstraints(pattern=r"^[0-9]{10}$")] | None = None
    postcode_district: Annotated[str, StringConstraints(pattern=r"^[A-Z]{1,2}[0-9][A-Z0-9]?$")] | None = None


class Contact(Frozen):
    """How to reach her safely, in her own choice of words, and who must not know."""

    safe_method: Coded
    details: ShortText
    do_not_disclose_to: Codes = ()
    language: Coded = "english"
    interpreter_wanted: bool = False


class Request(Frozen):
    """What is asked for. No history."""

    needs: Annotated[tuple[Coded, ...], Field(min_length=1, max_length=12)]
    urgency: Annotated[str, StringConstraints(pattern=r"^(now|today|soon|routine)$")] = "routine"
    engagement: Engagement = Engagement.VOLUNTARY
    appointment: Date | None = None


class Outcome(Frozen):
    """What became of a request, as codes."""

    result: Coded
    reasons: Codes = ()
    next_step: Coded | None = None
    appointment: Date | None = None


class DrugTreatment(Frozen):
    """What a treatment worker needs to begin."""

    substances: Codes
    injecting: bool | None = None
    in_treatment: bool | None = None
    risks: Codes = ()


class Prescribing(Frozen):
    """Identity aside, all that one prescriber tells another: drug, dose, dates (clause E5)."""

    drug: Coded
    daily_dose_milligrams: Annotated[int, Field(ge=0, le=400)]
    supervised: bool
    started: Date
    last_dose: Date | None = None
    last_dose_milligrams: Annotated[int, Field(ge=0, le=400)] | None = None


class Health(Frozen):
    """Health needs, as codes."""

    needs: Codes
    pregnant: bool | None = None


class HousingNeed(Frozen):
    """What a housing worker needs to place her, and nothing more (W38, R55)."""

    status: Coded
    needs: Codes = ()
    risk_assessed: bool = False


class Safety(Frozen):
    """Risks to her and what keeps her safe."""

    risks: Codes
    safe_to_contact: bool
    conflicts: Codes = ()


class SexualAssault(Frozen):
    """That she asks for help after an assault. No account of it."""

    support_wanted: Codes
    forensic_window_open: bool | None = None
    report_wanted: Annotated[str, StringConstraints(pattern=r"^(no|anonymous|named|undecided)$")] = "undecided"


class Offending(Frozen):
    """Offence and court dates, as codes."""

    offence: Coded
    disposal: Annotated[str, StringConstraints(pattern=r"^(none|street_caution|caution|conditional_caution|conviction)$")] = (
        "none"
    )
    """A street caution is no caution, neither is a conviction, and a conditional one is another thing again (R42)."""
    bail_date: Date | None = None
    court: ShortText | None = None
    drug_test: Annotated[str, StringConstraints(pattern=r"^(positive|negative|not_tested)$")] = "not_tested"


class Attendance(Frozen):
    """Attended, not attended or completed. No content (R22)."""

    appointment: Date
    result: Annotated[str, StringConstraints(pattern=r"^(attended|not_attended|completed)$")]
    engagement: Engagement
    session: Annotated[int, Field(ge=1, le=50)] = 1

    @field_validator("session")
    @classmethod
    def _no_more_than_the_caution_asks(cls, session: int, info: ValidationInfo) -> int:
        # What stands before it in order of name is there already: its engagement.
        if info.data.get("engagement") is Engagement.CONDITION and session > MOST_SESSIONS_OF_A_CAUTION:
            raise ValueError("a conditional caution has at most three sessions (R45)")
        return session


class Involvement(Frozen):
    """That she is, or is believed to be, involved. Its own consent item, always (R16, W29)."""

    basis: Annotated[str, StringConstraints(pattern=r"^(her_own_account|belief_of_worker)$")]
    believed_by: Coded | None = None
    since: Date | None = None


class Incident(Frozen):
    """A report of violence with nothing that points to her: area, not place; month, not day (F5, R13)."""

    what: Codes
    area: Coded
    month: Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$")]
    offender: ShortText | None = None
    vehicle: ShortText | None = None


class FreeText(Frozen):
    """Prose. Withheld unless the agreement says otherwise and a named person read it (D2)."""

    text: LongText
    read_by: Coded


class AgeAndArea(Frozen):
    """Her age band and the area she lives in, where that is enough: no date of birth, no address (D3)."""

    age_band: AgeBand
    area: Coded


class Counselling(Frozen):
    """That there are counselling records, and of what. Never what was said (F3)."""

    held: bool
    kinds: Codes = ()


class Immigration(Frozen):
    """What she asks for about her leave to stay, as codes. Its own compartment: never a field of another (R21, F7)."""

    advice_wanted: Codes
    status: Coded | None = None


class ThirdParty(Frozen):
    """Somebody else: a partner, a child, another woman. Her consent does not cover them (C7, R37)."""

    relation: Coded
    age_band: AgeBand = AgeBand.UNKNOWN
    risks: Codes = ()


Compartment = (
    Identity | Contact | Request | Outcome | DrugTreatment | Prescribing | Health | HousingNeed | Safety | SexualAssault
    | Offending | Attendance | Involvement | Incident | FreeText | AgeAndArea | Counselling | Immigration | ThirdParty
)  # fmt: skip

SCHEMAS: Final[dict[Label, type[Compartment]]] = {
    Label.IDENTITY: Identity,
    Label.CONTACT: Contact,
    Label.REQUEST: Request,
    Label.OUTCOME: Outcome,
    Label.DRUG_TREATMENT: DrugTreatment,
    Label.PRESCRIBING: Prescribing,
    Label.HEALTH: Health,
    Label.HOUSING: HousingNeed,
    Label.SAFETY: Safety,
    Label.SEXUAL_ASSAULT: SexualAssault,
    Label.OFFENDING: Offending,
    Label.ATTENDANCE: Attendance,
    Label.INVOLVEMENT: Involvement,
    Label.INCIDENT: Incident,
    Label.FREE_TEXT: FreeText,
    Label.AGE_AND_AREA: AgeAndArea,
    Label.COUNSELLING: Counselling,
    Label.IMMIGRATION: Immigration,
    Label.THIRD_PARTY: ThirdParty,
}


def schema_name(label: Label) -> str:
    """The permanent name of a label's schema. A change that is not an optional new field takes a new number."""
    return f"{label.value}/1"
