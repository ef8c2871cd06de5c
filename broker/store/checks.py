"""Caseload checks as rows: who asked how much, in which presentation, and whose checks wait for an officer (E1, E4).

A hold is one row for a worker, and one for a whole agency; the index allows one that is not lifted. Leaves out: what is too
much (``broker/budgets.py``), and counting presentations by agency and hour (``coverage``).
"""

import json
from collections.abc import Sequence
from typing import Any, Final

from broker.budgets import ALL_WORKERS, DAY, Asking, brief, in_brief, seems_the_same
from broker.checks import CheckFacts, Protected
from broker.effects import EndPresentation, HoldChecks, KeepCheck, OpenPresentation
from broker.incoming import Who
from broker.outcome import Alert
from broker.presentations import PresentationState, Presented
from broker.store import acts, asked, messages
from broker.store.acts import NotTheirsError
from broker.store.database import LostError, Work, new_token
from broker.store.house import House
from contracts.envelope import Header, read_submission
from contracts.statements import LiftChecks, Statement
from contracts.steps import CheckStep
from contracts.vocabulary import Reason

_LOOK_BACK: Final = 64
"""How many of a worker's last checks are compared with a new one; more than any budget allows in a day."""

_COUNTS: Final = (
    "SELECT (SELECT count(*) FROM (SELECT 1 FROM checked WHERE agency = ? AND at > ? LIMIT ?) AS by_agency), "
    "(SELECT count(*) FROM (SELECT 1 FROM checked WHERE agency = ? AND worker = ? AND at > ? LIMIT ?) AS by_worker), "
    "(SELECT at FROM checked WHERE message = ?)"
)
"""By the agency and by the worker, from the index alone; and when this very check was written down, if it was asked before."""
_LAST_LIFTED: Final = "SELECT worker, max(lifted) FROM check_hold WHERE agency = ? AND worker = ANY(?) GROUP BY worker"
_HELD: Final = "SELECT reason FROM check_hold WHERE agency = ? AND worker = ANY(?) AND lifted IS NULL ORDER BY at"
_LAST: Final = "SELECT brief FROM checked WHERE agency = ? AND worker = ? AND at > ? AND message <> ? ORDER BY at DESC LIMIT ?"
_PRESENTED: Final = "SELECT agency, state, until FROM presentation WHERE id = ?"
_PROTECTED: Final = (
    "SELECT r.agency, r.reference FROM marked AS m JOIN record AS r ON r.id = m.record "
    "WHERE m.record = ANY(?) AND m.mark = 'protected'"
)
_ONE_PERSON: Final = "SELECT id, person FROM record WHERE person IN (SELECT person FROM record WHERE id = ANY(?))"
_KEEP: Final = (
    "INSERT INTO checked (message, agency, at, tokens, brief, worker, answered, named) VALUES (?, ?, ?, ?, ?, ?, ?, ?) "
    "ON CONFLICT (message) DO UPDATE SET answered = excluded.answered, at = excluded.at, named = excluded.named"
)
_HOLD: Final = (
    "INSERT INTO check_hold (id, agency, worker, why, reason, message, at) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
)
_OPEN: Final = (
    "INSERT INTO presentation (id, agency, place, worker, state, opened, until) VALUES (?, ?, ?, ?, 'open', ?, ?) "
    "ON CONFLICT DO NOTHING"
)
_CHECKED: Final = (
    "UPDATE presentation SET state = 'checked', ended = ?, check_id = ?, said = ? "
    "WHERE id = ? AND agency = ? AND state IN ('open', 'unexplained')"
)
_OF_ITS_OWN: Final = (
    "INSERT INTO presentation (id, agency, place, worker, state, opened, until, ended, check_id, said) "
    "VALUES (?, ?, ?, ?, 'checked', ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
)
_EXPLAINED: Final = (
    "UPDATE presentation SET state = 'explained', ended = ?, why_not = ? WHERE id = ? AND state IN ('open', 'unexplained')"
)
_UNEXPLAINED: Final = "UPDATE presentation SET state = 'unexplained' WHERE state = 'open' AND until <= ? RETURNING id, agency"
_BODIES: Final = "SELECT submission FROM body WHERE message = ANY(?)"
_LIFT: Final = (
    "UPDATE check_hold SET lifted = ?, lifted_by = ?, lifted_of = ?, lifted_why = ?, lifted_statement = ? "
    "WHERE agency = ? AND worker = ? AND lifted IS NULL"
)
_WAKE: Final = (
    "UPDATE message SET due_at = ? WHERE sender = ? AND kind = 'caseload-check/1' AND state = 'held' RETURNING id, attempt"
)
_HOLDS: Final = (
    "SELECT agency, worker, why, reason, message, at, lifted, lifted_by, lifted_of, lifted_why FROM check_hold "
    "ORDER BY lifted IS NOT NULL, at"
)
_COLUMNS: Final = (
    "agency", "worker", "why", "reason", "message", "at", "lifted", "lifted_by", "lifted_of", "lifted_why",
)  # fmt: skip


