"""A message that nobody sent, as an officer writes it in YAML: to try the protocol out, and for the golden cases.

Only what matters is written; all that is left out is in order. It names kinds of agency and labels, never a person.
Leaves out: what the protocol says of it (``matter``), and reading files (``cli``).
"""

import json
from collections.abc import Iterable
from dataclasses import fields
from typing import Annotated, Any, Final, Literal, cast

from pydantic import BeforeValidator, Field, TypeAdapter, ValidationError
from pydantic_core import to_json

from consent.clauses.asked import Context
from consent.consents import Circumstances, Consent, Consents
from consent.protocol import Agency, Protocol
from consent.table.matter import NO_DIGEST, Matter, header_of, slot
from contracts.assurances import Notice, Relation, Told
from contracts.envelope import Header
from contracts.facts import Facts
from contracts.frozen import Frozen
from contracts.identifiers import AGENCY_PATTERN, RoleName
from contracts.kinds import SHAPES, Goes, Kind
from contracts.locks import ToConsent
from contracts.vocabulary import (
    AgeBand,
    AgencyKind,
    Article6,
    Article9Or10,
    Capacity,
    CaseRole,
    Confidence,
    ConsentAnswer,
    Gateway,
    Gillick,
    Interpreter,
    Label,
    Purpose,
    Reason,
)

_UNITS: Final = {"second": 1_000, "minute": 60_000, "hour": 3_600_000, "day": 86_400_000}
_FORMS: Final[dict[type[Any], TypeAdapter[Any]]] = {Context: TypeAdapter(Context), Consent: TypeAdapter(Consent)}
HER: Final = "a1" * 16
MAYBE_HER: Final = "b2" * 16
NOON: Final = 1_795_348_800_000
"""When a message that nobody sent is decided, unless it says: noon on 22 November 2026."""


_ASKED_WELL: Final[dict[str, Any]] = {
    "wording": "wording_1",
    "language": "english",
    "interpreter": Interpreter.NOT_NEEDED,
    "taken_by": "worker_1",
    "how": "in_person",
    "setting": "drop_in",
    "alone": True,
    "freely": True,
    "limits_shown": True,
    "age_band": AgeBand.ADULT,
    "gillick": Gillick.NOT_NEEDED,
    "notice": "notice_1",
    "no_notice": None,
}


class UnsentError(ValueError):
    """The message cannot be read, with the place and the reason in plain words."""


def _in_milliseconds(said: object) -> int:
    words = str(said).split()
    unit = _UNITS.get(words[-1].removesuffix("s")) if len(words) == 2 else None
    if unit is None or not words[0].lstrip("-").isdigit():
        raise ValueError("say a length of time as a number and a unit: 5 minutes, 2 days")
    return int(words[0]) * unit


Length = Annotated[int, BeforeValidator(_in_milliseconds)]


class PartyUnsent(Frozen):
    """One side of the message, where its kind alone does not say enough."""

    kind: AgencyKind
    id: Annotated[str, Field(pattern=AGENCY_PATTERN)] | None = None
    prescriber: bool | None = None


class SaidUnsent(Frozen):
    """One thing she said about sharing. ``also`` holds how she was asked, and what else of the record matters to few."""

    answer: Literal["yes", "no"]
    labels: tuple[Label, ...]
    purpose: Purpose | None = None
    to: Annotated[str, Field(pattern=AGENCY_PATTERN)] | None = None
    asked_by: Annotated[str, Field(pattern=AGENCY_PATTERN)] | None = None
    capacity: Capacity = Capacity.PRESENT
    ago: Length = _UNITS["hour"]
    taken_back_ago: Length | None = None
    review_in: Length = 90 * _UNITS["day"]
    by_someone_who_may_be_her: bool = False
    also: dict[str, Any] = Field(default_factory=dict)


