"""What she said, and what counts as her word."""

from dataclasses import replace

import pytest

from contracts.kinds import Kind
from contracts.vocabulary import AgeBand, Capacity, Confidence, Purpose, Reason
from tests.specs.consent.judging import (
    MAYBE_HER,
    MINUTE,
    NOW,
    Case,
    Held,
    L,
    Refused,
    Result,
    Waits,
    decide,
    judge,
    no,
    released,
    taken_back,
    yes,
)

title = "Consent is for one purpose, one agency, and each thing that is told"
rules = {"R15"}

ALL = (L.IDENTITY, L.CONTACT, L.REQUEST, L.SAFETY)
IMPLIED = {"confidence": Confidence.IMPLIED_DIRECT_CARE}
MAYBE = {"record": MAYBE_HER}

CASES: dict[str, tuple[Case, Result]] = {
    "what she agreed to passes": (Case(said=(yes(*ALL),)), released(*ALL)),
    "nobody asked her": (Case(said=()), Refused(Reason.NO_CONSENT)),
    "her yes was for another purpose": (
        Case(said=(yes(*ALL, purpose=Purpose.TREATMENT_REFERRAL),)),
        Refused(Reason.NO_CONSENT),
    ),
    "her yes was for another agency": (Case(said=(yes(*ALL, recipient="drugs-ashby"),)), Refused(Reason.NO_CONSENT)),
    "what her yes does not name is withheld": (
        Case(said=(yes(L.IDENTITY, L.REQUEST),)),
        released(L.IDENTITY, L.REQUEST),
    ),
    "a yes to being referred carries the request itself": (
        Case(labels=(L.IDENTITY, L.REQUEST), said=(yes(L.IDENTITY),)),
        released(L.IDENTITY, L.REQUEST),
    ),
    "two yeses add up": (Case(said=(yes(L.IDENTITY), yes(L.CONTACT, L.SAFETY))), released(*ALL)),
    "she refused": (Case(said=(no(*ALL),)), Refused(Reason.CONSENT_REFUSED)),
    "she took it back": (Case(said=(taken_back(*ALL),)), Refused(Reason.CONSENT_WITHDRAWN)),
    "she refused one thing that is sent": (
        Case(said=(yes(*ALL), no(L.CONTACT))),
        Refused(Reason.CONSENT_REFUSED),
    ),
    "she refused one thing that is not sent": (
        Case(labels=(L.IDENTITY, L.REQUEST), said=(yes(*ALL), no(L.CONTACT))),
        released(L.IDENTITY, L.REQUEST),
    ),
    "she refused, and agreed later": (
        Case(said=(no(*ALL, at=NOW - 9 * MINUTE), yes(*ALL, at=NOW - 5 * MINUTE))),
        released(*ALL),
    ),
    "she agreed, and refused later": (
        Case(said=(yes(*ALL, at=NOW - 9 * MINUTE), no(*ALL, at=NOW - 5 * MINUTE))),
        Refused(Reason.CONSENT_REFUSED),
    ),
    "a yes and a no of the same moment are a no": (
        Case(said=(yes(*ALL, at=NOW - MINUTE), no(*ALL, at=NOW - MINUTE))),
        Refused(Reason.CONSENT_REFUSED),
    ),
    "she took it back, and agreed again later": (
        Case(said=(taken_back(*ALL), yes(*ALL, at=NOW - MINUTE))),
        released(*ALL),
    ),
    "taking a refusal back is not a yes": (
        Case(said=(no(*ALL, withdrawn_at=NOW - MINUTE),)),
        Refused(Reason.CONSENT_REFUSED),
    ),
    "her no stands on whatever basis it is sent": (
        Case(said=(no(*ALL),), facts=IMPLIED),
        Refused(Reason.CONSENT_REFUSED),
    ),
    "without a no, care may go on without a yes": (Case(said=(), facts=IMPLIED), released(*ALL)),
    "taking the yes back takes the request back": (
        Case(labels=(L.REQUEST,), said=(taken_back(L.IDENTITY),), facts=IMPLIED),
        Refused(Reason.CONSENT_WITHDRAWN),
    ),
    "a yes past its review date is none": (Case(said=(yes(*ALL, review=NOW),)), Refused(Reason.NO_CONSENT)),
    "a yes from the future is none": (Case(said=(yes(*ALL, at=NOW + 5 * MINUTE),)), Refused(Reason.NO_CONSENT)),
    "a yes given while her capacity was in doubt waits for a worker": (
        Case(said=(yes(*ALL, capacity=Capacity.DOUBTED),)),
        Held(Reason.CAPACITY_DOUBTED, "sending_worker"),
    ),
    "while her capacity is in doubt nothing moves": (
        Case(facts={"capacity": Capacity.FLUCTUATING}),
        Held(Reason.CAPACITY_DOUBTED, "sending_worker"),
    ),
    "a yes of someone who may be her does not count": (
        Case(said=(), maybe=(yes(*ALL, **MAYBE),)),  # type: ignore[arg-type]
        Refused(Reason.NO_CONSENT),
    ),
    "a no of someone who may be her waits for both agencies": (
        Case(said=(yes(*ALL),), maybe=(no(*ALL, **MAYBE),)),  # type: ignore[arg-type]
        Held(Reason.MAY_BE_ANOTHER_PERSON, "both_agencies"),
    ),
    "a withdrawal of someone who may be her waits for both agencies": (
        Case(said=(yes(*ALL),), maybe=(taken_back(*ALL, **MAYBE),)),
        Held(Reason.MAY_BE_ANOTHER_PERSON, "both_agencies"),
    ),
    "a consent that is named and has not come yet is waited for": (
        Case(said=(), missing=True),
        Waits(Reason.UNKNOWN_CONSENT),
    ),
    "it is waited for even when another one would do": (Case(missing=True), Waits(Reason.UNKNOWN_CONSENT)),
    "what no consent could mend is refused at once": (
        Case(missing=True, facts={"age_band": AgeBand.AGED_16_TO_17}),
        Refused(Reason.UNDER_18),
    ),
    "what a person must act on is not waited on": (
        Case(missing=True, facts={"capacity": Capacity.DOUBTED}),
        Held(Reason.CAPACITY_DOUBTED, "sending_worker"),
    ),
    "a no is not waited on": (Case(said=(no(*ALL),), missing=True), Refused(Reason.CONSENT_REFUSED)),
    "her yes to a referral is a yes to its answer, in codes, to whoever asked her": (
        Case(
            sender="project-ashby", recipient="cjit-ashby", kind=Kind.REFERRAL_ACCEPTED, labels=(L.OUTCOME,),
            said=(yes(*ALL, recipient="project-ashby"),),
        ),
        released(L.OUTCOME),
    ),
    "and to nobody else": (
        Case(
            sender="project-ashby", recipient="drugs-ashby", kind=Kind.REFERRAL_ACCEPTED, labels=(L.OUTCOME,),
            said=(yes(*ALL, recipient="project-ashby"),),
        ),
        Refused(Reason.NO_CONSENT),
    ),
    "an adult at risk who said no is spoken about only after people have looked": (
        Case(
            recipient="drugs-ashby", purpose=Purpose.SAFEGUARDING, labels=(L.IDENTITY, L.SAFETY),
            said=(no(L.IDENTITY, purpose=Purpose.SAFEGUARDING, recipient="drugs-ashby"),),
        ),
        Held(Reason.CONSENT_REFUSED, "safeguarding_lead"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_consent(name: str) -> None:
    case, expected = CASES[name]
    assert judge(case) == expected


def test_a_hold_s_deadline_lies_before_the_message_runs_out() -> None:
    case = Case(facts={"capacity": Capacity.DOUBTED}, not_after=NOW + MINUTE)
    assert decide(case).deadline == NOW + MINUTE - 1  # type: ignore[union-attr]


def test_a_hold_s_deadline_does_not_move_when_it_is_asked_again() -> None:
    case = Case(facts={"capacity": Capacity.DOUBTED}, held_until=NOW + 7)
    assert decide(case).deadline == NOW + 7  # type: ignore[union-attr]


def test_a_hold_that_nobody_answered_is_a_refusal() -> None:
    case = Case(facts={"capacity": Capacity.DOUBTED}, held_until=NOW)
    assert judge(case) == Refused(Reason.HOLD_DEADLINE_PASSED)


def test_what_was_held_passes_once_the_doubt_is_gone() -> None:
    assert judge(replace(Case(), held_until=NOW - 1)) == released(*ALL)
