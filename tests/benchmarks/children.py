"""The programs that are measured, as child processes: the broker, the consent service, and a relay.

They are started as an operator starts them. With a folder for profiles each runs under a profiler; its speed is then no
figure to quote. Leaves out what is sent through them.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from broker.local.processes import Process
from broker.local.programs import ROOT, Program
from broker.local.system import BROKER, CONSENT, CONSENTS
from tests.benchmarks.relays import ADDRESS
from tests.benchmarks.town import Town


@dataclass(frozen=True, slots=True)
class Choices:
    """What a run sets otherwise than the programs' defaults; printed beside every figure."""

    credit: int
    protocol: Path
    batch_size: int | None = None
    prefetch: int | None = None
    batches_in_flight: int | None = None
    profiles: Path | None = None


@dataclass
class Profiled(Program):
    """A program under a profiler that writes what it saw when the program ends."""

    profile: Path | None = None

    def start(self) -> None:
        if self.profile is None:
            return super().start()
        real, self.module = self.module, "tests.benchmarks.profiled"
        self.env |= {"BENCH_PROFILE": str(self.profile), "BENCH_MODULE": real}
        try:
            return super().start()
        finally:
            self.module = real


@dataclass(frozen=True, slots=True)
class Services:
    """The programs of one run: the broker, and as many consent services as a system has."""

    broker: Program
    consents: tuple[Program, ...]

    def stop(self) -> None:
        """The broker first, so that no question is left without an answer."""
        self.broker.stop()
        for consent in self.consents:
            consent.ask_to_stop()
        for consent in self.consents:
            consent.stop()


def services(town: Town, folder: Path, broker_url: str, consent_url: str, choices: Choices) -> Services:
    """Start both on these databases and wait until each says that it is ready."""
    folder.mkdir(parents=True, exist_ok=True)
    shared = {"DEMONSTRATION": "1", "PYTHONUNBUFFERED": "1"}
    keys, directory = town.keys.folder, str(town.keys.folder / "directory.json")
    consent = {
        "CONSENT_AMQP_URL": town.rabbit.url("consent"),
        "CONSENT_DATABASE_URL": consent_url,
        "CONSENT_KEYS": str(keys / "consent"),
        "CONSENT_DIRECTORY": directory,
        "CONSENT_PROTOCOL": str(choices.protocol),
    }
    broker = {
        "BROKER_AMQP_URL": town.rabbit.url("broker"),
        "BROKER_DATABASE_URL": broker_url,
        "BROKER_KEYS": str(keys / "broker"),
        "BROKER_DIRECTORY": directory,
        "BROKER_INBOX_CREDIT": str(choices.credit),
        "BROKER_CHECK_BUDGETS": str(_unbounded(folder)),
    }
    for name, value in {
        "BROKER_BATCH_SIZE": choices.batch_size,
        "BROKER_PREFETCH": choices.prefetch,
        "BROKER_BATCHES_IN_FLIGHT": choices.batches_in_flight,
    }.items():
        if value is not None:
            broker[name] = str(value)
    programs = [
        Profiled(
            name,
            service,
            shared | env,
            folder / f"{name}.log",
            f"{service.upper()}_HEALTH_PORT",
            profile=choices.profiles / f"{name}.prof" if choices.profiles else None,
        )
        for name, service, env in (*((name, CONSENT, consent) for name in CONSENTS), (BROKER, BROKER, broker))
    ]
    started: list[Program] = []
    try:
        for program in programs:
            started.append(program)
            program.start()
        for program in programs:
            program.wait_ready_or_move()
    except BaseException:
        for each in started:
            each.kill()
        raise
    return Services(broker=programs[-1], consents=tuple(programs[:-1]))


def _unbounded(folder: Path) -> Path:
    """A bench asks in a minute what a town asks in a month: nobody's checks are to wait for an officer meanwhile."""
    file = folder / "check_budgets.toml"
    file.write_text("[day]\nworker = 10000000\nagency = 10000000\nsame_person = 10000000\n")
    return file


@contextmanager
def relay(town: Town, which: str) -> Iterator[int]:
    """A relay that consumes; its process number."""
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.benchmarks.relays", which],
        cwd=ROOT,
        env=os.environ | {ADDRESS: town.operator},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        _wait_for_ready(child.stdout)
        yield child.pid
    finally:
        child.terminate()
        with suppress(subprocess.TimeoutExpired):
            child.wait(10)
        child.kill()
        child.wait()
        if child.stdout:
            child.stdout.close()


@contextmanager
def paused(*pids: int) -> Iterator[None]:
    """Hold programs still, so that a queue can be filled before they take from it. They go on at the end of the block."""
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def pid_of(program: Program) -> int:
    """The number of a running program."""
    process: Process | None = program.process
    assert process is not None
    return process.pid


def _wait_for_ready(output: IO[str] | None) -> None:
    assert output is not None
    if output.readline().strip() != "READY":
        raise RuntimeError("the relay ended before it was ready")
