"""What an entry of the log says about a question: which field goes to which of its three groups (log/EVENTS.md).

Shown: what the recipient of a permit sees, which is the permit's decision and nothing else. Skeleton: who, when, why, on what
basis, which clauses. Subject: what is about her. Leaves out: writing it (``log/append``).
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from consent.check import Decided
from consent.log.entry import Entry, EntryKind
from consent.protocol import Protocol
from consent.questions import Opened
from contracts.consent_check import Outcome
from contracts.messages.consents import ConsentRecorded, ConsentWithdrawn, CorrectionRecorded
from contracts.permit import Decision
from contracts.vocabulary import Label, Verdict

_KINDS: Final = {
    Verdict.ROUTE: EntryKind.DECISION,
    Verdict.ROUTE_MINIMISED: EntryKind.DECISION,
    Verdict.HOLD: EntryKind.HOLD,
    Verdict.REFUSE: EntryKind.REFUSAL,
}
IN_SKELETON: Final = frozenset({"purpose", "article_6", "article_9_or_10", "confidence", "gateway", "actor", "approvals"})
_EXCLUDED: Final = {*IN_SKELETON, "glass"}
Tellings = Iterable[dict[str, str]]
"""Who is told: the telling's id, the message, and its recipient."""
_VERDICTS: Final = {verdict: verdict.name.lower() for verdict in Verdict}


def decision_entry(
    one: Opened,
    decided: Decided,
    protocol: Protocol,
    now: int,
    decision: Decision | None = None,
    inputs: Mapping[str, Any] | None = None,
) -> Entry:
    """A message may pass, waits, or may not pass. ``inputs`` is what else it was decided from (``inputs.as_recorded``)."""
    skeleton = _about_message(one)
    skeleton |= {
        "verdict": _VERDICTS[decided.verdict],
        "reason": decided.reason,
        "clauses": _spoke(decided),
        "protocol": protocol.hash,
        "owner": decided.owner,
        "deadline": decided.deadline,
        **({"excused": dict(decided.excused)} if decided.excused else {}),
    }
    subject = {**_about_her(one), **(inputs or {})}
    subject["withheld"] = {clause: sorted(labels) for clause, labels in decided.withheld.items()}
    return Entry(_KINDS[decided.verdict], now, _shown(decision), skeleton, subject)


def query_entry(
    one: Opened, decided: Decided, protocol: Protocol, holders: tuple[str, ...], now: int, inputs: Mapping[str, Any]
) -> Entry:
    """Somebody asked whether she is on a caseload, and was allowed to ask."""
    skeleton = _about_message(one)
    skeleton |= {
        "verdict": _VERDICTS[decided.verdict],
        "clauses": _spoke(decided),
        "protocol": protocol.hash,
        "presentation": one.part.facts.presentation if one.part else None,
    }
    subject = {**_about_her(one), **inputs, "holders": list(one.question.holders), "may_be_named": list(holders)}
    return Entry(EntryKind.QUERY, now, {}, skeleton, subject)


def hold_ended_entry(message: str, owner: str | None, deadline: int, held_in: int, now: int) -> Entry:
    """A hold's deadline passed, and nobody had answered: who had to, by when, and which entry says why it was held."""
    told = {"message": message, "act": "deadline_passed", "owner": owner, "deadline": deadline, "held_in": held_in}
    return Entry(EntryKind.HOLD_CLOSED, now, {}, told, {})


def consent_entry(one: Opened, said: ConsentRecorded, to_tell: Tellings, now: int) -> Entry:
    """She said yes or no. After a no, whoever was told before is named."""
    skeleton = _about_message(one) | {
        "purpose": said.purpose,
        "for_agency": said.recipient,
        "answer": said.answer,
        "wording": said.wording,
        "language": said.language,
        "interpreter": said.interpreter,
        "taken_at": said.taken_at,
        "taken_by": said.taken_by,
        "how": said.how,
        "setting": said.setting,
        "alone": said.alone,
        "freely": said.freely,
        "limits_shown": said.limits_shown,
        "notice": said.notice,
        "no_notice": said.no_notice,
        "review": said.review,
        "to_tell": list(to_tell),
    }
    subject = {
        "consent": said.consent,
        "record": one.question.records.own,
        "labels": sorted(said.labels),
        "capacity": said.capacity,
        "age_band": one.part.facts.age_band if one.part else None,
        "gillick": said.gillick,
        "evidence": said.evidence,
        "replaces": said.replaces,
    }
    return Entry(EntryKind.CONSENT, now, {}, skeleton, subject)


