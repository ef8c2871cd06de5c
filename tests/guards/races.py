"""Two agencies act for one person in the same moment, from two broker processes: ``python -m tests.guards.races``.

Each race plays many trials on one database and says what was wrong with any of them; the tests play some hundreds, the
command ten thousand, a fresh database every few hundred. Nobody in a race is like anybody else (``factories.UNLIKE``).
"""

from collections import Counter as Tally
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier

from broker.budgets import Budgets
from broker.incoming import Incoming
from contracts.identifiers import new_id
from contracts.kinds import Kind
from contracts.steps import CaseStep, CheckStep, ReferenceStep, RegisterStep, ReviewStep, ScriptStep
from contracts.vocabulary import CaseMove, CaseRole, Presentation, ReviewAnswer, ScriptMove
from tests.factories import FORENAMES, letter, may_be, person, seal_letter
from tests.guards.model import violations
from tests.guards.world import State
from tests.integration.counter import Counter, incoming, taking_back

CJIT, DRUGS, PROJECT = "cjit-ashby", "drugs-ashby", "project-ashby"
MANY = Budgets(worker=10_000, agency=100_000, same_person=10_000)
Pair = tuple[Counter, Counter]
Race = Callable[[Pair, int], list[str]]
_BATCH = 50
_REVIEW_BETWEEN = (
    "SELECT v.id FROM review AS v JOIN record AS a ON a.id = v.record JOIN record AS b ON b.id = v.other "
    "WHERE b.reference = ? AND a.reference = ?"
)
_RESERVE = ScriptStep(move=ScriptMove.RESERVE)


def open_pair(url: str) -> Pair:
    """Two broker processes on one database."""
    return Counter(url, process="one", budgets=MANY), Counter(url, process="two", budgets=MANY)


def at_once(*acts: Sequence[Callable[[], object]]) -> None:
    """The n-th act of each, in the same moment; the next only when all are done."""
    barrier = Barrier(len(acts))

    def play(mine: Sequence[Callable[[], object]]) -> None:
        for act in mine:
            barrier.wait(timeout=60)
            act()

    with ThreadPoolExecutor(len(acts)) as threads:
        for done in [threads.submit(play, mine) for mine in acts]:
            done.result()


def settled_at_once(pair: Pair, trials: Sequence[tuple[Incoming, Incoming]]) -> None:
    """The two messages of each trial in the same moment, each by a process of its own."""
    at_once(*([partial(pair[place].settle, [trial[place]]) for trial in trials] for place in (0, 1)))


# --- the messages of a play


def message(broker: Counter, kind: Kind, agency: str, **changes: object) -> Incoming:
    """A message as the broker's intake hands it over."""
    made = letter(kind, agency, created=broker.now, **changes)  # type: ignore[arg-type]
    return incoming(seal_letter(made), agency, broker.now)


def registered(broker: Counter, agency: str, trials: int, first: int = 0) -> list[str]:
    """The references under which an agency registers so many people."""
    references = [new_id() for _ in range(trials)]
    messages = [
        message(broker, Kind.PERSON_REGISTERED, agency, reference=each, step=RegisterStep(tokens=person(number).tokens))
        for number, each in enumerate(references, start=first)
    ]
    for start in range(0, trials, _BATCH):
        broker.settle(messages[start : start + _BATCH])
    return references


def opened_as_lead(broker: Counter, agency: str, reference: str, number: int) -> Incoming:
    """A case opened as lead, after a check."""
    asked = CheckStep(tokens=person(number).tokens, presentation=Presentation.CUSTODY)
    check = broker.send(Kind.CASELOAD_CHECK, agency, step=asked)
    step = CaseStep(move=CaseMove.OPEN, role=CaseRole.LEAD, check=check)
    return message(broker, Kind.CASE_OPENED, agency, reference=reference, step=step)


def reserved(broker: Counter, agency: str, reference: str) -> Incoming:
    """A prescription reserved."""
    return message(broker, Kind.SCRIPT_RESERVED, agency, reference=reference, step=_RESERVE)


def two_known(broker: Counter, number: int) -> tuple[str, str, tuple[str, ...]]:
    """One woman at the drug service, another at the project; and the tokens that, given for both, show that they are one."""
    hers, theirs = person(2 * number).tokens, person(2 * number + 1).tokens
    references = []
    for agency, tokens in ((DRUGS, hers), (PROJECT, theirs)):
        references.append(new_id())
        broker.send(Kind.PERSON_REGISTERED, agency, reference=references[-1], step=RegisterStep(tokens=tokens))
    return references[0], references[1], hers


# --- what must hold afterwards


