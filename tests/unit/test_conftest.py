"""The guard that every test runs under, and who runs what."""

import socket

import pytest

from tests.conftest import InOnePlace, LeftTheMachineError


def test_no_test_speaks_to_another_machine() -> None:
    with socket.socket() as far, pytest.raises(LeftTheMachineError):
        far.connect(("192.0.2.1", 9))


def test_a_test_may_speak_to_this_machine() -> None:
    with socket.socket() as near, pytest.raises(ConnectionRefusedError):
        near.connect(("127.0.0.1", 1))


def test_a_files_tests_run_in_one_place_and_all_journeys_in_one(request: pytest.FixtureRequest) -> None:
    place = InOnePlace._split_scope
    scheduler = InOnePlace.__new__(InOnePlace)
    assert place(scheduler, request.node.nodeid) == place(scheduler, "tests/unit/test_conftest.py::another[x::y]")
    assert place(scheduler, "tests/unit/test_run.py::a") != place(scheduler, "tests/unit/test_conftest.py::a")
    assert place(scheduler, "tests/journeys/test_demo.py::a") == place(scheduler, "tests/journeys/test_trace.py::b")
