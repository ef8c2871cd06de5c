"""The protocol a run is judged by, and the auditor's look at the raw stores after it."""

from pathlib import Path

from broker.local.programs import ROOT
from tests.benchmarks.children import Choices
from tests.benchmarks.prepared import Stores
from tests.benchmarks.town import Town


def protocol_file(folder: Path) -> Path:
    """The demonstration's own protocol."""
    return ROOT / "consent" / "ashby.yaml"


def audit(town: Town, stores: Stores, choices: Choices) -> list[str]:
    """What the auditor finds against a run."""
    return []
