"""The file that remembers what was started: `var/<name>/system.json`. Leaves out starting anything.

Holds passwords, so only its owner may read it. Standard library only: `doctor` reads it on a bare machine.
"""

import json
import os
from pathlib import Path
from typing import Any

from broker.local.processes import Process
from broker.local.programs import ROOT

VAR = ROOT / "var"
FILE = "system.json"

State = dict[str, Any]


class NoSystemError(RuntimeError):
    """There is nothing to look at: no system was ever started here, or not under that name."""


def read(folder: Path) -> State | None:
    """What is remembered about the system in this folder; None if nothing is."""
    try:
        state: State = json.loads((folder / FILE).read_text())
    except FileNotFoundError:
        return None
    return state


def write(folder: Path, state: State) -> None:
    """Replace it in one step, so that a crash leaves the old one or the new one."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    new = folder / f"{FILE}.new"
    handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        json.dump(state, file, indent=2)
        file.flush()
        os.fsync(file.fileno())
    new.replace(folder / FILE)


def running(state: State) -> bool:
    """Whether any of its programs, or its RabbitMQ, is alive."""
    known = [(each["pid"], each["started"]) for each in state["programs"].values() if each["pid"]]
    node = state["rabbitmq"].get("node")
    if node and node["server"]:
        known.append(tuple(node["server"]))
    return any(Process(pid, started).alive() for pid, started in known)


def any_here() -> bool:
    """Whether a system was ever started here, by this user."""
    return any(os.access(each, os.R_OK) for each in VAR.glob(f"*/{FILE}"))


def current(name: str | None = None, *, alone: bool = False) -> Path:
    """The folder of the system that a command means: the named one, else a running one, else the latest.

    `alone`: refuse to choose among several that run, for a command that would end the wrong one.
    """
    if name:
        if read(VAR / name) is None:
            raise NoSystemError(f"There is no system called '{name}'. Start one: ./run up --name {name}")
        return VAR / name
    # What another user started is hers: it can be neither read nor stopped from here.
    ours = (each for each in VAR.glob(f"*/{FILE}") if os.access(each, os.R_OK))
    found = sorted(ours, key=lambda each: each.stat().st_mtime, reverse=True)
    if not found:
        raise NoSystemError("Nothing was started here yet. ./run up starts the system, ./run demo shows it.")
    alive = [each.parent for each in found if running(json.loads(each.read_text()))]
    if alone and len(alive) > 1:
        raise NoSystemError("Several run: " + ", ".join(each.name for each in alive) + ". Say which: --name NAME")
    return alive[0] if alive else found[0].parent
