"""Turn the protocol as officers wrote it into the tables a decision is made by, or say in plain words why not.

1. It is YAML in which no word is given twice.  2. Every field and word is known.  3. Its clauses are exactly those the program
judges, none less severe than it may be.  4. The tables fit each other.  Leaves out: reading files (``protocol_file``).
"""

import json
from collections import defaultdict
from collections.abc import Hashable, Iterable
from datetime import UTC, date, datetime
from typing import Any, Final

import yaml
from pydantic import ValidationError

from consent.clauses.glass import SECOND
from consent.clauses.register import GLASS_MAY_EXCUSE, JUDGES
from consent.clauses.written import AgreementWritten, ClauseWritten, Durations, Variation, Written
from consent.protocol import Basis, Clause, Need, Party, PoliceMay, Protocol, Share
from contracts.vocabulary import AgencyKind, Purpose, Verdict

_DAY: Final = 86_400_000
_SECOND_PERSON_HAS: Final = 15 * 60
_VERDICTS: Final = {"route_minimised": Verdict.ROUTE_MINIMISED, "hold": Verdict.HOLD, "refuse": Verdict.REFUSE}


class ProtocolError(ValueError):
    """The protocol cannot be used, with the reason in plain words for the officer who wrote it."""


class _Loader(yaml.SafeLoader):
    """YAML in which a word given twice is an error: the second would silently replace the first."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """The mapping of a node, each key once."""
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        if twice := {str(key) for key in keys if keys.count(key) > 1}:
            raise ProtocolError(f"line {node.start_mark.line + 1}: given twice: {', '.join(sorted(twice))}")
        return super().construct_mapping(node, deep)


def read_variation(text: bytes) -> Variation | None:
    """The document as a variation of another, or None if it is whole."""
    value = _load(text)
    if "includes" not in value:
        return None
    try:
        return Variation.model_validate_json(json.dumps(value, default=str))
    except ValidationError as error:
        raise ProtocolError(_in_words(error)) from None


def compile_protocol(text: bytes, named: str, variation: Variation | None = None) -> Protocol:
    """The tables of a protocol. ``named`` is the hash of everything the officers read."""
    try:
        written = Written.model_validate_json(json.dumps(_load(text), default=str))
    except ValidationError as error:
        raise ProtocolError(_in_words(error)) from None
    durations = variation.durations if variation else written.durations
    _check_clauses(written.clauses)
    _check_tables(written)
    purposes, own = written.purposes, written.own_consent
    return Protocol(
        title=variation.title if variation else written.title,
        hash=named,
        valid_for=durations.valid_for_seconds * 1000,
        grace=durations.review_grace_days * _DAY,
        clauses={one.id: _clause(one, durations) for one in written.clauses},
        shares=_shares(written.agreements),
        needs=_needs(written),
        bases={purpose: Basis(*map(frozenset, dict(basis).values())) for purpose, basis in written.bases.items()},
        police={
            purpose: PoliceMay(frozenset(may.labels), may.anonymous, may.role, may.threshold)
            for purpose, may in written.police_may_receive.items()
        },
        separate=frozenset(own.separate),
        named={kind: frozenset(labels) for kind, labels in own.named.items()},
        essential=frozenset(written.essential),
        informed=frozenset(written.informed),
        open_to_under_18=frozenset(purposes.open_to_under_18),
        prescribers_only=frozenset(purposes.prescribers_only),
        outcome_only=frozenset(purposes.outcome_only),
        never_contribute=frozenset(written.never_contribute_to_checks),
    )


def _load(text: bytes) -> dict[str, Any]:
    try:
        value = yaml.load(text, Loader=_Loader)  # noqa: S506 - a SafeLoader of our own
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise ProtocolError(f"not YAML, at line {mark.line + 1}" if mark else "not YAML") from None
    if not isinstance(value, dict):
        raise ProtocolError("the document is not a list of named parts")
    return value


def _in_words(error: ValidationError) -> str:
    """Each thing that is wrong, with the way to it. A protocol names no person, so its words may be quoted."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in found[:10])


