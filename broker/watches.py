"""A watch: an agency that has, or had, her case asks to hear when she comes to another agency (W05). Judged here.

It fires with a caseload check, and only for whom the check's own answer of the consent service may name: so an agreement and
her own word are asked every time, and the police, who never ask, never set one off. A registration fires none
(docs/decisions/0014). Leaves out: the rows (``store/watching``).
"""

from typing import Final

from broker.caseloads import Caseload, Taker
from broker.effects import EndWatch, SetWatch
from broker.outcome import CLEARED, Judged, not_cleared
from contracts.steps import WatchStep
from contracts.vocabulary import Reason, WatchMove

LONGEST: Final = 180 * 86_400_000
"""Half a year: then somebody thinks about it again."""


def judge_watch(step: WatchStep, taker: Taker, caseload: Caseload, now: int) -> Judged:
    """Judge a watch that is set or ended. It is for agencies that carry or carried her case, and has an end."""
    if step.move is WatchMove.END:
        return Judged(CLEARED, (EndWatch(taker.record),))
    if not any(case.agency == taker.agency for case in caseload.cases):
        return not_cleared(Reason.NO_OPEN_CASE)
    if not now < step.until <= now + LONGEST:
        return not_cleared(Reason.WATCH_TOO_LONG)
    return Judged(CLEARED, (SetWatch(taker.record, step.reason, step.until),))
