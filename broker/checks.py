"""The caseload check: what may be said about her case, and how long a check opens the way to one (R01, W01).

Leaves out: finding the person (``matching``), consent, and what a step changes (``leads``).
"""

from dataclasses import dataclass
from typing import Final

from broker.budgets import Asking, Budgets, judge_asking, told_of_hold
from broker.caseloads import Caseload
from broker.effects import HoldChecks, KeepCheck
from broker.outcome import Alert, Done, Hold, Refuse
from broker.presentations import Presented
from contracts.envelope import Header
from contracts.notices import AlertName, CaseloadAnswer
from contracts.steps import CheckStep
from contracts.vocabulary import CaseloadStatus, CaseRole, Reason

CHECK_STANDS_FOR: Final = 24 * 3_600_000
"""How long a caseload check opens the way to a case (R01)."""
OFFICER: Final = "officer_of_another_agency"
"""Who must act before checks on hold are answered."""
_NAMED: Final = 12
# Before the message itself ends: what nobody released is answered then, and does not just expire.
LAST_MOMENT: Final = 2_000


@dataclass(frozen=True, slots=True)
class Checked:
    """A caseload check that was made: by whom, when, and whether with this person's tokens."""

    agency: str
    at: int
    about_her: bool
    named: frozenset[str] = frozenset()
    """The agencies that its answer named: no later word of a guard names another."""

    def opens_the_way(self, agency: str, now: int) -> bool:
        """Whether a case may be opened with it: the agency's own, about her, and not too old (R01)."""
        return self.agency == agency and self.about_her and now - self.at <= CHECK_STANDS_FOR


@dataclass(frozen=True, slots=True)
class Protected:
    """A record that no check may tell of, because its agency said so: "cannot say" for everyone (E3)."""

    agency: str
    reference: str


@dataclass(frozen=True, slots=True)
class CheckFacts:
    """What the store knows, at this moment, that bears on a check alone."""

    asking: Asking
    budgets: Budgets
    presented: Presented | None = None
    """The presentation that the check names."""
    protected: tuple[Protected, ...] = ()
    one_person: bool = True
    """Whether the records that consent was asked about are still one person, and all of her: no merge or undo since."""
    held_until: int | None = None
    """The deadline of a check that waits for an officer already."""
    covers: tuple[str, ...] = ()
    outdated: bool = False
    """It asks under ended epochs of the linkage key alone: it would find nobody."""
    every_key: bool = True
    """Whether it asks under every linkage key in use: otherwise somebody may be there who is not met."""


@dataclass(frozen=True, slots=True)
class Found:
    """Whom a check is about, as far as the tokens tell, and which of her holders may be named."""

    known: bool
    doubtful: bool
    caseload: Caseload
    named: frozenset[str]
    hidden: frozenset[str]


def judge_check(header: Header, step: CheckStep, facts: CheckFacts, found: Found, index: int, now: int) -> Done | Hold | Refuse:
    """What becomes of a check that the consent service has written down.

    1. It is made in a presentation, with a key that is in use.  2. It is no more than usual, or it waits for an officer, and is
    answered "cannot say" when none acts.  3. A merge since the question: then the holders differ from those that were asked
    about, and that is no answer.  4. It is answered.
    """
    if step.opened is not None and not (facts.presented and facts.presented.takes_a_check(header.sender, now)):
        return Refuse(Reason.NO_PRESENTATION, index=index)
    if facts.outdated:
        return Refuse(Reason.LINKAGE_KEY_RETIRED, index=index)
    reason, hold = judge_asking(facts.asking, facts.budgets)
    if reason is not None:
        return _wait_for_officer(header, step, facts, reason, hold, index, now)
    if not facts.one_person:
        return answered(step, index, cannot_say(now))
    said, alerts = answer_check(
        known=found.known, doubtful=found.doubtful or not facts.every_key, caseload=found.caseload, asker=header.sender,
        named=found.named, hidden=found.hidden, covers=facts.covers, now=now, protected=facts.protected,
    )  # fmt: skip
    return answered(step, index, said, alerts)


def answered(step: CheckStep, index: int, said: CaseloadAnswer, alerts: tuple[Alert, ...] = ()) -> Done:
    """The check is answered, and its presentation has ended with it."""
    could = said.status is not CaseloadStatus.CANNOT_SAY
    told = tuple((alert.to, alert.reference) for alert in alerts if alert.reference is not None)
    return Done((KeepCheck(step, could, said.agencies, told),), alerts=alerts, index=index, caseload=said)


def _wait_for_officer(
    header: Header, step: CheckStep, facts: CheckFacts, reason: Reason, hold: HoldChecks | None, index: int, now: int
) -> Done | Hold:
    deadline = facts.held_until or header.not_after - LAST_MOMENT
    if now >= deadline:
        return answered(step, index, cannot_say(now))
    begins = () if hold is None else (hold,)
    told = () if hold is None else told_of_hold(hold, facts.covers)
    return Hold(reason, OFFICER, deadline, index, (KeepCheck(step, None), *begins), told)


def holders_of(caseload: Caseload, asker: str, hidden: frozenset[str]) -> tuple[str, ...]:
    """The agencies that have, or had, a case for her and may be asked about: never the asker, never a hidden one (SARC)."""
    holding = {case.agency for case in caseload.cases if case.role is not CaseRole.INFORMED}
    return tuple(sorted(holding - hidden - {asker}))


def answer_check(
    *, known: bool, doubtful: bool, caseload: Caseload, asker: str, named: frozenset[str], hidden: frozenset[str],
    covers: tuple[str, ...], now: int, protected: tuple[Protected, ...] = (),
) -> tuple[CaseloadAnswer, tuple[Alert, ...]]:  # fmt: skip
    """The answer to a caseload check, and whom it is told to (W01). ``named``: the holders that consent lets be named.

    1. Of a protected record nothing is said, and whoever protects her is told that somebody asked.  2. A holder that may not
    be named is never passed over in silence: cannot say.  3. Active is said whenever it is certain.  4. Whoever may be
    another is doubt, and doubt is neither yes nor no.  5. Otherwise what is known.
    """
    if protected:
        told = {one.agency: Alert(one.agency, "check_was_made", one.reference, asker) for one in protected}
        return cannot_say(now), tuple(alert for agency, alert in told.items() if agency != asker)
    holders = holders_of(caseload, asker, hidden)
    active = {case.agency for case in caseload.carried}
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
        case.agency: Alert(case.agency, _heard(case.agency, caseload), case.reference, asker)
        for case in caseload.cases
        if case.agency in holders
    }
    answer = CaseloadAnswer(status=status, agencies=ring[:_NAMED], covers=covers[:_NAMED], made=now)
    return answer, tuple(alerts.values())


def _heard(agency: str, caseload: Caseload) -> AlertName:
    """A check is told to every holder; to one that watches for her, as what it waited for (W05)."""
    return "she_appeared" if agency in caseload.watched else "check_was_made"


def cannot_say(now: int) -> CaseloadAnswer:
    """The answer that tells nothing: the same for every cause."""
    return CaseloadAnswer(status=CaseloadStatus.CANNOT_SAY, made=now)
