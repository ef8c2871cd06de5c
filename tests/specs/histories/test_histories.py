"""Two thousand histories, each seed the same for ever; and bugs planted on purpose, each of which a few hundred find."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import consent.answers
import consent.beside
import consent.check
import consent.clauses.approving
import consent.clauses.glass
from broker.local.postgres import PrivatePostgres
from broker.store.delivery import Trust
from consent.check import Decided
from consent.store import consents_about
from contracts.vocabulary import Verdict
from tests.specs.histories.play import Counts, Violation, play, shortest

COHORT = range(50)
COHORTS = 40
# Where each planted bug shows first; the cohorts before it need not be played again.
FOUND_BY = {"old protocols and keys stand": 1, "any officer will do": 1, "an officer's refusal does not count": 2}


@pytest.fixture(scope="module")
def postgres() -> Iterator[PrivatePostgres]:
    server = PrivatePostgres()
    server.start()
    yield server
    server.stop()


def played(seeds: range, **changes: Any) -> tuple[Counts, list[Violation]]:
    counts, violations = Counts(), []
    for seed in seeds:
        cohort = play(seed, COHORT, **changes)
        counts.add(cohort.counts)
        violations += cohort.violations
    return counts, violations


def test_after_any_of_two_thousand_histories_nothing_was_delivered_that_must_not_be() -> None:
    counts, violations = played(range(COHORTS))
    assert not violations, "\n".join(["", str(shortest(violations[0])), f"and {len(violations) - 1} more"])
    # Enough happened to mean something.
    assert counts.histories == COHORTS * len(COHORT)
    assert counts.permits > 1_000
    assert counts.deliveries > 200
    assert min(counts.opened, counts.late) > 30


def test_nor_on_postgresql(postgres: PrivatePostgres) -> None:
    for seed in (3, 5):
        urls = postgres.create(), postgres.create()
        cohort = play(seed, range(25), urls=urls)
        for url in urls:
            postgres.drop(url)
        assert not cohort.violations, str(cohort.violations[0])
        assert cohort.counts.permits > 0


# --- bugs planted on purpose


def _answers_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was once permitted is permitted again at every attempt: nothing is decided anew."""
    real: Any = consent.answers.Answers._judge
    given: dict[str, Any] = {}

    def judge(self: Any, one: Any, consents: Any, before: Any, beside: Any, now: int) -> Any:
        draft = real(self, one, consents, before, beside, now)
        if one.question.message in given and draft.decision is None and one.part is not None:
            return real(self, one, *given[one.question.message], now)
        if draft.decision is not None:
            given[one.question.message] = (consents, {}, beside)
        return draft

    monkeypatch.setattr(consent.answers.Answers, "_judge", judge)


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


BUGS: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "nothing is decided again": _answers_again,
    "tombstones are passed over": _tombstones_are_passed_over,
    "an expired hold goes": _an_expired_hold_goes,
    "old protocols and keys stand": _old_protocols_stand,
    "any officer will do": _any_officer_will_do,
    "an officer's refusal does not count": _refusals_do_not_count,
    "nobody stands by": _nobody_stands_by,
    "nothing is reviewed": _nothing_is_reviewed,
    "glass stays broken": _glass_stays_broken,
}


@pytest.mark.parametrize("bug", BUGS)
def test_a_bug_that_is_planted_is_found_and_told_with_its_seed(bug: str, monkeypatch: pytest.MonkeyPatch) -> None:
    BUGS[bug](monkeypatch)
    cohorts = (play(seed, COHORT) for seed in range(FOUND_BY.get(bug, 0), COHORTS))
    found = next((cohort.violations[0] for cohort in cohorts if cohort.violations), None)
    assert found is not None, "no history found it"
    assert "python -m tests.specs.histories --seed" in str(found)


def test_the_same_seed_plays_the_same_history(tmp_path: Path) -> None:
    one, other = play(7, COHORT), play(7, COHORT)
    assert vars(one.counts) == vars(other.counts)
    assert one.story == other.story
