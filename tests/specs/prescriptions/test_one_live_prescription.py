"""One live prescription for a person: whoever starts a second one is told, and nobody is stopped from caring for her."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.caseloads import Taker
from broker.outcome import Judged, MoveScript, StartScript
from broker.prescriptions import LIVE, MOVES, Party, Prescribers, Script, Scripts, judge_script
from contracts.steps import Override, ScriptStep
from contracts.vocabulary import OverrideReason, Reason, ScriptMove, ScriptState

title = "One live prescription"
rules = {"R05"}

A, B, C = "drugs-ashby", "project-ashby", "cjit-ashby"
M, S = ScriptMove, ScriptState
BOTH = Prescribers(sender=True)
CLEARED = ("cleared", None, None)


def script(agency: str, state: ScriptState, **changes: object) -> Script:
    return replace(Script(f"of {agency}", f"record {agency}", agency, f"reference {agency}", state), **changes)  # type: ignore[arg-type]


def refused(reason: str, ring: str | None = None) -> tuple[str, str, str | None]:
    return ("not_cleared", reason, ring)


RESERVED, ACTIVE, CONFLICT = script(A, S.RESERVED), script(A, S.ACTIVE), script(A, S.IN_CONFLICT)
TRANSFERRING = script(A, S.TRANSFERRING, transferee=B)
UNCHECKED = script(A, S.UNCHECKED)
NOT_CHECKED = ("not_checked", "SHE_REFUSED_THE_CHECK", None)
NO_SCRIPT, TAKEN, ELSEWHERE = refused("NO_SCRIPT"), refused("STEP_ALREADY_TAKEN"), refused("SCRIPT_ELSEWHERE", A)

# Her prescriptions; who takes which step; what the guard says; where her prescriptions stand then, by holder.
CASES: dict[str, tuple[tuple[Script, ...], str, ScriptMove, tuple[str, str | None, str | None], dict[str, ScriptState]]] = {
    "the first reservation is cleared": ((), A, M.RESERVE, CLEARED, {A: S.RESERVED}),
    "a second prescriber is told whom to ring": ((RESERVED,), B, M.RESERVE, ELSEWHERE, {A: S.RESERVED}),
    "also while it is active": ((ACTIVE,), B, M.RESERVE, ELSEWHERE, {A: S.ACTIVE}),
    "also while it moves, even to oneself": ((TRANSFERRING,), B, M.RESERVE, ELSEWHERE, {A: S.TRANSFERRING}),
    "beside a conflict nothing is reserved": ((CONFLICT,), B, M.RESERVE, refused("SCRIPT_IN_CONFLICT", A), {A: S.IN_CONFLICT}),
    "one's own is not reserved twice": ((RESERVED,), A, M.RESERVE, TAKEN, {A: S.RESERVED}),
    "the holder confirms": ((RESERVED,), A, M.CONFIRM, CLEARED, {A: S.ACTIVE}),
    "nobody else confirms": ((RESERVED,), B, M.CONFIRM, NO_SCRIPT, {A: S.RESERVED}),
    "nor without a reservation": ((), A, M.CONFIRM, NO_SCRIPT, {}),
    "nor twice": ((ACTIVE,), A, M.CONFIRM, TAKEN, {A: S.ACTIVE}),
    "a reservation is released": ((RESERVED,), A, M.RELEASE, CLEARED, {}),
    "and an active prescription is not": ((ACTIVE,), A, M.RELEASE, NO_SCRIPT, {A: S.ACTIVE}),
    "an active prescription ends": ((ACTIVE,), A, M.END, CLEARED, {}),
    "only its holder ends it": ((ACTIVE,), B, M.END, NO_SCRIPT, {A: S.ACTIVE}),
    "a planned transfer begins": ((ACTIVE,), A, M.BEGIN_TRANSFER, CLEARED, {A: S.TRANSFERRING}),
    "not from a reservation": ((RESERVED,), A, M.BEGIN_TRANSFER, NO_SCRIPT, {A: S.RESERVED}),
    "nor twice over": ((TRANSFERRING,), A, M.BEGIN_TRANSFER, TAKEN, {A: S.TRANSFERRING}),
    "the one it goes to confirms and holds it": ((TRANSFERRING,), B, M.CONFIRM, CLEARED, {B: S.ACTIVE}),
    "and nobody else does": ((TRANSFERRING,), C, M.CONFIRM, NO_SCRIPT, {A: S.TRANSFERRING}),
    "or gives it back": ((TRANSFERRING,), B, M.RELEASE, CLEARED, {A: S.ACTIVE}),
    "a stranger does not call it off": ((TRANSFERRING,), C, M.RELEASE, NO_SCRIPT, {A: S.TRANSFERRING}),
    "what was not checked is begun, and stays so": ((UNCHECKED,), A, M.CONFIRM, NOT_CHECKED, {A: S.UNCHECKED}),
    "it ends like any other": ((UNCHECKED,), A, M.END, CLEARED, {}),
    "nobody else is told of it": ((UNCHECKED,), B, M.RESERVE, CLEARED, {A: S.UNCHECKED, B: S.RESERVED}),
    "it gives way when she lets it be checked": ((UNCHECKED,), A, M.RESERVE, CLEARED, {A: S.RESERVED}),
    "the old holder may call it off": ((TRANSFERRING,), A, M.RELEASE, CLEARED, {A: S.ACTIVE}),
    "or end it": ((TRANSFERRING,), A, M.END, CLEARED, {}),
    "of two in conflict the last one stands again": (
        (CONFLICT, script(B, S.IN_CONFLICT, before=S.ACTIVE)), A, M.END, CLEARED, {B: S.ACTIVE},
    ),
    "beside a live one, a conflict ends and the live one stays": (
        (script(B, S.ACTIVE), CONFLICT), A, M.RELEASE, CLEARED, {B: S.ACTIVE},
    ),
    "of three in conflict two remain so": (
        (CONFLICT, script(B, S.IN_CONFLICT), script(C, S.IN_CONFLICT)), A, M.END, CLEARED, {B: S.IN_CONFLICT, C: S.IN_CONFLICT},
    ),
}  # fmt: skip


def take(scripts: Scripts, agency: str, step: ScriptStep, recipient: str = B, prescribers: Prescribers = BOTH) -> Judged:
    return judge_script(step, Taker(agency, f"record {agency}", "she", f"reference {agency}"), recipient, scripts, prescribers)


def carry_out(scripts: tuple[Script, ...], judged: Judged) -> tuple[Script, ...]:
    """The effects of a judgement, in memory."""
    if judged.refusal is not None:
        return scripts
    kept = {one.id: one for one in scripts}
    for effect in judged.effects:
        match effect:
            case StartScript():
                before = S.RESERVED if effect.state is S.IN_CONFLICT else None
                new = script(effect.agency, effect.state, before=before)
                assert new.id not in kept
                kept[new.id] = new
            case MoveScript():
                old = kept.pop(effect.script)
                assert old.state is effect.old
                holder = effect.holder or old.agency
                if effect.new is not S.ENDED:
                    kept[f"of {holder}"] = script(holder, effect.new, transferee=effect.transferee, before=effect.before)
            case _:
                raise AssertionError("not an effect of this guard")
    return tuple(kept.values())


@pytest.mark.parametrize("case", CASES)
def test_a_step(case: str) -> None:
    scripts, agency, move, answer, stands = CASES[case]
    judged = take(Scripts(scripts), agency, ScriptStep(move=move, last_dose=True))
    reply = judged.reply
    assert (reply.answer.value, reply.reason.name if reply.reason else None, reply.ring) == answer
    assert {one.agency: one.state for one in carry_out(scripts, judged)} == stands


def test_only_prescribers_take_a_step() -> None:
    for move in M:
        judged = take(Scripts((ACTIVE,)), A, ScriptStep(move=move), prescribers=Prescribers(sender=False))
        assert judged.reply.reason is not None
        assert judged.reply.reason.name == "NOT_A_PRESCRIBER"


def test_a_prescription_is_transferred_only_to_a_prescriber() -> None:
    prescribers = Prescribers(sender=True, recipient=False)
    judged = take(Scripts((ACTIVE,)), A, ScriptStep(move=M.BEGIN_TRANSFER, last_dose=True), prescribers=prescribers)
    assert judged.reply.reason is not None
    assert judged.reply.reason.name == "NOT_A_PRESCRIBER"
    assert take(Scripts((ACTIVE,)), A, ScriptStep(move=M.END), prescribers=prescribers).refusal is None


def test_a_transfer_does_not_begin_without_the_last_dose() -> None:
    judged = take(Scripts((ACTIVE,)), A, ScriptStep(move=M.BEGIN_TRANSFER))
    assert (judged.refusal, judged.effects) == (Reason.LAST_DOSE_MISSING, ())


def test_where_she_refuses_the_check_it_is_written_down_nobody_is_asked_or_told_and_care_goes_on() -> None:
    refuses = ScriptStep(move=M.RESERVE, check_refused=True)
    for there in (Scripts(), Scripts((ACTIVE,)), Scripts((), possible=(ACTIVE,))):
        judged = take(there, B, refuses)
        assert (judged.reply.answer.value, judged.reply.ring, judged.alerts) == ("not_checked", None, ())
        assert judged.refusal is None
        assert {one.agency: one.state for one in carry_out(there.own, judged)}[B] is S.UNCHECKED
    assert take(Scripts((script(B, S.UNCHECKED),)), B, refuses).refusal is Reason.STEP_ALREADY_TAKEN


def test_an_override_says_whom_it_went_past() -> None:
    (started,) = [e for e in take(Scripts((ACTIVE,)), B, OVERRIDE).effects if isinstance(e, StartScript)]
    assert (started.beside, started.override) == (A, OVERRIDE.override)


def test_someone_who_may_be_she_stops_a_start_and_both_are_told_whom_to_ring() -> None:
    judged = take(Scripts((), possible=(ACTIVE,)), B, ScriptStep(move=M.RESERVE))
    assert (judged.reply.answer.value, judged.reply.ring) == ("possible_match", A)
    assert [(a.to, a.alert, a.about) for a in judged.alerts] == [(A, "possible_match", B)]
    assert judged.effects == ()


OVERRIDE = ScriptStep(move=M.RESERVE, override=Override(by="dr_hazel", reason=OverrideReason.WITHDRAWAL_RISK))


def test_an_override_goes_on_is_told_to_the_other_and_stands_outside_the_index() -> None:
    judged = take(Scripts((ACTIVE,)), B, OVERRIDE)
    assert (judged.reply.answer.value, judged.reply.ring) == ("overridden", A)
    assert [(a.to, a.alert, a.reference, a.about) for a in judged.alerts] == [
        (A, "script_overridden", "reference drugs-ashby", B)
    ]
    after = carry_out((ACTIVE,), judged)
    assert {one.agency: one.state for one in after} == {A: S.ACTIVE, B: S.IN_CONFLICT}
    confirmed = take(Scripts(after), B, ScriptStep(move=M.CONFIRM))
    assert confirmed.reply.answer.value == "overridden"
    ended = carry_out(carry_out(after, confirmed), take(Scripts(carry_out(after, confirmed)), A, ScriptStep(move=M.END)))
    assert {one.agency: one.state for one in ended} == {B: S.ACTIVE}


def test_an_override_of_a_mere_likeness_is_an_ordinary_reservation() -> None:
    judged = take(Scripts((), possible=(ACTIVE,)), B, OVERRIDE)
    assert judged.reply.answer.value == "overridden"
    assert {one.state for one in carry_out((), judged)} == {S.RESERVED}


def test_every_state_has_its_moves_and_every_move_is_somewhere() -> None:
    assert set(MOVES) == set(ScriptState)
    assert {move for moves in MOVES.values() for _, move in moves} == set(ScriptMove)
    assert {party for moves in MOVES.values() for party, _ in moves} == set(Party)


STEPS = st.tuples(
    st.sampled_from((A, B, C)), st.sampled_from(ScriptMove), st.sampled_from((A, B, C)), st.booleans(), st.booleans()
)


@given(st.lists(STEPS, max_size=40))
def test_whatever_prescribers_do_one_is_live_and_a_second_is_never_cleared(
    steps: list[tuple[str, ScriptMove, str, bool, bool]],
) -> None:
    scripts: tuple[Script, ...] = ()
    for agency, move, recipient, overrides, refuses in steps:
        if move is M.BEGIN_TRANSFER and agency == recipient:
            continue
        step = ScriptStep(move=move, override=OVERRIDE.override if overrides else None, last_dose=True, check_refused=refuses)
        judged = take(Scripts(scripts), agency, step, recipient)
        if move is M.RESERVE and any(one.state is not S.UNCHECKED for one in scripts):
            assert judged.reply.answer.value != "cleared"
        scripts = carry_out(scripts, judged)
        live = [one for one in scripts if one.state in LIVE]
        assert len(live) <= 1
        checked = [one for one in scripts if one.state is not S.UNCHECKED]
        assert live or len(checked) != 1, "a prescription that is alone stands in the index"
