"""What a worker is told when the broker does not answer: "not checked", or "cannot say"; silence is never left to be read (E5).

A prescriber or a worker stands before her and waits; whether RabbitMQ, the broker or the line is away is the same to both. The
question stays in the outbox and goes when it can; the true answer is told when it comes. Leaves out: a question that the broker
has put before a person, since then she was told who acts by when.
"""

from collections.abc import Callable
from typing import Any, Final

from agencies.arriving import caseload_fields, guard_fields
from agencies.inbox import Inbox
from agencies.store import Store
from contracts.kinds import Kind
from contracts.notices import CaseloadAnswer, GuardItem
from contracts.sentences import sentence
from contracts.vocabulary import CaseloadStatus, GuardAnswer, Reason

_WAITING: Final = (
    "SELECT id, record, conversation, kind, reference FROM message "
    # As the partial index of the store has it, word for word.
    "WHERE kind IN ('script-reserved/1', 'caseload-check/1') AND state IN ('queued', 'sent', 'received') "
    "AND created <= ? AND record IS NOT NULL ORDER BY created LIMIT 50"
)


class Unanswered:
    """The questions of this agency that wait too long for whoever asked."""

    def __init__(self, store: Store, inbox: Inbox, clock: Callable[[], int], patience_ms: int) -> None:
        self._store = store
        self._inbox = inbox
        self._clock = clock
        self._patience = patience_ms

    def tell(self) -> int:
        """Note what must be told, once for each question; how many there were."""
        now = self._clock()
        rows = self._store.rows.execute(_WAITING, (now - self._patience,)).fetchall()
        told = 0
        for message, record, conversation, kind, reference in rows:
            with self._store.writing():
                notice = f"unanswered-{message}"
                if self._inbox.first_sight(notice, now):
                    item = GuardItem(
                        message=message, conversation=conversation, kind=Kind(kind), answer=GuardAnswer.NOT_CHECKED,
                        reason=Reason.CHECK_NOT_AVAILABLE, reference=reference,
                    )  # fmt: skip
                    self._inbox.owe_telling(notice, self._fields(item, record, now))
                    told += 1
        return told

    def _fields(self, item: GuardItem, record: str, now: int) -> dict[str, Any]:
        if item.kind is not Kind.CASELOAD_CHECK:
            return guard_fields(item, record, self._store.person_of(item.reference), now)
        answer = caseload_fields(CaseloadAnswer(status=CaseloadStatus.CANNOT_SAY, made=now), record, item.message, now)
        reason = Reason.CHECK_NOT_AVAILABLE
        return answer | {"reason": reason.value, "sentence": f"{answer['sentence']} {sentence(reason)}"}
