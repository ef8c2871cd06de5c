"""Agreements, needs and bases: what was agreed when it was sent."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from contracts.kinds import Kind
from contracts.vocabulary import AgeBand, Article6, Article9Or10, Confidence, Engagement, Gateway, Label, Purpose, Reason
from tests.specs.consent.judging import BASES, NOW, Case, Held, L, Refused, Released, Result, ashby, judge, released, yes

title = "An agreement covers the purpose and everything that is sent, and the recipient is given what it needs"
rules: set[str] = set()

P = Purpose

CASES: dict[str, tuple[Case, Result]] = {
    "an offence is not told to a drug service": (
        Case(recipient="drugs-ashby", purpose=P.TREATMENT_REFERRAL, labels=(L.IDENTITY, L.REQUEST, L.OFFENDING)),
        released(L.IDENTITY, L.REQUEST),
    ),
    "a drug test is not told to the project": (
        Case(labels=(L.IDENTITY, L.REQUEST, L.OFFENDING)),
        released(L.IDENTITY, L.REQUEST),
    ),
    "prose goes where the need table has it": (Case(labels=(L.REQUEST, L.FREE_TEXT)), released(L.REQUEST, L.FREE_TEXT)),
    "prose goes nowhere else": (
        Case(recipient="drugs-ashby", labels=(L.REQUEST, L.FREE_TEXT)),
        released(L.REQUEST),
    ),
    "housing is told nothing of an assault": (
        Case(recipient="housing-ashby", purpose=P.HOUSING_REFERRAL, labels=(L.REQUEST, L.SEXUAL_ASSAULT)),
        Refused(Reason.LABEL_NOT_COVERED),
    ),
    "the CJIT is told nothing of a SARC": (
        Case(sender="sarc-ashby", recipient="cjit-ashby"),
        Refused(Reason.PURPOSE_NOT_COVERED),
    ),
    "two agencies without an agreement": (
        Case(sender="housing-ashby", recipient="police-ashby", purpose=P.HOUSING_REFERRAL),
        Refused(Reason.NOT_FOR_POLICE),
    ),
    "a purpose that was not agreed": (
        Case(purpose=P.SEXUAL_VIOLENCE_REFERRAL),
        Refused(Reason.PURPOSE_NOT_COVERED),
    ),
    "one prescriber tells another": (
        Case(sender="drugs-ashby", purpose=P.PRESCRIBING_SAFETY, labels=(L.IDENTITY, L.PRESCRIBING)),
        released(L.IDENTITY, L.PRESCRIBING),
    ),
    "who does not prescribe is told of no prescription": (
        Case(sender="drugs-ashby", recipient="cjit-ashby", purpose=P.PRESCRIBING_SAFETY, labels=(L.PRESCRIBING,)),
        Refused(Reason.NOT_A_PRESCRIBER),
    ),
    "a basis that a public authority does not have": (
        Case(facts={"article_6": Article6.RECOGNISED_LEGITIMATE_INTERESTS}),
        Refused(Reason.BASIS_NOT_ALLOWED),
    ),
    "a special category without its condition": (
        Case(recipient="drugs-ashby", purpose=P.TREATMENT_REFERRAL, facts={"article_9_or_10": Article9Or10.NOT_SPECIAL}),
        Refused(Reason.BASIS_NOT_ALLOWED),
    ),
    "confidence is never implied after an assault": (
        Case(sender="project-ashby", recipient="sarc-ashby", purpose=P.SEXUAL_VIOLENCE_REFERRAL,
             labels=(L.REQUEST,), facts={"confidence": Confidence.IMPLIED_DIRECT_CARE}),
        Refused(Reason.BASIS_NOT_ALLOWED),
    ),
    "a power that does not fit": (
        Case(facts={"gateway": Gateway.COURT_ORDER}),
        Refused(Reason.BASIS_NOT_ALLOWED),
    ),
    "a signature that does not fit is all that is said": (
        Case(fault=Reason.BAD_SIGNATURE, facts={"age_band": AgeBand.AGED_16_TO_17}),
        Refused(Reason.BAD_SIGNATURE),
    ),
    "a sender that does not take part": (Case(sender="nobody-here"), Refused(Reason.UNKNOWN_RECIPIENT)),
    "a key directory that has run out": (
        Case(directory_current=False),
        Held(Reason.CHECK_NOT_AVAILABLE, "operator"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_agreements(name: str) -> None:
    case, expected = CASES[name]
    assert judge(case) == expected


DAY = 86_400_000
SINCE = int(datetime(2024, 1, 1, tzinfo=UTC).timestamp() * 1000)
REVIEW = int(datetime(2031, 1, 31, tzinfo=UTC).timestamp() * 1000)

DATES: dict[str, tuple[int, Result]] = {
    "sent before the agreement was signed": (SINCE - 1, Refused(Reason.NO_AGREEMENT)),
    "sent on the day it was signed": (SINCE, released(L.REQUEST)),
    "sent on the last day before its review": (REVIEW - 1, released(L.REQUEST)),
    "sent after its review was due": (REVIEW, Held(Reason.AGREEMENT_UNDER_REVIEW, "governance_officer")),
    "sent within the days of grace": (REVIEW + 30 * DAY - 1, Held(Reason.AGREEMENT_UNDER_REVIEW, "governance_officer")),
    "sent after the days of grace": (REVIEW + 30 * DAY, Refused(Reason.NO_AGREEMENT)),
}


@pytest.mark.parametrize("name", DATES)
def test_an_agreement_is_judged_as_of_sending(name: str) -> None:
    created, expected = DATES[name]
    # However long it waited: that is another clause's business.
    assert judge(Case(labels=(L.REQUEST,), created=created), replace(ashby(), kept_for=2**50)) == expected


def test_an_agreement_that_ended_covers_nothing() -> None:
    protocol = ashby()
    ended = {key: tuple(replace(share, until=NOW - DAY) for share in shares) for key, shares in protocol.shares.items()}
    assert judge(Case(), replace(protocol, shares=ended)) == Refused(Reason.NO_AGREEMENT)


NOWHERE = {L.COUNSELLING, L.THIRD_PARTY}
# The whole matrix, as the design has it: who may ever be given what, whatever is sent and agreed.
MAY_EVER_HAVE: dict[str, set[Label]] = {
    "housing-ashby": {
        L.IDENTITY, L.CONTACT, L.REQUEST, L.OUTCOME, L.HOUSING, L.SAFETY, L.DRUG_TREATMENT, L.OFFENDING, L.INVOLVEMENT,
    },
    "police-ashby": {L.INCIDENT, L.IDENTITY, L.CONTACT, L.ATTENDANCE},
    "drugs-ashby": set(Label) - NOWHERE - {L.IMMIGRATION, L.OFFENDING, L.SEXUAL_ASSAULT, L.INCIDENT, L.ATTENDANCE, L.HOUSING},
    "cjit-ashby": set(Label) - NOWHERE - {
        L.IMMIGRATION, L.SEXUAL_ASSAULT, L.INCIDENT, L.DRUG_TREATMENT, L.PRESCRIBING, L.HEALTH,
    },
    "project-ashby": set(Label) - NOWHERE - {L.OFFENDING, L.INCIDENT, L.ATTENDANCE},
    "sarc-ashby": {L.IDENTITY, L.CONTACT, L.REQUEST, L.OUTCOME, L.HEALTH, L.SAFETY, L.SEXUAL_ASSAULT, L.INVOLVEMENT},
}  # fmt: skip


@pytest.mark.parametrize("recipient", MAY_EVER_HAVE)
def test_the_matrix_holds_for_every_label_purpose_and_sender(recipient: str) -> None:
    ever: set[Label] = set()
    for sender in MAY_EVER_HAVE.keys() - {recipient}:
        for purpose in Purpose:
            for label in Label:
                said = (yes(label, purpose=purpose, recipient=recipient, taker=sender),)
                facts: dict[str, object] = {"engagement": Engagement.ORDER, "confidence": Confidence.EXPLICIT_CONSENT}
                for names_person in (True, False):
                    result = judge(_every_kind(sender, recipient, purpose, label, said, facts, names_person))
                    if isinstance(result, Released):
                        ever |= result.labels
    assert ever == MAY_EVER_HAVE[recipient]


def _every_kind(
    sender: str, recipient: str, purpose: Purpose, label: Label, said: object, facts: dict[str, object], names_person: bool
) -> Case:
    kind = Kind.ATTENDANCE_REPORTED if label is L.ATTENDANCE else Kind.REFERRAL_MADE
    stated = {**facts, **BASES.get(purpose, {})}
    return Case(
        sender=sender, recipient=recipient, purpose=purpose, labels=(label,), kind=kind, said=said,  # type: ignore[arg-type]
        facts=stated, names_person=names_person,
    )  # fmt: skip
