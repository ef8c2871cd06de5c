"""What holds for every message, whatever it says: a no never helps it, and what is not known never passes."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from consent.check import Decided, NotYetKnown
from consent.consents import Consent
from contracts.kinds import Kind
from contracts.vocabulary import (
    AgeBand,
    Article6,
    Article9Or10,
    Capacity,
    CaseRole,
    Confidence,
    ConsentAnswer,
    Engagement,
    Gateway,
    Label,
    Purpose,
    Reason,
    Threshold,
    Verdict,
)
from tests.specs.consent.judging import ASKED_WELL, HER, MAYBE_HER, NOW, Case, ashby, decide

title = "No clause lowers another"
rules: set[str] = set()

AGENCIES = ("cjit-ashby", "drugs-ashby", "housing-ashby", "sarc-ashby", "police-ashby", "project-ashby")
KINDS = (Kind.REFERRAL_MADE, Kind.REFERRAL_ACCEPTED, Kind.INCIDENT_REPORTED, Kind.ATTENDANCE_REPORTED, Kind.LEAD_PROPOSED)

labels = some.frozensets(some.sampled_from(Label), min_size=1, max_size=8)
moments = some.integers(NOW - 100, NOW + 10)


@some.composite
def consents(draw: Any, record: str = HER) -> Consent:
    return Consent(
        id=draw(some.sampled_from(["c0" * 16, "c1" * 16, "c2" * 16, "c3" * 16])),
        record=record,
        taker=draw(some.sampled_from(AGENCIES)),
        answer=draw(some.sampled_from(ConsentAnswer)),
        purpose=draw(some.sampled_from([Purpose.SUPPORT_REFERRAL, Purpose.HOUSING_REFERRAL, Purpose.CRIME_REPORT])),
        recipient=draw(some.sampled_from(["project-ashby", "housing-ashby", "police-ashby", "cjit-ashby"])),
        labels=draw(labels),
        taken_at=draw(moments),
        review=draw(some.sampled_from([NOW + 1000, NOW + 1000, NOW])),
        capacity=draw(some.sampled_from(Capacity)),
        circumstances=ASKED_WELL,
        withdrawn_at=draw(some.none() | moments),
    )


@some.composite
def messages(draw: Any) -> Case:
    """Anything that agencies can send each other, sound in form."""
    sender = draw(some.sampled_from(AGENCIES))
    likely = some.sampled_from([Purpose.SUPPORT_REFERRAL, Purpose.HOUSING_REFERRAL, Purpose.CRIME_REPORT])
    facts = {
        "article_6": Article6.PUBLIC_TASK,
        "article_9_or_10": draw(some.sampled_from([Article9Or10.EXPLICIT_CONSENT, Article9Or10.HEALTH_OR_SOCIAL_CARE])),
        "confidence": draw(some.sampled_from([Confidence.EXPLICIT_CONSENT, Confidence.IMPLIED_DIRECT_CARE])),
        "gateway": Gateway.NOT_NEEDED,
        "age_band": draw(some.sampled_from([AgeBand.ADULT, AgeBand.ADULT, AgeBand.ADULT, AgeBand.UNKNOWN])),
        "capacity": draw(some.sampled_from([Capacity.PRESENT, Capacity.PRESENT, Capacity.DOUBTED])),
        "threshold": draw(some.sampled_from(Threshold)),
        "engagement": draw(some.sampled_from(Engagement)),
    }
    return Case(
        sender=sender,
        recipient=draw(some.sampled_from([one for one in AGENCIES if one != sender])),
        kind=draw(some.sampled_from(KINDS)),
        purpose=draw(likely | some.sampled_from([one for one in Purpose if one is not Purpose.CASELOAD_CHECK])),
        labels=tuple(sorted(draw(labels))),
        role_in_case=draw(some.none() | some.sampled_from(CaseRole)),
        names_person=draw(some.booleans()),
        said=tuple(draw(some.lists(consents(), max_size=4))),
        maybe=tuple(draw(some.lists(consents(MAYBE_HER), max_size=2))),
        missing=draw(some.booleans()),
        facts=facts,
    )


def severity(decided: Decided | NotYetKnown) -> float:
    # Waiting by itself stands between passing and waiting for a person.
    return 1.5 if isinstance(decided, NotYetKnown) else float(decided.verdict)


def labels_released(case: Case) -> frozenset[Label]:
    decided = decide(case)
    slots = decided.slots if isinstance(decided, Decided) else ()
    return frozenset(case.labels[slot] for slot in slots)


@given(case=messages(), number=some.integers(0, 3), at=moments)
def test_taking_a_consent_back_never_makes_a_message_pass_more_easily(case: Case, number: int, at: int) -> None:
    assert case.said is not None
    said = list(case.said)
    if number < len(said):
        earlier = said[number].withdrawn_at
        said[number] = replace(said[number], withdrawn_at=max(at, earlier or at))
    after = replace(case, said=tuple(said))
    assert severity(decide(after)) >= severity(decide(case))
    assert labels_released(after) <= labels_released(case)


@given(case=messages(), refused=consents())
def test_a_no_recorded_now_never_makes_a_message_pass_more_easily(case: Case, refused: Consent) -> None:
    assert case.said is not None
    a_no = replace(refused, answer=ConsentAnswer.REFUSED, taken_at=NOW)
    after = replace(case, said=(*case.said, a_no))
    assert severity(decide(after)) >= severity(decide(case))
    assert labels_released(after) <= labels_released(case)


@given(case=messages(), doubt=consents(MAYBE_HER))
def test_whatever_someone_who_may_be_her_said_never_makes_a_message_pass_more_easily(case: Case, doubt: Consent) -> None:
    after = replace(case, maybe=(*case.maybe, doubt))
    assert severity(decide(after)) >= severity(decide(case))
    assert labels_released(after) <= labels_released(case)


@given(case=messages())
def test_the_final_verdict_is_the_most_severe_that_spoke(case: Case) -> None:
    decided = decide(case)
    if isinstance(decided, NotYetKnown):
        return
    worst = max((ashby().clauses[one.clause].verdict for one in decided.spoke), default=Verdict.ROUTE)
    assert decided.verdict >= worst
    assert bool(decided.slots) is (decided.verdict < Verdict.HOLD)
    assert (decided.owner is None) is (decided.verdict is not Verdict.HOLD)


@given(case=messages())
def test_involvement_is_never_released_without_a_yes_to_exactly_that(case: Case) -> None:
    assert case.said is not None
    exact = [one for one in case.said if one.labels == {Label.INVOLVEMENT} and one.answer is ConsentAnswer.GIVEN]
    assert exact or Label.INVOLVEMENT not in labels_released(case)


@given(case=messages())
def test_the_police_are_given_nothing_that_is_not_listed(case: Case) -> None:
    to_police = replace(case, recipient="police-ashby", sender="project-ashby")
    listed = {Label.INCIDENT, Label.IDENTITY, Label.CONTACT, Label.ATTENDANCE}
    assert labels_released(to_police) <= listed | {Label.REQUEST, Label.OUTCOME, Label.SAFETY}
    if case.purpose is not Purpose.SAFEGUARDING:
        assert labels_released(to_police) <= listed


NOT_KNOWN: dict[str, dict[str, Any]] = {
    "who sent it": {"sender": "somebody-else"},
    "who receives it": {"recipient": "somebody-else"},
    "her age": {"facts": {"age_band": AgeBand.UNKNOWN}},
    "her capacity": {"facts": {"capacity": Capacity.DOUBTED}},
    "the consent it names": {"missing": True},
    "whether the directory still stands": {"directory_current": False},
    "what she said": {"said": ()},
    "whether it is whole": {"fault": Reason.CANNOT_OPEN},
}


@pytest.mark.parametrize("what", NOT_KNOWN)
def test_what_is_not_known_never_passes(what: str) -> None:
    decided = decide(replace(Case(), **NOT_KNOWN[what]))
    assert severity(decided) > Verdict.ROUTE_MINIMISED


@pytest.mark.parametrize("clause", sorted(ashby().clauses))
def test_every_clause_stands_with_its_words_and_its_source(clause: str) -> None:
    row = ashby().clauses[clause]
    assert row.text
    assert row.source
    assert (row.owner is not None) is (row.verdict is Verdict.HOLD)
