"""The clauses that the program judges itself, because a table of values cannot say them, and the least severe each may be.

All others are rows of ``core.yaml``, judged by what stands there. Leaves out: putting the findings together (``check``).
"""

from collections.abc import Set
from typing import Final

from consent.clauses import approving, form, glass
from consent.clauses.asked import Asked, Function, Judge, Spoke
from contracts.vocabulary import Label, Reason, Verdict


def _judge(clause: str, floor: Verdict, codes: Set[Reason], function: Function | None) -> Judge:
    return Judge(clause, floor, frozenset(codes), function or _judged_elsewhere)


def _judged_elsewhere(_: Asked, __: frozenset[Label]) -> Spoke | None:
    """Not asked in the walk."""
    return None


# A message that is not sound is not read any further: what it says cannot be believed.
FORM: Final = _judge("A1", Verdict.REFUSE, form.FAULTS, form.sound)

_GLASS_FAULTS: Final = frozenset(
    {
        Reason.BREAK_GLASS_PART_MISSING, Reason.BREAK_GLASS_NOT_PROVEN, Reason.BREAK_GLASS_OUT_OF_TIME,
        Reason.BREAK_GLASS_OUT_OF_SCOPE, Reason.BREAK_GLASS_USED, Reason.BREAK_GLASS_UNREVIEWED,
    }
)  # fmt: skip
# What a broken glass may excuse, where the protocol says so: what she said, or could not say. Nothing else, whoever writes it.
GLASS_MAY_EXCUSE: Final = frozenset({
    "C2", "C2-risk", "C2-maybe", "C8", "C8-risk", "R15", "R15-part", "C4", "R34", "C5", "C5-said", "G2", "G2-told",
})  # fmt: skip

# What named people decided: their statements carry more than a word of a list.
OFFICERS: Final = (
    _judge(glass.GLASS, Verdict.REFUSE, _GLASS_FAULTS, glass.whole),
    _judge("A7-officer", Verdict.REFUSE, {Reason.OFFICER_REFUSED}, approving.refused_by_an_officer),
    _judge(glass.SECOND, Verdict.HOLD, {Reason.SECOND_PERSON_AWAITED}, glass.a_second_person),
    _judge("G4-scope", Verdict.ROUTE_MINIMISED, {Reason.BREAK_GLASS}, glass.scope),
)

# Said by ``check`` itself when a hold has run out, by ``checks.may_be_named`` of each holder, by ``acts`` of an officer's act.
SPOKEN_ELSEWHERE: Final = (
    _judge("A7", Verdict.REFUSE, {Reason.HOLD_DEADLINE_PASSED}, None),
    _judge("E3", Verdict.ROUTE_MINIMISED, set(), None),
    _judge("I2", Verdict.REFUSE, {Reason.APPROVER_NOT_ALLOWED}, None),
)

JUDGES: Final = {one.clause: one for one in (FORM, *OFFICERS, *SPOKEN_ELSEWHERE)}
