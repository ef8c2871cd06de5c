"""Deduplicate people, never episodes: five referrals of one woman to one scheme are five (sources 000:542; R08, W16)."""

from pathlib import Path

from broker.routing import step_key
from contracts.identifiers import new_id
from contracts.kinds import Kind
from contracts.steps import CaseStep, CheckStep, RegisterStep
from contracts.vocabulary import CaseMove, CaseRole, CloseReason, Presentation
from tests.factories import letter, person, seal_letter
from tests.guards.races import MANY
from tests.integration.counter import Counter, incoming

title = "Episodes are never duplicates"
rules = {"R08"}

CJIT, PROJECT = "cjit-ashby", "project-ashby"
REFERRALS = 5


def test_five_referrals_of_one_woman_are_five_and_she_is_one(tmp_path: Path) -> None:
    broker = Counter(f"sqlite:///{tmp_path / 'store.sqlite'}")
    hers = broker.register(CJIT, person())
    sent = [broker.send(Kind.REFERRAL_MADE, CJIT, reference=hers) for _ in range(REFERRALS)]
    assert broker.delivered_to(PROJECT) == sent
    assert {delivery.permit.decision.reference for _, delivery in broker.deliveries} == {
        reference for (reference,) in broker.ask("SELECT reference FROM record WHERE agency = ?", PROJECT)
    }
    assert len(broker.ask("SELECT DISTINCT person FROM record")) == 1
    broker.store.close()


def test_the_same_message_twice_is_one_referral(tmp_path: Path) -> None:
    broker = Counter(f"sqlite:///{tmp_path / 'store.sqlite'}")
    made = letter(Kind.REFERRAL_MADE, CJIT, created=broker.now, reference=broker.register(CJIT, person()))
    sent = incoming(seal_letter(made), CJIT, broker.now)
    broker.settle([sent, sent])
    broker.settle([sent])
    assert broker.delivered_to(PROJECT) == [made.id]
    broker.store.close()


def test_a_case_that_is_opened_again_is_another_case(tmp_path: Path) -> None:
    broker = Counter(f"sqlite:///{tmp_path / 'store.sqlite'}", budgets=MANY)
    hers = broker.register(PROJECT, person())
    for _ in range(REFERRALS):
        asked = CheckStep(tokens=person().tokens, presentation=Presentation.DROP_IN)
        check = broker.send(Kind.CASELOAD_CHECK, PROJECT, step=asked)
        opening = CaseStep(move=CaseMove.OPEN, role=CaseRole.LEAD, check=check)
        opened = broker.send(Kind.CASE_OPENED, PROJECT, reference=hers, step=opening)
        assert broker.guard(PROJECT, opened) == [("cleared", None, None)]
        closing = CaseStep(move=CaseMove.CLOSE, role=CaseRole.LEAD, reason=CloseReason.HER_CHOICE)
        broker.send(Kind.CASE_CLOSED, PROJECT, reference=hers, step=closing)
    assert broker.ask("SELECT state, count(*) FROM cases GROUP BY state") == [("closed", REFERRALS)]
    broker.store.close()


def test_registering_her_again_makes_nobody_new(tmp_path: Path) -> None:
    broker = Counter(f"sqlite:///{tmp_path / 'store.sqlite'}")
    hers = broker.register(CJIT, person())
    for reference in (hers, new_id()):
        broker.send(Kind.PERSON_REGISTERED, CJIT, reference=reference, step=RegisterStep(tokens=person().tokens))
    assert broker.ask("SELECT count(*), count(DISTINCT person) FROM record") == [(2, 1)]
    broker.store.close()


def test_a_step_is_repeated_in_another_conversation_and_not_in_its_own() -> None:
    one = incoming(seal_letter(letter(Kind.REFERRAL_MADE, CJIT)), CJIT, 0).received
    other = incoming(seal_letter(letter(Kind.REFERRAL_MADE, CJIT)), CJIT, 0).received
    assert one is not None
    assert other is not None
    assert step_key(one.header) != step_key(other.header)
    assert step_key(one.header) == step_key(other.header.model_copy(update={"conversation": one.header.conversation}))
