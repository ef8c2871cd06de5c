"""A new linkage key comes: handed over, used without a restart, and each person is asked for again and registered anew."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from agencies.case_system import LocalNotice
from agencies.condition import Condition
from agencies.rekeying import ASK_AGAIN_AFTER, AT_A_TIME, Rekeying
from agencies.simulated.office import Office
from contracts.identifiers import new_id
from contracts.keyring import KeyringError
from contracts.keyring_epochs import drop, epochs_in, hand, main, mint
from contracts.notices import ReceiptItem
from contracts.steps import RegisterStep
from contracts.vocabulary import Reason, ReceiptState
from tests.factories import Partnership, make_demonstration, partnership
from tests.unit.agencies.town import IDENTITY, Desk

HOLDERS = ("cjit-ashby", "drugs-ashby", "housing-ashby", "project-ashby", "sarc-ashby")


@pytest.fixture
def keys(tmp_path: Path) -> Partnership:
    """A partnership whose keys may be changed."""
    return make_demonstration(tmp_path / "keys", now=partnership().now)


@dataclass
class Line:
    """A line to RabbitMQ, as the health page sees it."""

    connected: bool
    slow: bool


def rekeying(desk: Desk) -> Rekeying:
    return Rekeying(desk.party, desk.store, desk.inbox, desk.clock)


def asked_for(desk: Desk) -> list[str]:
    return [notice.fields["person"] for notice in desk.inbox.to_tell(1000) if notice.fields["type"] == "register_again"]


def registered(desk: Desk, person: str, name: str) -> RegisterStep:
    step = desk.register(person, id=name).submission.for_broker.step
    assert isinstance(step, RegisterStep)
    return step


# --- the key


def test_a_new_key_is_handed_to_every_agency_that_registers_people_and_to_no_other(keys: Partnership) -> None:
    minted = mint(keys.folder)
    assert (minted.epoch, minted.handed) == (2, HOLDERS)
    files = {(keys.folder / agency / "linkage-2.key").read_bytes() for agency in (*HOLDERS, "linkage")}
    assert len(files) == 1
    assert files != {(keys.folder / "linkage" / "linkage.key").read_bytes()}
    assert list((keys.folder / "police-ashby").glob("linkage*")) == []
    assert (keys.folder / "cjit-ashby" / "linkage-2.key").stat().st_mode & 0o777 == 0o600


def test_a_third_key_waits_until_the_first_is_gone(keys: Partnership) -> None:
    mint(keys.folder)
    with pytest.raises(KeyringError, match="epochs 1 and 2 are both in use"):
        mint(keys.folder)
    assert drop(keys.folder, 1) == tuple(sorted((*HOLDERS, "linkage")))
    assert mint(keys.folder).epoch == 3
    assert list(epochs_in(keys.folder / "project-ashby")) == [2, 3]


def test_an_agency_elsewhere_is_handed_the_key_once_and_one_that_registers_nobody_never(
    keys: Partnership, tmp_path: Path
) -> None:
    elsewhere = (keys.folder / "housing-ashby").rename(tmp_path / "housing")
    assert "housing-ashby" not in mint(keys.folder).handed
    # Before it has the new key, the old one is not taken from anyone who has no other.
    assert hand(keys.folder, elsewhere) == hand(keys.folder, elsewhere) == 2
    with pytest.raises(KeyringError, match="registers nobody"):
        hand(keys.folder, keys.folder / "police-ashby")
    assert sorted(epochs_in(elsewhere)) == [1, 2]


def test_no_folder_is_left_without_a_key(keys: Partnership) -> None:
    mint(keys.folder)
    (keys.folder / "sarc-ashby" / "linkage-2.key").unlink()
    with pytest.raises(KeyringError, match="sarc-ashby would be left without"):
        drop(keys.folder, 1)
    with pytest.raises(KeyringError, match="the newest"):
        drop(keys.folder, 2)
    assert 1 in epochs_in(keys.folder / "cjit-ashby")


def test_the_commands_say_what_they_did(keys: Partnership, capsys: pytest.CaptureFixture[str]) -> None:
    folder = str(keys.folder)
    assert [main(["mint", folder]), main(["mint", folder]), main(["list", folder]), main(["drop", "1", folder])] == [0, 1, 0, 0]
    shown = capsys.readouterr()
    assert "Epoch 2 has a key. Handed to: cjit-ashby" in shown.out
    assert "cjit-ashby: 1, 2" in shown.out
    assert "Epoch 1 was taken out of" in shown.out
    assert "Finish first: ./run keys progress" in shown.err


# --- the adapter


def test_a_key_that_is_handed_over_is_used_at_once_beside_the_old_one_and_then_alone(keys: Partnership, tmp_path: Path) -> None:
    project = Desk("project-ashby", tmp_path, keys)
    assert [each.epoch for each in registered(project, "client-1", "p-1").keyed()] == [1]
    mint(keys.folder)
    assert [each.epoch for each in registered(project, "client-1", "p-2").keyed()] == [2, 1]
    drop(keys.folder, 1)
    assert [each.epoch for each in registered(project, "client-1", "p-3").keyed()] == [2]


def test_a_key_that_is_still_being_written_is_not_used_yet(keys: Partnership, tmp_path: Path) -> None:
    project = Desk("project-ashby", tmp_path, keys)
    (keys.folder / "project-ashby" / "linkage-2.key").write_bytes(b"half")
    assert [each.epoch for each in registered(project, "client-1", "p-1").keyed()] == [1]


def test_with_one_key_nobody_is_asked_for(keys: Partnership, tmp_path: Path) -> None:
    project = Desk("project-ashby", tmp_path, keys)
    registered(project, "client-1", "p-1")
    assert (rekeying(project).ask(), asked_for(project)) == (0, [])


def test_each_person_is_asked_for_once_a_few_at_a_time_and_keeps_her_reference(keys: Partnership, tmp_path: Path) -> None:
    project = Desk("project-ashby", tmp_path, keys)
    people = [f"client-{number}" for number in range(AT_A_TIME + 2)]
    references = {}
    for person in people:
        references[person] = project.register(person).submission.for_broker.reference
    mint(keys.folder)
    assert [rekeying(project).ask() for _ in range(3)] == [AT_A_TIME, 2, 0]
    assert asked_for(project) == people
    assert rekeying(project).left() == len(people)
    for person in people:
        again = project.register(person, id=f"again-{person}")
        assert again.submission.for_broker.reference == references[person]
    assert (rekeying(project).left(), rekeying(project).ask()) == (0, 0)


def test_whoever_was_not_given_again_is_asked_for_again_after_a_day(keys: Partnership, tmp_path: Path) -> None:
    project = Desk("project-ashby", tmp_path, keys)
    registered(project, "client-1", "p-1")
    mint(keys.folder)
    assert [rekeying(project).ask(), rekeying(project).ask()] == [1, 0]
    project.clock.now += ASK_AGAIN_AFTER + 1
    assert rekeying(project).ask() == 1
    assert asked_for(project) == ["client-1", "client-1"]


def test_the_operator_sees_how_many_are_still_to_be_given_again() -> None:
    condition = Condition(Line(connected=True, slow=False), case_system=None)
    assert (condition.ready(), condition.notes()) == ([], [])
    condition.to_give_again = 1_204
    assert (condition.ready(), condition.notes()) == (
        [], ["people still to be given again under the new linkage key: 1,204"],
    )  # fmt: skip


def test_a_registration_that_the_broker_refused_does_not_count(keys: Partnership, tmp_path: Path) -> None:
    project = Desk("project-ashby", tmp_path, keys)
    registered(project, "client-1", "p-1")
    mint(keys.folder)
    message = project.register("client-1", id="p-2").header.id
    assert rekeying(project).left() == 0
    item = ReceiptItem(message=message, state=ReceiptState.REFUSED, reason=Reason.EXPIRED)
    project.outbox.told(message, item.state, item.reason)
    assert rekeying(project).left() == 1


# --- the agency's own system


def test_a_simulated_system_gives_a_person_again_as_it_has_her_on_file(keys: Partnership, tmp_path: Path) -> None:
    project = Desk("project-ashby", tmp_path, keys)
    office = Office(tmp_path / "office", project.clock, demonstration=True)
    office._plan("p-1", 0, {"type": "person", "person": "client-1", "identity": {**IDENTITY, "forename": "Wrong"}})
    office._plan("p-2", 1, {"type": "person", "person": "client-1", "identity": IDENTITY})
    for record in office.outgoing(10):
        project.take(**record.fields)
        office.taken(record.id, new_id())
    mint(keys.folder)
    rekeying(project).ask()
    (notice,) = project.inbox.to_tell(10)
    for _ in range(2):
        office.told(LocalNotice(notice.id, notice.fields))
    (again,) = office.outgoing(10)
    assert again.fields["identity"] == IDENTITY
    assert again.id not in {"p-1", "p-2"}
    project.take(**again.fields)
    assert rekeying(project).left() == 0


def test_whoever_has_a_new_reference_is_asked_for_once_and_not_by_the_former_one(keys: Partnership, tmp_path: Path) -> None:
    desk = Desk("project-ashby", tmp_path, keys)
    for person in ("client-1", "client-2"):
        desk.register(person)
    replaced = desk.sent(type="new_reference", id="n-1", person="client-1")
    desk.hear(ReceiptItem(message=replaced.header.id, state=ReceiptState.DELIVERED))
    desk.sent(type="new_reference", id="n-2", person="client-2")
    mint(keys.folder)
    again = rekeying(desk)
    assert (again.left(), again.ask(), asked_for(desk)) == (2, 2, ["client-1", "client-2"])
    for person in ("client-1", "client-2"):
        registered(desk, person, f"again-{person}")
    assert again.left() == 0
