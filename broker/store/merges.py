"""A person registered, and two people found to be one: what that does to records, cases and prescriptions.

A merge leaves behind all that is needed to undo it (``undoing``). What it reveals (two leads, two live prescriptions) goes
outside the unique indexes and is told to the agencies at once. Leaves out: deciding who is the same (``matching``).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from broker.effects import SettleReview
from broker.matching import index
from broker.matching.carried import presented
from broker.matching.people import Candidate, Found, in_doubt, recognise
from broker.matching.review import strength_of
from broker.matching.score import Weights
from broker.outcome import Alert, Register
from broker.store import cases, filing, records, reviews, scripts, undoing
from broker.store.database import AgainError, Work, new_token
from broker.store.filing import Filed
from broker.store.house import House
from contracts.steps import Keyed
from contracts.vocabulary import CaseRole, ReviewAnswer, ReviewState, ScriptState

_DIFFERENT: Final = (
    "SELECT DISTINCT b.person FROM record AS a JOIN pair AS p ON p.record = a.id JOIN record AS b ON b.id = p.other "
    "WHERE a.person = ? AND p.says = 'different' AND (p.until IS NULL OR p.until > ?)"
)
_PAIR: Final = "INSERT INTO pair (record, other, says, at) VALUES (?, ?, 'possible', ?) ON CONFLICT DO NOTHING"
_MERGED: Final = (
    "INSERT INTO merge (id, record, old_person, new_person, why, decided_by, at) "
    "SELECT ? || id, id, person, ?, ?, ?, ? FROM record WHERE person = ?"
)
_MOVE: Final = "UPDATE record SET person = ? WHERE person = ?"
_MOVE_GUARDED: Final = (
    "UPDATE cases SET person = ? WHERE person = ?",
    "UPDATE proposal SET person = ? WHERE person = ?",
    "UPDATE script SET person = ? WHERE person = ?",
)
_MARK: Final = "INSERT INTO marked (record, mark) VALUES (?, ?) ON CONFLICT (record) DO UPDATE SET mark = excluded.mark"
_UNMARK: Final = "DELETE FROM marked WHERE record = ? AND mark = 'protected'"
_CANARIES: Final = "SELECT record FROM marked WHERE record = ANY(?) AND mark = 'canary'"
_PERSON: Final = "SELECT id, person FROM record WHERE id = ANY(?)"
_FORGOTTEN: Final = (
    "UPDATE pair SET says = 'possible', until = NULL WHERE until IS NOT NULL AND until <= ? RETURNING record, other"
)
_ALL: Final = "SELECT id FROM record WHERE person = ? ORDER BY n"


@dataclass(frozen=True, slots=True)
class Registered:
    """What it brought about: whose waiting messages to ask again, who must be told of a conflict, which reviews to tell of."""

    records: tuple[str, ...] = ()
    alerts: tuple[Alert, ...] = ()
    reviews: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Resolved:
    """Whom the tokens of a check are. Those who were planted are nobody's match, and only said apart."""

    found: Found
    canary: bool


def register(work: Work, house: House, agency: str, effect: Register, now: int) -> Registered:
    """File what an agency knows of a person, and decide whom she is: the same as one, possibly some, or new."""
    weights = house.weights
    filed = filing.file(work, agency, effect.reference, effect.keyed, now)
    _mark(work, filed.record, effect, new=filed.new)
    if effect.canary:
        return Registered()
    found = recognised(work, filed, weights, now)
    possible = [(each.record, each.score.weight) for each in found.possible]
    merged = put_together(work, filed, found, now)
    begun = _ask(work, house, filed.record, possible, now)
    return Registered(merged.records, merged.alerts, (*merged.reviews, *begun))


