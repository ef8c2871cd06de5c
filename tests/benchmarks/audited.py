"""The protocol a run is judged by, and the auditor's own look at the raw stores after each run of the gate.

The auditor (``tests/integration/auditor.py``) is given what the recipients opened here, in place of the adapters that a
benchmark has none of. Leaves out V1, V2 and V10, which are about adapters; the counts of ``opened`` stand for the first two.
"""

import time
from pathlib import Path
from typing import Any

from broker.local.programs import ROOT
from tests.benchmarks.opened import Seen
from tests.benchmarks.prepared import Stores
from tests.benchmarks.town import Town
from tests.integration.audit import town as raw
from tests.integration.audit.findings import Finding
from tests.integration.audit.log import read as read_log
from tests.integration.audit.record import everything_is_there, only_added_to
from tests.integration.audit.releases import attributed, none_without_a_record, only_what_was_permitted
from tests.integration.audit.stores import Row, Store

_INVARIANTS = (none_without_a_record, only_what_was_permitted, only_added_to, everything_is_there, attributed)


def protocol_file() -> Path:
    """The partnership's protocol as it is in earnest; the demonstration's own has deadlines of seconds."""
    return ROOT / "consent" / "clauses" / "ashby.yaml"


def audit(town: Town, stores: Stores, seen: tuple[Seen, ...]) -> list[str]:
    """What the auditor finds against a run: nothing, if all is well."""
    everything = _read(town, stores, seen)
    findings: list[Finding] = [invariant(everything) for invariant in _INVARIANTS]
    return [f"{finding.line()}: {finding.violations[0]}" for finding in findings if not finding.holds]


def _read(town: Town, stores: Stores, seen: tuple[Seen, ...]) -> raw.Town:
    broker, consent = Store(stores.broker), Store(stores.consent)
    directory = town.keys.directory
    key = (directory.log_name, directory.log_signing.ed25519)
    return raw.Town(
        folder=stores.folder,
        now=time.time_ns() // 1_000_000,
        messages={row["id"]: row for row in broker.rows("SELECT * FROM message")},
        refusals=broker.rows("SELECT * FROM refusal"),
        hops=[],
        cases=[],
        scripts=[],
        desks={agency: _desk(agency, seen) for agency in {each.agency for each in seen}},
        log=read_log(consent, *key),
        log_key=key,
        outcomes=consent.rows("SELECT * FROM outcome"),
    )


def _desk(agency: str, seen: tuple[Seen, ...]) -> raw.Desk:
    ours = [each for each in seen if each.agency == agency]
    received: dict[str, Row] = {
        each.opened.header.id: {"arrived": each.at, "state": "handed_over", "kind": each.opened.header.kind.value}
        for each in ours
    }
    arrived: dict[str, dict[str, Any]] = {
        each.opened.header.id: {label.value: part for label, part in each.opened.compartments.items()} for each in ours
    }
    notes = {each.opened.checkpoint: {"size": int(each.opened.checkpoint.split("\n")[1])} for each in ours}
    return raw.Desk(
        agency=agency,
        sent=[],
        received=received,
        checkpoints=[{"note": note} | row for note, row in notes.items()],
        forks=[],
        tasks=[],
        arrived=arrived,
        told={},
        has_case_system=False,
    )
