"""Everything the auditor judges, read once from the raw stores: the broker's rows, each adapter's, each case system's, the log.

Leaves out judging (``messages``, ``releases``, ``record``).
"""

import base64
import json
import time
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from tests.integration.audit import stores
from tests.integration.audit.log import Entry, Log
from tests.integration.audit.log import read as read_log
from tests.integration.audit.stores import Row, Store

LABELS = frozenset(
    """identity contact request outcome drug_treatment prescribing health housing safety sexual_assault offending attendance
    involvement incident free_text age_and_area counselling immigration third_party""".split()  # noqa: SIM905  # the closed list as the paper writes it
)


@dataclass
class Desk:
    """One agency: what its adapter remembers, and what its own system was handed and told."""

    agency: str
    sent: list[Row]
    """Every message that left or will leave, without the adapter's own bundles of receipts."""
    received: dict[str, Row]
    checkpoints: list[Row]
    forks: list[Row]
    tasks: list[Row]
    arrived: dict[str, dict[str, Any]]
    told: dict[str, list[dict[str, Any]]]
    """By message: what the workers were told of it."""
    has_case_system: bool

    def opened(self, message: str) -> frozenset[str]:
        """The compartments of a message that this agency has seen in the clear."""
        return LABELS & {label for label, part in self.arrived.get(message, {}).items() if part is not None}


@dataclass
class Town:
    """One system, as its stores have it at one time."""

    folder: Path
    now: int
    messages: dict[str, Row]
    refusals: list[Row]
    hops: list[Row]
    cases: list[Row]
    scripts: list[Row]
    desks: dict[str, Desk]
    log: Log
    log_key: tuple[str, Ed25519PublicKey]
    outcomes: list[Row] = field(default_factory=list)
    overrides: list[str] = field(default_factory=list)
    """Messages by which a prescriber went on in spite of the guard."""
    signed: list[str] = field(default_factory=list)
    """The statements that officers' acts at the guards rest on, by id."""

    @cached_property
    def refused_by_form(self) -> set[str]:
        """Message ids that were refused before they were let in."""
        return {row["message"] for row in self.refusals if row["message"]}

    @cached_property
    def decisions(self) -> dict[str, list[Entry]]:
        """The log's decisions that something may pass, by message."""
        found: dict[str, list[Entry]] = {}
        for entry in self.log.of_kind("decision"):
            found.setdefault(entry.message or "", []).append(entry)
        return found


def read(folder: Path) -> Town:
    """Read everything below ``folder``: the recipients first and the log last, so that what one names the next one has."""
    places = stores.find(folder)
    desks = {agency.id: _desk(agency) for agency in places.agencies}
    broker, consent = Store(places.broker), Store(places.consent)
    document = json.loads(places.directory.read_text())["document"]
    services = document["services"]
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(services["log_signing"]))
    return Town(
        folder=folder,
        now=time.time_ns() // 1_000_000,
        messages={row["id"]: row for row in broker.rows("SELECT * FROM message")},
        refusals=broker.rows("SELECT * FROM refusal"),
        hops=broker.rows("SELECT * FROM hop ORDER BY n"),
        cases=broker.rows("SELECT * FROM cases"),
        scripts=broker.rows("SELECT * FROM script"),
        desks=desks,
        log=read_log(consent, services["log_name"], key),
        log_key=(services["log_name"], key),
        outcomes=consent.rows("SELECT * FROM outcome"),
        overrides=[row["message"] for row in broker.rows("SELECT message FROM script_override")],
        signed=[json.loads(row["signed"])["said"]["id"] for row in broker.rows(_SIGNED)],
    )


_SIGNED = """SELECT lifted_statement AS signed FROM check_hold WHERE lifted_statement IS NOT NULL
    UNION SELECT undone_statement FROM merge WHERE undone_statement IS NOT NULL
    UNION SELECT review_statement FROM script_override WHERE review_statement IS NOT NULL
    UNION SELECT statement FROM retired_epoch WHERE statement IS NOT NULL"""


def _desk(agency: stores.Agency) -> Desk:
    adapter = stores.at(agency.adapter)
    tasks: list[Row] = []
    arrived: dict[str, dict[str, Any]] = {}
    told: dict[str, list[dict[str, Any]]] = {}
    if agency.case_system and agency.case_system.exists():
        cases = stores.at(agency.case_system)
        tasks = cases.rows("SELECT * FROM task")
        arrived = {row["id"]: json.loads(row["record"]) for row in cases.rows("SELECT * FROM arrived")}
        for row in cases.rows("SELECT record FROM told ORDER BY id"):
            one = json.loads(row["record"])
            told.setdefault(one.get("message") or "", []).append(one)
    return Desk(
        agency=agency.id,
        sent=adapter.rows("SELECT id, record, kind, state, reason, sequence FROM message WHERE kind <> 'receipts/1'"),
        received={row["id"]: row for row in adapter.rows("SELECT * FROM received")},
        checkpoints=adapter.rows("SELECT * FROM checkpoint"),
        forks=adapter.rows("SELECT why FROM fork"),
        tasks=tasks,
        arrived=arrived,
        told=told,
        has_case_system=agency.case_system is not None,
    )


def counted(rows: list[Row], *columns: str) -> Counter[tuple[Any, ...]]:
    """How many rows there are of each combination of these columns."""
    return Counter(tuple(row[column] for column in columns) for row in rows)
