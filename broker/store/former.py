"""References that an agency had replaced (T16): who is meant by one for a time, and when it is forgotten.

A record keeps its id, and so its person, cases, prescriptions and watches; only the name by which its agency calls her changes.
What is on its way under the former reference, in either direction, still arrives. Leaves out: whether it may be replaced
(``broker/registering.py``), and finding a record by either (``records``, ``filing``).
"""

from typing import Final

from broker.effects import ReplaceReference
from broker.store.database import LostError, Work
from contracts.kinds import FORMER_STANDS

_TAKEN: Final = (
    "SELECT 1 FROM record WHERE reference = ? AND agency = ? UNION ALL "
    "SELECT 1 FROM former_reference WHERE reference = ? AND agency = ?"
)
_REPLACE: Final = "UPDATE record SET reference = ? WHERE id = ? AND reference = ?"
_KEEP: Final = "INSERT INTO former_reference (reference, agency, record, until) VALUES (?, ?, ?, ?)"
# The weekly list speaks of her to her own agency, by the name that it knows then.
_LISTED: Final = "UPDATE asked_about SET reference = ? WHERE agency = ? AND reference = ?"
_OVER: Final = "DELETE FROM former_reference WHERE until <= ?"


def taken(work: Work, agency: str, fresh: str) -> bool:
    """Whether this agency has, or had lately, somebody under this reference."""
    return work.one(_TAKEN, fresh, agency, fresh, agency) is not None


def replace(work: Work, effect: ReplaceReference, agency: str, now: int) -> None:
    """Write it down; LostError when another process replaced it in this very moment."""
    # Whatever came under the fresh one already looks for it under this lock, and waits to be woken.
    work.lock([effect.fresh])
    if work.run(_REPLACE, effect.fresh, effect.record, effect.former) < 1:
        raise LostError
    work.run(_KEEP, effect.former, agency, effect.record, now + FORMER_STANDS)
    work.run(_LISTED, effect.fresh, agency, effect.former)


def forget(work: Work, now: int) -> int:
    """Those whose time is over mean nobody any more; how many."""
    return work.run(_OVER, now)
