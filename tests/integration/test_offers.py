"""The list of services is taken in while the broker runs: what changes, what does not count, and what an operator sees."""

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from broker.incoming import OutRow
from broker.offers import Offers
from broker.store_thread import StoreThread
from broker.watch import Watch
from contracts.kinds import Kind
from contracts.offers import SERVICES_FILE
from contracts.service_entries import sign_services
from contracts.steps import CaseStep
from contracts.vocabulary import CaseMove, CaseRole
from tests.factories import DAY, MINUTE, partnership, person
from tests.integration.counter import Counter

CJIT, PROJECT = "cjit-ashby", "project-ashby"
BOTH = ("officer-1", "officer-2")


@dataclass
class Town:
    """A broker's list of services, and the folder that its officers keep it in."""

    broker: Counter
    offers: Offers
    watch: Watch
    keys: Path

    def sign(self, version: int, places: int, officers: tuple[str, ...] = BOTH, *, now: int | None = None) -> None:
        """The project's intake with so many places left."""
        entry = {
            "id": "project-intake", "organization": PROJECT, "name": "Intake", "needs": ["support"],
            "capacities": [{"available": places, "maximum": 4}],
        }  # fmt: skip
        listed = self.keys / "list.yaml"
        listed.write_text(yaml.safe_dump({"services": [entry]}))
        sign_services(listed, self.keys, officers, now=now or self.broker.now, version=version)

    def referral(self) -> list[str]:
        """What the sender of a referral to the project is told beside its receipt."""
        reference = self.broker.register(CJIT, person())
        message = self.broker.send(Kind.REFERRAL_MADE, CJIT, reference=reference)
        return [str(each.alert) for each in self.broker.alerts(CJIT) if each.message == message]


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    keys = tmp_path / "keys"
    shutil.copytree(partnership().folder, keys)
    (keys / SERVICES_FILE).unlink(missing_ok=True)
    broker, watch = Counter(f"sqlite:///{tmp_path / 'store.sqlite'}"), Watch()
    thread = StoreThread(watch)

    async def publish(rows: Sequence[OutRow]) -> None:
        broker.take(list(rows))

    yield Town(broker, Offers(keys, store=broker.store, thread=thread, publish=publish, watch=watch), watch, keys)
    thread.stop()
    broker.store.close()


async def test_a_new_list_counts_at_the_next_look(town: Town) -> None:
    await town.offers.look(town.broker.now)
    assert (town.referral(), town.watch.notes()) == ([], [])
    town.sign(1, places=0)
    await town.offers.look(town.broker.now)
    assert town.referral() == ["service_full"]
    town.sign(2, places=1)
    await town.offers.look(town.broker.now)
    assert (town.referral(), town.watch.notes()) == ([], [])


async def test_who_keeps_people_whom_nobody_took_hears_of_it_at_once(town: Town) -> None:
    town.sign(1, places=0)
    await town.offers.look(town.broker.now)
    reference = town.broker.register(CJIT, person())
    check, _ = town.broker.check(CJIT, person())
    step = CaseStep(move=CaseMove.OPEN, role=CaseRole.LEAD, check=check)
    town.broker.send(Kind.CASE_OPENED, CJIT, reference=reference, step=step)
    assert town.broker.alerts(CJIT) == []
    town.sign(2, places=1)
    await town.offers.look(town.broker.now)
    assert [(each.alert, each.agency) for each in town.broker.alerts(CJIT)] == [("lead_question_open", PROJECT)]


async def test_what_cannot_be_trusted_changes_nothing_and_is_said_until_a_sound_one_comes(town: Town) -> None:
    town.sign(1, places=0)
    await town.offers.look(town.broker.now)
    wrong: dict[str, Callable[[], object]] = {
        "only 1 of the 2 officers needed signed": lambda: town.sign(2, places=1, officers=("officer-1",)),
        "not in its agreed form": lambda: (town.keys / SERVICES_FILE).write_text("{}"),
        "its file is gone": (town.keys / SERVICES_FILE).unlink,
    }
    for why, spoil in wrong.items():
        spoil()
        await town.offers.look(town.broker.now)
        (note,) = town.watch.notes()
        assert (why in note, "version 1 goes on counting" in note) == (True, True)
        assert town.referral() == ["service_full"]
    town.sign(2, places=1)
    await town.offers.look(town.broker.now)
    assert (town.referral(), town.watch.notes()) == ([], [])
    town.sign(1, places=0)
    await town.offers.look(town.broker.now)
    (note,) = town.watch.notes()
    assert ("version 1 is older" in note, "version 2 goes on counting" in note) == (True, True)
    assert town.referral() == []


async def test_a_list_that_is_not_in_force_yet_counts_when_its_day_comes(town: Town) -> None:
    town.sign(1, places=0, now=town.broker.now + DAY)
    await town.offers.look(town.broker.now)
    assert "not in force today; take the current one from your partnership; none counts" in town.watch.notes()[0]
    await town.offers.look(town.broker.now + MINUTE)
    assert town.broker.store.services_version == 0
    await town.offers.look(town.broker.now + DAY)
    assert (town.broker.store.services_version, town.watch.notes()) == (1, [])


async def test_a_file_that_did_not_change_is_not_read_again(town: Town) -> None:
    town.sign(1, places=0)
    await town.offers.look(town.broker.now)
    file = town.keys / SERVICES_FILE
    kept = file.stat()
    file.write_text("x" * kept.st_size)
    os.utime(file, ns=(kept.st_atime_ns, kept.st_mtime_ns))
    await town.offers.look(town.broker.now)
    assert town.watch.notes() == []