class Unsent(Frozen):
    """The message. ``known`` holds facts of the moment that matter to few: a deadline, a directory that ran out."""

    title: str = ""
    sender: AgencyKind | PartyUnsent | Literal["stranger"] = Field(AgencyKind.CJIT, alias="from")
    to: AgencyKind | PartyUnsent | Literal["stranger"] = AgencyKind.PROJECT
    role: RoleName = "intake"
    kind: Kind = Kind.REFERRAL_MADE
    purpose: Purpose = Purpose.SUPPORT_REFERRAL
    labels: Annotated[tuple[Label, ...], Field(max_length=8)] = ()
    names_a_person: bool = True
    answers_another: bool = False
    role_in_case: CaseRole | None = None
    sent_ago: Length = _UNITS["minute"]
    open_for: Length = _UNITS["hour"]
    decided: Annotated[int, Field(ge=0)] = NOON
    facts: dict[str, Any] = Field(default_factory=dict)
    known: dict[str, Any] = Field(default_factory=dict)
    fault: Reason | None = None
    hold_ends_in: Length | None = None
    consent_not_arrived: bool = False
    she_said: Literal["yes", "yes, to each by itself", "nothing"] | tuple[SaidUnsent, ...] = "yes"


def read_unsent(value: object) -> Unsent:
    """The message that was written, or UnsentError."""
    try:
        return Unsent.model_validate_json(json.dumps(value, default=str))
    except ValidationError as error:
        raise UnsentError(in_words(error)) from None


