"""What a clause of the table may look at, each by one name with a closed list of values, and how it is read from a message.

A factor is fixed (who, to whom, what kind, what for: one value for a way and a purpose), of the message, or of one label in
it. Leaves out: putting factors together (``conditions``); the same words for an officer are in ``docs/protocol.md``.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Any, Final

from consent.clauses import reading
from consent.clauses.asked import ASKS_TO_ACT, Asked
from consent.clauses.reading import NO, YES, yes
from consent.consents import Standing
from contracts.assurances import Duty, LinkToHim, Notice, Relation, Told
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


@dataclass(frozen=True, slots=True)
class Factor:
    """One thing a clause may look at. ``read`` takes the question, and for a factor of a label the label as well."""

    name: str
    of: Of
    values: dict[str, Any]
    """Each word as it is written, and what ``read`` gives for it."""
    read: Callable[..., Any]


def _words(values: Iterable[Any]) -> dict[str, Any]:
    return {(one.value if isinstance(one, Enum) else one): one for one in values}


def _factor(name: str, of: Of, values: Iterable[Any], read: Callable[..., Any]) -> Factor:
    return Factor(name, of, _words(values), read)


def _or_none(values: type[StrEnum]) -> tuple[str, ...]:
    return (*values, "none")


_YN: Final = (YES, NO)

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
    _factor("outcome_only", Of.FIXED, _YN, lambda a: yes(a.purpose in a.protocol.outcome_only)),
)

_MESSAGE: Final = (
    _factor("directory", Of.MESSAGE, ("current", "run_out"), lambda a: "current" if a.context.directory_current else "run_out"),
    _factor("agreement", Of.MESSAGE, reading.AGREEMENT, reading.agreement),
    _factor("basis", Of.MESSAGE, ("allowed", "not_allowed"), reading.basis),
    _factor("policy_document", Of.MESSAGE, ("current", "missing"), reading.policy_document),
    _factor("refused_on_another_basis", Of.MESSAGE, _YN, lambda a: yes(a.context.refused_on_another_basis)),
    _factor("article_6", Of.MESSAGE, Article6, lambda a: a.facts.article_6),
    _factor("article_9_or_10", Of.MESSAGE, Article9Or10, lambda a: a.facts.article_9_or_10),
    _factor("confidence", Of.MESSAGE, Confidence, lambda a: a.facts.confidence),
    _factor("gateway", Of.MESSAGE, Gateway, lambda a: a.facts.gateway),
    _factor("presentation", Of.MESSAGE, _or_none(Presentation), lambda a: a.facts.presentation or "none"),
    _factor("age_band", Of.MESSAGE, AgeBand, lambda a: a.facts.age_band),
    _factor("capacity", Of.MESSAGE, Capacity, lambda a: a.facts.capacity),
    _factor("threshold", Of.MESSAGE, Threshold, lambda a: a.facts.threshold),
    _factor("engagement", Of.MESSAGE, Engagement, lambda a: a.facts.engagement),
    _factor("role_in_case", Of.MESSAGE, _or_none(CaseRole), lambda a: a.context.role or "none"),
    _factor("names_a_person", Of.MESSAGE, _YN, lambda a: yes(a.context.names_person)),
    _factor("answers_another", Of.MESSAGE, _YN, lambda a: yes(a.header.in_reply_to is not None)),
    _factor("approved", Of.MESSAGE, reading.APPROVED, reading.approved),
    _factor("governance_officer_approved", Of.MESSAGE, _YN, reading.governance_officer_approved),
    _factor("police_line", Of.MESSAGE, ("none", "anonymous", "named"), reading.police_line),
    _factor("police_terms", Of.MESSAGE, ("not_listed", "not_met", "met"), reading.police_terms),
    _factor("police_form", Of.MESSAGE, ("none", "given"), lambda a: "none" if a.facts.police_request is None else "given"),
    *(_factor(f"request_{name}", Of.MESSAGE, _YN, reading.request_says(name)) for name in reading.REQUEST),
    _factor("drug_test", Of.MESSAGE, reading.DRUG_TEST, reading.drug_test),
    _factor("test_in_pilot_area", Of.MESSAGE, _YN, reading.test_in_pilot_area),
    _factor("conference", Of.MESSAGE, ("none", "not_recorded", "recorded"), reading.conference),
    _factor("recipient_conflicted", Of.MESSAGE, _YN, reading.recipient_conflicted),
    _factor("recipient_and_him", Of.MESSAGE, _or_none(LinkToHim), reading.recipient_and_him),
    _factor("relation", Of.MESSAGE, Relation, lambda a: a.facts.relation),
    _factor("privacy_notice", Of.MESSAGE, Notice, reading.privacy_notice),
    _factor("told", Of.MESSAGE, Told, lambda a: a.facts.told),
    _factor("prose_read", Of.MESSAGE, _YN, lambda a: yes(a.facts.free_text_read_by is not None)),
    _factor("given_for", Of.MESSAGE, _or_none(Purpose), lambda a: a.facts.given_for or "none"),
    _factor("order_completed", Of.MESSAGE, _YN, lambda a: yes(a.facts.order_completed)),
    _factor("duty", Of.MESSAGE, Duty, lambda a: a.facts.duty),
    _factor("restricted", Of.MESSAGE, _YN, lambda a: yes(a.context.restricted)),
    _factor("retention", Of.MESSAGE, ("within", "passed"), reading.retention),
    _factor("role_addressed", Of.MESSAGE, ("public_protection", "other"), reading.role_addressed),
)

_LABEL: Final = (
    _factor("label", Of.LABEL, Label, lambda _, label: label),
    _factor("she_said", Of.LABEL, Standing, Asked.standing),
    _factor("in_agreement", Of.LABEL, _YN, lambda a, label: yes(label in a.agreed)),
    _factor("needed", Of.LABEL, _YN, lambda a, label: yes(a.need is not None and label in a.need.labels)),
    _factor("needed_beside_lead", Of.LABEL, _YN, lambda a, label: yes(a.need is not None and label in a.need.supplementary)),
    _factor("told_to_informed", Of.LABEL, _YN, lambda a, label: yes(label in a.protocol.informed)),
    _factor("coarse_suffices", Of.LABEL, _YN, lambda a, label: yes(a.need is not None and label in a.need.coarse)),
    _factor("own_consent", Of.LABEL, _YN, lambda a, label: yes(a.protocol.needs_own_consent(label, a.recipient.kind))),
    _factor("essential", Of.LABEL, _YN, lambda a, label: yes(label in a.protocol.essential)),
    _factor("listed_for_police", Of.LABEL, _YN, reading.listed_for_police),
    _factor("her_yes", Of.LABEL, reading.HER_YES, reading.her_yes),
)

FACTORS: Final = {one.name: one for one in (*_FIXED, *_MESSAGE, *_LABEL)}
