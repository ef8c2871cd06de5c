"""Who leads: one agency at a time, and never none while a case is open."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.caseloads import Caseload, CaseState, Partners, Standing
from broker.checks import CHECK_STANDS_FOR, Checked
from broker.leads import CASE_MOVES, Between, heir, judge_case, judge_lead, nobody_left
from broker.outcome import Judged
from contracts.steps import CaseStep, LeadStep
from contracts.vocabulary import CaseMove, CaseRole, CloseReason, LeadMove, LeadReason
from tests.specs.caseloads.book import NOW, PARTNERS, TALK, Book, taker

title = "Who leads"
rules = {"R01", "R02", "R03", "R04"}

A, B, C = "cjit-ashby", "project-ashby", "drugs-ashby"
LEAD, SUPPLEMENTARY, INFORMED = CaseRole.LEAD, CaseRole.SUPPLEMENTARY, CaseRole.INFORMED
NOBODY = LeadReason.NOBODY_CAN_TAKE
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


def informed(book: Book) -> None:
    book.opens(A, LEAD)
    book.opens(B, INFORMED)


def led_by_b(book: Book) -> None:
    book.opens(B, LEAD)


def passed_round(book: Book) -> None:
    book.opens(B, LEAD)
    book.lead(PROPOSE, B, C)
    book.lead(DECLINE, C, B, reason=LeadReason.NO_CAPACITY)
    book.lead(PROPOSE, B, A, reason=NOBODY)


def refused(reason: str, ring: str | None = None) -> tuple[str, str, str | None]:
    return ("not_cleared", reason, ring)


# What came before; the step; what the guard says; who leads then.
CASES: dict[str, tuple[Before, Play, tuple[str, str | None, str | None], str | None]] = {
    "the first agency with a check leads": (nobody, lambda b: b.opens(A, LEAD), CLEARED, A),
    "a second one is told whom to ring": (lead, lambda b: b.opens(B, LEAD), refused("LEAD_ELSEWHERE", A), A),
    "beside a lead, one may be supplementary": (lead, lambda b: b.opens(B, SUPPLEMENTARY), CLEARED, A),
    "supplementary to nobody is refused": (nobody, lambda b: b.opens(B, SUPPLEMENTARY), refused("NO_LEAD"), None),
    "an agency may only want to be informed": (lead, lambda b: b.opens(B, INFORMED), CLEARED, A),
    "but not of nothing": (nobody, lambda b: b.opens(B, INFORMED), refused("NO_LEAD"), None),
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
    "to join needs a check, or it would be one that nobody logs": (
        lead, lambda b: b.opens(B, SUPPLEMENTARY, check=Checked(A, NOW, about_her=True)), refused("CHECK_NEEDED_FIRST"), A,
    ),
    "the lead that the check did not name is not named": (
        lead, lambda b: b.opens(B, LEAD, check=Checked(B, NOW, about_her=True)), refused("LEAD_ELSEWHERE"), A,
    ),
    "the lead alone may close": (lead, lambda b: b.closes(A), CLEARED, None),
    "and says why": (lead, lambda b: b.closes(A, None), refused("CLOSING_REASON_NEEDED"), A),
    "the informed do not keep a lead": (informed, lambda b: b.closes(A), CLEARED, None),
    "the supplementary closes without a reason": (both, lambda b: b.closes(B, None), CLEARED, A),
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
    "that nobody can take her is said to the CJIT alone": (
        led_by_b, lambda b: b.lead(PROPOSE, B, C, reason=NOBODY), refused("NOT_FOR_THIS_AGENCY"), B,
    ),
    "and after somebody declined": (
        led_by_b, lambda b: b.lead(PROPOSE, B, A, reason=NOBODY), refused("NOT_FOR_THIS_AGENCY"), B,
    ),
    "then the CJIT keeps her": (passed_round, lambda b: b.lead(DECLINE, A, B), refused("CJIT_KEEPS"), B),
    "by taking her": (passed_round, lambda b: b.lead(ACCEPT, A, B), CLEARED, A),
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
    judged = judge_case(step, taker(A), book.caseload, check, PARTNERS, NOW)
    assert judged.reply.ring is None


def test_targets_are_no_reason_to_change_the_lead_and_nobody_to_take_her_is_none_to_close() -> None:
    words = {word for reason in (*LeadReason, *CloseReason) for word in reason.value.split("_")}
    assert not words & {"target", "targets", "quota", "caseload", "numbers", "competition"}
    assert not {"no_service", "no_lead", "no_capacity", "nobody_can_take"} & {reason.value for reason in CloseReason}


def test_whoever_has_a_part_in_her_case_hears_that_it_changed_and_the_hidden_neither_hear_nor_are_named() -> None:
    book = Book()
    book.opens(A, LEAD)
    book.opens(B, INFORMED)
    book.opens("sarc-ashby", SUPPLEMENTARY)
    joined = book.opens(C, SUPPLEMENTARY).alerts
    assert [(a.to, a.alert, a.reference, a.about) for a in joined] == [
        (A, "case_opened", taker(A).reference, C),
        (B, "case_opened", taker(B).reference, C),
    ]
    assert [(a.to, a.alert) for a in book.closes(C).alerts] == [(A, "case_closed"), (B, "case_closed")]
    assert book.closes("sarc-ashby").alerts == ()
    ended = book.closes(A)
    assert [(a.to, a.alert) for a in ended.alerts] == [(B, "case_closed")]
    assert book.caseload.current == ()


def test_a_lead_taken_from_under_the_others_falls_to_who_led_then_to_the_cjit_then_to_who_is_there_longest() -> None:
    book = Book()
    book.opens(C, LEAD)
    book.opens(B, SUPPLEMENTARY)
    book.opens(A, SUPPLEMENTARY)
    book.opens("housing-ashby", INFORMED)
    assert heir(book.caseload, PARTNERS) is None
    left = Caseload(tuple(case for case in book.caseload.cases if case.agency != C))
    assert (heir(left, PARTNERS) or left.cases[0]).agency == A
    assert (heir(left, Partners()) or left.cases[-1]).agency == B
    led = Caseload(tuple(replace(case, led_before=case.agency == B) for case in left.cases))
    assert (heir(led, PARTNERS) or led.cases[-1]).agency == B
    assert heir(Caseload(tuple(case for case in left.cases if case.role is INFORMED)), PARTNERS) is None


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
    assert len(leads) == (1 if caseload.carried else 0)
    assert len({case.agency for case in caseload.current}) == len(caseload.current)


MAY_LEAD = Partners(frozenset({"sarc-ashby"}), frozenset({A}), frozenset({A, B, C, "housing-ashby", "sarc-ashby"}))
NOBODY_LEFT: dict[str, tuple[str, set[str], str, bool]] = {
    "one of three has declined": (B, set(), C, False),
    "the last of them declines": (B, {"housing-ashby"}, C, True),
    "the last of them declines, and the CJIT leads": (A, {"housing-ashby", C}, B, True),
    "the CJIT itself does not answer, which is asked last": (B, {"housing-ashby", C}, A, False),
    "the SARC is not among those who could": (B, {"housing-ashby"}, "sarc-ashby", False),
}


@pytest.mark.parametrize("case", NOBODY_LEFT)
def test_whoever_leads_is_told_when_nobody_else_is_left_to_ask_and_leads_on(case: str) -> None:
    leads, declined, now_declines, told = NOBODY_LEFT[case]
    book = Book()
    book.opens(leads, LEAD)
    caseload = replace(book.caseload, declined=frozenset(declined))
    alerts = nobody_left(caseload, leads, MAY_LEAD, now_declines)
    assert [(a.to, a.alert, a.reference, a.about) for a in alerts] == (
        [(leads, "lead_nobody_takes", taker(leads).reference, None)] if told else []
    )


def test_that_nobody_is_left_is_told_with_the_last_decline() -> None:
    book = Book()
    proposed(book)
    step = LeadStep(move=DECLINE, reason=LeadReason.NO_CAPACITY)
    caseload = replace(book.caseload, declined=frozenset({C, "housing-ashby"}))
    judged = judge_lead(step, taker(B), Between(A, TALK, NOW + 1), caseload, MAY_LEAD)
    assert (judged.refusal, [alert.alert for alert in judged.alerts]) == (None, ["lead_nobody_takes"])
