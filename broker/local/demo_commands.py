"""The commands of ``./run`` as the officers of the demonstration type them: the same programs, with the same settings.

Leaves out: what they are typed for (``demo_officers``, ``demo_glass``, ``demo_her_copy``, ``demo_taken_back``).
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from broker.local.programs import ROOT
from broker.local.system import System

DESK = ("consent", "consent.desk.cli")
RIGHTS = ("consent", "consent.rights.cli")
PROTOCOL = ("consent", "consent.table.cli")
OFFICER = ("consent", "consent.officer.cli")
BROKER = ("broker", "broker.cli")
GUARDS = ("broker", "broker.desk_cli")

LINKAGE = ("broker", "contracts.keyring_epochs")

Typed = subprocess.CompletedProcess[str]


def typed(system: System, where: tuple[str, str], *arguments: str) -> Typed:
    """One command: whose settings it has and its module (as ``run`` has them), and what was typed after its name."""
    _, module = where
    return subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        env=_env(system, where),
        capture_output=True,
        text=True,
        check=False,
    )


def started(system: System, where: tuple[str, str], *arguments: str) -> subprocess.Popen[str]:
    """The same, and nobody waits for it."""
    _, module = where
    return subprocess.Popen(
        [sys.executable, "-m", module, *arguments], cwd=ROOT, env=_env(system, where), text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def typed_at_once(system: System, where: tuple[str, str], commands: Sequence[Sequence[str]]) -> list[Typed]:
    """Several, by several people."""
    with ThreadPoolExecutor(max_workers=len(commands)) as people:
        return list(people.map(lambda arguments: typed(system, where, *arguments), commands))


def said(done: Typed) -> str:
    """All that a command printed, for the report of a promise that was not kept."""
    return said_of(done.returncode, done.stdout, done.stderr)


def said_of(code: int, out: str, errors: str) -> str:
    """The same, of a command that nobody waited for."""
    return f"{code}: {' '.join((out + errors).split())}"[:300]


def _env(system: System, where: tuple[str, str]) -> dict[str, str]:
    return os.environ | {"RELAY_FOLDER": str(system.folder)} | system.programs[where[0]].env
