"""Judge one message by the protocol of Ashby, saying only what a case is about; everything else is in order."""

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from consent.check import Decided, NotYetKnown, check
from consent.clauses.asked import Context
from consent.consents import Circumstances, Consent, Consents
from consent.protocol import Agency, Protocol
from consent.protocol_file import load_protocol
from consent.table.matter import NO_DIGEST, header_of, slot
from contracts.envelope import Header
from contracts.facts import Facts
from contracts.keyring import ASHBY
from contracts.kinds import Kind
from contracts.locks import ToConsent
from contracts.vocabulary import (
    AgeBand,
    Article6,
    Article9Or10,
    Capacity,
    CaseRole,
    Confidence,
    ConsentAnswer,
    Gillick,
    Interpreter,
    Label,
    Purpose,
    Reason,
    Verdict,
)
from tests.factories import facts

NOW = 1_800_000_000_000
MINUTE = 60_000
HER, MAYBE_HER = "a1" * 16, "b2" * 16
L = Label

_PARTIES = {party.id: Agency(party.id, party.kind, party.prescriber) for party in ASHBY}
_opening = cache(slot)
_ORDINARY = (L.IDENTITY, L.CONTACT, L.REQUEST, L.SAFETY)


@cache
def ashby() -> Protocol:
    """The protocol as it is shipped."""
    return load_protocol(Path(__file__).parents[3] / "consent" / "clauses" / "ashby.yaml")[0]


@dataclass(frozen=True)
class Released:
    """It passes, with exactly these labels."""

    labels: frozenset[Label]


@dataclass(frozen=True)
class Refused:
    """It does not pass, and the sender is told this."""

    reason: Reason


@dataclass(frozen=True)
class Held:
    """It waits for this person."""

    reason: Reason
    owner: str


@dataclass(frozen=True)
class Waits:
    """It waits by itself."""

    reason: Reason


Result = Released | Refused | Held | Waits


def released(*labels: Label) -> Released:
    return Released(frozenset(labels))


@dataclass(frozen=True, kw_only=True)
class Case:
    """A message of an adult who agreed, from the CJIT to the project, unless a case says otherwise."""

    sender: str = "cjit-ashby"
    recipient: str = "project-ashby"
    role: str = "intake"
    kind: Kind = Kind.REFERRAL_MADE
    purpose: Purpose = Purpose.SUPPORT_REFERRAL
    labels: tuple[Label, ...] = _ORDINARY
    created: int = NOW - MINUTE
    not_after: int = NOW + 60 * MINUTE
    in_reply_to: str | None = None
    names_person: bool = True
    role_in_case: CaseRole | None = None
    fault: Reason | None = None
    directory_current: bool = True
    held_until: int | None = None
    restricted: bool = False
    refused_on_another_basis: bool = False
    said: tuple[Consent, ...] | None = None
    """What she said; None for a yes to everything ordinary in the message."""
    maybe: tuple[Consent, ...] = ()
    """What someone who may be her said."""
    missing: bool = False
    facts: dict[str, Any] = field(default_factory=dict)


def yes(
    *labels: Label, purpose: Purpose = Purpose.SUPPORT_REFERRAL, recipient: str = "project-ashby", at: int = NOW - 9 * MINUTE,
    **changes: Any,
) -> Consent:  # fmt: skip
    """She agreed to these being told."""
    return _consent(ConsentAnswer.GIVEN, labels, purpose, recipient, at, changes)


def no(
    *labels: Label, purpose: Purpose = Purpose.SUPPORT_REFERRAL, recipient: str = "project-ashby", at: int = NOW - 5 * MINUTE,
    **changes: Any,
) -> Consent:  # fmt: skip
    """She refused."""
    return _consent(ConsentAnswer.REFUSED, labels, purpose, recipient, at, changes)


def taken_back(*labels: Label, **changes: Any) -> Consent:
    """She agreed, and took it back."""
    return yes(*labels, withdrawn_at=NOW - 2 * MINUTE, **changes)


ASKED_WELL = Circumstances(
    wording="plain_words_1",
    language="english",
    interpreter=Interpreter.NOT_NEEDED,
    taken_by="worker",
    how="in_person",
    setting="drop_in",
    alone=True,
    freely=True,
    limits_shown=True,
    age_band=AgeBand.ADULT,
    gillick=Gillick.NOT_NEEDED,
    notice="notice_1",
    no_notice=None,
)
"""She was asked as she should be."""


