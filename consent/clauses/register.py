"""Every clause that the program judges, in the order of the walk. A rule (R…) here has a spec; a test holds that.

The words, the source and the verdict of each stand in the protocol (``*.yaml``); a clause that is only in one of the two
fails the start. Leaves out: putting the findings together (``check``).
"""

from collections.abc import Set
from typing import Final

from consent.clauses import agreements, approving, checks, consenting, form, glass, minimum, people, police
from consent.clauses.asked import Asked, Function, Judge, Spoke
from contracts.vocabulary import Label, Reason, Verdict


def _judge(clause: str, floor: Verdict, codes: Set[Reason], function: Function | None) -> Judge:
    return Judge(clause, floor, frozenset(codes), function or _judged_elsewhere)


def _judged_elsewhere(_: Asked, __: frozenset[Label]) -> Spoke | None:
    """Not asked in the walk."""
    return None


_GLASS_FAULTS: Final = frozenset(
    {
        Reason.BREAK_GLASS_PART_MISSING, Reason.BREAK_GLASS_NOT_PROVEN, Reason.BREAK_GLASS_OUT_OF_TIME,
        Reason.BREAK_GLASS_OUT_OF_SCOPE, Reason.BREAK_GLASS_USED, Reason.BREAK_GLASS_UNREVIEWED,
    }
)  # fmt: skip
# What a broken glass may excuse, where the protocol says so: what she said, or could not say. Nothing else, whoever writes it.
GLASS_MAY_EXCUSE: Final = frozenset({"C2", "C2-risk", "C2-maybe", "R15", "R15-part", "C5"})

# A message that is not sound is not read any further: what it says cannot be believed.
FORM: Final = (_judge("A1", Verdict.REFUSE, form.FAULTS, form.sound),)

WHOLE_MESSAGE: Final = (
    _judge("R30", Verdict.REFUSE, {Reason.UNDER_18}, people.adults_only),
    _judge("E2", Verdict.REFUSE, {Reason.POLICE_NEVER_ASK}, checks.police_never_ask),
    _judge("E1", Verdict.REFUSE, {Reason.NO_PRESENTATION, Reason.PURPOSE_NOT_COVERED}, checks.inside_a_presentation),
    _judge("R23", Verdict.REFUSE, {Reason.VOLUNTARY_IS_NOT_COMPLIANCE}, police.voluntary_is_not_compliance),
    _judge("R22", Verdict.REFUSE, {Reason.OUTCOME_ONLY}, police.outcome_only),
    _judge("R12", Verdict.REFUSE, {Reason.IDENTIFIES_HER, Reason.NOT_FOR_POLICE}, police.anonymous_is_anonymous),
    _judge("R11", Verdict.REFUSE, {Reason.NOT_FOR_POLICE}, police.nothing_by_default),
    _judge("E5", Verdict.REFUSE, {Reason.NOT_A_PRESCRIBER}, people.prescriber_to_prescriber),
    _judge("A5", Verdict.REFUSE, {Reason.NO_AGREEMENT, Reason.PURPOSE_NOT_COVERED}, agreements.in_force),
    _judge("B1", Verdict.REFUSE, {Reason.LABEL_NOT_COVERED}, agreements.covers_labels),
    _judge("B6", Verdict.REFUSE, {Reason.BASIS_NOT_ALLOWED}, agreements.basis_fits),
    _judge("A5-review", Verdict.HOLD, {Reason.AGREEMENT_UNDER_REVIEW}, agreements.reviewed),
    _judge(glass.GLASS, Verdict.REFUSE, _GLASS_FAULTS, glass.whole),
    _judge("A7-officer", Verdict.REFUSE, {Reason.OFFICER_REFUSED}, approving.refused_by_an_officer),
    _judge(glass.SECOND, Verdict.HOLD, {Reason.SECOND_PERSON_AWAITED}, glass.a_second_person),
    _judge("A6", Verdict.HOLD, {Reason.CHECK_NOT_AVAILABLE}, form.directory_is_current),
)

# Each of these withholds labels; the next one looks only at what is left, so a label is withheld once, by its first reason.
MINIMUM: Final = (
    _judge("D1", Verdict.ROUTE_MINIMISED, {Reason.NOT_NEEDED_BY_RECIPIENT}, minimum.needed),
    _judge("G4-scope", Verdict.ROUTE_MINIMISED, {Reason.BREAK_GLASS}, glass.scope),
    _judge("R29", Verdict.ROUTE_MINIMISED, {Reason.ROLE_IN_CASE}, minimum.role_in_case),
    _judge("R16", Verdict.ROUTE_MINIMISED, {Reason.INVOLVEMENT_WITHHELD}, minimum.involvement_is_hers_to_tell),
    _judge("C3", Verdict.ROUTE_MINIMISED, {Reason.SEPARATE_CONSENT_NEEDED}, minimum.own_consent),
)

CONSENT: Final = (
    _judge("C2", Verdict.REFUSE, {Reason.CONSENT_REFUSED, Reason.CONSENT_WITHDRAWN}, consenting.she_said_no),
    _judge("C2-risk", Verdict.HOLD, {Reason.CONSENT_REFUSED, Reason.CONSENT_WITHDRAWN}, consenting.said_no_at_risk),
    _judge("C2-maybe", Verdict.HOLD, {Reason.MAY_BE_ANOTHER_PERSON}, consenting.may_have_said_no),
    _judge("R15", Verdict.REFUSE, {Reason.NO_CONSENT}, consenting.essential_without_consent),
    _judge("R15-part", Verdict.ROUTE_MINIMISED, {Reason.NO_CONSENT}, consenting.rest_without_consent),
    _judge("C5", Verdict.HOLD, {Reason.CAPACITY_DOUBTED}, consenting.consent_of_an_able_person),
)

# Said by ``check`` itself when a hold has run out, by ``checks.may_be_named`` of each holder, by ``acts`` of an officer's act.
SPOKEN_ELSEWHERE: Final = (
    _judge("A7", Verdict.REFUSE, {Reason.HOLD_DEADLINE_PASSED}, None),
    _judge("E3", Verdict.ROUTE_MINIMISED, set(), None),
    _judge("I2", Verdict.REFUSE, {Reason.APPROVER_NOT_ALLOWED}, None),
)

JUDGES: Final = {one.clause: one for one in (*FORM, *WHOLE_MESSAGE, *MINIMUM, *CONSENT, *SPOKEN_ELSEWHERE)}
RULES: Final = frozenset(clause.partition("-")[0] for clause in JUDGES if clause.startswith("R"))
