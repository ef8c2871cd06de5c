"""Who the message may be about, and what its recipient is to her."""

import pytest

from contracts.kinds import Kind
from contracts.vocabulary import AgeBand, CaseRole, Purpose, Reason
from tests.specs.consent.judging import Case, L, Refused, Result, ashby, judge, released

title = "Children by the safeguarding route, and everyone by her role in the case"
rules = {"R29", "R30"}

FULL = (L.IDENTITY, L.REQUEST, L.SAFETY, L.DRUG_TREATMENT, L.HEALTH, L.HOUSING)
ADULT_PURPOSES = [purpose for purpose in Purpose if purpose not in ashby().open_to_under_18]
NOT_ADULTS = [band for band in AgeBand if band is not AgeBand.ADULT]

CASES: dict[str, tuple[Case, Result]] = {
    "the lead is given all that the need table has": (Case(labels=FULL, role_in_case=CaseRole.LEAD), released(*FULL)),
    "who is asked to take her on is given all that the need table has": (Case(labels=FULL), released(*FULL)),
    "a supplementary agency is given less": (
        Case(labels=FULL, role_in_case=CaseRole.SUPPLEMENTARY),
        released(L.IDENTITY, L.REQUEST, L.SAFETY, L.HOUSING),
    ),
    "who has no role and is asked nothing learns the outcome alone": (
        Case(
            sender="project-ashby", recipient="cjit-ashby", kind=Kind.REFERRAL_COMPLETED, labels=(L.OUTCOME, L.SAFETY),
        ),
        released(L.OUTCOME),
    ),
    "the lead learns more of the same message": (
        Case(
            sender="project-ashby", recipient="cjit-ashby", kind=Kind.REFERRAL_COMPLETED, labels=(L.OUTCOME, L.SAFETY),
            role_in_case=CaseRole.LEAD,
        ),
        released(L.OUTCOME, L.SAFETY),
    ),
    "a child at risk may be told to a drug service": (
        Case(
            recipient="drugs-ashby", purpose=Purpose.SAFEGUARDING, labels=(L.IDENTITY, L.SAFETY), said=(),
            facts={"age_band": AgeBand.UNDER_13},
        ),
        released(L.IDENTITY, L.SAFETY),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_people(name: str) -> None:
    case, expected = CASES[name]
    assert judge(case) == expected


@pytest.mark.parametrize("purpose", ADULT_PURPOSES)
@pytest.mark.parametrize("band", NOT_ADULTS)
def test_nobody_under_18_and_nobody_of_unknown_age_goes_by_an_adult_route(purpose: Purpose, band: AgeBand) -> None:
    assert judge(Case(purpose=purpose, facts={"age_band": band})) == Refused(Reason.UNDER_18)
