"""What named people do at the broker's guards, as entries of the log: a prescriber goes on; an officer lifts, undoes, looks.

The broker tells of them and does not vouch for them: a signed act is proven here again before it is written down as done.
Leaves out: whether it counted, which the broker's own state says, and hearing of it twice (``outcomes``).
"""

from typing import Any

from consent.log.entry import Entry, EntryKind
from consent.refused_acts import refused_entry
from contracts.consent_check import GuardAct
from contracts.directory import Directory
from contracts.statements import prove
from contracts.vocabulary import Reason


def act_entry(act: GuardAct, directory: Directory, now: int) -> Entry:
    """Its entry: an override, an act at a guard, or an act that did not count."""
    if act.statement is None:
        return _override(act, now)
    proven = prove(act.statement, directory)
    officer, why = proven.officer, act.refused or proven.fault
    if officer is None or why is not None:
        return refused_entry(act.statement, why or Reason.UNKNOWN_KEY, directory, now)
    told: dict[str, Any] = {
        "act": act.act,
        "about": act.about,
        "statement": act.statement.said.id,
        "by": officer.person,
        "of": officer.agency,
        "office": officer.office,
        "rank": officer.rank,
        "key": act.statement.key,
        "made": act.at,
    }
    if act.why is not None:
        told["finding"] = act.why
    return Entry(EntryKind.GUARD_ACT, now, {}, told, {"reason": getattr(act.statement.said, "reason", "")})


def _override(act: GuardAct, now: int) -> Entry:
    """A prescriber went on: who, for which reason, past whose prescription. What looking at it found is another entry."""
    told = {
        "message": act.id, "by": act.person, "of": act.agency, "reason": act.why, "beside": act.about or None, "made": act.at,
    }  # fmt: skip
    return Entry(EntryKind.OVERRIDE, now, {}, told, {})
