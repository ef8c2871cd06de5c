"""The caseload check: what may be said about her case, and how long a check opens the way to one (R01, W01).

Leaves out: finding the person (``matching``), consent, and what a step changes (``leads``).
"""

from dataclasses import dataclass
from typing import Final

from broker.caseloads import Caseload
from broker.outcome import Alert
from contracts.notices import CaseloadAnswer
from contracts.vocabulary import CaseloadStatus

CHECK_STANDS_FOR: Final = 24 * 3_600_000
"""How long a caseload check opens the way to a case (R01)."""
_NAMED: Final = 12


@dataclass(frozen=True, slots=True)
class Checked:
    """A caseload check that was made: by whom, when, and whether with this person's tokens."""

    agency: str
    at: int
    about_her: bool

    def opens_the_way(self, agency: str, now: int) -> bool:
        """Whether a case may be opened as lead with it: the agency's own, about her, and not too old (R01)."""
        return self.agency == agency and self.about_her and now - self.at <= CHECK_STANDS_FOR


def holders_of(caseload: Caseload, asker: str, hidden: frozenset[str]) -> tuple[str, ...]:
    """The agencies that have, or had, a case for her and may be asked about: never the asker, never a hidden one (SARC)."""
    return tuple(sorted({case.agency for case in caseload.cases} - hidden - {asker}))


def answer_check(
    *, known: bool, doubtful: bool, caseload: Caseload, asker: str, named: frozenset[str], hidden: frozenset[str],
    covers: tuple[str, ...], now: int,
) -> tuple[CaseloadAnswer, tuple[Alert, ...]]:  # fmt: skip
    """The answer to a caseload check, and whom it is told to (W01). ``named``: the holders that consent lets be named.

    1. A holder that may not be named is never passed over in silence: cannot say.  2. Active is said whenever it is
    certain.  3. Whoever may be another is doubt, and doubt is neither yes nor no.  4. Otherwise what is known.
    """
    holders = holders_of(caseload, asker, hidden)
    active = {case.agency for case in caseload.current}
    if not named.issuperset(holders):
        status = CaseloadStatus.CANNOT_SAY
    elif known and active.intersection(holders):
        status = CaseloadStatus.ACTIVE
    elif doubtful:
        status = CaseloadStatus.CANNOT_SAY
    else:
        status = CaseloadStatus.KNOWN_NOT_ACTIVE if holders else CaseloadStatus.NOT_KNOWN
    if status is CaseloadStatus.CANNOT_SAY:
        return cannot_say(now), ()
    ring = tuple(h for h in holders if h in active or status is not CaseloadStatus.ACTIVE)
    alerts = {
        case.agency: Alert(case.agency, "check_was_made", case.reference, asker)
        for case in caseload.cases
        if case.agency in holders
    }
    answer = CaseloadAnswer(status=status, agencies=ring[:_NAMED], covers=covers[:_NAMED], made=now)
    return answer, tuple(alerts.values())


def cannot_say(now: int) -> CaseloadAnswer:
    """The answer that tells nothing: the same for every cause."""
    return CaseloadAnswer(status=CaseloadStatus.CANNOT_SAY, made=now)
