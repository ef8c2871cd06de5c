"""What the police may receive."""

import pytest

from contracts.kinds import Kind
from contracts.vocabulary import AgeBand, Confidence, Engagement, Purpose, Reason, Threshold
from tests.specs.consent.judging import Case, L, Refused, Result, judge, no, released, taken_back, yes

title = "What the police may receive"
rules = {"R11", "R12"}

P = Purpose


def report(**changes: object) -> Case:
    """An anonymous report of violence, as the project sends it."""
    ordinary: dict[str, object] = {
        "sender": "project-ashby", "recipient": "police-ashby", "kind": Kind.INCIDENT_REPORTED,
        "purpose": P.INCIDENT_INTELLIGENCE, "labels": (L.INCIDENT,), "names_person": False, "said": (),
    }  # fmt: skip
    return Case(**{**ordinary, **changes})  # type: ignore[arg-type]


def named(*said: object, **changes: object) -> Case:
    """A report that names her."""
    return report(purpose=P.CRIME_REPORT, labels=(L.INCIDENT, L.IDENTITY, L.CONTACT), names_person=True, said=said, **changes)


ALL_OF_IT = (L.INCIDENT, L.IDENTITY, L.CONTACT)
TO_POLICE = {"purpose": P.CRIME_REPORT, "recipient": "police-ashby"}

CASES: dict[str, tuple[Case, Result]] = {
    "a referral is refused, though she agreed to it": (
        Case(recipient="police-ashby"),
        Refused(Reason.NOT_FOR_POLICE),
    ),
    "her health is refused": (
        Case(recipient="police-ashby", purpose=P.COMPLIANCE, labels=(L.HEALTH,), facts={"engagement": Engagement.ORDER}),
        Refused(Reason.OUTCOME_ONLY),
    ),
    "an answer to an arrest referral is refused: it would say whether she takes part": (
        Case(recipient="police-ashby", kind=Kind.REFERRAL_ACCEPTED, purpose=P.ARREST_REFERRAL, labels=(L.OUTCOME,)),
        Refused(Reason.NOT_FOR_POLICE),
    ),
    "whether she came, where a court asked, passes": (
        Case(
            recipient="police-ashby", kind=Kind.ATTENDANCE_REPORTED, purpose=P.COMPLIANCE, labels=(L.ATTENDANCE,),
            facts={"engagement": Engagement.CONDITION},
        ),
        released(L.ATTENDANCE),
    ),
    "an anonymous report passes": (report(), released(L.INCIDENT)),
    "an anonymous report with her name in it is refused whole": (
        report(labels=(L.INCIDENT, L.IDENTITY)),
        Refused(Reason.IDENTIFIES_HER),
    ),
    "an anonymous report with a way to reach her is refused whole": (
        report(labels=(L.INCIDENT, L.CONTACT)),
        Refused(Reason.IDENTIFIES_HER),
    ),
    "an anonymous report with prose that nobody can vouch for is refused whole": (
        report(labels=(L.INCIDENT, L.FREE_TEXT)),
        Refused(Reason.IDENTIFIES_HER),
    ),
    "an anonymous report about somebody on record is refused: the record points to her": (
        report(names_person=True),
        Refused(Reason.IDENTIFIES_HER),
    ),
    "an anonymous report that answers another message is refused: the thread points to her": (
        report(in_reply_to="d9" * 16),
        Refused(Reason.IDENTIFIES_HER),
    ),
    "an anonymous report with one item too many is refused whole": (
        report(labels=(L.INCIDENT, L.HEALTH)),
        Refused(Reason.NOT_FOR_POLICE),
    ),
    "a report that names her passes when she agreed": (named(yes(*ALL_OF_IT, **TO_POLICE)), released(*ALL_OF_IT)),  # type: ignore[arg-type]
    "a report that names her is refused when nobody asked her": (named(), Refused(Reason.NO_CONSENT)),
    "a yes to the referral is no yes to the police": (
        named(yes(*ALL_OF_IT, recipient="project-ashby")),
        Refused(Reason.NO_CONSENT),
    ),
    "a report that names her is refused when she said no": (
        named(no(*ALL_OF_IT, **TO_POLICE)),  # type: ignore[arg-type]
        Refused(Reason.CONSENT_REFUSED),
    ),
    "a report that names her is refused when she took it back": (
        named(taken_back(*ALL_OF_IT, **TO_POLICE)),
        Refused(Reason.CONSENT_WITHDRAWN),
    ),
    "no other ground names her in a crime report": (
        named(yes(*ALL_OF_IT, **TO_POLICE), facts={"confidence": Confidence.PUBLIC_INTEREST}),  # type: ignore[arg-type]
        Refused(Reason.BASIS_NOT_ALLOWED),
    ),
    "a child at risk may be told to the officers of public protection": (
        Case(
            recipient="police-ashby", role="public_protection", purpose=P.SAFEGUARDING, said=(),
            labels=(L.IDENTITY, L.SAFETY), facts={"age_band": AgeBand.AGED_13_TO_15, "threshold": Threshold.MET},
        ),
        released(L.IDENTITY, L.SAFETY),
    ),
    "a child at risk is not told to the front desk": (
        Case(
            recipient="police-ashby", purpose=P.SAFEGUARDING, said=(), labels=(L.IDENTITY, L.SAFETY),
            facts={"age_band": AgeBand.AGED_13_TO_15, "threshold": Threshold.MET},
        ),
        Refused(Reason.NOT_FOR_POLICE),
    ),
    "a risk that nobody has weighed is not told": (
        Case(
            recipient="police-ashby", role="public_protection", purpose=P.SAFEGUARDING, said=(),
            labels=(L.IDENTITY, L.SAFETY), facts={"age_band": AgeBand.AGED_13_TO_15, "threshold": Threshold.UNKNOWN},
        ),
        Refused(Reason.NOT_FOR_POLICE),
    ),
    "the police may refer someone who was arrested": (
        Case(
            sender="police-ashby", recipient="cjit-ashby", purpose=P.ARREST_REFERRAL, said=(), names_person=False,
            labels=(L.IDENTITY, L.REQUEST, L.OFFENDING),
        ),
        released(L.IDENTITY, L.REQUEST, L.OFFENDING),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_police(name: str) -> None:
    case, expected = CASES[name]
    assert judge(case) == expected
