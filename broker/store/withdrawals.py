"""A withdrawal that travels: what is still here is stopped, whoever received something is told, and says that it was.

The same telling serves a correction (H6). What the consent service says was released is taken from it; where each message
stands is known here alone. Leaves out: deciding (the consent service), and the report (it has every answer in its log).
"""

from collections.abc import Collection, Sequence
from typing import Final

from broker.outcome import Alert, TellRecipients
from broker.store import messages, outbox_rows, records
from broker.store.database import Work
from broker.store.notices import Notices
from contracts.steps import Receipt
from contracts.vocabulary import Reason

_STANDING: Final = "SELECT m.id, m.sender, m.recipient, m.kind, m.state, m.record FROM message AS m WHERE m.id = ANY(?)"
_REFERENCES: Final = (
    "SELECT o.id, r.agency, r.reference FROM record AS o JOIN record AS r ON r.person = o.person WHERE o.id = ANY(?) "
    "ORDER BY r.n DESC"
)
_TELL: Final = (
    "INSERT INTO telling (id, message, sender, agency, kind, alert, told, acknowledged) VALUES (?, ?, ?, ?, ?, ?, ?, NULL) "
    "ON CONFLICT DO NOTHING"
)
_ACKNOWLEDGE: Final = (
    "UPDATE telling SET acknowledged = ? WHERE id = ANY(?) AND agency = ? AND acknowledged IS NULL "
    "RETURNING id, sender, agency, kind"
)
# It may have reached the recipient: on the way, in its inbox, in its hands.
_OUT_OF_OUR_HANDS: Final = frozenset({"sent", "delivered"})


def stop(work: Work, about: Collection[str], index: int, now: int, why: Reason = Reason.CONSENT_WITHDRAWN) -> list[str]:
    """Everything that has not left for a recipient is stopped, and asked about again; in the withdrawal's transaction.

    What stands for these records and would speak of her later is stopped here too. The messages that were stopped.
    """
    records.recall(work, about, index)
    stopped = messages.recall(work, about, now, why)
    outbox_rows.withdraw(work, stopped)
    return stopped


def tell(work: Work, tell: TellRecipients, notices: Notices, now: int) -> None:
    """Alert each agency that received one of these messages; for the others, tell the log that nothing arrived."""
    standing = {row[0]: row for row in work.rows(_STANDING, [telling.message for telling in tell.tellings])}
    found = [(telling.id, *standing[telling.message]) for telling in tell.tellings if telling.message in standing]
    own = {(record, agency): reference for record, agency, reference in _references(work, [row[6] for row in found])}
    written = []
    for telling, message, sender, recipient, kind, state, record in found:
        if state not in _OUT_OF_OUR_HANDS:
            notices.outcome(telling, 1, "recalled", None, sender, recipient, kind)
            continue
        reference = own.get((record, recipient))
        notices.alert(Alert(recipient, tell.alert, reference, sender, message, telling))
        written.append((telling, message, sender, recipient, kind, tell.alert, now))
    work.many(_TELL, written)


def acknowledge(work: Work, agency: str, receipts: Sequence[Receipt], notices: Notices, now: int) -> dict[str, int]:
    """Write down that an agency was told; the log has it from us. Only who was told may say so, and once."""
    ids = [receipt.message for receipt in receipts if receipt.result == "acknowledged"]
    if not ids:
        return {}
    found = work.rows(_ACKNOWLEDGE, now, ids, agency)
    for telling, sender, recipient, kind in found:
        notices.outcome(telling, 1, "acknowledged", None, sender, recipient, kind)
    return {"acknowledged": len(found)} if found else {}


def _references(work: Work, about: Collection[str | None]) -> list[tuple[str, str, str]]:
    """The references of everyone who knows these people, the oldest of an agency last, so that it stands."""
    known = [record for record in about if record is not None]
    return [(row[0], row[1], row[2]) for row in work.rows(_REFERENCES, known)] if known else []
