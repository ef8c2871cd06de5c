"""Her involvement, and what else needs a yes of its own."""

import pytest

from contracts.vocabulary import Confidence, Purpose, Reason
from tests.specs.consent.judging import Case, L, Refused, Result, judge, no, released, taken_back, yes

title = "What is withheld unless she agreed to exactly that"
rules = {"R16"}

HOUSING = {"recipient": "housing-ashby", "purpose": Purpose.HOUSING_REFERRAL}
SARC = {"recipient": "sarc-ashby", "purpose": Purpose.SEXUAL_VIOLENCE_REFERRAL}
PLAIN = (L.IDENTITY, L.REQUEST, L.HOUSING)


def to_housing(*more: L, said: tuple[object, ...], **changes: object) -> Case:
    return Case(labels=(*PLAIN, *more), said=(yes(*PLAIN, **HOUSING), *said), **HOUSING, **changes)  # type: ignore[arg-type]


def to_project(*said: object, **changes: object) -> Case:
    return Case(labels=(L.IDENTITY, L.REQUEST, L.INVOLVEMENT), said=(yes(L.IDENTITY), *said), **changes)  # type: ignore[arg-type]


CASES: dict[str, tuple[Case, Result]] = {
    "involvement is withheld from housing unless consented": (to_housing(L.INVOLVEMENT, said=()), released(*PLAIN)),
    "involvement goes to housing when she agreed to that": (
        to_housing(L.INVOLVEMENT, said=(yes(L.INVOLVEMENT, **HOUSING),)),  # type: ignore[arg-type]
        released(*PLAIN, L.INVOLVEMENT),
    ),
    "a yes to a list of things does not carry it": (
        to_housing(L.INVOLVEMENT, said=(yes(*PLAIN, L.INVOLVEMENT, **HOUSING),)),  # type: ignore[arg-type]
        released(*PLAIN),
    ),
    "a yes for the project is no yes for housing": (
        to_housing(L.INVOLVEMENT, said=(yes(L.INVOLVEMENT),)),
        released(*PLAIN),
    ),
    "it is withheld from the project, too": (to_project(), released(L.IDENTITY, L.REQUEST)),
    "the project has it when she agreed": (
        to_project(yes(L.INVOLVEMENT)),
        released(L.IDENTITY, L.REQUEST, L.INVOLVEMENT),
    ),
    "a yes to treatment is no yes to support": (
        to_project(yes(L.INVOLVEMENT, purpose=Purpose.TREATMENT_REFERRAL)),
        released(L.IDENTITY, L.REQUEST),
    ),
    "taken back, it is withheld, and the rest still goes": (
        to_project(taken_back(L.INVOLVEMENT)),
        released(L.IDENTITY, L.REQUEST),
    ),
    "refused, it is withheld, and the rest still goes": (
        to_project(no(L.INVOLVEMENT)),
        released(L.IDENTITY, L.REQUEST),
    ),
    "it is never implied by care": (
        to_project(facts={"confidence": Confidence.IMPLIED_DIRECT_CARE}),
        released(L.IDENTITY, L.REQUEST),
    ),
    "a yes of someone who may be her does not count": (
        to_project(maybe=(yes(L.INVOLVEMENT),)),
        released(L.IDENTITY, L.REQUEST),
    ),
    "a message of nothing else is refused": (
        Case(labels=(L.INVOLVEMENT,), said=(yes(L.IDENTITY),)),
        Refused(Reason.INVOLVEMENT_WITHHELD),
    ),
    "drug treatment goes to housing only where a yes names it": (
        to_housing(L.DRUG_TREATMENT, L.OFFENDING, said=(yes(*PLAIN, L.DRUG_TREATMENT, **HOUSING),)),  # type: ignore[arg-type]
        released(*PLAIN, L.DRUG_TREATMENT),
    ),
    "neither her treatment nor her offence goes to housing by itself": (
        to_housing(L.DRUG_TREATMENT, L.OFFENDING, said=()),
        released(*PLAIN),
    ),
    "an assault is told only on a yes of its own": (
        Case(labels=(L.IDENTITY, L.REQUEST, L.SEXUAL_ASSAULT), sender="project-ashby", **SARC,  # type: ignore[arg-type]
             said=(yes(L.IDENTITY, L.REQUEST, L.SEXUAL_ASSAULT, **SARC),)),  # type: ignore[arg-type]
        released(L.IDENTITY, L.REQUEST),
    ),
    "an assault is told when she agreed to that": (
        Case(labels=(L.IDENTITY, L.REQUEST, L.SEXUAL_ASSAULT), sender="project-ashby", **SARC,  # type: ignore[arg-type]
             said=(yes(L.IDENTITY, **SARC), yes(L.SEXUAL_ASSAULT, **SARC))),  # type: ignore[arg-type]
        released(L.IDENTITY, L.REQUEST, L.SEXUAL_ASSAULT),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_involvement(name: str) -> None:
    case, expected = CASES[name]
    assert judge(case) == expected