def recognised(work: Work, filed: Filed, weights: Weights, now: int) -> Found:
    """Whom a record that was just filed is; never one of whom it was decided that she is not, and never one who was planted."""
    found = index.candidates(work, filed.tokens, weights, besides=frozenset({filed.record}))
    apart = {filed.person, *_apart(work, filed.person, now)}
    planted = _canaries(work, found)
    decided = recognise((each for each in found if each.person not in apart and each.record not in planted), weights)
    if decided.same is None or not decided.also:
        return decided
    # What was decided of two people stands, however alike a third record makes them look.
    kept_apart = _apart(work, decided.same.person, now) & {each.person for each in decided.also}
    return in_doubt(decided) if kept_apart else decided


def put_together(work: Work, filed: Filed, found: Found, now: int) -> Registered:
    """Make one person of those who were certainly recognised."""
    if found.same is None:
        return Registered()
    done = merge(work, filed.person, found.same.person, "tokens", None, now)
    for each in found.also:
        more = merge(work, each.person, found.same.person, "tokens", None, now)
        done = Registered(more.records, (*done.alerts, *more.alerts), (*done.reviews, *more.reviews))
    return done


def resolve(work: Work, keyed: Sequence[Keyed], weights: Weights) -> Resolved:
    """Whom these tokens are, for a check that registers nobody."""
    found = index.candidates(work, [presented(each.tokens, each.epoch) for each in keyed], weights, besides=frozenset())
    # Nobody is what most strangers are answered, and then nobody who was planted was near either.
    planted = _canaries(work, found) if any(each.score.weight >= weights.possible for each in found) else frozenset()
    asked_for = [each for each in found if each.record in planted]
    canary = bool(asked_for) and recognise(asked_for, weights).same is not None
    decided = recognise((each for each in found if each.record not in planted), weights)
    # A check puts nobody together: while her records are two people's, an answer about one would leave out the other.
    return Resolved(in_doubt(decided) if decided.also else decided, canary)


def merge(work: Work, old: str, new: str, why: str, by: str | None, now: int) -> Registered:
    """Two people are one. What each had of its own stays with its record, so that it can be taken apart again."""
    # Their references first: whoever decides about one of these records has locked it, and must not read a person that is gone.
    records.hold(work, [old, new])
    work.lock([old, new])
    merge_id = new_token()
    alerts = (*_merge_cases(work, old, new), *_merge_scripts(work, old, new, merge_id))
    work.run(_MERGED, merge_id, new, why, by, now, old)
    work.run(_MOVE, new, old)
    for move in _MOVE_GUARDED:
        work.run(move, new, old)
    cases.proposal_goes_on(work, new)
    hers = tuple(record for (record,) in work.rows(_ALL, new))
    return Registered(hers, alerts, tuple(reviews.met(work, hers, now)))


def settle_review(work: Work, house: House, settled: SettleReview, now: int) -> Registered:
    """Carry out what an answer to a review came to: one person, two people, or one merge taken back."""
    review = reviews.review_of(work, settled.review)
    assert review is not None, "it was found when the answer was judged"
    one, other = (side.record for side in review.sides)
    by, done = f"review {review.id}", Registered()
    match settled.state:
        case ReviewState.SAME:
            done = _join(work, one, other, "review", by, now)
        case ReviewState.DIFFERENT:
            undoing.apart(work, [one], [other], by, now, now + house.budgets.different_ms)
        case ReviewState.OPEN if settled.answer is ReviewAnswer.DISPUTE:
            done = _part(work, house, one, other, settled, by, now)
        case _:
            pass
    reviews.answer(work, house, settled, now)
    told = settled.state is not ReviewState.OPEN or settled.answer is ReviewAnswer.DISPUTE
    return Registered(done.records, done.alerts, (review.id,) if told else ())


def forget_differences(work: Work, house: House, now: int) -> list[str]:
    """What was decided long ago is looked at again: possibly the same once more; the reviews that begin anew."""
    begun: list[str] = []
    for record, other in work.rows(_FORGOTTEN, now):
        if record < other:
            begun += reviews.begin_again(work, house, record, other, now)
    return begun


def join(work: Work, one: str, other: str, now: int) -> Registered | None:
    """Two records shown to be of one person, by what came since; None where they are already, or must stay apart."""
    return _join(work, one, other, "tokens", None, now) if _may_be_one(work, one, other, now) else None


