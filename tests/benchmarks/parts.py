"""Where the time goes: each part of the gate measured alone, in this process, on the messages that were sent."""

from tests.benchmarks.children import Choices
from tests.benchmarks.gate import Load
from tests.benchmarks.prepared import Stores
from tests.benchmarks.town import Town

Part = tuple[str, str, float]


def measure_parts(town: Town, load: Load, template: Stores, choices: Choices) -> list[Part]:
    """Each part's place, name and microseconds for one message."""
    return []