def _consent(
    answer: ConsentAnswer, labels: tuple[Label, ...], purpose: Purpose, recipient: str, at: int, changes: dict[str, Any]
) -> Consent:
    values: dict[str, Any] = {
        "id": "c0" * 16,
        "record": HER,
        "taker": "cjit-ashby",
        "answer": answer,
        "purpose": purpose,
        "recipient": recipient,
        "labels": frozenset(labels),
        "taken_at": at,
        "review": NOW + 10_000 * MINUTE,
        "capacity": Capacity.PRESENT,
        "circumstances": ASKED_WELL,
    }
    return Consent(**{**values, **changes})


def judge(case: Case, protocol: Protocol | None = None) -> Result:
    """What becomes of it."""
    decided = decide(case, protocol)
    if isinstance(decided, NotYetKnown):
        return Waits(decided.reason)
    if decided.verdict is Verdict.HOLD:
        assert decided.reason is not None
        assert decided.owner is not None
        return Held(decided.reason, decided.owner)
    if decided.verdict is Verdict.REFUSE:
        assert decided.reason is not None
        assert decided.slots == ()
        return Refused(decided.reason)
    return Released(frozenset(case.labels[slot] for slot in decided.slots))


def decide(case: Case, protocol: Protocol | None = None) -> Decided | NotYetKnown:
    """The decision itself, with every clause that spoke."""
    return check(header(case), part(case), protocol or ashby(), consents_of(case), context_of(case), NOW)


def consents_of(case: Case) -> Consents:
    """What she said, and what someone who may be her said."""
    said = case.said
    if said is None:
        said = (yes(*_ORDINARY, *case.labels, purpose=case.purpose, recipient=case.recipient, taker=case.sender),)
    return Consents(same=said, possible=case.maybe, missing=case.missing)


def context_of(case: Case) -> Context:
    """What is known beside the message."""
    return Context(
        sender=_PARTIES.get(case.sender),
        recipient=_PARTIES.get(case.sender if case.kind is Kind.CASELOAD_CHECK else case.recipient),
        names_person=case.names_person,
        role=case.role_in_case,
        fault=case.fault,
        directory_current=case.directory_current,
        held_until=case.held_until,
        restricted=case.restricted,
        refused_on_another_basis=case.refused_on_another_basis,
    )


def header(case: Case) -> Header:
    """The header of a case; its hashes are nobody's business here."""
    recipient = "broker" if case.kind is Kind.CASELOAD_CHECK else case.recipient
    return _header(case.kind, case.sender, recipient, case.role, case.created, case.not_after, case.in_reply_to)


@cache
def _header(
    kind: Kind, sender: str, recipient: str, role: str, created: int, not_after: int, in_reply_to: str | None
) -> Header:
    """One for each case that is alike in this: thousands are judged, and few headers differ."""
    return header_of(kind, sender, recipient, role=role, created=created, not_after=not_after, in_reply_to=in_reply_to)


def part(case: Case) -> ToConsent:
    """What was sealed to the consent service."""
    openings = tuple(_opening(number, label) for number, label in enumerate(case.labels))
    stated = _facts(case.purpose, tuple(sorted({**BASES.get(case.purpose, {}), **case.facts}.items())))
    return ToConsent.model_construct(kc=NO_DIGEST, openings=openings, facts=stated, salt=NO_DIGEST, said=None)


@cache
def _facts(purpose: Purpose, changes: tuple[tuple[str, Any], ...]) -> Facts:
    return facts(purpose=purpose, consents=(), **dict(changes))


# A basis that fits each purpose.
BASES: dict[Purpose, dict[str, Any]] = {
    Purpose.INCIDENT_INTELLIGENCE: {
        "article_9_or_10": Article9Or10.NOT_SPECIAL,
        "confidence": Confidence.NOT_CONFIDENTIAL,
    },
    Purpose.CRIME_REPORT: {"article_9_or_10": Article9Or10.EXPLICIT_CONSENT},
    Purpose.COMPLIANCE: {"confidence": Confidence.REQUIRED_BY_LAW, "article_6": Article6.LEGAL_OBLIGATION},
    Purpose.ARREST_REFERRAL: {"article_9_or_10": Article9Or10.STATUTORY, "confidence": Confidence.NOT_CONFIDENTIAL},
    Purpose.SAFEGUARDING: {"article_9_or_10": Article9Or10.SAFEGUARDING, "confidence": Confidence.PUBLIC_INTEREST},
    Purpose.PRESCRIBING_SAFETY: {"confidence": Confidence.IMPLIED_DIRECT_CARE},
    Purpose.CASELOAD_CHECK: {"confidence": Confidence.IMPLIED_DIRECT_CARE},
}

__all__ = [
    "BASES", "HER", "MAYBE_HER", "MINUTE", "NOW", "AgeBand", "Case", "Held", "L", "Refused", "Released", "Result", "Waits",
    "ashby", "consents_of", "context_of", "decide", "header", "judge", "no", "part", "released", "taken_back", "yes",
]  # fmt: skip
