"""Reviews as rows: two records that may be one person, and what the two agencies that hold them say (matching.md §2, 4 and 5).

Each agency is told its own reference and the strength of the evidence in words; neither is told who the other is. Leaves out:
what the answers come to (``broker/matching/review.py``) and what a merge does (``merges``, ``undoing``).
"""

from collections.abc import Collection, Iterable
from typing import Any, Final

from broker.effects import SettleReview
from broker.matching.review import Review, Side
from broker.store.database import Work, new_token
from broker.store.house import House
from broker.store.notices import Notices
from contracts.notices import ReviewItem
from contracts.vocabulary import ReviewAnswer, ReviewState, Strength

AT_ONCE: Final = 5
"""The most reviews that one registration asks for: the strongest. The rest stay possible, and no worker is buried."""

_ONE: Final = "SELECT id, state, agency, record, answer, other_agency, other, other_answer FROM review WHERE id = ?"
_AGENCIES: Final = "SELECT id, agency FROM record WHERE id = ANY(?)"
_RAISE: Final = (
    "INSERT INTO review (id, record, other, agency, other_agency, strength, state, opened, deadline) "
    "VALUES (?, ?, ?, ?, ?, ?, 'open', ?, ?) ON CONFLICT DO NOTHING"
)
_AGAIN: Final = (
    "UPDATE review SET state = 'open', strength = ?, opened = ?, deadline = ?, answer = NULL, other_answer = NULL, "
    "settled = NULL WHERE ((record = ? AND other = ?) OR (record = ? AND other = ?)) AND (state IN ('unsettled', 'lapsed') "
    "AND strength <> ? OR state = 'different') RETURNING id"
)
_BETWEEN: Final = "SELECT id FROM review WHERE (record = ? AND other = ?) OR (record = ? AND other = ?)"
_ANSWER: Final = "UPDATE review SET answer = ?, state = ?, settled = ? WHERE id = ? AND agency = ?"
_OTHER_ANSWER: Final = "UPDATE review SET other_answer = ?, state = ?, settled = ? WHERE id = ? AND other_agency = ?"
_REOPEN: Final = (
    "UPDATE review SET state = 'open', answer = NULL, other_answer = NULL, settled = NULL, opened = ?, deadline = ? "
    "WHERE id = ?"
)
_MET: Final = (
    "UPDATE review SET state = 'same', settled = ? WHERE state NOT IN ('same', 'different') "
    "AND record = ANY(?) AND other = ANY(?) RETURNING id"
)
_LAPSED: Final = "UPDATE review SET state = 'lapsed' WHERE state = 'open' AND deadline <= ? RETURNING id"
_TELL: Final = (
    "SELECT v.id, v.strength, v.state, v.deadline, a.agency, a.reference, b.agency, b.reference FROM review AS v "
    "JOIN record AS a ON a.id = v.record JOIN record AS b ON b.id = v.other WHERE v.id = ANY(?)"
)
_LIST: Final = (
    "SELECT v.id, v.state, v.strength, v.opened, v.deadline, v.settled, v.agency, v.answer, a.reference, v.other_agency, "
    "v.other_answer, b.reference FROM review AS v JOIN record AS a ON a.id = v.record JOIN record AS b ON b.id = v.other "
    "ORDER BY v.state <> 'open', v.deadline, v.id"
)
_COLUMNS: Final = (
    "review", "state", "strength", "opened", "deadline", "settled", "agency", "answer", "reference", "other_agency",
    "other_answer", "other_reference",
)  # fmt: skip


def review_of(work: Work, review: str) -> Review | None:
    """One review, for the judgement of an answer."""
    row = work.one(_ONE, review)
    if row is None:
        return None
    number, state, agency, record, answer, other_agency, other, other_answer = row
    sides = (_side(agency, record, answer), _side(other_agency, other, other_answer))
    return Review(number, ReviewState(state), sides)


def _side(agency: str, record: str, answer: str | None) -> Side:
    return Side(agency, record, ReviewAnswer(answer) if answer else None)


def begin(work: Work, house: House, record: str, others: Iterable[tuple[str, Strength]], now: int) -> list[str]:
    """Ask the agencies of a record and of the strongest of those it may be; the reviews that began.

    A referral centre is asked nothing and spoken of to nobody: that she went there is not for the other to learn.
    """
    wanted = list(others)[:AT_ONCE]
    if not wanted:
        return []
    holder: dict[str, str] = dict(work.rows(_AGENCIES, [record, *(other for other, _ in wanted)]))
    begun: list[str] = []
    deadline = now + house.budgets.review_ms
    for other, strength in wanted:
        agencies = (holder[record], holder[other])
        if house.hidden.intersection(agencies):
            continue
        pair = (record, other, other, record)
        if work.one(_BETWEEN, *pair) is not None:
            begun += [one for (one,) in work.rows(_AGAIN, strength.value, now, deadline, *pair, strength.value)]
            continue
        review = new_token()
        if work.run(_RAISE, review, record, other, *agencies, strength.value, now, deadline):
            begun.append(review)
    return begun


def begin_again(work: Work, house: House, record: str, other: str, now: int) -> list[str]:
    """What two agencies once said is too old to stand: they are asked again, if it was they who said it."""
    found = work.rows(_BETWEEN, record, other, other, record)
    for (review,) in found:
        work.run(_REOPEN, now, now + house.budgets.review_ms, review)
    return [review for (review,) in found]


def answer(work: Work, house: House, settled: SettleReview, now: int) -> None:
    """Write an agency's answer, on its own side; on both when both records are its own."""
    if settled.state is ReviewState.OPEN and settled.answer is ReviewAnswer.DISPUTE:
        work.run(_REOPEN, now, now + house.budgets.review_ms, settled.review)
        return
    at = now if settled.state in {ReviewState.SAME, ReviewState.DIFFERENT} else None
    for sql in (_ANSWER, _OTHER_ANSWER):
        work.run(sql, settled.answer.value, settled.state.value, at, settled.review, settled.agency)


def met(work: Work, records: Collection[str], now: int) -> list[str]:
    """These records are one person now, by whatever way: what was still asked about them is answered."""
    return [review for (review,) in work.rows(_MET, now, list(records), list(records))]


def lapse(work: Work, now: int) -> list[str]:
    """Nobody answered in time: the two stay possibly the same, and both agencies are told so."""
    return [review for (review,) in work.rows(_LAPSED, now)]


def tell(work: Work, notices: Notices, reviews: Collection[str]) -> None:
    """Tell both agencies where a review stands: each its own reference, and the strength in words."""
    for review, strength, state, deadline, *sides in work.rows(_TELL, list(reviews)) if reviews else ():
        for agency, reference in {tuple(sides[:2]), tuple(sides[2:])}:
            item = ReviewItem(
                review=review, reference=reference, strength=Strength(strength), state=ReviewState(state),
                deadline=deadline if state == ReviewState.OPEN.value else None,
            )  # fmt: skip
            notices.review(agency, item)


def listed(work: Work) -> list[dict[str, Any]]:
    """Every review, the open ones first. For officers: it names both agencies."""
    return [dict(zip(_COLUMNS, row, strict=True)) for row in work.rows(_LIST)]
