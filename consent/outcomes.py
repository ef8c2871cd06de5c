"""What the broker says became of messages, written into the log once, however often it is told.

Leaves out: how it is told (``line``); the broker keeps telling until we have it.
"""

from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError

from consent.entries import outcome_entry
from consent.log.append import LogConflictError, LogSigner, append
from consent.store import alone, put, told_before
from contracts.consent_check import Outcome, OutcomeBatch


class Outcomes:
    """Writes batches of outcomes, one after another."""

    def __init__(self, engine: Engine, signer: LogSigner) -> None:
        self._engine = engine
        self._signer = signer

    def write(self, body: bytes, now: int) -> int:
        """Write what is new; how many that were. ValidationError for bytes that are not a batch of outcomes."""
        batch = OutcomeBatch.model_validate_json(body)
        try:
            return self._write(batch, now)
        except (LogConflictError, IntegrityError):
            # Another process wrote at the same moment; what it wrote is found now.
            return self._write(batch, now)

    def _write(self, batch: OutcomeBatch, now: int) -> int:
        told = {_key(one): one for one in batch.outcomes}
        with alone(self._engine) as connection:
            for known in told_before(connection, [one.message for one in batch.outcomes]):
                told.pop(known, None)
            if not told:
                return 0
            appended = append(connection, [outcome_entry(one, now) for one in told.values()], self._signer, now)
            rows = [(*key, appended.first_index + number) for number, key in enumerate(told)]
            put(connection, "outcome", "message_id, state, attempt, log_index", rows)
        return len(told)


def _key(outcome: Outcome) -> tuple[str, str, int]:
    return outcome.message, outcome.state, outcome.attempt
