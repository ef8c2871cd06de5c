"""Starting an adapter as a program: with the wrong settings it ends at once, says why, and names no value."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from agencies.start import start
from tests.factories import partnership
from tests.unit.agencies.town import mapping_of


def settings(folder: Path, **changes: str | None) -> dict[str, str]:
    keys = partnership().folder
    good: dict[str, str | None] = {
        "ADAPTER_AGENCY": "cjit-ashby",
        "ADAPTER_AMQP_URL": "amqp://cjit-ashby:a-secret-word@127.0.0.1:1/relay",
        "ADAPTER_DATA": str(folder / "data"),
        "ADAPTER_KEYS": str(keys / "cjit-ashby"),
        "ADAPTER_DIRECTORY": str(keys / "directory.json"),
        "ADAPTER_CASE_SYSTEM": f"drop-folder:{folder / 'drop'}",
        "ADAPTER_HEALTH_PORT": "0",
        "DEMONSTRATION": "1",
    }
    return {name: value for name, value in {**good, **changes}.items() if value is not None}


CASES: dict[str, tuple[str, dict[str, str | None], str]] = {
    "a setting is missing": ("cjit-ashby", {"ADAPTER_AMQP_URL": None}, "amqp_url"),
    "it is another kind's adapter": ("housing-ashby", {}, "is a cjit in the key directory"),
    "demonstration keys in earnest": ("cjit-ashby", {"DEMONSTRATION": "0"}, "DEMONSTRATION=1"),
    "no such case system": ("cjit-ashby", {"ADAPTER_CASE_SYSTEM": "telepathy:here"}, "drop-folder:PATH"),
    "no keys": ("cjit-ashby", {"ADAPTER_KEYS": "nowhere"}, "cannot read the key"),
    "no directory": ("cjit-ashby", {"ADAPTER_DIRECTORY": "nowhere/directory.json"}, "root.json beside it"),
}


@pytest.fixture(autouse=True)
def as_before(monkeypatch) -> Iterator[None]:
    # A program has one log for its life; each start here has its own.
    monkeypatch.setattr("agencies.start.log", structlog.get_logger())
    yield
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


@pytest.mark.parametrize("case", CASES)
def test_it_does_not_start_and_says_why(case: str, tmp_path, monkeypatch, capsys) -> None:
    kind, changes, words = CASES[case]
    for name in settings(tmp_path):
        monkeypatch.delenv(name, raising=False)
    for name, value in settings(tmp_path, **changes).items():
        monkeypatch.setenv(name, value)
    assert start(mapping_of(kind)) == 2
    written = capsys.readouterr().err
    said = json.loads(written.splitlines()[-1])
    assert said["event"] == "adapter.not_started"
    assert words in said["why"]
    assert "a-secret-word" not in written
