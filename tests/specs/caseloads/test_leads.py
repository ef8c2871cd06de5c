"""Who leads: one agency at a time, and never none while a case is open."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.caseloads import Caseload, CaseState, Standing
from broker.checks import CHECK_STANDS_FOR, Checked
from broker.leads import CASE_MOVES, judge_case
from broker.outcome import Judged
from contracts.steps import CaseStep
from contracts.vocabulary import CaseMove, CaseRole, LeadMove
from tests.specs.caseloads.book import NOW, Book, taker

title = "Who leads"
rules = {"R01", "R02", "R03", "R04"}

A, B, C = "cjit-ashby", "project-ashby", "drugs-ashby"
LEAD, SUPPLEMENTARY = CaseRole.LEAD, CaseRole.SUPPLEMENTARY
PROPOSE, ACCEPT, DECLINE = LeadMove.PROPOSE, LeadMove.ACCEPT, LeadMove.DECLINE
CLEARED = ("cleared", None, None)

Before = Callable[[Book], object]
Play = Callable[[Book], Judged]


def lead(book: Book) -> None:
    book.opens(A, LEAD)


def both(book: Book) -> None:
    book.opens(A, LEAD)
    book.opens(B, SUPPLEMENTARY)


def proposed(book: Book) -> None:
    book.opens(A, LEAD)
    book.lead(PROPOSE, A, B)


def handed_over(book: Book) -> None:
    proposed(book)
    book.lead(ACCEPT, B, A)


def nobody(book: Book) -> None:
    """No case yet."""


def refused(reason: str, ring: str | None = None) -> tuple[str, str, str | None]:
    return ("not_cleared", reason, ring)


# What came before; the step; what the guard says; who leads then.
CASES: dict[str, tuple[Before, Play, tuple[str, str | None, str | None], str | None]] = {
    "the first agency with a check leads": (nobody, lambda b: b.opens(A, LEAD), CLEARED, A),
    "a second one is told whom to ring": (lead, lambda b: b.opens(B, LEAD), refused("LEAD_ELSEWHERE", A), A),
    "beside a lead, one may be supplementary": (lead, lambda b: b.opens(B, SUPPLEMENTARY), CLEARED, A),
    "supplementary to nobody is refused": (nobody, lambda b: b.opens(B, SUPPLEMENTARY), refused("NO_LEAD"), None),
    "a case is opened once": (lead, lambda b: b.opens(A, LEAD), refused("CASE_ALREADY_OPEN"), A),
    "nor again in another role": (lead, lambda b: b.opens(A, SUPPLEMENTARY), refused("CASE_ALREADY_OPEN"), A),
    "without a check the lead is not opened": (
        nobody, lambda b: b.opens(A, LEAD, check=Checked(B, NOW, about_her=True)), refused("CHECK_NEEDED_FIRST"), None,
    ),
    "a check of yesterday still counts": (
        nobody, lambda b: b.opens(A, LEAD, check=Checked(A, NOW - CHECK_STANDS_FOR, about_her=True)), CLEARED, A,
    ),
    "a check of the day before does not": (
        nobody, lambda b: b.opens(A, LEAD, check=Checked(A, NOW - CHECK_STANDS_FOR - 1, about_her=True)),
        refused("CHECK_NEEDED_FIRST"), None,
    ),
    "a check about someone else does not": (
        nobody, lambda b: b.opens(A, LEAD, check=Checked(A, NOW, about_her=False)), refused("CHECK_NEEDED_FIRST"), None,
    ),
    "the lead alone may close": (lead, lambda b: b.closes(A), CLEARED, None),
    "the lead does not leave others without one": (both, lambda b: b.closes(A), refused("LEAD_MUST_HAND_OVER"), A),
    "the supplementary may go": (both, lambda b: b.closes(B), CLEARED, A),
    "nobody closes what is not theirs": (lead, lambda b: b.closes(C), refused("NO_OPEN_CASE"), A),
    "a proposal alone changes nothing": (lead, lambda b: b.lead(PROPOSE, A, B), CLEARED, A),
    "only the lead proposes": (both, lambda b: b.lead(PROPOSE, B, C), refused("NOT_THE_LEAD"), A),
    "one proposal at a time": (proposed, lambda b: b.lead(PROPOSE, A, C), refused("PROPOSAL_OPEN"), A),
    "the one proposed accepts and leads": (proposed, lambda b: b.lead(ACCEPT, B, A), CLEARED, B),
    "nobody else accepts": (proposed, lambda b: b.lead(ACCEPT, C, A), refused("NO_PROPOSAL"), A),
    "nor in another conversation": (
        proposed, lambda b: b.lead(ACCEPT, B, A, conversation="b0" * 16), refused("NO_PROPOSAL"), A,
    ),
    "nor to an agency that did not propose": (proposed, lambda b: b.lead(ACCEPT, B, C), refused("NO_PROPOSAL"), A),
    "declined, the old lead stays": (proposed, lambda b: b.lead(DECLINE, B, A), CLEARED, A),
    "an acceptance counts once": (handed_over, lambda b: b.lead(ACCEPT, B, A), refused("NO_PROPOSAL"), B),
    "the old lead is supplementary and may go": (handed_over, lambda b: b.closes(A), CLEARED, B),
    "the new lead may not go while it stays": (handed_over, lambda b: b.closes(B), refused("LEAD_MUST_HAND_OVER"), B),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_who_leads(case: str) -> None:
    before, step, answer, leader = CASES[case]
    book = Book()
    before(book)
    reply = step(book).reply
    assert (reply.answer.value, reply.reason.name if reply.reason else None, reply.ring) == answer
    assert [one.agency for one in book.caseload.leads()] == ([leader] if leader else [])


def test_both_are_told_when_the_lead_changes_each_by_its_own_reference() -> None:
    book = Book()
    proposed(book)
    alerts = book.lead(ACCEPT, B, A).alerts
    assert [(a.to, a.alert, a.reference, a.about) for a in alerts] == [
        (A, "lead_changed", taker(A).reference, B),
        (B, "lead_changed", taker(B).reference, A),
    ]


def test_an_agency_whose_caseload_is_hidden_is_not_named_as_lead() -> None:
    book = Book()
    book.opens("sarc-ashby", LEAD)
    step = CaseStep(move=CaseMove.OPEN, role=LEAD)
    check = Checked(A, NOW, about_her=True)
    judged = judge_case(step, taker(A), book.caseload, check, frozenset({"sarc-ashby"}), NOW)
    assert judged.reply.ring is None


def test_every_standing_has_its_moves() -> None:
    assert set(CASE_MOVES) == set(Standing)
    assert all(set(Standing) >= set(moves.values()) for moves in CASE_MOVES.values())


STEPS = st.one_of(
    st.tuples(st.just("opens"), st.sampled_from((A, B, C)), st.sampled_from(CaseRole)),
    st.tuples(st.just("closes"), st.sampled_from((A, B, C))),
    st.tuples(st.just("lead"), st.sampled_from(LeadMove), st.sampled_from((A, B, C)), st.sampled_from((A, B, C))),
)


@given(st.lists(STEPS, max_size=40))
def test_whatever_agencies_do_there_are_never_two_leads_and_never_none_while_a_case_is_open(
    steps: list[tuple[str, ...]],
) -> None:
    book = Book()
    for name, *arguments in steps:
        if name == "lead" and arguments[1] == arguments[2]:
            continue
        getattr(book, name)(*arguments)
        assert_one_lead(book.caseload)


def assert_one_lead(caseload: Caseload) -> None:
    leads = [case for case in caseload.cases if case.state is CaseState.OPEN and case.role is CaseRole.LEAD]
    assert len(leads) == (1 if caseload.current else 0)
    assert len({case.agency for case in caseload.current}) == len(caseload.current)
