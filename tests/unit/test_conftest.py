"""The guard that every test runs under."""

import socket

import pytest

from tests.conftest import LeftTheMachineError


def test_no_test_speaks_to_another_machine() -> None:
    with socket.socket() as far, pytest.raises(LeftTheMachineError):
        far.connect(("192.0.2.1", 9))


def test_a_test_may_speak_to_this_machine() -> None:
    with socket.socket() as near, pytest.raises(ConnectionRefusedError):
        near.connect(("127.0.0.1", 1))
