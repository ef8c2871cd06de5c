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
        done = database.write(lambda work: afresh.put_together(work, each, 1)) is not None
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
    assert done.joined == len(joined) >= 5
    assert sum(right) / len(right) >= 0.8
    assert looked_at(database)[0].joined <= len(joined) / 5
    # What people say stays: taken apart, they are not put together again.
    first = joined[0]
    database.write(lambda work: undoing.apart(work, [first.record], [first.other], "an officer", 2, None))
    assert database.write(lambda work: afresh.put_together(work, first, 3)) is None
    database.close()


def test_both_agencies_are_told_that_the_review_is_answered_and_a_planted_person_is_nobodys_match(database_url: str) -> None:
    broker = Counter(database_url)
    for agency, her in ((DRUGS, person()), (PROJECT, may_be(person()))):
        broker.send(Kind.PERSON_REGISTERED, agency, reference=new_id(), step=RegisterStep(tokens=her.tokens))
    broker.send(Kind.PERSON_REGISTERED, DRUGS, reference=new_id(), step=RegisterStep(tokens=person(7).tokens, canary=True))
    (one, other), planted = broker.ask("SELECT record, other FROM review")[0], broker.ask("SELECT record FROM marked")
    # One of the two has a second record: so there are people who are known, and people who are not.
    broker.send(Kind.PERSON_REGISTERED, "cjit-ashby", reference=new_id(), step=RegisterStep(tokens=person().tokens))
    assert broker.store.look_afresh(lambda: broker.now, lambda *_: None) == afresh.Afresh(1, 0)
    assert broker.ask("SELECT state FROM review") == [("open",)]
    seen = Seen(one, "", other, "", Score(9.0))
    house = broker.store._house
    assert broker.store.write_down(lambda work: afresh.settle(work, house, seen, broker.now)) is not None
    assert broker.ask("SELECT state FROM review") == [("same",)]
    assert len(broker.ask("SELECT DISTINCT person FROM record")) == 1 + len(planted)
    assert broker.store.write_down(lambda work: afresh.settle(work, house, seen, broker.now)) is None
    broker.store.close()
