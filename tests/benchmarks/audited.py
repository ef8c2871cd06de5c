"""The protocol a run is judged by, and the auditor's look at the raw stores after it."""

from pathlib import Path

from broker.local.programs import ROOT
from tests.benchmarks.children import Choices
from tests.benchmarks.prepared import Stores
from tests.benchmarks.town import Town


def protocol_file() -> Path:
    """The partnership's protocol as it is in earnest; the demonstration's own has deadlines of seconds."""
    return ROOT / "consent" / "clauses" / "ashby.yaml"


def audit(town: Town, stores: Stores, choices: Choices) -> list[str]:
    """What the auditor finds against a run."""
    return []
