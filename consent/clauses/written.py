"""The form of the protocol as officers write it, checked word by word: an unknown word or field fails the start.

Leaves out: turning it into the tables a decision is made by (``compile``).
"""

from datetime import date
from typing import Annotated, Literal, TypeVar

from pydantic import Field, StringConstraints

from contracts.frozen import Frozen
from contracts.identifiers import AGENCY_PATTERN, RoleName
from contracts.vocabulary import (
    AgencyKind,
    Approval,
    Article6,
    Article9Or10,
    Confidence,
    Gateway,
    Label,
    Office,
    Purpose,
    Reason,
    Threshold,
)

Text = Annotated[str, StringConstraints(min_length=1, max_length=600)]
Word = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{1,40}$")]
ClauseId = Annotated[str, StringConstraints(pattern=r"^[A-Z][0-9]{1,2}(-[a-z0-9]+)?$")]
AgencyByName = Annotated[str, StringConstraints(pattern=AGENCY_PATTERN)]
ShownBy = Annotated[str, StringConstraints(pattern=r"^tests/[a-z0-9_/]+\.py::test_[a-z0-9_]+$")]
# The first that fits: else pydantic takes every kind for the id of an agency that is called so.
KindOrAgency = Annotated[AgencyKind | AgencyByName, Field(union_mode="left_to_right")]
Parties = Annotated[tuple[KindOrAgency, ...], Field(min_length=1)]
Labels = tuple[Label, ...]
Words = Annotated[tuple[str, ...], Field(min_length=1)]
WrittenVerdict = Literal["route_minimised", "hold", "refuse"]
Row = TypeVar("Row")
Rows = Annotated[tuple[Row, ...], Field(min_length=1)]
"""One row, or several: of these the first that stands now counts."""


class Durations(Frozen):
    """How long things stand. ``hold_seconds`` shortens every hold, for a demonstration.

    What lets more pass waits ``loosening_waits_days`` after its last signature; what lets less pass never waits.
    """

    valid_for_seconds: Annotated[int, Field(ge=1, le=86_400)]
    review_grace_days: Annotated[int, Field(ge=0, le=90)]
    kept_days: Annotated[int, Field(ge=1, le=60)] = 14
    hold_seconds: Annotated[int, Field(ge=1, le=60 * 86_400)] | None = None
    loosening_waits_days: Annotated[int, Field(ge=1, le=90)] = 1


class ShareWritten(Frozen):
    """Who may send what to whom, for which purposes."""

    sent_by: Parties
    sent_to: Parties
    purposes: Annotated[tuple[Purpose, ...], Field(min_length=1)]
    labels: Labels


class AgreementWritten(Frozen):
    """One version of an agreement, word for word as an officer of each of its parties signs it."""

    id: Word
    version: Annotated[int, Field(ge=1)] = 1
    title: Text
    parties: tuple[AgencyByName, ...] = ()
    """The agencies between which it is. Without any it can be tried out, and nobody can sign it."""
    since: date
    until: date | None
    review: date
    shares: Annotated[tuple[ShareWritten, ...], Field(min_length=1)]


class Dated(Frozen):
    """A row with dates. Without them it stands always."""

    since: date | None = None
    until: date | None = None


class NeedWritten(Dated):
    """What a recipient needs; ``supplementary`` where one beside the lead needs less, ``coarse`` where a coarser form does."""

    labels: Labels
    supplementary: Labels | None = None
    coarse: Labels = ()


class BasisWritten(Dated):
    """What a purpose may stand on: one of each list. Several rows for a purpose are alternatives."""

    article_6: Annotated[tuple[Article6, ...], Field(min_length=1)]
    article_9_or_10: Annotated[tuple[Article9Or10, ...], Field(min_length=1)]
    confidence: Annotated[tuple[Confidence, ...], Field(min_length=1)]
    gateway: Annotated[tuple[Gateway, ...], Field(min_length=1)]


