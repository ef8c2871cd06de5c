"""What a clause of the table may look at, each by one name with a closed list of values, and how it is read from a message.

A factor is fixed (who, to whom, what kind, what for: one value for a way and a purpose), of the message, of one label in it,
or of a label and nothing else but what is fixed. Leaves out: putting factors together (``conditions``); the same words for an
officer are in ``docs/clauses.md``.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum, StrEnum
from operator import attrgetter
from typing import Any, Final

from consent.clauses import reading
from consent.clauses.asked import ASKS_TO_ACT, Asked
from consent.clauses.reading import NO, YES, yes
from consent.consents import Standing
from contracts.assurances import Aftercare, Duty, LinkToHim, Notice, Relation, Told
from contracts.kinds import Kind
from contracts.vocabulary import (
    AgeBand,
    AgencyKind,
    Article6,
    Article9Or10,
    Capacity,
    CaseRole,
    Confidence,
    Engagement,
    Gateway,
    Label,
    Presentation,
    Purpose,
    Threshold,
)


class Of(StrEnum):
    """What a factor is a property of."""

    FIXED = "fixed"
    MESSAGE = "message"
    LABEL = "label"
    FIXED_LABEL = "fixed_label"


@dataclass(frozen=True, slots=True)
class Factor:
    """One thing a clause may look at. ``read`` takes the question, and for a factor of a label the label as well."""

    name: str
    of: Of
    values: dict[str, Any]
    """Each word as it is written, and what ``read`` gives for it."""
    read: Callable[..., Any]
    path: str | None = None
    """Where it is read by looking at one attribute, and nothing else."""


def _words(values: Iterable[Any]) -> dict[str, Any]:
    return {(one.value if isinstance(one, Enum) else one): one for one in values}


def _factor(name: str, of: Of, values: Iterable[Any], read: Callable[..., Any]) -> Factor:
    return Factor(name, of, _words(values), read)


def _plain(name: str, values: Iterable[Any] | dict[str, Any], path: str) -> Factor:
    """A factor of the message that is one attribute of the question."""
    words = values if isinstance(values, dict) else _words(values)
    return Factor(name, Of.MESSAGE, words, attrgetter(path), path)


def _or_none(values: type[StrEnum]) -> dict[str, Any]:
    return {**_words(values), "none": None}


_YN: Final = (YES, NO)
_TRUE: Final = {YES: True, NO: False}

_FIXED: Final = (
    _factor("kind", Of.FIXED, Kind, lambda a: a.header.kind),
    _factor("asks_to_act", Of.FIXED, _YN, lambda a: yes(a.header.kind in ASKS_TO_ACT)),
    _factor("sender_kind", Of.FIXED, AgencyKind, lambda a: a.sender.kind),
    _factor("recipient_kind", Of.FIXED, AgencyKind, lambda a: a.recipient.kind),
    _factor("sender_prescriber", Of.FIXED, _YN, lambda a: yes(a.sender.prescriber)),
    _factor("recipient_prescriber", Of.FIXED, _YN, lambda a: yes(a.recipient.prescriber)),
    _factor("sender_is_public_authority", Of.FIXED, _YN, lambda a: yes(a.sender.kind in a.protocol.public_authorities)),
    _factor(
        "recipient_is_relevant_authority", Of.FIXED, _YN, lambda a: yes(a.recipient.kind in a.protocol.relevant_authorities)
    ),
    _factor("purpose", Of.FIXED, Purpose, lambda a: a.purpose),
    _factor("open_to_under_18", Of.FIXED, _YN, lambda a: yes(a.purpose in a.protocol.open_to_under_18)),
    _factor("prescribers_only", Of.FIXED, _YN, lambda a: yes(a.purpose in a.protocol.prescribers_only)),
    _factor("caution_needs_two", Of.FIXED, _YN, lambda a: yes(a.protocol.caution_needs_two)),
    _factor("outcome_only", Of.FIXED, _YN, lambda a: yes(a.purpose in a.protocol.outcome_only)),
)

_MESSAGE: Final = (
    _plain("directory", {"current": True, "run_out": False}, "context.directory_current"),
    _factor("agreement", Of.MESSAGE, reading.AGREEMENT, reading.agreement),
    _factor("basis", Of.MESSAGE, ("allowed", "not_allowed"), reading.basis),
    _factor("policy_document", Of.MESSAGE, ("current", "missing"), reading.policy_document),
    _plain("refused_on_another_basis", _TRUE, "context.refused_on_another_basis"),
    _plain("article_6", Article6, "facts.article_6"),
    _plain("article_9_or_10", Article9Or10, "facts.article_9_or_10"),
    _plain("confidence", Confidence, "facts.confidence"),
    _plain("gateway", Gateway, "facts.gateway"),
    _plain("presentation", _or_none(Presentation), "facts.presentation"),
    _plain("age_band", AgeBand, "facts.age_band"),
    _plain("capacity", Capacity, "facts.capacity"),
    _plain("threshold", Threshold, "facts.threshold"),
    _plain("engagement", Engagement, "facts.engagement"),
    _plain("role_in_case", _or_none(CaseRole), "context.role"),
    _plain("names_a_person", _TRUE, "context.names_person"),
    _factor("answers_another", Of.MESSAGE, _YN, lambda a: yes(a.header.in_reply_to is not None)),
    _factor("approved", Of.MESSAGE, reading.APPROVED, reading.approved),
    _factor("governance_officer_approved", Of.MESSAGE, _YN, reading.governance_officer_approved),
    _factor("police_line", Of.MESSAGE, ("none", "anonymous", "named"), reading.police_line),
    _factor("police_terms", Of.MESSAGE, ("not_listed", "not_met", "met"), reading.police_terms),
    _factor("police_form", Of.MESSAGE, ("none", "given"), lambda a: "none" if a.facts.police_request is None else "given"),
    *(_factor(f"request_{name}", Of.MESSAGE, _YN, reading.request_says(name)) for name in reading.REQUEST),
    _factor("drug_test", Of.MESSAGE, reading.DRUG_TEST, reading.drug_test),
    _factor("test_in_pilot_area", Of.MESSAGE, _YN, reading.test_in_pilot_area),
    _factor("place", Of.MESSAGE, ("assessed", "not_assessed"), reading.place),
    _factor("aftercare", Of.MESSAGE, Aftercare, reading.aftercare),
    _factor("enforcement_step", Of.MESSAGE, reading.ENFORCEMENT_STEP, reading.enforcement_step),
    _factor("support_plan", Of.MESSAGE, _YN, reading.support_plan),
    _factor("conference", Of.MESSAGE, ("none", "not_recorded", "recorded"), reading.conference),
    _factor("recipient_conflicted", Of.MESSAGE, _YN, reading.recipient_conflicted),
    Factor("recipient_and_him", Of.MESSAGE, _or_none(LinkToHim), reading.recipient_and_him),
    _plain("relation", Relation, "facts.relation"),
    _factor("privacy_notice", Of.MESSAGE, Notice, reading.privacy_notice),
    _plain("told", Told, "facts.told"),
    _factor("prose_read", Of.MESSAGE, _YN, lambda a: yes(a.facts.free_text_read_by is not None)),
    _plain("given_for", _or_none(Purpose), "facts.given_for"),
    _plain("order_completed", _TRUE, "facts.order_completed"),
    _plain("duty", Duty, "facts.duty"),
    _plain("restricted", _TRUE, "context.restricted"),
    _factor("retention", Of.MESSAGE, ("within", "passed"), reading.retention),
    _factor("role_addressed", Of.MESSAGE, ("public_protection", "other"), reading.role_addressed),
)

_LABEL: Final = (
    _factor("label", Of.LABEL, Label, lambda _, label: label),
    _factor("she_said", Of.LABEL, Standing, Asked.standing),
    _factor("in_agreement", Of.LABEL, _YN, lambda a, label: yes(label in a.agreed)),
    _factor("needed", Of.FIXED_LABEL, _YN, lambda a, label: yes(a.need is not None and label in a.need.labels)),
    _factor(
        "needed_beside_lead", Of.FIXED_LABEL, _YN, lambda a, label: yes(a.need is not None and label in a.need.supplementary)
    ),
    _factor("told_to_informed", Of.FIXED_LABEL, _YN, lambda a, label: yes(label in a.protocol.informed)),
    _factor("coarse_suffices", Of.FIXED_LABEL, _YN, lambda a, label: yes(a.need is not None and label in a.need.coarse)),
    _factor("own_consent", Of.FIXED_LABEL, _YN, lambda a, label: yes(a.protocol.needs_own_consent(label, a.recipient.kind))),
    _factor("essential", Of.FIXED_LABEL, _YN, lambda a, label: yes(label in a.protocol.essential)),
    _factor("listed_for_police", Of.FIXED_LABEL, _YN, reading.listed_for_police),
    _factor("her_yes", Of.LABEL, reading.HER_YES, reading.her_yes),
)

FACTORS: Final = {one.name: one for one in (*_FIXED, *_MESSAGE, *_LABEL)}
