"""What a caseload check is answered: not known, known and not active, active, or cannot say. Silence is none of them."""

import pytest

from broker.caseloads import Case, Caseload, CaseState
from broker.checks import answer_check, holders_of
from contracts.vocabulary import CaseRole
from tests.specs.caseloads.book import NOW

title = "The four answers to a caseload check"
rules = {"R01"}

CJIT, PROJECT, DRUGS, SARC = "cjit-ashby", "project-ashby", "drugs-ashby", "sarc-ashby"
COVERS = (DRUGS, PROJECT)
HIDDEN = frozenset({SARC})


def case(agency: str, state: CaseState = CaseState.OPEN) -> Case:
    return Case(f"case {agency}", f"record {agency}", agency, f"reference {agency}", CaseRole.LEAD, state)


OPEN, PAST = case(PROJECT), case(PROJECT, CaseState.CLOSED)
CONFLICT = case(PROJECT, CaseState.IN_CONFLICT)
ALSO = case(DRUGS, CaseState.CLOSED)

# Cases; whether the tokens are certainly hers; whether she may be another; who may be named; the answer; whom to ring.
CASES: dict[str, tuple[tuple[Case, ...], bool, bool, set[str], str, tuple[str, ...]]] = {
    "nobody knows her": ((), False, False, set(), "not_known", ()),
    "she is registered, and nobody has had a case": ((), True, False, set(), "not_known", ()),
    "someone has her case": ((OPEN,), True, False, {PROJECT}, "active", (PROJECT,)),
    "someone had it": ((PAST,), True, False, {PROJECT}, "known_not_active", (PROJECT,)),
    "only those with an open case are rung": ((OPEN, ALSO), True, False, {PROJECT, DRUGS}, "active", (PROJECT,)),
    "a holder that may not be named is not passed over": ((OPEN, ALSO), True, False, {PROJECT}, "cannot_say", ()),
    "nor when its case is past": ((PAST,), True, False, set(), "cannot_say", ()),
    "she may be another: doubt is no answer": ((), False, True, set(), "cannot_say", ()),
    "certainly active is said in spite of another who may be she": ((OPEN,), True, True, {PROJECT}, "active", (PROJECT,)),
    "not active is not said while another may be she": ((PAST,), True, True, {PROJECT}, "cannot_say", ()),
    "a case at the SARC is never spoken of": ((case(SARC),), True, False, set(), "not_known", ()),
    "one's own case is not news": ((case(CJIT),), True, False, set(), "not_known", ()),
    "a lead in conflict is an open case": ((CONFLICT,), True, False, {PROJECT}, "active", (PROJECT,)),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_the_answer(name: str) -> None:
    cases, known, doubtful, named, status, ring = CASES[name]
    answer, alerts = answer_check(
        known=known, doubtful=doubtful, caseload=Caseload(cases), asker=CJIT, named=frozenset(named), hidden=HIDDEN,
        covers=COVERS, now=NOW,
    )  # fmt: skip
    assert (answer.status.value, answer.agencies) == (status, ring)
    # What cannot be said tells nothing of where it was looked for, and nobody is told that she was asked about.
    assert answer.covers == (() if status == "cannot_say" else COVERS)
    holders = set(holders_of(Caseload(cases), CJIT, HIDDEN))
    assert {alert.to for alert in alerts} == (set() if status == "cannot_say" else holders)
    assert all((a.alert, a.about, a.reference) == ("check_was_made", CJIT, f"reference {a.to}") for a in alerts)