def wrong_with(broker: Counter) -> list[str]:
    """What is wrong with the tables, whatever was played."""
    cases = broker.ask("SELECT record, person, agency, role, state, before FROM cases WHERE state <> 'closed'")
    scripts = broker.ask("SELECT record, person, agency, state FROM script WHERE state <> 'ended'")
    found = [broken] if (broken := violations(State(tuple(cases), (), tuple(scripts)))) else []
    for table in ("cases", "script"):
        strays = broker.ask(f"SELECT t.id FROM {table} AS t JOIN record AS r ON r.id = t.record WHERE r.person <> t.person")
        found += [f"a row of {table} went with another person than its record: {stray}" for (stray,) in strays]
    return found


def _unless(holds: bool, what: str) -> list[str]:
    return [] if holds else [what]


# --- the races


def two_reservations(pair: Pair, trials: int) -> list[str]:
    """Two prescribers reserve for one person: exactly one is cleared, and the other is told whom to ring."""
    one, two = pair
    references = {agency: registered(broker, agency, trials) for broker, agency in ((one, DRUGS), (two, PROJECT))}
    messages = [
        (reserved(one, DRUGS, references[DRUGS][n]), reserved(two, PROJECT, references[PROJECT][n])) for n in range(trials)
    ]
    settled_at_once(pair, messages)
    said = [
        {DRUGS: one.guard(DRUGS, mine.message or ""), PROJECT: two.guard(PROJECT, theirs.message or "")}
        for mine, theirs in messages
    ]
    either = [
        {first: [("cleared", None, None)], second: [("not_cleared", "SCRIPT_ELSEWHERE", first)]}
        for first, second in ((DRUGS, PROJECT), (PROJECT, DRUGS))
    ]
    live = one.ask("SELECT count(*), count(DISTINCT person) FROM script WHERE state = 'reserved'")
    return [
        *(f"trial {n}: {each}" for n, each in enumerate(said) if each not in either),
        *_unless(live == [(trials, trials)], f"reservations and people with one: {live}, of {trials}"),
        *_unless(one.ask("SELECT count(*) FROM script") == [(trials,)], "another row was written"),
        *wrong_with(one),
    ]


def two_leads(pair: Pair, trials: int) -> list[str]:
    """Two agencies open a case as lead: exactly one leads, and the other is told that somebody does."""
    one, two = pair
    references = {agency: registered(broker, agency, trials) for broker, agency in ((one, DRUGS), (two, PROJECT))}
    messages = [
        (opened_as_lead(one, DRUGS, references[DRUGS][n], n), opened_as_lead(two, PROJECT, references[PROJECT][n], n))
        for n in range(trials)
    ]
    settled_at_once(pair, messages)
    answers = [
        sorted(each[:2] for each in (*one.guard(DRUGS, mine.message or ""), *two.guard(PROJECT, theirs.message or "")))
        for mine, theirs in messages
    ]
    leads = one.ask("SELECT person, count(*) FROM cases WHERE role = 'lead' AND state = 'open' GROUP BY person")
    return [
        *(
            f"trial {n}: {each}"
            for n, each in enumerate(answers)
            if each != [("cleared", None), ("not_cleared", "LEAD_ELSEWHERE")]
        ),
        *_unless([count for _, count in leads] == [1] * trials, f"leads by person: {Tally(count for _, count in leads)}"),
        *wrong_with(one),
    ]


def a_merge_and_a_start(pair: Pair, trials: int, start: Callable[[Counter, str, str, int], Incoming], what: str) -> list[str]:
    """The project holds her under one spelling; while the two spellings become one person, the drug service starts too."""
    one, two = pair
    hers, theirs = registered(one, DRUGS, trials), registered(two, PROJECT, trials, first=trials)
    plays = []
    for n in range(trials):
        one.settle([start(one, PROJECT, theirs[n], trials + n)])
        both = RegisterStep(tokens=person(n).tokens + person(trials + n).tokens[:1])
        merge = message(one, Kind.PERSON_REGISTERED, PROJECT, reference=theirs[n], step=both)
        plays.append((merge, start(two, DRUGS, hers[n], n)))
    settled_at_once(pair, plays)
    told = Tally(str(alert.alert) for broker in pair for agency in (DRUGS, PROJECT) for alert in broker.alerts(agency))
    table, alert = ("script", "script_in_conflict") if what == "a prescription" else ("cases", "lead_in_conflict")
    ((conflicts,),) = one.ask(f"SELECT count(*) FROM {table} WHERE state = 'in_conflict'")
    people = one.ask("SELECT count(DISTINCT person) FROM record")
    cleared = sum(answer == "cleared" for _, start in plays for answer, *_ in two.guard(DRUGS, start.message or ""))
    return [
        *_unless(people == [(trials,)], f"people: {people}, of {trials}"),
        *_unless(told[alert] == conflicts, f"{conflicts} in conflict, {told[alert]} told of it"),
        # Either the second was told that there is one, or both were put in conflict and told: never two nobody knows of.
        *_unless(conflicts == 2 * cleared, f"{cleared} started beside another, and {conflicts} are in conflict"),
        *wrong_with(one),
    ]


