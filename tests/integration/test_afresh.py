"""``./run reviews afresh``: a register looked at afresh; what it joins, what it leaves, and who is told."""

from functools import partial
from hashlib import sha256
from pathlib import Path

from agencies.identity import Epochs, KeyedTokens
from agencies.make_tokens import details_in
from broker.matching.afresh import Seen
from broker.matching.index import load_weights
from broker.matching.score import Score
from broker.migrations import upgrade
from broker.store import afresh, filing, merges, undoing
from broker.store.database import Database, Work
from contracts.identifiers import new_id
from contracts.kinds import Kind
from contracts.steps import RegisterStep
from tests.factories import may_be, person
from tests.integration.counter import Counter
from tests.synthetic.regimes import NAMED
from tests.synthetic.town import registrations

DRUGS, PROJECT = "drugs-ashby", "project-ashby"
MAKER = Epochs([KeyedTokens(bytes(32))])


def looked_at(database: Database, *, has_to_say: bool = True) -> tuple[afresh.Afresh, list[Seen]]:
    weights, joined = load_weights(), []

    def join(each: Seen) -> bool:
        done = database.write(lambda work: afresh.put_together(work, each, 1))
        joined.extend([each] * done)
        return done

    steps: list[tuple[int, int]] = []
    done = afresh.look_afresh(
        database.read, join, weights.by_evidence() if has_to_say else weights, lambda *step: steps.append(step)
    )
    assert steps[-1:] == [(steps[-1][1],) * 2] if steps else done.looked_up == 0
    return done, joined


def register(work: Work, rows: list[dict[str, str]]) -> dict[str, str]:
    """Each row's record."""
    records = {}
    for row in rows:
        filed = filing.file(work, "agency", sha256(row["record_id"].encode()).hexdigest()[:32], MAKER.keyed(details_in(row)), 0)
        merges.put_together(work, filed, merges.recognised(work, filed, load_weights(), 0), 0)
        records[filed.record] = row["record_id"]
    return records


def test_who_was_met_once_and_not_recognised_is_found_and_what_was_decided_stands(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'broker.sqlite'}"
    upgrade(url)
    database = Database(url)
    assert looked_at(database) == (afresh.Afresh(0, 0), [])
    rows, truth = registrations(NAMED["usual"], 31, 120)
    records = database.write(partial(register, rows=rows))
    done, joined = looked_at(database)
    right = [truth[records[each.record]] == truth[records[each.other]] for each in joined]
    assert done.found == len(joined) >= 5
    assert sum(right) / len(right) >= 0.8
    assert looked_at(database)[0].found <= len(joined) / 5
    # What people say stays: taken apart, they are not put together again.
    first = joined[0]
    database.write(lambda work: undoing.apart(work, [first.record], [first.other], "an officer", 2, None))
    assert not database.write(lambda work: afresh.put_together(work, first, 3))
    database.close()


def test_both_agencies_are_asked_once_and_nobody_is_put_together_without_them(database_url: str) -> None:
    broker = Counter(database_url)
    for agency, her in ((DRUGS, person()), (PROJECT, may_be(person()))):
        broker.send(Kind.PERSON_REGISTERED, agency, reference=new_id(), step=RegisterStep(tokens=her.tokens))
    for agency, canary in ((DRUGS, True), ("cjit-ashby", False), (PROJECT, False)):
        step = RegisterStep(tokens=person(7).tokens, canary=canary)
        broker.send(Kind.PERSON_REGISTERED, agency, reference=new_id(), step=step)
    people = broker.ask("SELECT id, person FROM record ORDER BY id")
    # Two are known by several records; two were met once, and of those both agencies are asked already.
    assert broker.store.look_afresh(lambda: broker.now, lambda *_: None) == afresh.Afresh(2, 0)
    ((review, one, other),) = broker.ask("SELECT id, record, other FROM review")
    house, again = broker.store._house, []
    broker.ask("DELETE FROM review WHERE id = ? RETURNING id", review)
    seen = Seen(one, "", other, "", Score(9.0))
    for _ in range(2):
        again.append(broker.store.write_down(lambda work: afresh.ask(work, house, seen, broker.now)))
    assert [each is not None for each in again] == [True, False]
    assert [len(each.rows) for each in again if each] == [2]
    assert broker.ask("SELECT state, strength FROM review") == [("open", "strong")]
    assert broker.ask("SELECT id, person FROM record ORDER BY id") == people
    broker.store.close()


def test_two_who_were_taken_for_one_and_are_each_known_by_now_are_told_to_officers_unless_people_said_so(
    database_url: str,
) -> None:
    broker = Counter(database_url)
    references = {}
    for agency, who in ((DRUGS, 1), (PROJECT, 1), (DRUGS, 2), ("cjit-ashby", 2)):
        references[agency, who] = new_id()
        step = RegisterStep(tokens=person(who).tokens)
        broker.send(Kind.PERSON_REGISTERED, agency, reference=references[agency, who], step=step)
    look = partial(broker.store.look_afresh, lambda: broker.now, lambda *_: None)
    one, other = (person for (person,) in broker.ask("SELECT DISTINCT person FROM record ORDER BY person"))
    assert look().two == ()
    # As though a first record of one had been taken for the other's.
    broker.store.write_down(lambda work: merges.merge(work, one, other, "tokens", None, broker.now))
    ((first, second),) = look().two
    whose = {(agency, reference): who for (agency, who), reference in references.items()}
    assert {whose[first], whose[second]} == {1, 2}
    assert broker.ask("SELECT DISTINCT person FROM record") == [(other,)]
    broker.ask("UPDATE merge SET why = 'review' WHERE why = 'tokens' AND old_person = ? RETURNING id", one)
    assert look().two == ()
    broker.store.close()
