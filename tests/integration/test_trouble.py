"""Trouble at the edges: what is away, locked or full. Fail closed, say so, and recover without a person.

On the real programs and real RabbitMQ. What is asserted each time: what the sender is told, what did not pass meanwhile, what
the health page says, and that all of it goes on by itself.
"""

import os
import resource
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from broker.local.demo_cast import Woman, cast, read_story
from broker.local.demo_forms import HOUSING, NEEDS, PROJECT, Forms
from broker.local.demo_stage import Stage
from broker.local.progress import Progress
from broker.local.records import records
from broker.local.system import BROKER, CONSENTS, System
from tests.integration.audit.stores import find
from tests.integration.kill import audit

pytestmark = pytest.mark.timeout(180)


class House:
    """A running system with one woman whose referral to housing is agreed; each trouble sends her referral once more."""

    def __init__(self, system: System) -> None:
        self.system = system
        places = find(system.folder)
        self.stage = Stage({agency.id: agency.case_system for agency in places.agencies if agency.case_system}, patience=60)
        self.forms = Forms()
        self.woman: Woman = cast(read_story(), 3)[0]
        to, purpose, labels = NEEDS["housing"]
        self.stage[HOUSING].habit(answer_referrals="ignore")
        self.stage.play(PROJECT, self.forms.person(self.woman, "same"))
        consent = self.forms.consent(self.woman, purpose, to, labels)
        self.stage.play(PROJECT, consent)
        self._consent = consent["consent"]

    def refer(self) -> str:
        """The project refers her to housing, once more; the record's id."""
        (record,) = self.stage[PROJECT].write([self.forms.referral(self.woman, "housing", (self._consent,))])
        return record

    def states(self, record: str) -> list[str]:
        """What the project was told about a record, in order."""
        self.stage.look()
        return [told["state"] for told in self.stage[PROJECT].told.get(record, []) if told["type"] == "receipt"]

    def arrived(self) -> int:
        """How many referrals housing has."""
        self.stage.look()
        return len(self.stage[HOUSING].arrived)

    def until_delivered(self, record: str) -> None:
        """Wait for the last word, and that it is a good one."""
        self.stage.until("the last word on it", lambda: self.stage[PROJECT].is_final(record))
        assert self.states(record)[-1] == "delivered"

    def until_reason(self, program: str, word: str) -> None:
        """Wait until a program says on its health page that it is not ready, and why."""
        self.stage.until(f"{program} says {word}", lambda: any(word in why for why in self.system.ready().get(program, ())))

    def until_well(self) -> None:
        """Wait until everything says that it is ready."""
        self.stage.until("everything is ready again", lambda: not self.system.ready())


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("trouble") / "system"
    settings = {"broker": {"BROKER_ANSWER_TIMEOUT_SECONDS": "1"}}
    with System(folder, settings=settings, progress=Progress(quiet=True)) as system:
        house = House(system)
        yield house
        house.until_well()
        # Whatever happened above, nothing was lost, doubled or released without an entry.
        assert [line for finding in audit(folder) for line in finding["violations"]] == []


def test_without_the_consent_service_messages_wait_and_nothing_passes(house: House) -> None:
    before = house.arrived()
    for each in CONSENTS:
        house.system.kill(each)
    record = house.refer()
    house.stage.until("the sender is told that it waits", lambda: "held" in house.states(record))
    held = [told for told in house.stage[PROJECT].told[record] if told.get("state") == "held"]
    assert [told["reason"] for told in held] == ["SYS-01:check-not-available"]
    house.until_reason(BROKER, "consent service")
    assert house.arrived() == before
    # One of them is enough.
    house.system.restart(CONSENTS[1])
    house.until_delivered(record)
    assert house.arrived() == before + 1
    # Told once that it waits, not at every try.
    assert house.states(record).count("held") == 1


def test_while_one_consent_service_is_away_the_other_answers(house: House) -> None:
    house.system.restart(CONSENTS[0])
    for away in CONSENTS:
        house.system.kill(away)
        record = house.refer()
        house.until_delivered(record)
        house.system.restart(away)


def test_a_locked_database_stops_the_intake_and_is_named_and_goes_on_by_itself(house: House) -> None:
    before = house.arrived()
    with _locked(house.system.folder / "broker" / "broker.sqlite"):
        record = house.refer()
        house.until_reason(BROKER, "database")
        assert house.states(record) == []
        assert house.arrived() == before
    house.until_delivered(record)
    assert house.arrived() == before + 1


def test_a_full_disk_stops_the_intake_and_goes_on_when_there_is_room(house: House) -> None:
    before = house.arrived()
    process = house.system.programs[BROKER].process
    assert process is not None
    unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    # To a process, a disk with no room and a limit on file size look the same: the write fails.
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
    try:
        record = house.refer()
        house.until_reason(BROKER, "database")
        assert house.arrived() == before
    finally:
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, unlimited)
    house.until_delivered(record)
    assert house.arrived() == before + 1


def test_an_alarm_of_rabbitmq_blocks_senders_until_it_ends(house: House) -> None:
    before = house.arrived()
    node = house.system._node()
    node.control("set_vm_memory_high_watermark", "absolute", "1MB")
    try:
        record = house.refer()
        house.stage.until("the adapter says that RabbitMQ does not take it", lambda: PROJECT in house.system.ready())
        assert house.states(record) == []
    finally:
        node.control("set_vm_memory_high_watermark", "absolute", "1GB")
    house.until_delivered(record)
    assert house.arrived() == before + 1


def test_what_she_takes_back_reaches_whoever_was_told_and_an_officer_reads_how_far_it_came(house: House) -> None:
    """The last of this file: there is no consent left after it."""
    record = house.refer()
    house.until_delivered(record)
    message = house.stage[PROJECT].message_of(record)
    wrong = {"type": "correction", "id": "correction-1", "corrects": record, "labels": ["identity"], "why": "typing_error"}
    house.stage.play(PROJECT, wrong | {"worker": "worker_1", "age_band": "adult"})
    withdrawal = house.forms.withdrawal(house._consent)
    house.stage.play(PROJECT, withdrawal)

    def alerts() -> set[str]:
        return {told["alert"] for told in house.stage[HOUSING].alerts if told["message"] == message}

    house.stage.until("housing to hear of both", lambda: alerts() == {"value_corrected", "consent_withdrawn"})
    causes = [house.stage[PROJECT].message_of(each) or "" for each in ("correction-1", withdrawal["id"])]
    said = ""

    def complete() -> bool:
        nonlocal said
        done = rights(house, "report", *causes)
        said = done.stdout
        return done.returncode == 0

    house.stage.until("housing to acknowledge both", complete)
    assert said.count("Complete: nobody is still to be heard from.") == 2
    reached = f"message {message}: they have it, were told, and acknowledged that; what was opened cannot be recalled"
    assert " ".join(said.split()).count(reached) == 2

    hers = records(house.system.folder, PROJECT, house.woman.id)
    history = rights(house, "history", *hers).stdout.splitlines()
    assert "You said yes" in history[0]
    assert "You took a yes back" in history[-1]
    assert house.woman.surname not in "".join(history)


def rights(house: House, *arguments: str) -> subprocess.CompletedProcess[str]:
    """An officer's command, as ``./run rights`` makes it."""
    env = os.environ | house.system.programs[CONSENTS[0]].env
    command = [sys.executable, "-m", "consent.rights.cli", *arguments, "--reader", "test"]
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("ROLLBACK")