def in_words(error: ValidationError) -> str:
    """What is wrong and where. It names no person, so its words may be quoted."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return "; ".join(dict.fromkeys(f"{_place(one['loc'])}: {one['msg']}" for one in found[:8]))


def _place(place: Iterable[int | str]) -> str:
    return ".".join(str(step) for step in place if "Unsent" not in str(step) and "-" not in str(step)) or "the message"


def matter_of(unsent: Unsent, protocol: Protocol) -> Matter:
    """The message with all that it leaves out put in order, under this protocol."""
    sender, recipient = _agency(unsent.sender), _agency(unsent.to)
    is_check = unsent.kind is Kind.CASELOAD_CHECK
    try:
        facts = _facts(unsent, protocol)
        context = _context(unsent, sender, sender if is_check else recipient)
        said = _said(unsent, sender, sender if is_check else recipient, protocol)
    except ValidationError as error:
        raise UnsentError(in_words(error)) from None
    openings = tuple(slot(number, label) for number, label in enumerate(unsent.labels))
    part = ToConsent(kc=NO_DIGEST, openings=openings, facts=facts, salt=NO_DIGEST)
    return Matter(_header(unsent, sender, recipient), part, said, context, unsent.decided)


def _agency(party: AgencyKind | PartyUnsent | str) -> Agency | None:
    if isinstance(party, PartyUnsent):
        prescriber = party.kind is AgencyKind.DRUG_SERVICE if party.prescriber is None else party.prescriber
        return Agency(party.id or _id(party.kind), party.kind, prescriber)
    if isinstance(party, AgencyKind):
        return Agency(_id(party), party, party is AgencyKind.DRUG_SERVICE)
    return None


def _id(kind: AgencyKind) -> str:
    return kind.value.replace("_", "-")


def _header(unsent: Unsent, sender: Agency | None, recipient: Agency | None) -> Header:
    to_agency = SHAPES[unsent.kind].goes is Goes.TO_AGENCY
    created = unsent.decided - unsent.sent_ago
    return header_of(
        unsent.kind,
        sender.id if sender else "stranger",
        (recipient.id if recipient else "stranger") if to_agency else "broker",
        role=unsent.role,
        created=created,
        not_after=created + unsent.open_for,
        in_reply_to="d3" * 16 if unsent.answers_another else None,
    )


_IN_ORDER: Final[dict[str, Any]] = {
    "actor": "worker_1",
    "age_band": AgeBand.ADULT,
    "capacity": Capacity.PRESENT,
    "privacy_notice": Notice.GIVEN,
    "told": Told.TOLD,
    "relation": Relation.NONE,
    "free_text_read_by": "worker_1",
}
# A basis that is in order: the first of these that the protocol allows for the purpose.
_PREFERRED: Final[dict[str, tuple[Any, ...]]] = {
    "article_6": (Article6.PUBLIC_TASK, *Article6),
    "article_9_or_10": (
        Article9Or10.HEALTH_OR_SOCIAL_CARE,
        Article9Or10.SAFEGUARDING,
        Article9Or10.STATUTORY,
        Article9Or10.EXPLICIT_CONSENT,
        Article9Or10.UNLAWFUL_ACTS,
        *Article9Or10,
    ),
    "confidence": (Confidence.EXPLICIT_CONSENT, *Confidence),
    "gateway": (Gateway.NOT_NEEDED, *Gateway),
}


def _facts(unsent: Unsent, protocol: Protocol) -> Facts:
    stated: dict[str, Any] = {"purpose": unsent.purpose, **_IN_ORDER, **_basis(unsent, protocol)}
    return Facts.model_validate_json(json.dumps({**stated, **unsent.facts}))


def _basis(unsent: Unsent, protocol: Protocol) -> dict[str, Any]:
    """A basis that is allowed, and fits what the message itself says of it."""
    rows = protocol.bases_of(unsent.purpose, unsent.decided)
    said = {name: unsent.facts[name] for name in _PREFERRED if name in unsent.facts}
    fitting = [row for row in rows if all(value in getattr(row, name) for name, value in said.items())] or rows
    preferred = _PREFERRED
    if unsent.she_said == "nothing":
        # Nobody rests on a yes that was never asked for, where there is anything else to rest on.
        others = tuple(one for one in Confidence if one is not Confidence.EXPLICIT_CONSENT)
        fitting = [row for row in fitting if row.confidence.intersection(others)] or fitting
        preferred = {**_PREFERRED, "confidence": (*others, Confidence.EXPLICIT_CONSENT)}
    row = next(iter(fitting), None)
    return {
        name: next(value for value in values if row is None or value in getattr(row, name))
        for name, values in preferred.items()
    }


def _context(unsent: Unsent, sender: Agency | None, recipient: Agency | None) -> Context:
    known: dict[str, Any] = {
        "sender": sender,
        "recipient": recipient,
        "names_person": unsent.names_a_person,
        "role": unsent.role_in_case,
        "fault": unsent.fault,
        "held_until": None if unsent.hold_ends_in is None else unsent.decided + unsent.hold_ends_in,
    }
    return cast("Context", _typed(Context, {**known, **unsent.known}))


def _said(unsent: Unsent, sender: Agency | None, recipient: Agency | None, protocol: Protocol) -> Consents:
    if unsent.she_said == "nothing" or sender is None or recipient is None:
        return Consents(missing=unsent.consent_not_arrived)
    said = unsent.she_said
    if isinstance(said, str):
        together = tuple(sorted({*unsent.labels, Label.IDENTITY, Label.REQUEST} - protocol.separate))
        alone = [(label,) for label in unsent.labels if label in protocol.separate] if "each" in said else []
        said = tuple(SaidUnsent(answer="yes", labels=labels) for labels in (together, *alone))
    made = [(one, _consent(one, number, unsent, sender, recipient)) for number, one in enumerate(said)]
    return Consents(
        same=tuple(consent for one, consent in made if not one.by_someone_who_may_be_her),
        possible=tuple(consent for one, consent in made if one.by_someone_who_may_be_her),
        missing=unsent.consent_not_arrived,
    )


def _consent(one: SaidUnsent, number: int, unsent: Unsent, sender: Agency, recipient: Agency) -> Consent:
    now, back = unsent.decided, one.taken_back_ago
    record: dict[str, Any] = {
        "id": f"{number:032x}",
        "record": MAYBE_HER if one.by_someone_who_may_be_her else HER,
        "taker": one.asked_by or sender.id,
        "answer": ConsentAnswer.GIVEN if one.answer == "yes" else ConsentAnswer.REFUSED,
        "purpose": one.purpose or unsent.purpose,
        "recipient": one.to or recipient.id,
        "labels": frozenset(one.labels),
        "taken_at": now - one.ago,
        "review": now + one.review_in,
        "capacity": one.capacity,
        "withdrawn_at": None if back is None else now - back,
    }
    asked = {one.name for one in fields(Circumstances)}
    how = {name: value for name, value in one.also.items() if name in asked}
    rest = {name: value for name, value in one.also.items() if name not in asked}
    return cast("Consent", _typed(Consent, {**record, "circumstances": {**_ASKED_WELL, **how}, **rest}))


def _typed(of: type[Any], values: dict[str, Any]) -> Any:
    """A plain dataclass of these values, words turned into the vocabulary's; ValidationError for one that is not in it."""
    unknown = sorted(values.keys() - {one.name for one in fields(of)})
    if unknown:
        raise UnsentError(f"{', '.join(unknown)}: not known of a {of.__name__.lower()}")
    return _FORMS[of].validate_json(to_json(values))