def withdrawal_entry(one: Opened, said: ConsentWithdrawn, to_tell: Tellings, now: int, part: Iterable[Label] = ()) -> Entry:
    """She took a yes back, or a part of it: from here on nothing is released on that."""
    skeleton = _about_message(one) | {
        "withdrawn_at": said.withdrawn_at, "taken_by": said.taken_by, "how": said.how,
    }  # fmt: skip
    skeleton["to_tell"] = list(to_tell)
    subject = {"consent": said.consent, "record": one.question.records.own, "labels": list(part)}
    return Entry(EntryKind.WITHDRAWAL, now, {}, skeleton, subject)


def correction_entry(one: Opened, said: CorrectionRecorded, to_tell: Tellings, now: int) -> Entry:
    """Something that was told of her was wrong; everyone who was told it is named."""
    skeleton = _about_message(one) | {
        "corrects": said.message,
        "why": said.why,
        "found_at": said.found_at,
        "taken_by": said.taken_by,
        "to_tell": list(to_tell),
    }
    return Entry(EntryKind.CORRECTION, now, {}, skeleton, {"record": one.question.records.own, "labels": sorted(said.labels)})


def outcome_entry(outcome: Outcome, now: int) -> Entry:
    """What the broker said became of a message."""
    skeleton = {
        "message": outcome.message,
        "attempt": outcome.attempt,
        "state": outcome.state,
        "reason": outcome.reason,
        "sender": outcome.sender,
        "recipient": outcome.recipient,
        "kind": outcome.kind,
        "told": outcome.at,
    }
    return Entry(EntryKind.OUTCOME, now, {}, skeleton, {})


def protocol_entry(protocol: Protocol, before: str | None, now: int) -> Entry:
    """Another protocol is in force from here on."""
    told = {
        "protocol": protocol.hash,
        "before": before,
        "title": protocol.title,
        "valid_for": protocol.valid_for,
        "approved_by": {name: list(officers) for name, officers in sorted(protocol.approved_by.items())},
    }
    return Entry(EntryKind.PROTOCOL_CHANGE, now, {}, told, {})


def _spoke(decided: Decided) -> list[dict[str, str]]:
    return [{"clause": spoke.clause, "code": spoke.reason} for spoke in decided.spoke]


def _shown(decision: Decision | None) -> dict[str, Any]:
    """Exactly what the permit will show, or nothing. The log itself adds which kind of entry it is."""
    if decision is None:
        return {}
    return decision.model_dump(mode="json", exclude={"entry"})


def _about_message(one: Opened) -> dict[str, Any]:
    header = one.question.header
    told: dict[str, Any] = {
        "message": one.question.message,
        "attempt": one.question.attempt,
        "header": one.header_hash.hex(),
        "sender": header.sender,
        "recipient": header.recipient,
        "role": header.role,
        "kind": header.kind,
        "created": header.created,
        "not_after": header.not_after,
        "in_reply_to": header.in_reply_to,
    }
    if one.part is None:
        return told
    facts = one.part.facts
    return told | {
        "purpose": facts.purpose,
        "article_6": facts.article_6,
        "article_9_or_10": facts.article_9_or_10,
        "confidence": facts.confidence,
        "gateway": facts.gateway,
        "actor": facts.actor,
        "approvals": [each.model_dump(mode="json") for each in facts.approvals],
    }


def _about_her(one: Opened) -> dict[str, Any]:
    question, part = one.question, one.part
    records = question.records
    told: dict[str, Any] = {
        "record": records.own,
        "same": list(records.same),
        "possible": list(records.possible),
        "reference": question.reference,
        "role_in_case": question.recipient_role,
    }
    if part is None:
        return told
    told["labels"] = [opening.label for opening in part.openings]
    told["slots"] = [opening.slot for opening in part.openings]
    # Every other fact that was stated, whatever facts there come to be: those that have their usual value go unsaid.
    facts = part.facts
    told |= facts.__pydantic_serializer__.to_python(facts, mode="json", exclude=_EXCLUDED, exclude_defaults=True)
    if facts.glass is not None:
        # Whole: a statement without the word that says which it is could be read by nobody, nor its signature checked.
        told["glass"] = facts.glass.model_dump(mode="json")
    return told
