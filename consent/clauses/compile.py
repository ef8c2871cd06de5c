"""Turn the protocol as officers wrote it into the tables a decision is made by, or say in plain words why not.

1. It is YAML in which no word is given twice.  2. Every field and word is known.  3. Its clauses and tables fit each other
(``fitting``), and versions of an agreement each other (``versions``).  Leaves out: reading files (``protocol_file``).
"""

import json
from collections import defaultdict
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, TypeVar

import yaml
from pydantic import ValidationError

from consent.clauses.fitting import VERDICTS, ProtocolError, check_clauses, check_tables, made_stricter
from consent.clauses.versions import moment, spans
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


# Eight times as fast where PyYAML was built with libyaml, as its wheels are; it reads the same.
_Quickest: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_Quickest):  # type: ignore[misc]
    """YAML in which a word given twice is an error: the second would silently replace the first."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """The mapping of a node, each key once."""
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        if twice := {str(key) for key in keys if keys.count(key) > 1}:
            raise ProtocolError(f"line {node.start_mark.line + 1}: given twice: {', '.join(sorted(twice))}")
        made: dict[Hashable, Any] = super().construct_mapping(node, deep)
        return made


def read_variation(text: bytes) -> Variation | None:
    """The document as a variation of another, or None if it is whole."""
    value = _load(text)
    if "includes" not in value:
        return None
    try:
        return Variation.model_validate_json(json.dumps(value, default=str))
    except ValidationError as error:
        raise ProtocolError(_in_words(error)) from None


@dataclass(frozen=True, slots=True)
class Documents:
    """Everything that was read, word by word, before it is made into tables."""

    written: Written
    core: Core
    variation: Variation | None = None

    @property
    def durations(self) -> Durations:
        """How long things stand: a variation says so instead of the document it includes."""
        return self.variation.durations if self.variation else self.written.durations

    @property
    def title(self) -> str:
        """The title, of the variation where there is one."""
        return self.variation.title if self.variation else self.written.title


def read_documents(text: bytes, core: bytes, variation: Variation | None = None) -> Documents:
    """The partnership's document and the core, each word known, and fitting each other; or ProtocolError."""
    read = Documents(_read(Written, _in_rows(_load(text))), _core(core), variation)
    check_clauses(read.core, read.written)
    check_tables(read.written)
    return read


def compile_protocol(read: Documents, named: str, *, between: bool) -> Protocol:
    """The tables of a protocol; ``named`` is the hash of all that was read.

    ``between``: an agreement holds between its parties only, as it does in service. Without it an agreement holds between any
    agencies of the kinds it names: to try a protocol out, to draw it and to prove it, before there are parties.
    """
    written, durations = read.written, read.durations
    purposes, own, elsewhere = written.purposes, written.own_consent, read.core.kept_elsewhere
    return Protocol(
        title=read.title,
        hash=named,
        valid_for=durations.valid_for_seconds * 1000,
        grace=durations.review_grace_days * _DAY,
        clauses={one.id: _clause(one, durations) for one in made_stricter(read.core.clauses, written)},
        elsewhere={one.id: Elsewhere(**dict(one)) for one in elsewhere},
        shares=_shares(written.agreements, between=between),
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
        policy_document=moment(written.policy_document_review) if written.policy_document_review else None,
        kept_for=durations.kept_days * _DAY,
    )


@lru_cache(maxsize=4)
def _core(text: bytes) -> Core:
    """The core is long, every partnership's is the same, and it is read with each document that goes with it."""
    return _read(Core, _load(text))


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
    return Dates(moment(row.since) if row.since else None, moment(row.until) if row.until else None)


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


def _shares(agreements: Iterable[AgreementWritten], *, between: bool) -> dict[tuple[Party, Party, Purpose], tuple[Share, ...]]:
    found: defaultdict[tuple[Party, Party, Purpose], list[Share]] = defaultdict(list)
    for span in spans(agreements):
        for way, labels in span.ways.items():
            parties = span.parties if between else None
            share = Share(
                span.agreement, span.version, span.since, span.until, span.review, labels, parties, span.ended
            )  # fmt: skip
            found[way].append(share)
    return {way: tuple(shares) for way, shares in found.items()}


def _needs(written: Written) -> dict[tuple[AgencyKind, Purpose], tuple[Need, ...]]:
    return {
        (kind, purpose): tuple(_need(row) for row in rows)
        for kind, by_purpose in written.needs.items()
        for purpose, rows in by_purpose.items()
    }


def _need(row: NeedWritten) -> Need:
    less = row.labels if row.supplementary is None else row.supplementary
    return Need(frozenset(row.labels), frozenset(less) & frozenset(row.labels), frozenset(row.coarse), _dates(row))
