"""Prescriptions as rows: what the prescription guard asks, and its effects written down.

A unique index allows one live prescription for a person (insert or yield). Leaves out: which effect
(``broker/prescriptions.py``).
"""

from collections.abc import Collection
from typing import Final, assert_never

from broker.outcome import Alert, MoveScript, StartScript
from broker.prescriptions import LIVE, OVERRIDE_REVIEWED_WITHIN, RESERVATION_STANDS_FOR, Script, rest_of_conflict
from broker.store.database import LostError, Work, new_token
from contracts.vocabulary import ScriptState

_CURRENT: Final = (
    "SELECT s.id, s.record, s.agency, r.reference, s.state, s.transferee, s.before FROM script AS s "
    "JOIN record AS r ON r.id = s.record WHERE s.person = ANY(?) AND s.state <> 'ended' ORDER BY s.since, s.id"
)
_START: Final = (
    "INSERT INTO script (id, person, record, agency, state, before, since, until, message, override_by, override_reason) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
)
_MOVE: Final = (
    "UPDATE script SET state = ?, agency = coalesce(?, agency), record = coalesce(?, record), transferee = ?, before = ?, "
    "since = ?, until = ?, transfer = ? WHERE id = ? AND state = ?"
)
_LAPSED: Final = (
    "SELECT id, person FROM script WHERE until IS NOT NULL AND until <= ? "
    "AND (state = 'reserved' OR (state = 'in_conflict' AND before = 'reserved')) ORDER BY until LIMIT ?"
)
# The old prescriber holds it until the new one confirms, so it goes on where it stood.
_TRANSFERS_FALL: Final = (
    "UPDATE script SET state = CASE WHEN state = 'transferring' THEN 'active' ELSE state END, "
    "before = CASE WHEN before = 'transferring' THEN 'active' ELSE before END, transferee = NULL, transfer = NULL "
    "WHERE transfer = ANY(?) AND (state = 'transferring' OR before = 'transferring')"
)
_TRANSFERRED: Final = (
    "SELECT s.agency, r.reference, s.transferee FROM script AS s JOIN record AS r ON r.id = s.record "
    "WHERE s.transfer = ANY(?) AND (s.state = 'transferring' OR s.before = 'transferring')"
)
_BEGAN: Final = "SELECT 1 FROM script WHERE transfer = ?"
_OVERRIDE: Final = (
    "INSERT INTO script_override (message, record, agency, beside, officer, reason, at, review_by) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
)


def current(work: Work, people: Collection[str]) -> tuple[Script, ...]:
    """The prescriptions of these people that are not ended, the oldest first."""
    if not people:
        return ()
    return tuple(
        Script(one, record, agency, reference, ScriptState(state), transferee, ScriptState(before) if before else None)
        for one, record, agency, reference, state, transferee, before in work.rows(_CURRENT, list(people))
    )


def apply(work: Work, effect: StartScript | MoveScript, message: str, now: int) -> None:
    """Write an effect of the guard, or raise LostError where another was first."""
    match effect:
        case StartScript():
            beside = effect.state is ScriptState.IN_CONFLICT
            override = (effect.override.by, effect.override.reason) if effect.override else (None, None)
            # What was not checked is nobody's place to keep.
            until = None if effect.state is ScriptState.UNCHECKED else now + RESERVATION_STANDS_FOR
            touched = work.run(
                _START, new_token(), effect.person, effect.record, effect.agency, effect.state.value,
                ScriptState.RESERVED.value if beside else None, now, until, message, *override,
            )  # fmt: skip
            if effect.override is not None and touched:
                said = (effect.beside, effect.override.by, effect.override.reason.value, now, now + OVERRIDE_REVIEWED_WITHIN)
                work.run(_OVERRIDE, message, effect.record, effect.agency, *said)
        case MoveScript():
            until = now + RESERVATION_STANDS_FOR if effect.new is ScriptState.RESERVED else None
            before = effect.before.value if effect.before else None
            transfer = message if effect.new is ScriptState.TRANSFERRING else None
            touched = work.run(
                _MOVE, effect.new.value, effect.holder, effect.record, effect.transferee, before, now, until, transfer,
                effect.script, effect.old.value,
            )  # fmt: skip
        case _:
            assert_never(effect)
    if touched < 1:
        raise LostError


def put_in_conflict(work: Work, scripts: Collection[Script], merge: str) -> None:
    """Take prescriptions out of the index: a merge showed that there are two."""
    work.many(
        "UPDATE script SET state = 'in_conflict', before = ?, conflict = ? WHERE id = ? AND state = ?",
        [(s.state.value, merge, s.id, s.state.value) for s in scripts if s.state in LIVE],
    )


def transfer_began(work: Work, message: str) -> bool:
    """Whether this very message hands a prescription over already."""
    return work.one(_BEGAN, message) is not None


def transfers_fall(work: Work, messages: Collection[str]) -> tuple[Alert, ...]:
    """Give prescriptions back to their holders: the message that handed them over never arrived. Whom to tell."""
    fallen = work.rows(_TRANSFERRED, list(messages)) if messages else []
    if fallen:
        work.run(_TRANSFERS_FALL, list(messages))
    return tuple(Alert(agency, "transfer_fell", reference, transferee) for agency, reference, transferee in fallen)


def release_lapsed(work: Work, limit: int, now: int) -> tuple[Alert, ...]:
    """End the reservations that nobody confirmed; what stood in conflict beside one alone stands in the index again."""
    lapsed = work.rows(_LAPSED, now, limit)
    work.lock([person for _, person in lapsed])
    told: list[Alert] = []
    for script, person in lapsed:
        every = current(work, [person])
        own = next((one for one in every if one.id == script), None)
        if own is None:
            continue
        effects = (MoveScript(script, own.state, ScriptState.ENDED), *rest_of_conflict(every, script))
        try:
            with work.savepoint():
                for effect in effects:
                    apply(work, effect, "", now)
        except LostError:
            # Its holder confirmed it in this very moment, so it stands.
            continue
        told.append(Alert(own.agency, "script_lapsed", own.reference))
    return tuple(told)