def ask(work: Work, house: House, one: str, other: str, weight: float, now: int) -> Sequence[str]:
    """Two records of which what came since says that they may be one person's: the review that begins, if one does."""
    return _ask(work, house, one, [(other, weight)], now) if _may_be_one(work, one, other, now) else ()


def _may_be_one(work: Work, one: str, other: str, now: int) -> bool:
    people: dict[str, str] = dict(work.rows(_PERSON, [one, other]))
    return people[one] != people[other] and people[other] not in _apart(work, people[one], now)


def _ask(work: Work, house: House, record: str, others: Sequence[tuple[str, float]], now: int) -> list[str]:
    for other, _ in others:
        work.many(_PAIR, [(record, other, now), (other, record, now)])
    lines = (house.weights.possible, house.weights.balance)
    return reviews.begin(work, house, record, [(other, strength_of(weight, *lines)) for other, weight in others], now)


def _join(work: Work, one: str, other: str, why: str, by: str | None, now: int) -> Registered:
    people: dict[str, str] = dict(work.rows(_PERSON, [one, other]))
    work.lock(sorted(people.values()))
    # Another process may have moved one of them before our turn came: then everything is decided again.
    if dict(work.rows(_PERSON, [one, other])) != people:
        raise AgainError
    if people[one] == people[other]:
        return Registered()
    return merge(work, people[one], people[other], why, by, now)


def _part(work: Work, house: House, one: str, other: str, settled: SettleReview, by: str, now: int) -> Registered:
    merge_id = undoing.merge_between(work, one, other) if settled.undo else None
    if merge_id is None:
        undoing.apart(work, [one], [other], by, now, None)
        return Registered()
    undone = undoing.undo(work, merge_id, settled.agency, "disputed", now, until=None, partners=house.partners)
    return Registered(undone.records, undone.alerts) if undone else Registered()


def _mark(work: Work, record: str, effect: Register, *, new: bool) -> None:
    if effect.canary or effect.protected:
        work.run(_MARK, record, "canary" if effect.canary else "protected")
    elif not new:
        work.run(_UNMARK, record)


def _canaries(work: Work, found: Sequence[Candidate]) -> frozenset[str]:
    if not found:
        return frozenset()
    return frozenset(record for (record,) in work.rows(_CANARIES, [each.record for each in found]))


def _apart(work: Work, person: str, now: int) -> set[str]:
    """Those of whom it was decided that they are not this person."""
    return {other for (other,) in work.rows(_DIFFERENT, person, now)}


def _merge_cases(work: Work, old: str, new: str) -> tuple[Alert, ...]:
    moved, stays = cases.caseload(work, old).leads(), cases.caseload(work, new).leads()
    if not moved or not stays:
        return ()
    # Neither proposal can be carried out while two agencies lead, and one person has one open proposal.
    cases.proposals_wait(work, [old, new])
    agencies = {case.agency for case in (*moved, *stays)}
    if len(agencies) == 1:
        cases.stand_back(work, [case.id for case in moved], CaseRole.LEAD)
        return ()
    cases.put_in_conflict(work, [case.id for case in (*moved, *stays)])
    return tuple(
        Alert(case.agency, "lead_in_conflict", case.reference, other)
        for case in (*moved, *stays)
        for other in sorted(agencies - {case.agency})
    )


def _merge_scripts(work: Work, old: str, new: str, merge_id: str) -> tuple[Alert, ...]:
    moved, stays = (
        [one for one in scripts.current(work, [person]) if one.state is not ScriptState.UNCHECKED] for person in (old, new)
    )
    if not moved or not stays:
        return ()
    every = (*moved, *stays)
    scripts.put_in_conflict(work, every, merge_id)
    return tuple(
        Alert(script.agency, "script_in_conflict", script.reference, other.agency)
        for script in every
        for other in every
        if other.id != script.id
    )
