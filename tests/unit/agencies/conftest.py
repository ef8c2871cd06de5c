"""Desks: one adapter's parts each, on a folder of the test's own."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.agencies.town import Desk, GrowingLog


@pytest.fixture
def desk(tmp_path: Path) -> Callable[[str], Desk]:
    return lambda agency: Desk(agency, tmp_path)


@pytest.fixture
def log() -> GrowingLog:
    return GrowingLog()
