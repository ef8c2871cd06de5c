"""The programs of the system as child processes: started, watched until ready, ended. Imports none of them."""

import json
import os
import signal
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from broker.local.ports import LOOPBACK, free_ports
from broker.local.processes import Process, ProgramDiedError, last_lines

ROOT = Path(__file__).parents[2]
_OURS = ("BROKER_", "CONSENT_", "ADAPTER_", "DEMONSTRATION", "AMQP_URL")
_PORT_TAKEN = "address already in use"
_STARTS = 3


class NotReadyError(RuntimeError):
    """A program runs but does not say that it is ready; carries its own reasons."""


class HealthPortTakenError(ProgramDiedError):
    """Another program took the health port between choosing and using it."""


@dataclass(frozen=True)
class Health:
    """What a program says about itself: ready or not, and why not."""

    ready: bool
    reasons: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    """What is under way in it, whether it is ready or not."""


@dataclass
class Program:
    """One service or adapter, as `python -m module` with its settings in the environment."""

    name: str
    module: str
    env: dict[str, str]
    log: Path
    health_setting: str
    health_port: int = 0
    process: Process | None = field(default=None, compare=False)

    def start(self) -> None:
        """Start it without waiting. Its health port is kept once chosen, so that others may watch it."""
        if not self.health_port:
            self.health_port = free_ports(1)[0]
        self.env[self.health_setting] = str(self.health_port)
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self.process = Process.start(
            [sys.executable, "-m", self.module],
            env=_surroundings() | self.env,
            folder=ROOT,
            output=self.log,
        )

    def wait_ready(self, *, timeout: float = 60) -> None:
        """Return when it is ready; raise with its own words when it ends or takes too long."""
        limit = time.monotonic() + timeout
        while True:
            health = self.health()
            if health.ready:
                return
            if not self.alive():
                end = last_lines(self.log)
                kind = HealthPortTakenError if _PORT_TAKEN in end.lower() else ProgramDiedError
                raise kind(f"{self.name} ended while starting. The end of its log:\n{end}")
            if time.monotonic() > limit:
                why = "; ".join(health.reasons) or "no answer"
                raise NotReadyError(f"{self.name} was not ready after {timeout:.0f} s: {why}")
            time.sleep(0.05)

    def wait_ready_or_move(self, *, timeout: float = 60) -> None:
        """The same; but when its health port was taken meanwhile, start it again on another."""
        for attempt in range(1, _STARTS + 1):
            try:
                self.wait_ready(timeout=timeout)
            except HealthPortTakenError:
                if attempt == _STARTS:
                    raise
                self.health_port = 0
                self.start()
            else:
                return

    def ask_to_stop(self) -> None:
        """SIGTERM, without waiting."""
        if self.process:
            self.process.send(signal.SIGTERM)

    def stop(self, *, timeout: float = 20) -> None:
        if self.process:
            self.process.stop(timeout)

    def kill(self) -> None:
        """kill -9, as a power cut would."""
        if self.process:
            self.process.kill()

    def alive(self) -> bool:
        return self.process is not None and self.process.alive()

    def health(self, *, timeout: float = 3.0) -> Health:
        """Ask it. A program that cannot be asked is not ready."""
        try:
            with urllib.request.urlopen(self._url("/health/ready"), timeout=timeout) as answer:  # noqa: S310  # loopback, our own port
                return Health(answer.status == 200, notes=_listed(answer.read(), "notes"))
        except urllib.error.HTTPError as error:
            with error:
                body = error.read()
                why = _listed(body, "reasons") or ("answered without saying why",)
                return Health(ready=False, reasons=why, notes=_listed(body, "notes"))
        except (OSError, ValueError):
            return Health(ready=False, reasons=("no answer on its health port",) if self.alive() else ("not running",))

    def _url(self, path: str) -> str:
        return f"http://{LOOPBACK}:{self.health_port}{path}"

    # --- the state file

    def saved(self) -> dict[str, Any]:
        process = self.process
        return {
            "module": self.module,
            "env": self.env,
            "log": str(self.log),
            "health_setting": self.health_setting,
            "health_port": self.health_port,
            "pid": process.pid if process else None,
            "started": process.started if process else None,
        }

    @classmethod
    def from_saved(cls, name: str, saved: dict[str, Any]) -> Self:
        program = cls(
            name,
            saved["module"],
            dict(saved["env"]),
            Path(saved["log"]),
            saved["health_setting"],
            saved["health_port"],
        )
        if saved["pid"]:
            program.process = Process(saved["pid"], saved["started"])
        return program


def shown(folder: Path) -> str:
    """A folder as a reader at the top of this project would write it."""
    return str(folder.relative_to(ROOT)) if folder.is_relative_to(ROOT) else str(folder)


def _surroundings() -> dict[str, str]:
    """This process's environment, without the settings of another system."""
    return {key: value for key, value in os.environ.items() if not key.startswith(_OURS)}


def _listed(body: bytes, what: str) -> tuple[str, ...]:
    """What a health page lists under a word; nothing where it lists nothing, or cannot be read."""
    try:
        said = json.loads(body)
    except ValueError:
        return ()
    return tuple(str(each) for each in said.get(what, ())) if isinstance(said, dict) else ()
