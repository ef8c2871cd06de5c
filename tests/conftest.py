"""What holds for every test: nothing leaves this machine, and a property that fails once fails again."""

import socket
from typing import Any

import pytest
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

# The same examples each time: a test that is red on one machine only is no help to anyone. No deadline, because two
# shared cores say nothing about speed; the benchmarks do.
settings.register_profile("house", derandomize=True, deadline=None, print_blob=True)
settings.load_profile("house")

_JOURNEYS = "tests/journeys/"
_LOOPBACK = ("127.", "::1", "localhost")


class InOnePlace(LoadScopeScheduling):  # type: ignore[misc]
    """A file's tests run in one place, for what they set up together; all journeys do, for the week that is played once.

    Told by the test's name: xdist's own groups are marks, which it writes where pytest does not read them any more (9.2).
    """

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return _JOURNEYS if file.startswith(_JOURNEYS) else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> InOnePlace:
    """Who runs what, where several run tests."""
    return InOnePlace(config, log)


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
