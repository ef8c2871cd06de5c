"""What holds for every test: nothing leaves this machine, and a property that fails once fails again."""

import socket
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

# The same examples each time: a test that is red on one machine only is no help to anyone. No deadline, because two
# shared cores say nothing about speed; the benchmarks do.
settings.register_profile("house", derandomize=True, deadline=None, print_blob=True)
settings.load_profile("house")

_HERE = Path(__file__).parent
_LOOPBACK = ("127.", "::1", "localhost")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A file's tests run in one place, for what they set up together; all journeys do, for the week that is played once."""
    for item in items:
        file = item.path.relative_to(_HERE)
        item.add_marker(pytest.mark.xdist_group(file.parts[0] if file.parts[0] == "journeys" else str(file)))


class LeftTheMachineError(AssertionError):
    """A test tried to speak to another machine."""


@pytest.fixture(autouse=True)
def nothing_leaves_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """RabbitMQ and PostgreSQL are private and on loopback; anything else would be somebody else's."""
    connect = socket.socket.connect

    def only_here(self: socket.socket, address: Any) -> None:
        if self.family != socket.AF_UNIX and not str(address[0]).startswith(_LOOPBACK):
            raise LeftTheMachineError("a test tried to reach another machine")
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", only_here)
