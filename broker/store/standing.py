"""Where everything stands, for people: the status, the holds, the way of one message.

Ids, codes and times only; what a message says is not here to be shown.
"""

from typing import Any, Final

from broker.store import messages
from broker.store.database import Work

_BY_STATE: Final = "SELECT state, count(*) FROM message GROUP BY state"
_OLDEST: Final = "SELECT min(arrived) FROM message WHERE state IN ('waiting', 'held')"
_OUTBOX: Final = "SELECT count(*), min(not_before) FROM outbox"
_REFUSED_FORM: Final = "SELECT count(*) FROM refusal"
_HOLDS: Final = (
    "SELECT id, sender, recipient, kind, state, reason, owner, deadline, arrived, attempt, due_at FROM message "
    "WHERE state IN ('held', 'waiting') ORDER BY coalesce(deadline, due_at), id"
)
_HOLD_COLUMNS: Final = (
    "message", "sender", "recipient", "kind", "state", "reason", "owner", "deadline", "arrived", "attempt", "due_at",
)  # fmt: skip
_MESSAGE: Final = (
    "SELECT sender, recipient, kind, conversation, in_reply_to, created, not_after, arrived, decided, ended, state, reason, "
    "attempt, owner, deadline, log_index FROM message WHERE id = ?"
)
_HOPS: Final = "SELECT at, what, reason, attempt, officer FROM hop WHERE message = ? ORDER BY n"
_TO_PUBLISH: Final = "SELECT count(*) FROM outbox WHERE about = ?"
_REFUSALS: Final = "SELECT at, sender, reason FROM refusal WHERE message = ? ORDER BY at"
_HELD: Final = "SELECT attempt FROM message WHERE id = ? AND state IN ('held', 'waiting')"
_ASK_NOW: Final = "UPDATE message SET due_at = ? WHERE id = ?"


def overview(work: Work) -> dict[str, Any]:
    """Counts by state, what waits longest, and how much is still to be published."""
    counts = {state: int(count) for state, count in work.rows(_BY_STATE)}
    ((oldest,),) = work.rows(_OLDEST)
    ((depth, not_before),) = work.rows(_OUTBOX)
    ((malformed,),) = work.rows(_REFUSED_FORM)
    return {
        "messages": counts,
        "held": counts.get("held", 0),
        "waiting": counts.get("waiting", 0),
        "oldest_waiting_since": oldest,
        "outbox": int(depth),
        "outbox_oldest": not_before,
        "refused_before_reading": int(malformed),
    }


def holds(work: Work) -> list[dict[str, Any]]:
    """Everything that waits for a person or a service, the most pressing first."""
    return [dict(zip(_HOLD_COLUMNS, row, strict=True)) for row in work.rows(_HOLDS)]


def trace(work: Work, message: str) -> list[dict[str, Any]]:
    """Every turn that is known of one message's way, in order."""
    way: list[dict[str, Any]] = [
        {"at": at, "what": "refused", "reason": reason, "sender": sender}
        for at, sender, reason in work.rows(_REFUSALS, message)
    ]
    row = work.one(_MESSAGE, message)
    if row is None:
        return way
    sender, recipient, kind, conversation, in_reply_to, created, not_after, arrived, decided, ended, state, reason = row[:12]
    attempt, owner, deadline, index = row[12:]
    way.append(
        {
            "at": arrived, "what": "arrived", "sender": sender, "recipient": recipient, "kind": kind, "created": created,
            "conversation": conversation, "in_reply_to": in_reply_to, "not_after": not_after,
        }
    )  # fmt: skip
    turns = work.rows(_HOPS, message)
    way += [{"at": at, "what": what, "reason": why, "attempt": n, "officer": by} for at, what, why, n, by in turns]
    if not any(turn[1] in {"sent", "queued", "done", state} for turn in turns):
        passed = "sent" if state in {"sent", "delivered", "expired", "refused"} else state
        way.append({"at": decided, "what": passed, "reason": None, "attempt": attempt, "log_index": index})
    if ended is not None and way[-1]["what"] != state:
        way.append({"at": ended, "what": state, "reason": reason, "attempt": attempt})
    ((to_publish,),) = work.rows(_TO_PUBLISH, message)
    way[-1] |= {"log_index": index, "owner": owner, "deadline": deadline, "still_to_publish": bool(to_publish)}
    return way


def ask_now(work: Work, message: str, now: int) -> bool:
    """Ask again now about what waits; whether anything of that id does. What is answered decides, not who asked."""
    row = work.one(_HELD, message)
    if row is None:
        return False
    messages.write_hops(work, [(message, now, "asked again", None, row[0], None)])
    work.run(_ASK_NOW, now, message)
    return True
