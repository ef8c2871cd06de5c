"""Who should lead is asked again by itself: nobody answered, nobody is left, a service is new (W02); and somebody leads on."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from contracts.identifiers import new_id
from contracts.kinds import Kind
from contracts.offers import Capacity, Service
from contracts.steps import CaseStep, LeadStep
from contracts.vocabulary import CaseMove, CaseRole, LeadMove, LeadReason
from tests.factories import DAY, person
from tests.integration.counter import Counter

CJIT, DRUGS, HOUSING, PROJECT = "cjit-ashby", "drugs-ashby", "housing-ashby", "project-ashby"
LISTED = yaml.safe_load(Path("broker/local/story/services.yaml").read_text())["services"]
SERVICES = tuple(Service.model_validate_json(json.dumps({**each, "capacities": []})) for each in LISTED)


@pytest.fixture
def broker(database_url: str) -> Iterator[Counter]:
    counter = Counter(database_url)
    yield counter
    counter.store.close()


def opened(broker: Counter, agency: str, number: int = 0) -> str:
    reference = broker.register(agency, person(number))
    check, _ = broker.check(agency, person(number))
    step = CaseStep(move=CaseMove.OPEN, role=CaseRole.LEAD, check=check)
    broker.send(Kind.CASE_OPENED, agency, reference=reference, step=step)
    return reference


def proposes(broker: Counter, lead: str, to: str, reference: str) -> str:
    step = LeadStep(move=LeadMove.PROPOSE, reason=LeadReason.BETTER_PLACED)
    return broker.send(Kind.LEAD_PROPOSED, lead, recipient=to, reference=reference, conversation=new_id(), step=step)


def unanswered(broker: Counter, lead: str, to: str, reference: str) -> None:
    message = proposes(broker, lead, to, reference)
    broker.receipt(to, message, "delivered")
    broker.now += 15 * DAY
    broker.expire()


def told(broker: Counter, agency: str) -> list[tuple[str, str | None, str | None]]:
    return [(a.alert, a.reference, a.agency) for a in broker.alerts(agency) if a.alert.startswith("lead_")]


def leaders(broker: Counter) -> list[str]:
    rows = broker.ask("SELECT agency FROM cases WHERE role = 'lead' AND state = 'open'")
    return sorted(agency for (agency,) in rows)


def offers(broker: Counter, services: tuple[Service, ...], version: int) -> None:
    """The partnership has this list of services from now on; and the broker looks, as it does every minute."""
    by_role: dict[tuple[str, str], tuple[Service, ...]] = {}
    for each in services:
        by_role[each.organization, each.role] = (*by_role.get((each.organization, each.role), ()), each)
    broker.store._house = replace(broker.store._house, services=by_role, services_version=version)
    broker.take(broker.store.lead_questions(broker.now).rows)


def test_a_proposal_that_nobody_answers_comes_back_to_the_lead_who_may_ask_again(broker: Counter) -> None:
    hers = opened(broker, PROJECT)
    unanswered(broker, PROJECT, DRUGS, hers)
    assert told(broker, PROJECT) == [("lead_unanswered", hers, DRUGS)]
    assert told(broker, DRUGS) == []
    broker.expire()
    assert len(told(broker, PROJECT)) == 1
    assert leaders(broker) == [PROJECT]
    message = proposes(broker, PROJECT, DRUGS, hers)
    assert broker.guard(PROJECT, message) == [("cleared", None, None)]


def test_when_nobody_is_left_to_ask_the_lead_is_told_and_leads_on_until_the_cjit_keeps_her(broker: Counter) -> None:
    hers = opened(broker, PROJECT)
    unanswered(broker, PROJECT, DRUGS, hers)
    unanswered(broker, PROJECT, HOUSING, hers)
    assert told(broker, PROJECT) == [
        ("lead_unanswered", hers, DRUGS), ("lead_unanswered", hers, HOUSING), ("lead_nobody_takes", hers, None),
    ]  # fmt: skip
    assert leaders(broker) == [PROJECT]


def test_a_new_service_opens_the_question_for_whom_nobody_took_and_once(broker: Counter) -> None:
    first, *others = SERVICES
    offers(broker, tuple(others), 1)
    hers = opened(broker, PROJECT)
    unanswered(broker, PROJECT, HOUSING, hers)
    opened(broker, DRUGS, 1)
    opened(broker, CJIT, 2)
    before = {agency: len(told(broker, agency)) for agency in (CJIT, DRUGS, PROJECT)}
    new = first.model_copy(update={"id": "new-beds", "organization": HOUSING})
    offers(broker, (*others, new), 2)
    # Woman by woman to whoever asked in vain; in one word to the CJIT, which keeps those who have nobody else; to nobody else.
    assert told(broker, PROJECT)[before[PROJECT] :] == [("lead_question_open", hers, HOUSING)]
    assert told(broker, CJIT)[before[CJIT] :] == [("lead_question_open", None, HOUSING)]
    assert told(broker, DRUGS)[before[DRUGS] :] == told(broker, HOUSING) == []
    for version in (2, 1, 2):
        # Looked at again, and by a broker that was started with the list before: nothing is new.
        offers(broker, (*others, new) if version == 2 else tuple(others), version)
    assert [len(told(broker, agency)) - before[agency] for agency in (CJIT, PROJECT)] == [1, 1]
    assert leaders(broker) == sorted([PROJECT, DRUGS, CJIT])


def test_a_service_that_is_full_or_closed_is_not_new_until_it_has_a_place(broker: Counter) -> None:
    hers = opened(broker, PROJECT)
    unanswered(broker, PROJECT, HOUSING, hers)
    offers(broker, (), 1)
    full = Capacity(available=0, updated=broker.now)
    beds = next(each for each in SERVICES if each.organization == HOUSING).model_copy(update={"capacities": (full,)})
    offers(broker, (beds, beds.model_copy(update={"id": "shut", "status": "temporarily closed"})), 2)
    assert told(broker, PROJECT) == [("lead_unanswered", hers, HOUSING)]
    free = full.model_copy(update={"available": 1})
    offers(broker, (beds.model_copy(update={"capacities": (free,)}),), 3)
    assert told(broker, PROJECT)[1:] == [("lead_question_open", hers, HOUSING)]


def test_while_a_proposal_stands_and_where_the_newcomer_leads_nobody_is_asked(broker: Counter) -> None:
    hers, theirs = opened(broker, PROJECT), opened(broker, HOUSING, 1)
    unanswered(broker, PROJECT, HOUSING, hers)
    unanswered(broker, HOUSING, DRUGS, theirs)
    proposes(broker, PROJECT, DRUGS, hers)
    before = [len(told(broker, agency)) for agency in (PROJECT, HOUSING)]
    offers(broker, tuple(each for each in SERVICES if each.organization == HOUSING), 1)
    assert [len(told(broker, agency)) for agency in (PROJECT, HOUSING)] == before
