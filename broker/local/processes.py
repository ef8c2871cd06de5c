"""Child programs: started, recognised again later, stopped. Leaves out what they are for.

A process is known by its number and the moment it started. Numbers are used again, and a `down` next
week must not end a stranger's program.
"""

import os
import pwd
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_POLL_SECONDS = 0.02

# Programs that this process started and has not yet seen end. Kept here, not in the objects, because an ended child stays
# in the process table until its parent looks, whichever object is asked about it.
_children: dict[int, subprocess.Popen[bytes]] = {}


class ProgramDiedError(RuntimeError):
    """A program ended before it was ready. Carries the end of its log, which never holds personal data."""


def started_at(pid: int) -> int | None:
    """The kernel's start time of a running process, in ticks since boot; None if it has ended."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The name in brackets may itself hold brackets and spaces, so count from the last one.
    fields = text[text.rindex(")") + 2 :].split()
    state, start = fields[0], int(fields[19])
    return None if state in "ZX" else start


@dataclass(frozen=True)
class Process:
    """One process, whether this program started it or only read about it in the state file."""

    pid: int
    started: int

    @classmethod
    def start(
        cls,
        arguments: Sequence[str | Path],
        *,
        env: Mapping[str, str],
        folder: Path,
        output: Path,
        user: str | None = None,
    ) -> "Process":
        """Start a program in a session of its own, so that Ctrl-C here is not Ctrl-C there."""
        with output.open("ab") as log:
            child = subprocess.Popen(
                [str(each) for each in arguments],
                env=dict(env),
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                user=user,
                group=pwd.getpwnam(user).pw_gid if user else None,
                extra_groups=[] if user else None,
            )
        # 0 is the start time of nothing: a program that ended at once is then simply not alive.
        process = cls(child.pid, started_at(child.pid) or 0)
        _children[child.pid] = child
        return process

    def alive(self) -> bool:
        child = _children.get(self.pid)
        if child is not None and child.poll() is not None:
            del _children[self.pid]
        return self.started != 0 and started_at(self.pid) == self.started

    def send(self, number: int) -> None:
        """Send a signal, unless the process has ended or its number belongs to someone else now."""
        if self.alive():
            try:
                os.kill(self.pid, number)
            except ProcessLookupError:
                return

    def wait(self, timeout: float) -> bool:
        """Wait for its end; False if it is still there."""
        limit = time.monotonic() + timeout
        while self.alive():
            if time.monotonic() > limit:
                return False
            time.sleep(_POLL_SECONDS)
        return True

    def stop(self, timeout: float, *, number: int = signal.SIGTERM) -> bool:
        """Ask it to end, and insist when it has not. True if asking was enough."""
        self.send(number)
        if self.wait(timeout):
            return True
        self.kill()
        return False

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        self.send(signal.SIGKILL)
        self.wait(10)


def last_lines(path: Path, count: int = 15) -> str:
    """The end of a log, for the moment something went wrong."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - 8000))
            return "\n".join(file.read().decode("utf-8", "replace").splitlines()[-count:])
    except FileNotFoundError:
        return ""
