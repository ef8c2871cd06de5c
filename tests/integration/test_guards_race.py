"""Two agencies take the same step for one person in the same moment, from two broker processes: exactly one is cleared."""

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
from tests.integration.counter import Counter, incoming, tokens_of

TRIALS = 500
BATCH = 50
DRUGS, PROJECT = "drugs-ashby", "project-ashby"


@pytest.fixture
def pair(database_url: str) -> Iterator[tuple[Counter, Counter]]:
    """Two processes on one database, and every person registered by both agencies."""
    one, two = Counter(database_url, process="one"), Counter(database_url, process="two")
    yield one, two
    one.store.close()
    two.store.close()


def registrations(broker: Counter, agency: str, references: list[str]) -> None:
    messages = [
        letter(Kind.PERSON_REGISTERED, agency, created=broker.now, reference=reference,
               step=RegisterStep(tokens=tokens_of(person(number))))
        for number, reference in enumerate(references)
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


@pytest.mark.timeout(400)
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
    assert set(outcomes) <= either, Tally(outcomes)
    assert len(outcomes) == TRIALS
    assert one.ask("SELECT count(*), count(DISTINCT person) FROM script WHERE state = 'reserved'") == [(TRIALS, TRIALS)]
    assert one.ask("SELECT count(*) FROM script") == [(TRIALS,)]


def test_of_two_leads_opened_at_once_exactly_one_leads(pair: tuple[Counter, Counter]) -> None:
    one, two = pair
    trials = 50
    references = {agency: [new_id() for _ in range(trials)] for agency in (DRUGS, PROJECT)}
    registrations(one, DRUGS, references[DRUGS])
    registrations(two, PROJECT, references[PROJECT])
    messages = []
    for n in range(trials):
        both = []
        for agency in (DRUGS, PROJECT):
            asked = CheckStep(tokens=tokens_of(person(n)), presentation=Presentation.CUSTODY)
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