def _check_clauses(clauses: tuple[ClauseWritten, ...]) -> None:
    ids = [one.id for one in clauses]
    if missing := sorted(JUDGES.keys() - set(ids)):
        raise ProtocolError(f"clauses: missing: {', '.join(missing)}")
    if unknown := sorted(set(ids) - JUDGES.keys()):
        raise ProtocolError(f"clauses: nothing judges: {', '.join(unknown)}")
    if len(ids) != len(set(ids)):
        raise ProtocolError("clauses: a clause is given twice")
    for one in clauses:
        judge = JUDGES[one.id]
        if frozenset(one.codes) != judge.codes:
            raise ProtocolError(f"clauses: {one.id} gives the codes {', '.join(sorted(judge.codes))} and no others")
        if _VERDICTS[one.verdict] < judge.floor:
            raise ProtocolError(f"clauses: {one.id} may not be less severe than {judge.floor.name.lower()}")
        if (_VERDICTS[one.verdict] is Verdict.HOLD) is not (one.owner is not None and one.within_seconds is not None):
            raise ProtocolError(f"clauses: {one.id}: a hold, and only a hold, names an owner and a time to act within")
        _check_exceptions(one)


def _check_exceptions(one: ClauseWritten) -> None:
    """Who may let a held message go on, and what a broken glass excuses: both written into the clause, and both bounded."""
    if bool(one.approvers) is not (one.approval is not None) or (one.approval is not None and one.verdict != "hold"):
        raise ProtocolError(f"clauses: {one.id}: a hold that an approval closes says whose and how many, and only a hold does")
    if one.unless_glass and one.id not in GLASS_MAY_EXCUSE:
        raise ProtocolError(f"clauses: {one.id}: no broken glass excuses this")
    if one.id == SECOND and (one.within_seconds or 0) < _SECOND_PERSON_HAS:
        raise ProtocolError(f"clauses: {one.id}: a second person has at least {_SECOND_PERSON_HAS // 60} minutes to answer")


def _check_tables(written: Written) -> None:
    """What an agreement shares must have a basis and a need; else every such message would be refused without a reason."""
    for agreement in written.agreements:
        if agreement.until is not None and agreement.until <= agreement.since:
            raise ProtocolError(f"agreements: {agreement.id} ends before it begins")
        for share in agreement.shares:
            if without := sorted(purpose for purpose in share.purposes if purpose not in written.bases):
                raise ProtocolError(f"agreements: {agreement.id}: no basis is given for: {', '.join(without)}")
            for kind in (one for one in share.sent_to if isinstance(one, AgencyKind)):
                without = sorted(p for p in share.purposes if share.labels and p not in written.needs.get(kind, {}))
                if without:
                    raise ProtocolError(f"needs: {kind} receives something for {', '.join(without)}, and no need is given")
    if outside := sorted(p for p in written.police_may_receive if p not in written.needs.get(AgencyKind.POLICE, {})):
        raise ProtocolError(f"needs: the police may receive {', '.join(outside)}, and no need is given")


def _clause(one: ClauseWritten, durations: Durations) -> Clause:
    within = (durations.hold_seconds or one.within_seconds or 0) * 1000 if one.owner else 0
    return Clause(
        one.id, one.text, one.source, frozenset(one.codes), _VERDICTS[one.verdict], one.owner, within,
        one.approval, frozenset(one.approvers), one.unless_glass,
    )  # fmt: skip


def _shares(agreements: Iterable[AgreementWritten]) -> dict[tuple[Party, Party, Purpose], tuple[Share, ...]]:
    found: defaultdict[tuple[Party, Party, Purpose], list[Share]] = defaultdict(list)
    for agreement in agreements:
        until = _moment(agreement.until) if agreement.until else None
        for written in agreement.shares:
            share = Share(agreement.id, _moment(agreement.since), until, _moment(agreement.review), frozenset(written.labels))
            for one in written.sent_by:
                for other in written.sent_to:
                    for purpose in written.purposes:
                        found[(str(one), str(other), purpose)].append(share)
    return {key: tuple(shares) for key, shares in found.items()}


def _needs(written: Written) -> dict[tuple[AgencyKind, Purpose], Need]:
    return {
        (kind, purpose): Need(
            frozenset(need.labels),
            frozenset(need.labels if need.supplementary is None else need.supplementary) & frozenset(need.labels),
        )
        for kind, by_purpose in written.needs.items()
        for purpose, need in by_purpose.items()
    }


def _moment(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1000)
