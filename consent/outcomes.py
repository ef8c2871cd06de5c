"""What the broker says became of messages, and what people did at its guards: in the log once, however often it is told.

Leaves out: how it is told (``line``); the broker keeps telling until we have it.
"""

from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError

from consent.entries import outcome_entry
from consent.guard_acts import act_entry
from consent.log.append import LogConflictError, LogSigner, append
from consent.log.entry import Entry
from consent.new_rows import put
from consent.store import alone, told_before
from contracts.consent_check import GuardAct, Outcome, OutcomeBatch
from contracts.directory import Directory


class Outcomes:
    """Writes batches of outcomes, one after another."""

    def __init__(self, engine: Engine, signer: LogSigner, directory: Directory) -> None:
        self._engine = engine
        self._signer = signer
        self._directory = directory

    def write(self, body: bytes, now: int) -> int:
        """Write what is new; how many that were. ValidationError for bytes that are not a batch of outcomes."""
        batch = OutcomeBatch.model_validate_json(body)
        try:
            return self._write(batch, now)
        except (LogConflictError, IntegrityError):
            # Another process wrote at the same moment; what it wrote is found now.
            return self._write(batch, now)

    def _write(self, batch: OutcomeBatch, now: int) -> int:
        every: tuple[Outcome | GuardAct, ...] = (*batch.outcomes, *batch.acts)
        told = {_key(one): one for one in every}
        with alone(self._engine) as connection:
            for known in told_before(connection, [message for message, _, _ in told]):
                told.pop(known, None)
            if not told:
                return 0
            appended = append(connection, [self._entry(one, now) for one in told.values()], self._signer, now)
            rows = [(*key, appended.first_index + number) for number, key in enumerate(told)]
            put(connection, "outcome", "message_id, state, attempt, log_index", rows)
        return len(told)

    def _entry(self, told: Outcome | GuardAct, now: int) -> Entry:
        return outcome_entry(told, now) if isinstance(told, Outcome) else act_entry(told, self._directory, now)


def _key(told: Outcome | GuardAct) -> tuple[str, str, int]:
    if isinstance(told, Outcome):
        return told.message, told.state, told.attempt
    return told.id, f"act_{'refused' if told.refused else told.act}", 0