def _reserves(broker: Counter, agency: str, reference: str, number: int) -> Incoming:
    del number
    return reserved(broker, agency, reference)


def _reserves_by_a_former_name(broker: Counter, agency: str, reference: str, number: int) -> Incoming:
    """The same, sent before its agency heard that she has another reference."""
    broker.send(Kind.REFERENCE_REPLACED, agency, reference=reference, step=ReferenceStep(fresh=new_id()))
    return _reserves(broker, agency, reference, number)


def a_merge_taken_back_and_a_check(pair: Pair, trials: int) -> list[str]:
    """She leads a case under one spelling; while a merge with another woman is taken back, somebody asks: never "not known"."""
    one, two = pair
    undoings: list[Callable[[], object]] = []
    checks: list[Callable[[], object]] = []
    asked: list[str] = []
    for number in range(trials):
        hers, theirs, both = two_known(one, number)
        one.settle([opened_as_lead(one, DRUGS, hers, 2 * number)])
        one.send(Kind.PERSON_REGISTERED, PROJECT, reference=theirs, step=RegisterStep(tokens=both))
        ((merge,),) = one.ask(
            "SELECT substr(m.id, 1, 32) FROM merge AS m JOIN record AS r ON r.id = m.record WHERE r.reference = ?", theirs
        )
        step = CheckStep(tokens=person(2 * number).tokens, presentation=Presentation.CUSTODY)
        question = message(two, Kind.CASELOAD_CHECK, CJIT, step=step)
        asked.append(question.message or "")
        undoings.append(partial(one.store.undo_merge, taking_back(merge, "two people", one.now), now=one.now))
        checks.append(partial(two.settle, [question]))
    at_once(undoings, checks)
    answers = Tally(two.caseload_answer(CJIT, each).status.value for each in asked)
    people = one.ask("SELECT count(DISTINCT person) FROM record")
    return [
        *_unless(set(answers) <= {"active", "cannot_say"}, f"answers: {answers}"),
        *_unless(people == [(2 * trials,)], f"people: {people}, of {2 * trials}"),
        *wrong_with(one),
    ]


def two_who_say_same(pair: Pair, trials: int) -> list[str]:
    """Both agencies answer a review with "the same" at once: one merge, and one person."""
    one, two = pair
    answers: dict[str, list[Callable[[], object]]] = {DRUGS: [], PROJECT: []}
    references: list[list[str]] = []
    for trial in range(trials):
        # A surname for each of them: sisters of one place may be one another, too.
        her = person(trial * len(FORENAMES) + trial % len(FORENAMES))
        references.append([one.register(DRUGS, her), one.register(PROJECT, may_be(her))])
    reviews = [found[0] for each in references if (found := one.ask(_REVIEW_BETWEEN, *each))]
    for (review,) in reviews:
        for broker, agency in ((one, DRUGS), (two, PROJECT)):
            said = message(broker, Kind.REVIEW_ANSWERED, agency, step=ReviewStep(review=review, answer=ReviewAnswer.SAME))
            answers[agency].append(partial(broker.settle, [said]))
    at_once(*answers.values())
    states = [one.ask("SELECT state FROM review WHERE id = ?", review) for (review,) in reviews]
    merges = one.ask("SELECT count(*) FROM merge WHERE why = 'review'")
    people = [len(set(one.ask("SELECT person FROM record WHERE reference IN (?, ?)", *each))) for each in references]
    return [
        *_unless(states == [[("same",)]] * trials, f"reviews stand: {Tally(map(str, states))}"),
        *_unless(merges == [(trials,)], f"merges: {merges}, of {trials}"),
        *_unless(people == [1] * trials, f"people of two records: {Tally(people)}"),
        *wrong_with(one),
    ]


RACES: dict[str, Race] = {
    "two reservations": two_reservations,
    "two leads": two_leads,
    "a merge and a reservation": partial(a_merge_and_a_start, start=_reserves, what="a prescription"),
    "a merge and a reservation by a former reference": partial(
        a_merge_and_a_start, start=_reserves_by_a_former_name, what="a prescription"
    ),
    "a merge and a lead": partial(a_merge_and_a_start, start=opened_as_lead, what="a lead"),
    "a merge taken back and a check": a_merge_taken_back_and_a_check,
    "two who say same": two_who_say_same,
}