class PoliceWritten(Dated):
    """One thing the police may receive."""

    labels: Annotated[Labels, Field(min_length=1)]
    anonymous: bool = False
    role: RoleName | None = None
    threshold: Threshold | None = None


class OwnConsentWritten(Frozen):
    """What is withheld unless she agreed to it by name, or in a question of its own."""

    separate: Labels
    named: dict[AgencyKind, Labels]


class PurposesWritten(Frozen):
    """Purposes with a rule of their own."""

    open_to_under_18: tuple[Purpose, ...]
    prescribers_only: tuple[Purpose, ...]
    outcome_only: tuple[Purpose, ...]


class ClauseWritten(Dated):
    """One clause in plain words: when it speaks, and what follows."""

    id: ClauseId
    text: Text
    source: Text
    applies: dict[Word, Words] | None = None
    unless: tuple[dict[Word, Words], ...] = ()
    looks_at: Literal["what_is_left", "everything"] = "what_is_left"
    """Whether it also sees what a clause before it withheld: some things forbid a message by being in it at all."""
    enforced_by: Literal["table", "program"] = "table"
    codes: tuple[Reason, ...]
    verdict: WrittenVerdict
    owner: Word | None = None
    within_seconds: Annotated[int, Field(ge=1, le=60 * 86_400)] | None = None
    approval: Approval | None = None
    """For a hold: whose approval lets the message go on. Without one, only what is held for can change."""
    approvers: tuple[Office, ...] = ()
    unless_glass: bool = False
    """Excused where the glass was broken, whole, for exactly this (G4)."""


class ElsewhereWritten(Frozen):
    """One clause that another part of the house keeps, with the tests that show it; or none does, with the reason."""

    id: ClauseId
    text: Text
    source: Text
    enforced_by: Literal[
        "form", "clause", "schema", "compile", "dates", "log", "log_erase", "officer", "consent_line", "consent_recording",
        "broker_caseloads", "broker_checks", "broker_prescriptions", "directory", "no_message", "outside",
    ]  # fmt: skip
    by: tuple[ClauseId, ...] = ()
    shown_by: tuple[ShownBy, ...] = ()
    because: Text | None = None


class Core(Frozen):
    """The clauses that every partnership has."""

    clauses: Annotated[tuple[ClauseWritten, ...], Field(min_length=1)]
    kept_elsewhere: tuple[ElsewhereWritten, ...]


class StricterWritten(Frozen):
    """A clause of the core that this partnership makes more severe."""

    clause: ClauseId
    verdict: WrittenVerdict
    owner: Word | None = None
    within_seconds: Annotated[int, Field(ge=1, le=60 * 86_400)] | None = None
    approval: Approval | None = None
    """For a hold: whose approval lets the message go on. Without one, only what is held for can change."""
    approvers: tuple[Office, ...] = ()
    unless_glass: bool = False
    """Excused where the glass was broken, whole, for exactly this (G4)."""


class Written(Frozen):
    """A partnership's own document."""

    title: Text
    durations: Durations
    agreements: Annotated[tuple[AgreementWritten, ...], Field(min_length=1)]
    needs: dict[AgencyKind, dict[Purpose, Rows[NeedWritten]]]
    bases: dict[Purpose, Rows[BasisWritten]]
    police_may_receive: dict[Purpose, Rows[PoliceWritten]]
    own_consent: OwnConsentWritten
    essential: Annotated[Labels, Field(min_length=1)]
    informed: Labels
    purposes: PurposesWritten
    never_contribute_to_checks: tuple[AgencyKind, ...]
    public_authorities: tuple[AgencyKind, ...]
    relevant_authorities: tuple[AgencyKind, ...]
    conditional_caution_needs_two: bool = False
    policy_document_review: date | None = None
    stricter: tuple[StricterWritten, ...] = ()
    clauses: tuple[ClauseWritten, ...] = ()
    """Clauses of this partnership's own. They can only add: the most severe clause that speaks wins."""


class Variation(Frozen):
    """A short document that takes another whole and changes nothing but how long things stand."""

    title: Text
    includes: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]*\.yaml$")]
    durations: Durations
