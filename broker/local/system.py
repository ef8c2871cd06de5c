"""The whole system on this machine: keys, RabbitMQ, broker, consent service and one adapter for each agency.

Starts programs and imports none of them. What it started is in the state file, so that another process can stop,
kill or restart any of it. Leaves out what the programs do, and what the demonstration plays.
"""

import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from broker.local import state
from broker.local.messaging import Messaging, PrivateRabbit, choose, reopened
from broker.local.prepare import PROTOCOL, make_demonstration, sign_agreements, signed
from broker.local.programs import Program
from broker.local.progress import Progress
from broker.local.rabbitmq import PrivateNode
from contracts import topology
from contracts.keyring import ASHBY, DIRECTORY_FILE

RABBITMQ = "rabbitmq"
BROKER, CONSENT = "broker", "consent"
# The consent service has the most to do for a message, and its database is the referee between any number of it (design.md
# D12): so it runs twice, and while one is away the other answers.
CONSENTS = (CONSENT, f"{CONSENT}-2")
KINDS = {party.id: party.kind.value for party in ASHBY}
AGENCY_MODULES = {kind: f"agencies.{kind}" for kind in KINDS.values()}


class System:
    """One system in one folder. `with System(folder) as system:` starts it, and stops it at the end."""

    def __init__(
        self,
        folder: Path,
        *,
        databases: Mapping[str, str] | None = None,
        case_systems: Mapping[str, str] | None = None,
        settings: Mapping[str, Mapping[str, str]] | None = None,
        progress: Progress | None = None,
    ) -> None:
        """`databases` by service and `case_systems` by agency replace the defaults; `settings` adds to a program's."""
        self.folder = folder.absolute()
        self.progress = progress or Progress()
        self._databases = dict(databases or {})
        self._case_systems = dict(case_systems or {})
        self._settings = {name: dict(each) for name, each in (settings or {}).items()}
        self.programs: dict[str, Program] = {}
        self.messaging: Messaging | None = None

    @classmethod
    def open(cls, folder: Path, *, progress: Progress | None = None) -> Self:
        """The system that was started in this folder, by whichever process."""
        remembered = state.read(folder)
        if remembered is None:
            raise state.NoSystemError(f"no system was started in {folder}")
        system = cls(folder, progress=progress)
        system._databases = dict(remembered["databases"])
        system.messaging = reopened(system.folder, tuple(KINDS), remembered["rabbitmq"])
        system.programs = {name: Program.from_saved(name, each) for name, each in remembered["programs"].items()}
        return system

    # --- all of it

    def start(self, *, timeout: float = 90) -> None:
        """Start what is not running and return when everything says it is ready; on failure, stop what was started."""
        began = time.monotonic()
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            self._make_keys()
            # Beside RabbitMQ, which takes longer.
            signing = sign_agreements(self.folder / "keys", self._protocol())
            self._start_rabbitmq()
            with self.progress.step("the officers' signatures under the agreements"):
                signed(signing)
            self._start_programs(timeout)
        except BaseException:
            self.stop()
            raise
        self.progress.say(f"  everything is ready after {time.monotonic() - began:.1f} s")

    def stop(self) -> None:
        """Stop it in the order in which messages flow, so that each program finishes what it took."""
        adapters = [each for name, each in self.programs.items() if name in KINDS]
        services = [self.programs[name] for name in (BROKER, *CONSENTS) if name in self.programs]
        try:
            if any(each.alive() for each in [*adapters, *services]):
                with self.progress.step("stopping the programs"):
                    # Together: each closes its own connections, and none waits for another.
                    for each in adapters:
                        each.ask_to_stop()
                    for each in [*adapters, *services]:
                        each.stop()
        finally:
            # Whatever went wrong above, a server that nobody knows of is not left behind.
            if self.messaging and self.messaging.runs():
                with self.progress.step("stopping RabbitMQ"):
                    self.messaging.stop()
            self.save()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    # --- one of it

    def names(self) -> list[str]:
        """Everything that can be killed, stopped and restarted by name."""
        return [*([RABBITMQ] if isinstance(self.messaging, PrivateRabbit) else []), *self.programs]

    def kill(self, name: str) -> None:
        """kill -9, as a power cut would. Nothing else notices until it looks."""
        if name == RABBITMQ:
            self._node().kill()
        else:
            self.programs[name].kill()

    def stop_one(self, name: str) -> None:
        """Ask one program to end, and wait for it."""
        if name == RABBITMQ:
            self._node().stop()
        else:
            self.programs[name].stop()
        self.save()

    def restart(self, name: str, *, timeout: float = 90, wait: bool = True) -> None:
        """Start one program again, after a stop or a kill, on the same port, files and accounts."""
        if name == RABBITMQ:
            self._node().restart(timeout=timeout)
        else:
            program = self.programs[name]
            program.stop()
            program.start()
            if wait:
                program.wait_ready(timeout=timeout)
        self.save()

    def ready(self) -> dict[str, tuple[str, ...]]:
        """The programs that are not ready, with their reasons. Empty means that all are."""
        seen = {name: each.health() for name, each in self.programs.items()}
        return {name: each.reasons for name, each in seen.items() if not each.ready}

    def url(self, user: str) -> str:
        """The AMQP address of an account: an agency, `broker`, `consent` or `operator`."""
        assert self.messaging is not None, "the system was never started"
        return self.messaging.url(user)

    def database(self, service: str) -> str:
        """The database URL of the broker or the consent service."""
        return self._databases.get(service, f"sqlite:///{self.folder / service / service}.sqlite")

    # --- how it is made

    def _node(self) -> PrivateNode:
        if not isinstance(self.messaging, PrivateRabbit):
            raise state.NoSystemError("this RabbitMQ is not ours to stop or start")
        return self.messaging.node

    def save(self) -> None:
        """Write the state file, so that every process started is known to whoever comes next."""
        if self.messaging is None:
            return
        users = [each.user for each in topology.rights(tuple(KINDS))]
        started = self.messaging.saved().get("node", {}).get("ports", True)
        state.write(
            self.folder,
            {
                "name": self.folder.name,
                "demonstration": True,
                "rabbitmq": self.messaging.saved(),
                "amqp": {user: self.messaging.url(user) for user in users} if started else {},
                "databases": {each: self.database(each) for each in (BROKER, CONSENT)},
                "programs": {name: each.saved() for name, each in self.programs.items()},
            },
        )

    def _make_keys(self) -> None:
        keys = self.folder / "keys"
        if not (keys / DIRECTORY_FILE).exists():
            with self.progress.step("making demonstration keys"):
                make_demonstration(keys)

    def _protocol(self) -> Path:
        return Path(self._settings.get(CONSENT, {}).get("CONSENT_PROTOCOL", PROTOCOL))

    def _start_rabbitmq(self) -> None:
        remembered = state.read(self.folder)
        if remembered:
            self._databases = {**remembered["databases"], **self._databases}
        if remembered and state.running(remembered):
            self.programs = {name: Program.from_saved(name, each) for name, each in remembered["programs"].items()}
        elif remembered and remembered["rabbitmq"].get("node"):
            # Nothing of it runs, so nobody knows the old ports: take any that are free today.
            remembered["rabbitmq"]["node"].update(ports=None, server=None, epmd=None)
        self.messaging = choose(self.folder, tuple(KINDS), remembered["rabbitmq"] if remembered else None)
        with self.progress.step("starting RabbitMQ"):
            self.messaging.start()
        self.save()

    def _start_programs(self, timeout: float) -> None:
        for each in self._make_programs():
            if each.name not in self.programs or not self.programs[each.name].alive():
                self.programs[each.name] = each
        asleep = [each for each in self.programs.values() if not each.alive()]
        with self.progress.step(f"starting {len(asleep)} programs"):
            for each in asleep:
                each.start()
                self.save()
            for each in asleep:
                each.wait_ready_or_move(timeout=timeout)
        self.save()

    def _make_programs(self) -> list[Program]:
        assert self.messaging is not None
        consents = [self._service(CONSENT, {"CONSENT_PROTOCOL": str(PROTOCOL)}, name) for name in CONSENTS]
        return [self._service(BROKER, {}), *consents] + [self._adapter(agency, kind) for agency, kind in KINDS.items()]

    def _service(self, service: str, more: Mapping[str, str], name: str | None = None) -> Program:
        prefix = service.upper()
        (self.folder / service).mkdir(parents=True, exist_ok=True, mode=0o700)
        own = {f"{prefix}_DATABASE_URL": self.database(service), **more}
        return self._program(service, service, prefix, own, name)

    def _adapter(self, agency: str, kind: str) -> Program:
        data = self.folder / "agencies" / agency
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
        cases = self._case_systems.get(agency, f"simulated:{data / 'cases'}")
        own = {"ADAPTER_AGENCY": agency, "ADAPTER_DATA": str(data), "ADAPTER_CASE_SYSTEM": cases}
        return self._program(agency, AGENCY_MODULES[kind], "ADAPTER", own)

    def _program(self, account: str, module: str, prefix: str, own: Mapping[str, str], name: str | None = None) -> Program:
        env = {
            f"{prefix}_AMQP_URL": self.url(account),
            f"{prefix}_KEYS": str(self.folder / "keys" / account),
            f"{prefix}_DIRECTORY": str(self.folder / "keys" / DIRECTORY_FILE),
            "DEMONSTRATION": "1",
            **own,
            **self._settings.get(account, {}),
        }
        name = name or account
        return Program(name, module, env, self.folder / "logs" / f"{name}.log", health_setting=f"{prefix}_HEALTH_PORT")
