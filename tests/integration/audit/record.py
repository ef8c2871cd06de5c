"""V7 and V8: the log was only ever added to, and it holds everything that happened, refusals included.

Leaves out the arithmetic, which is in ``log``.
"""

from tests.integration.audit.findings import Finding
from tests.integration.audit.log import check_note
from tests.integration.audit.town import Town

JUDGED = {"decision", "refusal", "hold"}
_SAID = {
    "consent-recorded/1": "consent",
    "consent-withdrawn/1": "withdrawal",
    "caseload-check/1": "query",
    "correction-recorded/1": "correction",
}


def only_added_to(town: Town) -> Finding:
    """V7. Every leaf re-derived, every head by the log's key and continuing the one before, and none that any adapter
    remembers is another."""
    finding = Finding(
        "V7", "entries or heads that do not fit", len(town.log.entries) + town.log.checkpoints, "entries and heads"
    )
    finding.violations += town.log.broken
    seen = 0
    for desk in town.desks.values():
        finding.violations += [f"{desk.agency} keeps evidence of a fork: {fork['why']}" for fork in desk.forks]
        for row in desk.checkpoints:
            seen += 1
            if wrong := check_note(row["note"], *town.log_key, town.log):
                finding.violations.append(f"the checkpoint of {row['size']} entries that {desk.agency} remembers {wrong}")
    finding.looked_at += seen
    finding.remarks = [f"{seen} of them remembered by adapters"]
    return finding


def everything_is_there(town: Town) -> Finding:
    """V8. What the stores say happened is what the log says, message by message, and every record is a leaf."""
    finding = Finding("V8", "happened and not in the log, or the other way round", 0, "ends and records")
    _ends(town, finding)
    _records(town, finding)
    _named(town, finding)
    _counts(town, finding)
    return finding


def _ends(town: Town, finding: Finding) -> None:
    """Each end of a message is an entry: what was delivered and what expired, and each refusal, whoever refused."""
    logged: dict[str, set[str]] = {}
    for entry in town.log.of_kind("outcome"):
        logged.setdefault(str(entry.skeleton.get("state")), set()).add(entry.message or "")
    refused_by_consent = {entry.message or "" for entry in town.log.of_kind("refusal")}
    for state in ("delivered", "refused", "expired"):
        here = {message for message, row in town.messages.items() if row["state"] == state and row["kind"] != "receipts/1"}
        there = logged.get(state, set()) | (refused_by_consent & here if state == "refused" else set())
        if state == "refused":
            # Bytes that never became a message have no id that could be believed: they are logged under their own hash.
            here |= {row["body_hash"][:32] for row in town.refusals}
        finding.looked_at += len(here)
        finding.violations += [f"{message} was {state} and the log does not say so" for message in here - there]
        finding.violations += [
            f"the log says {message} was {state}, the broker does not" for message in there - here - set(town.refused_by_form)
        ]


def _records(town: Town, finding: Finding) -> None:
    """Consents, withdrawals and checks that the broker finished are entries of their kind."""
    for kind, entry_kind in _SAID.items():
        done = {message for message, row in town.messages.items() if row["kind"] == kind and row["state"] == "done"}
        logged = {entry.message for entry in town.log.of_kind(entry_kind)}
        finding.looked_at += len(done)
        finding.violations += [f"{kind} {message} is finished and not in the log" for message in done - logged]


def _named(town: Town, finding: Finding) -> None:
    """Who went on in spite of a guard, and what officers did at one, each under her name."""
    logged = {entry.message for entry in town.log.of_kind("override")}
    logged |= {str(entry.skeleton.get("statement")) for entry in town.log.of_kind("guard_act")}
    done = {*town.overrides, *town.signed}
    finding.looked_at += len(done)
    finding.violations += [f"{one} was done by name at a guard and is not in the log" for one in sorted(done - logged)]


def _counts(town: Town, finding: Finding) -> None:
    """The consent service's own table of decisions counts what the log counts."""
    numbers = {row["log_index"] for row in town.outcomes if not row["state"].startswith("act_")}
    entries = {entry.index for entry in town.log.of_kind("outcome")}
    if numbers != entries:
        finding.violations.append(f"{len(numbers)} outcomes were told, {len(entries)} are in the log")
    kinds: dict[str, int] = {}
    for entry in town.log.entries:
        kinds[entry.kind] = kinds.get(entry.kind, 0) + 1
    finding.remarks = [f"{kind} {count:,}" for kind, count in sorted(kinds.items())]
