"""What a compliance message may say, and when there may be one at all."""

import pytest

from contracts.kinds import Kind
from contracts.vocabulary import Engagement, Purpose, Reason
from tests.specs.consent.judging import Case, L, Refused, Result, judge, released

title = "Attended, not attended or completed, and nothing else"
rules = {"R22", "R23"}


def attendance(engagement: Engagement = Engagement.CONDITION, **changes: object) -> Case:
    ordinary: dict[str, object] = {
        "sender": "drugs-ashby", "recipient": "cjit-ashby", "kind": Kind.ATTENDANCE_REPORTED, "labels": (L.ATTENDANCE,),
        "purpose": Purpose.COMPLIANCE, "facts": {"engagement": engagement}, "said": (),
    }  # fmt: skip
    return Case(**{**ordinary, **changes})  # type: ignore[arg-type]


CASES: dict[str, tuple[Case, Result]] = {
    "attendance under a condition passes": (attendance(), released(L.ATTENDANCE)),
    "attendance under an order passes": (attendance(Engagement.ORDER), released(L.ATTENDANCE)),
    "attendance in a diversion passes": (attendance(Engagement.DIVERSION), released(L.ATTENDANCE)),
    "attendance of her own choice is nobody's business": (
        attendance(Engagement.VOLUNTARY),
        Refused(Reason.VOLUNTARY_IS_NOT_COMPLIANCE),
    ),
    "nor is it when it is sent for another purpose": (
        attendance(Engagement.VOLUNTARY, purpose=Purpose.TREATMENT_REFERRAL),
        Refused(Reason.VOLUNTARY_IS_NOT_COMPLIANCE),
    ),
    "what she disclosed does not travel with it": (
        attendance(labels=(L.ATTENDANCE, L.HEALTH)),
        Refused(Reason.OUTCOME_ONLY),
    ),
    "nor does her treatment": (attendance(labels=(L.ATTENDANCE, L.DRUG_TREATMENT)), Refused(Reason.OUTCOME_ONLY)),
    "nor prose": (attendance(labels=(L.ATTENDANCE, L.FREE_TEXT)), Refused(Reason.OUTCOME_ONLY)),
    "a referral cannot be dressed as compliance": (
        attendance(kind=Kind.REFERRAL_MADE, labels=(L.REQUEST,)),
        Refused(Reason.OUTCOME_ONLY),
    ),
    "housing is told of nobody's attendance": (
        attendance(recipient="housing-ashby"),
        Refused(Reason.PURPOSE_NOT_COVERED),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_compliance(name: str) -> None:
    case, expected = CASES[name]
    assert judge(case) == expected
