"""What was refused, by a fingerprint of what it would have told: so that the same on another basis is noticed (clause B7, T9).

A fingerprint is a hash over the way, the purpose, the labels and the sender's own record of the person, which is random and is
nobody else's; it says nothing without that record. Leaves out: what follows (clause B7).
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Final

from sqlalchemy import Connection

from consent.draft import Draft
from consent.new_rows import put
from consent.questions import Opened
from consent.store import AnswerKind, rows_in
from contracts.facts import Facts
from contracts.kinds import SHAPES, Goes
from contracts.vocabulary import Reason

_FOR: Final = 30 * 86_400_000
# Refused for want of a lawful basis, of her yes, or of a right of the police. Form, age and time are other questions.
_FAMILIES: Final = ("LAW", "CON", "POL", "IMM")


def on_another_basis(connection: Connection, opened: Sequence[Opened], now: int) -> set[str]:
    """The messages of a batch of which the same was refused in the last thirty days on another basis. One query a batch."""
    prints: defaultdict[str, list[Opened]] = defaultdict(list)
    for one in opened:
        if (print_ := _fingerprint(one)) is not None:
            prints[print_].append(one)
    found: set[str] = set()
    for row in rows_in(connection, "SELECT * FROM refused WHERE fingerprint IN", prints):
        if row.refused_at > now - _FOR:
            same = [one for one in prints[row.fingerprint] if one.part is not None and row.basis != _basis(one.part.facts)]
            found.update(one.question.message for one in same)
    return found


def remember(connection: Connection, drafts: Iterable[Draft], now: int) -> None:
    """Write down what was refused in a batch, for the next thirty days."""
    rows = []
    for draft in drafts:
        one = draft.asked
        if draft.answer is AnswerKind.REFUSED and _counts(draft.reason) and (print_ := _fingerprint(one)) and one.part:
            rows.append((one.question.message, one.question.attempt, print_, _basis(one.part.facts), now))
    put(connection, "refused", "message_id, attempt, fingerprint, basis, refused_at", rows)


def _counts(reason: Reason | None) -> bool:
    return reason is not None and reason.value.startswith(_FAMILIES)


def _fingerprint(one: Opened) -> str | None:
    """Of a message about somebody on record to another agency; None for any other."""
    header, own = one.question.header, one.question.records.own
    if one.part is None or own is None or SHAPES[header.kind].goes is not Goes.TO_AGENCY:
        return None
    labels = sorted([opening.label for opening in one.part.openings])
    said = (header.sender, header.recipient, one.part.facts.purpose, own, *labels)
    return sha256("\n".join(said).encode()).hexdigest()


def _basis(facts: Facts) -> str:
    return f"{facts.article_6} {facts.article_9_or_10} {facts.confidence} {facts.gateway}"
