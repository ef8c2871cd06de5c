"""Prescriptions as rows: what the prescription guard asks, and its effects written down.

A unique index allows one live prescription for a person (insert or yield). Leaves out: which effect
(``broker/prescriptions.py``).
"""

from collections.abc import Collection
from typing import Final, assert_never

from broker.outcome import MoveScript, StartScript
from broker.prescriptions import RESERVATION_STANDS_FOR, Script, rest_of_conflict
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
    "since = ?, until = ? WHERE id = ? AND state = ?"
)
_LAPSED: Final = "SELECT id, person FROM script WHERE state = 'reserved' AND until <= ? ORDER BY until LIMIT ?"


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
            touched = work.run(
                _START, new_token(), effect.person, effect.record, effect.agency, effect.state.value,
                ScriptState.RESERVED.value if beside else None, now, now + RESERVATION_STANDS_FOR, message, *override,
            )  # fmt: skip
        case MoveScript():
            until = now + RESERVATION_STANDS_FOR if effect.new is ScriptState.RESERVED else None
            before = effect.before.value if effect.before else None
            touched = work.run(
                _MOVE, effect.new.value, effect.holder, effect.record, effect.transferee, before, now, until,
                effect.script, effect.old.value,
            )  # fmt: skip
        case _:
            assert_never(effect)
    if touched < 1:
        raise LostError


def put_in_conflict(work: Work, scripts: Collection[Script]) -> None:
    """Take prescriptions out of the index: a merge showed that there are two."""
    work.many(
        "UPDATE script SET state = 'in_conflict', before = ? WHERE id = ? AND state = ?",
        [(s.state.value, s.id, s.state.value) for s in scripts if s.state is not ScriptState.IN_CONFLICT],
    )


def release_lapsed(work: Work, limit: int, now: int) -> int:
    """End the reservations that nobody confirmed; what stood in conflict beside one alone stands in the index again."""
    lapsed = work.rows(_LAPSED, now, limit)
    work.lock([person for _, person in lapsed])
    for script, person in lapsed:
        every = current(work, [person])
        for effect in (
            MoveScript(script, ScriptState.RESERVED, ScriptState.ENDED),
            *rest_of_conflict(every, script),
        ):
            try:
                with work.savepoint():
                    apply(work, effect, "", now)
            except LostError:
                # Its holder confirmed it in this very moment, so it stands.
                break
    return len(lapsed)
