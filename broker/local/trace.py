"""``./run trace MESSAGE-ID``: every hop of one message in words, from the stores of all who had it in hand.

The sender's adapter, the broker, the log and the recipient's adapter each remember their part; here the parts are put in the
order of time. Ids, codes and moments only: nothing of what was said, and no name. Reads, and records nothing: what is shown
of the log are its skeleton's codes, which the operator of the machine can read anyway.
"""

import argparse
import json
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from broker.local import state
from broker.local.stores import Row, StoreAwayError, Stores, of
from contracts.reasons import Reason
from contracts.sentences import sentence

_KNOWN: Final = {reason.value: reason for reason in Reason}
# Of things that carry the same moment, what caused the other comes first.
_SEALED, _TAKEN, _ASKED, _SETTLED, _ARRIVED, _ENDED = range(6)


@dataclass(frozen=True, order=True)
class Hop:
    """One thing that happened to the message."""

    at: int
    place: int
    said: str


def main(arguments: list[str]) -> int:
    """0 when the message was found anywhere."""
    parser = argparse.ArgumentParser(prog="./run trace", description="Every hop of one message, in words.")
    parser.add_argument("message", help="the message's id, as a receipt or ./run holds list shows it")
    parser.add_argument("--name", help="which system (default: the one that runs, else the latest)")
    chosen = parser.parse_args(arguments)
    try:
        found = lines(state.current(chosen.name), chosen.message)
    except (state.NoSystemError, StoreAwayError) as error:
        print(error, file=sys.stderr)
        return 1
    if not found:
        print(
            "No store knows a message of that id. ./run holds list and the receipts in a case system show ids.", file=sys.stderr
        )
        return 1
    print("\n".join(found))
    return 0


def lines(folder: Path, message: str) -> list[str]:
    """The message's way, a line a hop; nothing when nobody knows it."""
    stores = of(folder)
    hops = sorted({*_at_adapters(stores, message), *_at_broker(stores, message), *_in_log(stores, message)})
    if not hops:
        return []
    return [*_heading(stores, message), *(f"{_moment(hop.at)}  {hop.said}" for hop in hops)]


def _heading(stores: Stores, message: str) -> list[str]:
    found = stores.broker.rows("SELECT * FROM message WHERE id = ?", (message,)) if stores.broker.there() else []
    if not found:
        return [f"message {message}"]
    row = found[0]
    head = [f"message {message}: {row['kind']} from {row['sender']} to {row['recipient']}"]
    now = {
        "held": f"it is held: {row['owner']} must act by {_moment(row['deadline'] or 0)}",
        "waiting": f"it waits, and is tried again at {_moment(row['due_at'] or 0)}",
        "queued": "it waits for room in the recipient's inbox",
        "sent": "it lies in the recipient's inbox",
    }
    return [*head, now.get(row["state"], f"it ended as {row['state']}"), ""]


# --- the sender and the recipient


def _at_adapters(stores: Stores, message: str) -> list[Hop]:
    hops: list[Hop] = []
    for agency, adapter in stores.adapters.items():
        if not adapter.there():
            continue
        for row in adapter.rows("SELECT * FROM message WHERE id = ?", (message,)):
            hops.append(Hop(row["created"], _SEALED, f"sealed at {agency}, its message number {row['sequence']:,}"))
            if row["state"] == "queued":
                hops.append(Hop(row["created"], _TAKEN, f"waits at {agency} for RabbitMQ"))
        for row in adapter.rows("SELECT * FROM received WHERE id = ?", (message,)):
            hops.append(
                Hop(row["arrived"], _ARRIVED, f"permit and proof checked, opened at {agency} (attempt {row['attempt']})")
            )
            hops += _in_case_system(stores, agency, row)
    return hops


def _in_case_system(stores: Stores, agency: str, row: Row) -> list[Hop]:
    said = {
        "opened": f"waits at {agency} for its own system",
        "withdrawn": f"stopped at {agency}: she took it back before its own system had it",
        "handed_over": f"handed over to {agency}'s own system",
        "refused": f"{agency}'s own system refused it",
    }[row["state"]]
    cases = stores.case_systems.get(agency)
    if cases and cases.there() and (found := cases.rows("SELECT at FROM arrived WHERE id = ?", (row["id"],))):
        return [Hop(found[0]["at"], _ARRIVED + 1, said)]
    return [Hop(row["arrived"], _ARRIVED + 1, said)]


# --- the broker

_HOPS: Final = {
    "received": "received by the broker",
    "waiting": "waits",
    "held": "held for a person",
    "queued": "permitted, and waits for room in the recipient's inbox",
    "sent": "sent to the recipient's inbox",
    "delivered": "the recipient's receipt came; the sender is told: delivered",
    "refused": "refused; its sender is told",
    "expired": "its time ran out; its sender is told",
    "done": "done; its sender is told",
    "stale": "came too late to be opened, and is decided again",
    "recalled": "called back before it was sent, and is decided again",
    "released": "an officer let it be decided again",
}


