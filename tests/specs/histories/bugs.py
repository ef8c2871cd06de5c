"""Bugs planted on purpose in the system under test: each must be found by the histories, or they prove nothing.

``python -m tests.specs.histories --bugs`` plants them one after the other and says which history found each.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any, Final

import pytest

import broker.store.messages
import broker.store.outbox_rows
import broker.store.queue
import broker.store.withdrawals
import consent.answers
import consent.beside
import consent.check
import consent.clauses.approving
import consent.clauses.glass
from broker.store.delivery import Trust
from consent.check import Decided
from consent.protocol import Protocol
from consent.store import consents_about
from contracts.opening import check_permit
from contracts.vocabulary import Verdict
from tests.specs.histories import world
from tests.specs.histories.play import Cohort, play

COHORT: Final = range(50)
LONGEST: Final = 40
"""A bug that as many cohorts do not find is not found."""


def _answers_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was once permitted is permitted again at every attempt: nothing is decided anew."""
    real: Any = consent.answers.Answers._draft
    given: dict[str, Any] = {}

    def draft(self: Any, case: Any, decided: Any, now: int) -> Any:
        made, message = real(self, case, decided, now), case.asked.question.message
        if message in given and made.decision is None and case.asked.part is not None:
            earlier = replace(given[message], asked=case.asked)
            return real(self, earlier, self._decide(earlier, now), now)
        if made.decision is not None:
            given[message] = replace(case, before={})
        return made

    monkeypatch.setattr(consent.answers.Answers, "_draft", draft)


def _tombstones_are_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """What she took back counts as if she had not."""
    real = consents_about

    def untouched(*given: Any) -> Any:
        return [replace(one, consent=replace(one.consent, withdrawn_at=None)) for one in real(*given)]

    monkeypatch.setattr("consent.answers.consents_about", untouched)


def _an_expired_hold_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hold that nobody answered ends with a release."""
    real: Any = consent.check._held

    def held(asked: Any, *rest: Any) -> Decided:
        decided: Decided = real(asked, *rest)
        if decided.verdict is Verdict.REFUSE:
            slots = tuple(sorted(opening.slot for opening in asked.openings))
            return replace(decided, verdict=Verdict.ROUTE, slots=slots, reason=None)
        return decided

    monkeypatch.setattr(consent.check, "_held", held)


def _old_protocols_stand(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was permitted before keys or protocol changed is sent on."""
    monkeypatch.setattr(Trust, "holds_for", lambda *_: True)


def _any_officer_will_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever approves, it is approved: the one who asked, any office, one where two are wanted."""
    monkeypatch.setattr("consent.check.approved", lambda clause, acts, _: any(act.act == "approve" for act in acts))
    monkeypatch.setattr("consent.acts.may_act", lambda *_: True)


def _refusals_do_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """An officer's no is written down and forgotten."""
    _without(monkeypatch, "A7-officer")


def _nobody_stands_by(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever breaks the glass is alone, and nobody is asked."""
    _without(monkeypatch, "G4-second")


def _nothing_is_reviewed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Broken glass that nobody reviewed blocks nothing."""
    monkeypatch.setattr(consent.beside, "_blocked", lambda *_: False)


def _glass_stays_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """The end that was set when the glass was broken does not count."""
    monkeypatch.setattr(consent.clauses.glass, "SKEW", 10**12)
    real = consent.clauses.glass._what_is_wrong

    def wrong(asked: Any, found: Any) -> Any:
        asked.now = min(asked.now, asked.facts.glass.statement.said.until - 1)
        return real(asked, found)

    monkeypatch.setattr(consent.clauses.glass, "_what_is_wrong", wrong)
    monkeypatch.setattr(consent.answers, "_until", lambda _: 4_102_444_800_000)


def _without(monkeypatch: pytest.MonkeyPatch, clause: str) -> None:
    real = consent.check._walk

    def walk(asked: Any, steps: Any) -> Any:
        return real(asked, tuple(one for one in steps if one.clause.id != clause))

    monkeypatch.setattr(consent.check, "_walk", walk)


def _nothing_is_recalled(monkeypatch: pytest.MonkeyPatch) -> None:
    """What waits for room in the inbox with its permit goes out, although she took it back meanwhile."""
    monkeypatch.setattr(broker.store.messages, "recall", lambda *_: [])


def _the_dead_speak(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a process had claimed when it died goes out, although she took it back meanwhile."""
    forgetful = broker.store.outbox_rows._CLAIMABLE.replace("r.recalled > m.log_index", "m.log_index < 0")
    monkeypatch.setattr(broker.store.outbox_rows, "_CLAIMABLE", forgetful)


def _nobody_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who has what she took back never hears of it."""
    monkeypatch.setattr(broker.store.withdrawals, "tell", lambda *_: None)


def _permits_stand_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """The time for which the protocol lets a permit stand does not count."""
    real = world.protocols

    @cache
    def for_ever() -> dict[str, Protocol]:
        return {name: replace(one, valid_for=10**12) for name, one in real().items()}

    monkeypatch.setattr(world, "protocols", for_ever)


def _lapsed_permits_are_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """The broker sends what waited, however long ago it was permitted."""
    monkeypatch.setattr(broker.store.queue, "MARGIN", -(10**12))
    monkeypatch.setattr(broker.store.outbox_rows, "MARGIN", -(10**12))


def _lapsed_permits_are_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    """The recipient opens what came, however long ago it was permitted."""

    def check(delivery: Any, directory: Any, *, agency: str, now: int) -> None:
        check_permit(delivery, directory, agency=agency, now=min(now, delivery.permit.decision.valid_until))

    monkeypatch.setattr(world, "check_permit", check)


BUGS: Final[dict[str, Callable[[pytest.MonkeyPatch], None]]] = {
    "nothing is decided again": _answers_again,
    "tombstones are passed over": _tombstones_are_passed_over,
    "an expired hold goes": _an_expired_hold_goes,
    "old protocols and keys stand": _old_protocols_stand,
    "any officer will do": _any_officer_will_do,
    "an officer's refusal does not count": _refusals_do_not_count,
    "nobody stands by": _nobody_stands_by,
    "nothing is reviewed": _nothing_is_reviewed,
    "glass stays broken": _glass_stays_broken,
    "nothing is recalled": _nothing_is_recalled,
    "the dead speak": _the_dead_speak,
    "nobody is told": _nobody_is_told,
    "permits stand for ever": _permits_stand_for_ever,
    "lapsed permits are sent": _lapsed_permits_are_sent,
    "lapsed permits are opened": _lapsed_permits_are_opened,
}


def found(bug: str, first: int = 0) -> Cohort | None:
    """The first cohort from that seed on which goes wrong with this bug in the system; None when none does."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        BUGS[bug](monkeypatch)
        return next((cohort for seed in range(first, LONGEST) if (cohort := play(seed, COHORT)).violations), None)
