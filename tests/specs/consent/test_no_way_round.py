"""Broken glass with one part missing is refused through every way in, and nothing is released (clause G4).

Every way ends at the consent service, which judges it; so each is walked to there, with each part that can be wrong.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from contracts.consent_check import Permitted, Question, QuestionBatch, Records, Refused
from contracts.envelope import read_submission
from contracts.identifiers import new_id
from contracts.kinds import Kind
from contracts.messages.compartments import Request, Safety
from contracts.messages.referrals import ReferralMade
from contracts.statements import Glass
from tests.factories import letter, person, seal_letter
from tests.specs.consent.emergency import AT_RISK, PARTS, SECOND, glass
from tests.specs.histories.letters import CJIT, hers_of
from tests.specs.histories.world import World

title = "There is no way round a broken glass with a part missing"
rules: set[str] = set()

HERS = 990


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """She is registered, and said no to being spoken of even when she is at risk."""
    folder: Path = tmp_path_factory.mktemp("ways")
    world = World(f"sqlite:///{folder / 'broker.sqlite'}", f"sqlite:///{folder / 'consent.sqlite'}")
    letters = hers_of(HERS).letters
    world.take_in([letters["register"].body], CJIT)
    world.take_in([letters["no, though at risk"].body], CJIT)
    yield world
    world.close()


def urgent(world: World, broken: Glass) -> bytes:
    """A message about her, for which the glass is broken."""
    register = read_submission(hers_of(HERS).letters["register"].body)
    said = ReferralMade(
        request=Request(needs=("safety",)),
        identity=person(HERS).identity,
        safety=Safety(risks=("violence_from_partner",), safe_to_contact=True),
    )
    facts = {**AT_RISK, "glass": broken}
    reference = register.submission.for_broker.reference
    return seal_letter(letter(Kind.REFERRAL_MADE, CJIT, created=world.now, reference=reference, said=said, facts_changes=facts))


def _asked_again(world: World, body: bytes) -> None:
    world.store.ask_now(read_submission(body).header.id, now=world.now)
    world.publish(world.due())


def adapter(world: World, body: bytes) -> None:
    """An agency's adapter sends it."""
    world.publish(world.take_in([body], CJIT))


def again(world: World, body: bytes) -> None:
    """It is sent, sent again byte for byte, and asked about again."""
    for _ in range(2):
        adapter(world, body)
    _asked_again(world, body)


def returned(world: World, body: bytes) -> None:
    """An operator returns it from the dead queue."""
    world.publish(world.take_in([body], "broker"))


def acted_on(world: World, body: bytes) -> None:
    """It is sent, and officers approve it at the terminal: there is nothing that waits for them."""
    adapter(world, body)
    for officer in (SECOND, "f_osgodby", "r_ellery"):
        assert not world.acts(read_submission(body).header.id, officer, "approve")
    _asked_again(world, body)


def asked_directly(world: World, body: bytes) -> None:
    """Somebody with the broker's account asks the consent service itself, at several attempts."""
    received = read_submission(body)
    for attempt in (1, 2, 7):
        question = Question(
            message=received.header.id, attempt=attempt, header=received.header, signature=received.submission.signature,
            to_consent=received.submission.to_consent or "", records=Records(own="a1" * 16), reference="ee" * 16,
        )  # fmt: skip
        world.answered(QuestionBatch(id=new_id(), asked=world.now, questions=(question,)).model_dump_json().encode())


WAYS: dict[str, Callable[[World, bytes], None]] = {
    "an adapter's message": adapter,
    "sent again, and asked about again": again,
    "returned from the dead queue": returned,
    "officers' acts at the terminal": acted_on,
    "a question of its own to the consent service": asked_directly,
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("part", PARTS)
def test_with_one_part_missing_nothing_is_released_whichever_way_it_comes(world: World, way: str, part: str) -> None:
    world.answers_now.clear()
    world.in_inbox.clear()
    WAYS[way](world, urgent(world, PARTS[part].make(world.now)))
    assert world.answers_now
    assert [one for one in world.answers_now if not isinstance(one, Refused)] == []
    assert {one.reason for one in world.answers_now if isinstance(one, Refused)} == {PARTS[part].why}
    assert world.in_inbox == []


def test_whole_it_is_released_the_same_way(world: World) -> None:
    world.answers_now.clear()
    adapter(world, urgent(world, glass(world.now)))
    (answer,) = world.answers_now
    assert isinstance(answer, Permitted)
    assert answer.broken_glass