class NotTheirsToLiftError(NotTheirsError):
    """A hold on an agency's checks is lifted by the signed word of a governance officer of another agency, and why not here."""


def facts(
    work: Work, house: House, header: Header, step: CheckStep, who: Who, *, held_until: int | None, now: int
) -> CheckFacts:
    """Everything that bears on one check alone."""
    about = [*who.same, *who.possible]
    protected = tuple(Protected(*row) for row in work.rows(_PROTECTED, about)) if about else ()
    return CheckFacts(
        asking=_asking(work, house, header, step, canary=who.canary, now=now),
        budgets=house.budgets,
        presented=presented(work, step.opened) if step.opened else None,
        # What a referral centre knows changes no answer, not even to "cannot say" (W43).
        protected=tuple(one for one in protected if one.agency not in house.hidden),
        one_person=_one_person(work, who.same),
        held_until=held_until,
        covers=tuple(agency for agency in house.contributors if agency != header.sender),
    )


def presented(work: Work, presentation: str) -> Presented | None:
    """A presentation, if an agency told of it."""
    found = work.one(_PRESENTED, presentation)
    return Presented(found[0], PresentationState(found[1]), found[2]) if found else None


def _one_person(work: Work, same: Sequence[str]) -> bool:
    rows = work.rows(_ONE_PERSON, list(same)) if same else []
    return {record for record, _ in rows} == set(same) and len({person for _, person in rows}) <= 1


def tokens_of(kept: str) -> list[str]:
    """A check's tokens, of whichever epoch, as they were kept."""
    return [token for _, tokens in json.loads(kept) for token in tokens]


def _asking(work: Work, house: House, header: Header, step: CheckStep, *, canary: bool, now: int) -> Asking:
    agency, worker = header.sender, step.worker
    held = work.one(_HELD, agency, [worker, ALL_WORKERS])
    lifted: dict[str, int] = dict(work.rows(_LAST_LIFTED, agency, [worker, ALL_WORKERS]))
    day = now - DAY
    # After an officer looked, the count begins anew: for the worker, or for all of her agency.
    since_worker, since_all = max(day, lifted.get(worker) or 0), max(day, lifted.get(ALL_WORKERS) or 0)
    # Beyond the budget it makes no difference how many there were, so nobody counts on; one more, because it may be itself.
    most_by_worker, most_by_agency = (most + 1 for most in house.budgets.of(agency))
    ((by_agency, by_worker, itself),) = work.rows(
        _COUNTS, agency, since_all, most_by_agency, agency, worker, since_worker, most_by_worker, header.id
    )
    if itself is not None:
        by_agency -= itself > since_all
        by_worker -= itself > since_worker
    last = work.rows(_LAST, agency, worker, since_worker, header.id, _LOOK_BACK)
    mine = frozenset(in_brief(brief(step.tokens)))
    about_her = sum(seems_the_same(mine, in_brief(kept)) for (kept,) in last)
    return Asking(agency, worker, int(by_worker), int(by_agency), about_her, Reason(held[0]) if held else None, canary)


