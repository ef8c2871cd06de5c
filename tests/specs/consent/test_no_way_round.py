"""Broken glass with one part missing is refused through every way in, with its code, and nothing is left behind (clause G4).

The ways are walked in ``ways``; the parts that can be wrong are in ``emergency``. The table is their product.
"""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import text

import consent.at_the_log
import consent.desk.cli
from consent.acts import waiting
from consent.broken import unreviewed
from consent.store import alone
from contracts.consent_check import Refused
from contracts.keyring import PEOPLE
from contracts.statements import Glass
from contracts.vocabulary import Reason
from tests.factories import partnership
from tests.specs.consent.emergency import BREAKER, GOVERNANCE, HOUR, PARTS, SECOND, glass
from tests.specs.consent.ways import OWN_CODE, WAYS, House, Met, Way, adapter, drop_folder
from tests.specs.histories.letters import PROJECT
from tests.specs.histories.world import protocols

title = "There is no way round a broken glass with a part missing"
rules: set[str] = set()


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """She said no to being spoken of even when she is at risk; one whole broken glass went before."""
    house = House.make(tmp_path_factory.mktemp("ways"))
    house.whole = house.delivered(house.urgent(glass(house.world.now)))
    yield house
    house.close()


@pytest.fixture(autouse=True)
def terminal(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever types a command types it on the machine where both services keep their stores."""
    keys = partnership().folder
    settings = {
        "CONSENT_DATABASE_URL": house.world.consent_url, "CONSENT_KEYS": str(keys / "consent"),
        "BROKER_DATABASE_URL": house.world.broker_url, "BROKER_KEYS": str(keys / "broker"),
        "BROKER_AMQP_URL": "amqp://nobody@localhost/", "DEMONSTRATION": "1",
        "CONSENT_DIRECTORY": str(keys / "directory.json"), "BROKER_DIRECTORY": str(keys / "directory.json"),
    }  # fmt: skip
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(consent.desk.cli, "load_in_force", lambda *_: (protocols()["shipped"], ""))
    # The story goes by its own clock, and so does what a command writes in its log.
    monkeypatch.setattr(consent.desk.cli, "_now", lambda: house.world.now)
    monkeypatch.setattr(consent.at_the_log, "time", SimpleNamespace(time_ns=lambda: house.world.now * 1_000_000))


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("part", PARTS)
def test_with_one_part_missing_it_is_refused_whichever_way_it_comes(house: House, way: str, part: str) -> None:
    house.world.answers_now.clear()
    met = WAYS[way](house, PARTS[part].make(house.world.now))
    assert met.codes == {OWN_CODE.get(way, PARTS[part].why)}
    _nothing_is_left_behind(house, met)


def _nothing_is_left_behind(house: House, met: Met) -> None:
    """Nothing was released, waits, could go later, counts as broken glass or came to anybody."""
    assert met.released == 0
    assert house.world.in_inbox == []
    assert house.project.given == []
    if met.message is None:
        return
    message = met.message
    rows = house.world.store.look(
        lambda work: work.rows(
            "SELECT m.state, b.permit FROM message AS m LEFT JOIN body AS b ON b.message = m.id WHERE m.id = ?", message
        )
    )
    assert {tuple(row) for row in rows} <= {("refused", None)}
    assert not house.world.store.look(lambda work: work.rows("SELECT 1 FROM outbox WHERE about = ?", message))
    with alone(house.world.engine) as connection:
        asked = {"message": message}
        answers = connection.execute(text("SELECT answer FROM decision WHERE message_id = :message"), asked).scalars().all()
        assert set(answers) <= {"refused"}
        for table in ("glass", "act", "telling"):
            assert not connection.execute(text(f"SELECT 1 FROM {table} WHERE message_id = :message"), asked).all()
        assert message not in {one.message for one in unreviewed(connection)}
        assert waiting(connection, message, protocols()["shipped"], house.world.now) is None


WHOLE = {
    "--to": PROJECT, "--labels": "request,identity,safety", "--emergency": "violence_now", "--reason": "he is at the door",
    "--person": BREAKER, "--second": SECOND,
}  # fmt: skip
# What is typed otherwise, or left out; and how the command ends, or what is answered on what it printed.
TYPED: dict[str, tuple[dict[str, str | None], int | Reason]] = {
    "nobody named": ({"--person": None}, 2),
    "somebody without a key": ({"--person": "nobody"}, 1),
    "no reason": ({"--reason": None}, 2),
    "blanks for a reason": ({"--reason": "   "}, Reason.BREAK_GLASS_PART_MISSING),
    "no reason code": ({"--emergency": None}, 2),
    "a reason code of her own": ({"--emergency": "because"}, 2),
    "no recipient": ({"--to": None}, 2),
    "another recipient": ({"--to": "housing-ashby"}, Reason.BREAK_GLASS_OUT_OF_SCOPE),
    "no labels": ({"--labels": None}, 2),
    "labels of her own": ({"--labels": "everything"}, 1),
    "labels that are not sent": ({"--labels": "health"}, Reason.BREAK_GLASS_OUT_OF_SCOPE),
    "more than a day": ({"--hours": "25"}, Reason.BREAK_GLASS_OUT_OF_TIME),
    "no time at all": ({"--hours": "0"}, Reason.BREAK_GLASS_OUT_OF_TIME),
    "an office that may not": ({"--person": GOVERNANCE}, Reason.BREAK_GLASS_NOT_PROVEN),
    "somebody of another agency": ({"--person": "w_tilling", "--second": None}, Reason.BREAK_GLASS_NOT_PROVEN),
    "herself as the second person": ({"--second": BREAKER}, Reason.BREAK_GLASS_NOT_PROVEN),
    "a second person of another agency": ({"--second": "w_tilling"}, Reason.BREAK_GLASS_NOT_PROVEN),
}


@pytest.mark.parametrize("case", TYPED)
def test_signed_at_the_terminal_with_a_part_missing_it_is_refused_there_or_when_it_is_sent(
    house: House, case: str, capsys: pytest.CaptureFixture[str]
) -> None:
    changes, expected = TYPED[case]
    typed = [word for pair in {**WHOLE, **changes}.items() if pair[1] is not None for word in pair if word is not None]
    house.world.answers_now.clear()
    try:
        ended = consent.desk.cli.main(["glass", "break", *typed, "--people", str(partnership().folder / PEOPLE)])
    except SystemExit as stop:
        ended = int(stop.code or 0)
    printed = capsys.readouterr().out
    if isinstance(expected, int):
        assert (ended, printed) == (expected, "")
        return
    assert ended == 0
    met = adapter(house, Glass.model_validate_json(printed))
    assert met.codes == {expected}
    _nothing_is_left_behind(house, met)


@pytest.mark.parametrize("way", [adapter, drop_folder], ids=["an adapter's message", "a file in the drop folder"])
def test_whole_it_is_released_the_same_way(house: House, way: Way) -> None:
    house.world.answers_now.clear()
    met = way(house, glass(house.world.now))
    assert (met.codes, met.released) == (frozenset(), 1)
    house.world.review()
    house.world.in_inbox.clear()


def test_one_that_was_whole_and_is_picked_up_after_its_end_is_decided_again_and_refused(tmp_path: Path) -> None:
    house = House.make(tmp_path)
    try:
        delivery = house.delivered(house.urgent(glass(house.world.now)))
        house.world.now += HOUR
        assert house.project.takes(delivery.wire()) is Reason.PERMIT_STALE
        house.world.publish(house.world.take_in(house.project.receipts(), PROJECT))
        house.world.answers_now.clear()
        house.world.publish(house.world.due())
        (answer,) = house.world.answers_now
        assert isinstance(answer, Refused)
        assert (answer.message, answer.reason) == (delivery.header.id, Reason.BREAK_GLASS_OUT_OF_TIME)
        assert house.world.in_inbox == []
        assert house.project.given == []
    finally:
        house.close()
