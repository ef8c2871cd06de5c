"""Every command of ``./run``: the help names each thing it can do, and with nothing started it says whose turn it is."""

import argparse
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

import broker.cli
import broker.desk_cli
import consent.cli
import consent.desk.cli
import consent.officer.cli
import consent.rights.cli
import consent.table.cli
from broker.local import __main__ as local
from broker.local import state
from contracts.keyring_epochs import epochs_in
from tests.factories import make_demonstration, partnership

ROOT = Path(__file__).parents[3]

# Each command that has others below it, and the parsers that answer to it.
PARSERS: dict[str, tuple[Callable[[], argparse.ArgumentParser], ...]] = {
    "holds": (broker.cli._parser, consent.desk.cli._parser),
    "glass": (consent.desk.cli._parser,),
    "guards": (broker.desk_cli._parser,),
    "reviews": (broker.desk_cli._parser,),
    "dead": (broker.cli._parser,),
    "directory": (broker.cli._parser,),
    "log": (consent.cli._parser,),
    "officer": (lambda: consent.officer.cli._parser(consent.officer.cli.Settings()),),
    "rights": (consent.rights.cli._parser,),
    "protocol": (consent.table.cli._parser,),
}

NEEDS_A_SYSTEM = (
    "status",
    "down",
    "trace 0123456789abcdef0123456789abcdef",
    "records project-ashby p001",
    "backup copies",
    "within agencies.ask",
    "within broker.cli holds list",
    "within consent.desk.cli holds act 0123456789abcdef0123456789abcdef approve --person a --reason b",
    "within consent.desk.cli glass list",
    "within broker.desk_cli guards coverage",
    "within broker.desk_cli reviews list",
    "within broker.cli dead list",
    "within broker.cli directory list",
    "within consent.cli log verify",
    "within consent.officer.cli show",
    "within consent.rights.cli history 0123456789abcdef0123456789abcdef",
    "within consent.table.cli explain 0123456789abcdef0123456789abcdef",
)


def below(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """What can stand after a command."""
    found = (action.choices for action in parser._actions if isinstance(action, argparse._SubParsersAction))
    return {name: one for choices in found for name, one in (choices or {}).items()}


def things(command: str) -> set[str]:
    """All that a command can do, whichever program answers."""
    found: set[str] = set()
    for parser in PARSERS[command]:
        first = below(parser())
        found |= set(below(first[command]) if command in first else first)
    return found


def test_the_help_names_everything_that_each_command_can_do() -> None:
    shown = subprocess.run([ROOT / "run", "--help"], capture_output=True, text=True, check=True).stdout
    blocks = {block.split()[0]: block for block in re.split(r"^  \./run ", shown, flags=re.MULTILINE)[1:]}
    missing = {command: sorted(word for word in things(command) if word not in blocks[command]) for command in PARSERS}
    assert {command: words for command, words in missing.items() if words} == {}


@pytest.mark.parametrize("command", NEEDS_A_SYSTEM)
def test_with_nothing_started_a_command_says_so_and_what_to_do(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(state, "VAR", tmp_path)
    monkeypatch.delenv("RELAY_SYSTEM", raising=False)
    assert local.main(command.split()) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert "Nothing was started here yet. ./run up starts the system, ./run demo shows it." in said.err
    assert list(tmp_path.iterdir()) == []


def test_the_linkage_keys_are_those_of_the_system_that_was_started_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(state, "VAR", tmp_path)
    keys = make_demonstration(tmp_path / "town" / "keys", now=partnership().now).folder
    assert local.main(["linkage", "mint"]) == 1
    assert "there is no linkage key in" in capsys.readouterr().err
    (tmp_path / "town" / state.FILE).write_text("{}")
    monkeypatch.setattr(state, "running", lambda remembered: True)
    assert local.main(["linkage", "mint"]) == 0
    assert "Epoch 2 has a key. Handed to: cjit-ashby" in capsys.readouterr().out
    assert sorted(epochs_in(keys / "linkage")) == [1, 2]
