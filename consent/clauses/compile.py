"""Turn the protocol as officers wrote it into the tables a decision is made by, or say in plain words why not.

1. It is YAML in which no word is given twice.  2. Every field and word is known.  3. Its clauses and tables fit each other
(``fitting``).  Leaves out: reading files (``protocol_file``).
"""

import json
from collections import defaultdict
from collections.abc import Hashable, Iterable
from datetime import UTC, date, datetime
from typing import Any, Final, TypeVar

import yaml
from pydantic import ValidationError

from consent.clauses.fitting import VERDICTS, ProtocolError, check_clauses, check_tables, made_stricter
from consent.clauses.written import (
    AgreementWritten,
    BasisWritten,
    ClauseWritten,
    Core,
    Dated,
    Durations,
    NeedWritten,
    PoliceWritten,
    Variation,
    Written,
)
from consent.protocol import Basis, Clause, Dates, Elsewhere, Need, Party, PoliceMay, Protocol, Share
from contracts.frozen import Frozen
from contracts.vocabulary import AgencyKind, Purpose

_DAY: Final = 86_400_000
Document = TypeVar("Document", bound=Frozen)


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


def compile_protocol(text: bytes, core: bytes, named: str, variation: Variation | None = None) -> Protocol:
    """The tables of a protocol. ``core`` has the clauses every partnership has; ``named`` is the hash of all that was read."""
    written, kept = _read(Written, _in_rows(_load(text))), _read(Core, _load(core))
    durations = variation.durations if variation else written.durations
    check_clauses(kept, written)
    check_tables(written)
    purposes, own = written.purposes, written.own_consent
    return Protocol(
        title=variation.title if variation else written.title,
        hash=named,
        valid_for=durations.valid_for_seconds * 1000,
        grace=durations.review_grace_days * _DAY,
        clauses={one.id: _clause(one, durations) for one in made_stricter(kept.clauses, written)},
        elsewhere={one.id: Elsewhere(**dict(one)) for one in kept.kept_elsewhere},
        shares=_shares(written.agreements),
        needs=_needs(written),
        bases={purpose: tuple(map(_basis, rows)) for purpose, rows in written.bases.items()},
        police={purpose: tuple(map(_police, rows)) for purpose, rows in written.police_may_receive.items()},
        separate=frozenset(own.separate),
        named={kind: frozenset(labels) for kind, labels in own.named.items()},
        essential=frozenset(written.essential),
        informed=frozenset(written.informed),
        open_to_under_18=frozenset(purposes.open_to_under_18),
        prescribers_only=frozenset(purposes.prescribers_only),
        outcome_only=frozenset(purposes.outcome_only),
        never_contribute=frozenset(written.never_contribute_to_checks),
        public_authorities=frozenset(written.public_authorities),
        relevant_authorities=frozenset(written.relevant_authorities),
        caution_needs_two=written.conditional_caution_needs_two,
        policy_document=_moment(written.policy_document_review) if written.policy_document_review else None,
        kept_for=durations.kept_days * _DAY,
    )


def _in_rows(value: dict[str, Any]) -> dict[str, Any]:
    """A row that stands alone may be written without the dash of a list."""
    tables = {name: _rows(value[name]) for name in ("bases", "police_may_receive") if isinstance(value.get(name), dict)}
    needs = value.get("needs")
    if isinstance(needs, dict):
        tables["needs"] = {kind: _rows(rows) if isinstance(rows, dict) else rows for kind, rows in needs.items()}
    return value | tables


def _rows(table: dict[str, Any]) -> dict[str, Any]:
    return {name: [rows] if isinstance(rows, dict) else rows for name, rows in table.items()}


def _read(form: type[Document], value: dict[str, Any]) -> Document:
    try:
        return form.model_validate_json(json.dumps(value, default=str))
    except ValidationError as error:
        raise ProtocolError(_in_words(error)) from None


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


def _clause(one: ClauseWritten, durations: Durations) -> Clause:
    within = (durations.hold_seconds or one.within_seconds or 0) * 1000 if one.owner else 0
    return Clause(
        one.id,
        one.text,
        one.source,
        frozenset(one.codes),
        VERDICTS[one.verdict],
        one.owner,
        within,
        one.applies or {},
        one.unless,
        one.looks_at == "everything",
        _dates(one),
        one.approval,
        frozenset(one.approvers),
        one.unless_glass,
    )


def _dates(row: Dated) -> Dates:
    return Dates(_moment(row.since) if row.since else None, _moment(row.until) if row.until else None)


def _basis(row: BasisWritten) -> Basis:
    return Basis(
        frozenset(row.article_6),
        frozenset(row.article_9_or_10),
        frozenset(row.confidence),
        frozenset(row.gateway),
        _dates(row),
    )


def _police(row: PoliceWritten) -> PoliceMay:
    return PoliceMay(frozenset(row.labels), row.anonymous, row.role, row.threshold, _dates(row))


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


def _needs(written: Written) -> dict[tuple[AgencyKind, Purpose], tuple[Need, ...]]:
    return {
        (kind, purpose): tuple(_need(row) for row in rows)
        for kind, by_purpose in written.needs.items()
        for purpose, rows in by_purpose.items()
    }


def _need(row: NeedWritten) -> Need:
    less = row.labels if row.supplementary is None else row.supplementary
    return Need(frozenset(row.labels), frozenset(less) & frozenset(row.labels), frozenset(row.coarse), _dates(row))


def _moment(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1000)