# --- effects


def apply(
    work: Work, effect: KeepCheck | HoldChecks | OpenPresentation | EndPresentation, header: Header, now: int, stands_for: int
) -> None:
    """Write an effect down."""
    match effect:
        case KeepCheck():
            keep(work, header, effect, now, stands_for)
        case HoldChecks():
            # Another check of hers may have begun the same hold in this moment: one is enough.
            work.run(_HOLD, new_token(), effect.agency, effect.worker, effect.why, effect.reason.value, header.id, now)
        case OpenPresentation():
            who = (effect.id, effect.agency, effect.place.value, effect.worker)
            work.run(_OPEN, *who, header.created, header.created + stands_for)
        case EndPresentation():
            if work.run(_EXPLAINED, now, effect.why_not.value, effect.id) < 1:
                raise LostError


def keep(work: Work, header: Header, effect: KeepCheck, now: int, stands_for: int) -> None:
    """Remember a check: who asked, about whom, and, once it is answered, that its presentation has ended with it."""
    step, said = effect.step, effect.said
    tokens = json.dumps([[each.epoch, each.tokens] for each in step.keyed()])
    short = brief(token for each in step.keyed() for token in each.tokens)
    named = json.dumps(effect.named)
    work.run(_KEEP, header.id, header.sender, now, tokens, short, step.worker, int(said is not None), named)
    if said is None:
        return
    asked.keep(work, header.id, now, effect.told)
    told = "answered" if said else "cannot_say"
    if step.opened is not None:
        work.run(_CHECKED, now, header.id, told, step.opened, header.sender)
        return
    who = (header.id, header.sender, step.presentation.value, step.worker)
    work.run(_OF_ITS_OWN, *who, header.created, header.created + stands_for, now, header.id, told)


# --- time


def ended_unanswered(work: Work, checks: Sequence[str], now: int, stands_for: int) -> None:
    """These checks ended before they could be answered: they were made, and said "cannot say"."""
    for (body,) in work.rows(_BODIES, list(checks)) if checks else ():
        received = read_submission(bytes(body))
        step = received.submission.for_broker.step
        if isinstance(step, CheckStep):
            keep(work, received.header, KeepCheck(step, said=False), now, stands_for)


def unexplained(work: Work, now: int) -> list[Alert]:
    """Presentations that ended in neither a check nor a reason, each told to its agency once."""
    found = work.rows(_UNEXPLAINED, now)
    return [Alert(agency, "presentation_unexplained", message=message) for message, agency in found]


# --- officers


def holds(work: Work) -> list[dict[str, Any]]:
    """Whose checks wait for an officer, and what was lifted by whom."""
    return [dict(zip(_COLUMNS, row, strict=True)) for row in work.rows(_HOLDS)]


def lift(work: Work, house: House, statement: Statement, now: int) -> bool:
    """An officer of another agency looked: these checks are asked about again at once. False when none is on hold.

    NotTheirsToLiftError when it is not such an officer's word, or not about this.
    """
    said = _proven(house, statement, now)
    who = (said.person, said.agency, said.reason, statement.wire().decode())
    if work.run(_LIFT, now, *who, said.asker, said.worker) < 1:
        return False
    woken = work.rows(_WAKE, now, said.asker)
    hops = [(message, now, "officer: checks lifted", said.reason, attempt, said.person) for message, attempt in woken]
    messages.write_hops(work, hops)
    acts.tell(work, house, statement, now)
    return True


def _proven(house: House, statement: Statement, now: int) -> LiftChecks:
    said = statement.said
    try:
        officer = acts.signer_of(statement, house.directory, now)
    except NotTheirsError as error:
        raise NotTheirsToLiftError(str(error), error.code) from None
    if not isinstance(said, LiftChecks):
        raise NotTheirsToLiftError("it is about something else", Reason.NOTHING_WAITS)
    if officer.agency == said.asker:
        raise NotTheirsToLiftError("only a governance officer of another agency may lift this", Reason.APPROVER_NOT_ALLOWED)
    return said
