"""Two agencies take the same step for one person in the same moment, from two broker processes: exactly one is cleared."""

import os
from collections import Counter as Tally
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from broker.incoming import Incoming
from contracts.identifiers import new_id
from contracts.kinds import Kind
from contracts.steps import CaseStep, CheckStep, RegisterStep, ScriptStep
from contracts.vocabulary import CaseMove, CaseRole, Presentation, ScriptMove
from tests.factories import letter, person, seal_letter
from tests.guards.model import violations
from tests.guards.world import State
from tests.integration.counter import Counter, incoming

TRIALS = int(os.environ.get("GUARD_TRIALS", "500"))
"""10,000 by command: GUARD_TRIALS=10000 ./run test tests/integration/test_guards_race.py"""
FEWER = max(50, TRIALS // 10) if TRIALS <= 500 else TRIALS
BATCH = 50
DRUGS, PROJECT = "drugs-ashby", "project-ashby"


@pytest.fixture
def pair(database_url: str) -> Iterator[tuple[Counter, Counter]]:
    """Two processes on one database, and every person registered by both agencies."""
    one, two = Counter(database_url, process="one"), Counter(database_url, process="two")
    yield one, two
    one.store.close()
    two.store.close()


def registrations(broker: Counter, agency: str, references: list[str], first: int = 0) -> None:
    messages = [
        letter(Kind.PERSON_REGISTERED, agency, created=broker.now, reference=reference,
               step=RegisterStep(tokens=person(number).tokens))
        for number, reference in enumerate(references, start=first)
    ]  # fmt: skip
    for start in range(0, len(messages), BATCH):
        broker.settle([incoming(seal_letter(each), agency, broker.now) for each in messages[start : start + BATCH]])


def reservation(broker: Counter, agency: str, reference: str) -> Incoming:
    step = ScriptStep(move=ScriptMove.RESERVE)
    made = letter(Kind.SCRIPT_RESERVED, agency, created=broker.now, reference=reference, step=step)
    return incoming(seal_letter(made), agency, broker.now)


def at_once(pair: tuple[Counter, Counter], trials: list[tuple[Incoming, Incoming]]) -> None:
    """Each trial's two steps in the same moment; the next trial only when both are settled."""
    barrier = Barrier(2)

    def play(place: int) -> None:
        for trial in trials:
            barrier.wait(timeout=60)
            pair[place].settle([trial[place]])

    with ThreadPoolExecutor(2) as threads:
        for done in [threads.submit(play, place) for place in (0, 1)]:
            done.result()


@pytest.mark.timeout(3000)
def test_of_two_reservations_at_once_exactly_one_is_cleared(pair: tuple[Counter, Counter]) -> None:
    one, two = pair
    references = {agency: [new_id() for _ in range(TRIALS)] for agency in (DRUGS, PROJECT)}
    registrations(one, DRUGS, references[DRUGS])
    registrations(two, PROJECT, references[PROJECT])
    messages = [
        (reservation(one, DRUGS, references[DRUGS][n]), reservation(two, PROJECT, references[PROJECT][n]))
        for n in range(TRIALS)
    ]
    at_once(pair, messages)

    outcomes = [
        tuple(sorted((*one.guard(DRUGS, mine.message or ""), *two.guard(PROJECT, theirs.message or "")), key=str))
        for mine, theirs in messages
    ]
    either = {
        (("cleared", None, None), ("not_cleared", "SCRIPT_ELSEWHERE", DRUGS)),
        (("cleared", None, None), ("not_cleared", "SCRIPT_ELSEWHERE", PROJECT)),
    }
    # Among thousands some are like others of the play: then nobody is cleared, and both are told whom to ring.
    alike = [each for each in outcomes if {answer for answer, *_ in each} == {"possible_match"}]
    assert set(outcomes) - set(alike) <= either, Tally(outcomes)
    assert len(outcomes) == TRIALS
    assert len(alike) <= TRIALS // 500
    cleared = TRIALS - len(alike)
    assert one.ask("SELECT count(*), count(DISTINCT person) FROM script WHERE state = 'reserved'") == [(cleared, cleared)]
    assert one.ask("SELECT count(*) FROM script") == [(cleared,)]


def test_of_two_leads_opened_at_once_exactly_one_leads(pair: tuple[Counter, Counter]) -> None:
    one, two = pair
    trials = FEWER
    references = {agency: [new_id() for _ in range(trials)] for agency in (DRUGS, PROJECT)}
    registrations(one, DRUGS, references[DRUGS])
    registrations(two, PROJECT, references[PROJECT])
    messages = []
    for n in range(trials):
        both = []
        for agency in (DRUGS, PROJECT):
            asked = CheckStep(tokens=person(n).tokens, presentation=Presentation.CUSTODY)
            check = one.send(Kind.CASELOAD_CHECK, agency, step=asked)
            step = CaseStep(move=CaseMove.OPEN, role=CaseRole.LEAD, check=check)
            made = letter(Kind.CASE_OPENED, agency, created=one.now, reference=references[agency][n], step=step)
            both.append(incoming(seal_letter(made), agency, one.now))
        messages.append((both[0], both[1]))
    at_once(pair, messages)
    leads = one.ask("SELECT person, count(*) FROM cases WHERE role = 'lead' AND state = 'open' GROUP BY person")
    assert [count for _, count in leads] == [1] * trials
    answers = Tally(
        answer
        for mine, theirs in messages
        for answer, *_ in (*one.guard(DRUGS, mine.message or ""), *two.guard(PROJECT, theirs.message or ""))
    )
    assert answers == {"cleared": trials, "not_cleared": trials}


def test_one_message_taken_by_two_processes_has_one_effect(pair: tuple[Counter, Counter]) -> None:
    one, two = pair
    references = [new_id() for _ in range(BATCH)]
    registrations(one, DRUGS, references)
    made = [
        incoming(seal_letter(letter(Kind.REFERRAL_MADE, DRUGS, created=one.now, reference=each)), DRUGS, one.now)
        for each in references
    ]
    at_once(pair, [(each, each) for each in made])
    delivered = one.delivered_to(PROJECT) + two.delivered_to(PROJECT)
    assert sorted(delivered) == sorted(each.message or "" for each in made)
    assert one.ask("SELECT count(*) FROM message WHERE state = 'sent'") == [(BATCH,)]


def everything(broker: Counter) -> State:
    """What the tables say of everybody, as the model check reads it."""
    return State(
        tuple(broker.ask("SELECT record, person, agency, role, state, before FROM cases WHERE state <> 'closed'")),
        (),
        tuple(broker.ask("SELECT record, person, agency, state FROM script WHERE state <> 'ended'")),
    )


@pytest.mark.timeout(3000)
@pytest.mark.parametrize("what", ["a prescription", "a lead"])
def test_a_merge_and_a_start_at_once_leave_one_or_a_conflict_that_both_know(pair: tuple[Counter, Counter], what: str) -> None:
    """The project holds her under one spelling; while the two spellings become one person, the drug service starts too."""
    one, two = pair
    references = {agency: [new_id() for _ in range(FEWER)] for agency in (DRUGS, PROJECT)}
    registrations(one, DRUGS, references[DRUGS])
    registrations(two, PROJECT, references[PROJECT], first=FEWER)
    starts = []
    for n in range(FEWER):
        theirs = start(one, what, PROJECT, references[PROJECT][n], FEWER + n)
        one.settle([theirs])
        both = person(n).tokens + person(FEWER + n).tokens[:1]
        made = letter(
            Kind.PERSON_REGISTERED, PROJECT, created=one.now, reference=references[PROJECT][n], step=RegisterStep(tokens=both)
        )
        starts.append((incoming(seal_letter(made), PROJECT, one.now), start(two, what, DRUGS, references[DRUGS][n], n)))
    at_once(pair, starts)
    assert violations(everything(one)) == ""
    assert one.ask("SELECT count(*) FROM cases AS c JOIN record AS r ON r.id = c.record WHERE r.person <> c.person") == [(0,)]
    assert one.ask("SELECT count(*) FROM script AS c JOIN record AS r ON r.id = c.record WHERE r.person <> c.person") == [(0,)]
    assert one.ask("SELECT count(DISTINCT person) FROM record") == [(FEWER,)]
    told = Tally(a.alert for broker in pair for agency in (DRUGS, PROJECT) for a in broker.alerts(agency))
    table = "script" if what == "a prescription" else "cases"
    ((conflicts,),) = one.ask(f"SELECT count(*) FROM {table} WHERE state = 'in_conflict'")
    assert told["script_in_conflict" if what == "a prescription" else "lead_in_conflict"] == conflicts


def start(broker: Counter, what: str, agency: str, reference: str, number: int) -> Incoming:
    """A reservation, or a case opened as lead after a check."""
    if what == "a prescription":
        return reservation(broker, agency, reference)
    asked = CheckStep(tokens=person(number).tokens, presentation=Presentation.CUSTODY)
    check = broker.send(Kind.CASELOAD_CHECK, agency, step=asked)
    step = CaseStep(move=CaseMove.OPEN, role=CaseRole.LEAD, check=check)
    made = letter(Kind.CASE_OPENED, agency, created=broker.now, reference=reference, step=step)
    return incoming(seal_letter(made), agency, broker.now)