def _at_broker(stores: Stores, message: str) -> list[Hop]:
    if not stores.broker.there():
        return []
    kept = stores.broker.rows("SELECT * FROM hop WHERE message = ? ORDER BY n", (message,))
    came = stores.broker.rows("SELECT * FROM message WHERE id = ?", (message,))
    turned_away = stores.broker.rows("SELECT at, reason FROM refusal WHERE message = ?", (message,))
    hops = [Hop(row["at"], _SETTLED, _hop(row)) for row in kept]
    for row in came:
        hops.append(Hop(row["arrived"], _TAKEN, "received by the broker: form, signature, times and addressee checked"))
        hops += _sent_at_once(stores, row, {(one["what"], one["attempt"]) for one in kept})
        # The usual end has no row of its own, only its moment.
        if row["ended"] is not None and row["state"] not in {one["what"] for one in kept}:
            hops.append(Hop(row["ended"], _SETTLED, _HOPS.get(row["state"], str(row["state"]))))
    return hops + [Hop(row["at"], _TAKEN, f"refused at the door: {_why(row['reason'])}") for row in turned_away]


def _sent_at_once(stores: Stores, message: Row, written: set[tuple[str, int]]) -> list[Hop]:
    """What was permitted and went out in the same moment has no row of its own either."""
    query = "SELECT shown, skeleton FROM entry WHERE message_id = ? AND kind = 'decision'"
    hops = []
    for row in stores.consent.rows(query, (message["id"],)) if stores.consent.there() else []:
        attempt, at = json.loads(row["shown"])["attempt"], json.loads(row["skeleton"])["written"]
        if not any((what, attempt) in written for what in ("sent", "queued", "refused", "waiting", "recalled")):
            hops.append(Hop(at, _SETTLED, f"sent to the inbox of {message['recipient']}"))
    return hops


def _hop(row: Row) -> str:
    said = _HOPS.get(row["what"], row["what"].replace("_", " "))
    attempt = f" (attempt {row['attempt']})" if row["attempt"] and row["attempt"] > 1 else ""
    officer = f", by {row['officer']}" if row.get("officer") else ""
    why = f": {_why(row['reason'])}" if row["reason"] else ""
    return f"{said}{attempt}{officer}{why}"


# --- the log


def _in_log(stores: Stores, message: str) -> list[Hop]:
    if not stores.consent.there():
        return []
    query = "SELECT leaf_index, kind, shown, skeleton FROM entry WHERE message_id = ? ORDER BY leaf_index"
    return [_entry(row) for row in stores.consent.rows(query, (message,))]


def _entry(row: Row) -> Hop:
    shown, skeleton = json.loads(row["shown"]), json.loads(row["skeleton"])
    attempt = skeleton.get("attempt") or shown.get("attempt")
    said = {
        "decision": f"asked (attempt {attempt}): permitted{_narrowed(shown, skeleton)}",
        "refusal": f"asked (attempt {attempt}): refused, {_code(skeleton.get('reason'))}",
        "hold": f"asked (attempt {attempt}): held for {skeleton.get('owner')}, {_code(skeleton.get('reason'))}",
        "outcome": f"its end is written down: {skeleton.get('state')}",
        "consent": "what she said is written down",
        "withdrawal": "that she took it back is written down",
        "query": "asked: the check is allowed, and written down",
        "override": "the override is written down",
    }.get(row["kind"], row["kind"].replace("_", " "))
    place = _ENDED if row["kind"] == "outcome" else _ASKED
    return Hop(skeleton["written"], place, f"{said}; log entry {row['leaf_index']:,}{_clauses(skeleton)}")


def _narrowed(shown: dict[str, Any], skeleton: dict[str, Any]) -> str:
    parts = len(shown.get("slots", []))
    less = ", the rest withheld" if skeleton.get("verdict") == "route_minimised" else ""
    return f", {parts} {'part' if parts == 1 else 'parts'}{less}"


def _clauses(skeleton: dict[str, Any]) -> str:
    spoke = sorted({one["clause"] for one in skeleton.get("clauses", [])})
    return f" (clauses {', '.join(spoke)})" if spoke else ""


def _why(code: str | None) -> str:
    if code is None:
        return "no reason given"
    return f"{_code(code)}, {sentence(_KNOWN[code])}" if code in _KNOWN else code


def _code(code: str | None) -> str:
    return (code or "").partition(":")[0]


def _moment(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%H:%M:%S.%f")[:-3]
