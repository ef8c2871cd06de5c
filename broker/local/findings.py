"""What does not fit between the stores of one system, in plain sentences: how a restore that is behind is noticed and said.

Each service remembers something of the others: the broker the log's entries, an adapter the log's heads and its own
numbers. Used by ``restore`` and ``doctor``. Leaves out mending it, which people decide.
"""

import time
from pathlib import Path

from broker.local.stores import Stores


def findings(stores: Stores, queues: dict[str, int] | None = None) -> list[str]:
    """What is behind what; nothing when all fits. ``queues``: messages by queue, where RabbitMQ runs."""
    return [*_log_behind_broker(stores), *_log_behind_adapters(stores), *_broker_and_adapters(stores), *_queues(stores, queues)]


def queues_of(folder: Path) -> dict[str, int] | None:
    """How many messages lie in each queue; None where RabbitMQ does not answer, or the packages to ask it are missing."""
    try:
        from broker.local.status import waiting
        from broker.local.system import System
    except ImportError:
        return None
    return waiting(System.open(folder))


def _log_behind_broker(stores: Stores) -> list[str]:
    if not (stores.broker.there() and stores.consent.there()):
        return []
    known = stores.broker.number("SELECT MAX(log_index) FROM message")
    size = _log_size(stores)
    if known is None or known < size:
        return []
    behind = (
        f"The consent service's log has {size:,} entries, and the broker knows of entry {known:,}. The log is behind: entries "
        "that permits were given under are gone. Restore a newer copy of the consent service."
    )
    return [behind]


def _log_behind_adapters(stores: Stores) -> list[str]:
    if not stores.consent.there():
        return []
    found = []
    for agency, adapter in stores.adapters.items():
        if not adapter.there():
            continue
        heads = adapter.rows("SELECT size, root FROM checkpoint ORDER BY size DESC LIMIT 1")
        if not heads:
            continue
        remembered, root = heads[0]["size"], bytes(heads[0]["root"])
        # Read after the adapter: while everything runs, the log may only be ahead of what was remembered.
        size = _log_size(stores)
        if remembered > size:
            found.append(
                f"{agency} remembers the log with {remembered:,} entries, and it has {size:,}. Its adapter will stop as soon "
                "as it is shown the shorter log. Restore a newer copy of the consent service."
            )
            continue
        same = stores.consent.rows("SELECT root FROM checkpoint WHERE size = ?", (remembered,))
        if not same or bytes(same[0]["root"]) != root:
            found.append(
                f"{agency} remembers another log of {remembered:,} entries than this one. Two histories exist; ask why."
            )
    return found


def _broker_and_adapters(stores: Stores) -> list[str]:
    if not stores.broker.there():
        return []
    seen = {row["sender"]: row["last"] for row in stores.broker.rows("SELECT sender, last FROM sequence")}
    found = []
    for agency, adapter in stores.adapters.items():
        if not adapter.there():
            continue
        sent = adapter.number("SELECT MAX(CAST(value AS INTEGER)) FROM own WHERE name = 'sequence'") or 0
        last = seen.get(agency, 0)
        if last > sent:
            found.append(
                f"The broker has seen message {last:,} of {agency}, whose adapter has counted to {sent:,}. The adapter is "
                "behind: it will give numbers out a second time, and what it sent since is not in its own store."
            )
        found += _lost_by_broker(stores, agency)
    return found


def _lost_by_broker(stores: Stores, agency: str) -> list[str]:
    """Messages that the broker once acknowledged to this adapter and now has no trace of."""
    acknowledged = "SELECT id FROM message WHERE kind <> 'receipts/1' AND state IN ('received', 'held', 'delivered')"
    ids = [row["id"] for row in stores.adapters[agency].rows(acknowledged)]
    known = {row["id"] for row in stores.broker.rows("SELECT id FROM message WHERE sender = ?", (agency,))}
    gone = [one for one in ids if one not in known]
    if not gone:
        return []
    lost = (
        f"{len(gone):,} messages that the broker acknowledged to {agency} are not in its store. The broker is behind: restore "
        "a newer copy of it, or ask the agency to send them again."
    )
    return [lost]


def _queues(stores: Stores, queues: dict[str, int] | None) -> list[str]:
    """What waits in RabbitMQ and what the broker thinks it sent there."""
    if queues is None or not stores.broker.there():
        return []
    # Only where the permit has run out: a delivery that came would have been receipted, or given back as stale.
    query = "SELECT recipient, COUNT(*) AS n FROM message WHERE state = 'sent' AND valid_until < ? GROUP BY recipient"
    now = time.time_ns() // 1_000_000
    sent = {row["recipient"]: row["n"] for row in stores.broker.rows(query, (now,))}
    found = []
    for queue, depth in sorted(queues.items()):
        agency = queue.rpartition(".")[2]
        if agency in stores.adapters and depth == 0 and sent.get(agency, 0) > 0 and _is_idle(stores, agency):
            found.append(
                f"The broker waits for {sent[agency]:,} receipts of {agency}, whose inbox is empty and whose adapter owes "
                "none: what lay there was lost with RabbitMQ's files. They expire by themselves; ask for them again."
            )
    return found


def _is_idle(stores: Stores, agency: str) -> bool:
    adapter = stores.adapters[agency]
    return adapter.there() and not adapter.number(
        "SELECT (SELECT COUNT(*) FROM receipt) + (SELECT COUNT(*) FROM received WHERE state = 'opened')"
    )


def _log_size(stores: Stores) -> int:
    return stores.consent.number("SELECT MAX(size) FROM checkpoint") or 0
