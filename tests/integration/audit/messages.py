"""V1 and V2: nothing is lost, and nothing takes effect twice, whatever died.

Judged from what the adapters remember of their own messages, beside what the broker, the recipients and the workers' own
systems have. Leaves out who was allowed to see what (``releases``).
"""

from collections import Counter

from tests.integration.audit.findings import Finding
from tests.integration.audit.stores import Row
from tests.integration.audit.town import Desk, Town

TERMINAL = {"delivered", "refused", "expired", "done"}
_TOLD_AS = {"done": "delivered"}
_ONCE_A_CONVERSATION = {
    "referral-accepted/1", "referral-declined/1", "referral-withdrawn/1", "referral-completed/1", "lead-accepted/1",
    "lead-declined/1",
}  # fmt: skip
_LIVE = ("reserved", "active", "transferring")


def nothing_lost(town: Town) -> Finding:
    """V1. Every message that RabbitMQ confirmed reached one terminal state and its sender knows, or waits with a deadline."""
    finding = Finding("V1", "lost, or its sender not told", 0, "confirmed messages")
    ends: Counter[str] = Counter()
    for desk in town.desks.values():
        for row in desk.sent:
            if row["state"] == "queued":
                ends["not yet with RabbitMQ"] += 1
                continue
            finding.looked_at += 1
            end, wrong = _fate(town, desk, row)
            ends[end] += 1
            if wrong:
                finding.violations.append(f"{desk.agency} {row['kind']} {row['id']}: {wrong}")
    finding.remarks = [f"{end} {count:,}" for end, count in sorted(ends.items())]
    return finding


def _fate(town: Town, desk: Desk, row: Row) -> tuple[str, str | None]:
    """Where a message ended, and what is wrong with that."""
    message = row["id"]
    broker = town.messages.get(message)
    if broker is None:
        known = message in town.refused_by_form
        wrong = (
            None if known and row["state"] == "refused" else "the broker never had it" if not known else "refused, and not told"
        )
        return "refused" if known else "lost", wrong
    state = broker["state"]
    if state in TERMINAL:
        return state, _told(desk, row, state) or _ended(broker)
    if state == "held":
        live = broker["owner"] and broker["deadline"] and broker["deadline"] > town.now
        return "held", None if live and row[
            "state"
        ] == "held" else "held without an owner, a live deadline, or a word to its sender"
    if state == "waiting":
        return "waiting", None if broker["due_at"] is not None or broker["waits_for"] else "waits for nothing"
    return state, f"still {state}: it has not come to an end"


def _told(desk: Desk, row: Row, state: str) -> str | None:
    said = _TOLD_AS.get(state, state)
    if row["state"] != said:
        return f"the broker says {state}, its sender's adapter {row['state']}"
    if not desk.has_case_system or row["record"] is None:
        return None
    finals = {one["state"] for one in desk.told.get(row["id"], []) if one["type"] == "receipt" and one["state"] in TERMINAL}
    if finals != {said}:
        return f"ended as {said}, and the worker was told {', '.join(sorted(finals)) or 'nothing'}"
    return None


def _ended(broker: Row) -> str | None:
    return None if broker["ended"] is not None else "has a last state and no time of ending"


def nothing_doubled(town: Town) -> Finding:
    """V2. One effect for each message, one for each step of a conversation, one live script and one lead for each person."""
    finding = Finding("V2", "took effect twice, or not where it was said to", 0, "effects")
    for desk in town.desks.values():
        _handed_over(desk, finding)
        _steps(desk, finding)
    live = Counter(row["person"] for row in town.scripts if row["state"] in _LIVE)
    finding.violations += [f"person {person} has {count} live scripts" for person, count in live.items() if count > 1]
    open_cases = [row for row in town.cases if row["state"] == "open"]
    leads = Counter(row["person"] for row in open_cases if row["role"] == "lead")
    finding.violations += [f"person {person} has {count} leads" for person, count in leads.items() if count > 1]
    in_conflict = {row["person"] for row in town.cases if row["state"] == "in_conflict"}
    for person in {row["person"] for row in open_cases} - set(leads) - in_conflict:
        finding.violations.append(f"person {person} has an open case and no lead")
    finding.looked_at += live.total() + len(open_cases)
    finding.remarks = [
        f"{live.total()} live scripts",
        f"{leads.total()} leads for {len({r['person'] for r in open_cases})} people",
    ]
    return finding


def _handed_over(desk: Desk, finding: Finding) -> None:
    """What the adapter handed over is what its own system has: no more, no less."""
    handed = {message for message, row in desk.received.items() if row["state"] == "handed_over"}
    finding.looked_at += len(handed)
    if not desk.has_case_system:
        return
    finding.violations += [f"{desk.agency} {message}: handed over, and not there" for message in handed - set(desk.arrived)]
    taken = set(desk.arrived) - handed - {message for message, row in desk.received.items() if row["state"] == "opened"}
    finding.violations += [f"{desk.agency} {message}: there, and never handed over" for message in taken]


def _steps(desk: Desk, finding: Finding) -> None:
    steps = Counter(
        (row["conversation"], row["kind"], row["sender"])
        for row in desk.received.values()
        if row["kind"] in _ONCE_A_CONVERSATION and row["state"] == "handed_over"
    )
    finding.violations += [
        f"{desk.agency}: {kind} of {sender} took effect {count} times in conversation {conversation}"
        for (conversation, kind, sender), count in steps.items()
        if count > 1
    ]
