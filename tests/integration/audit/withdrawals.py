"""V9: a withdrawal wins. Nothing was decided on a consent after it was taken back, and everyone who was told was told so.

From the log alone: what the consent service keeps beside it is not asked. Leaves out whether a recipient forgot what it read.
"""

from tests.integration.audit.findings import Finding
from tests.integration.audit.log import Entry
from tests.integration.audit.releases import permitted_labels
from tests.integration.audit.town import Town

# A yes to anything that is not asked alone carried these with it.
CARRIED = {"request", "outcome"}
ALONE = {"involvement", "sexual_assault"}
ENDS = {"acknowledged", "recalled"}


def withdrawal_wins(town: Town) -> Finding:
    """Each consent that was taken back: what came after it, who was told, and whether they said so."""
    finding = Finding("V9", "release after a withdrawal, or a recipient not told", 0, "withdrawals")
    given = {(entry.subject or {}).get("consent"): entry for entry in town.log.of_kind("consent")}
    decisions = [entry for entries in town.decisions.values() for entry in entries]
    ended = {entry.message for entry in town.log.of_kind("outcome") if entry.skeleton.get("state") in ENDS}
    told = 0
    for withdrawal in town.log.of_kind("withdrawal"):
        finding.looked_at += 1
        consent = (withdrawal.subject or {}).get("consent")
        named = {one["message"]: one["telling"] for one in withdrawal.skeleton["to_tell"]}
        told += len(named)
        finding.violations += [
            f"{entry.message} was let pass on {consent} after it was taken back"
            for entry in decisions
            if entry.index > withdrawal.index and [consent, None] in (entry.subject or {}).get("said", [])
        ]
        finding.violations += [
            f"{entry.message} was let pass on {consent} and its recipient is not told"
            for entry in decisions
            if entry.index < withdrawal.index and _rests_on(entry, given.get(consent)) and entry.message not in named
        ]
        finding.violations += [f"nobody acknowledged {telling}" for telling in named.values() if telling not in ended]
    finding.remarks = [f"{told} releases told of"]
    return finding


def _rests_on(decision: Entry, consent: Entry | None) -> bool:
    if consent is None or decision.subject is None or consent.subject is None:
        return False
    labels = set(consent.subject["labels"])
    named = labels if labels <= ALONE else labels | CARRIED
    return (
        decision.subject["record"] == consent.subject["record"]
        and decision.skeleton["recipient"] == consent.skeleton["for_agency"]
        and decision.skeleton["purpose"] == consent.skeleton["purpose"]
        and not named.isdisjoint(permitted_labels(decision))
    )
