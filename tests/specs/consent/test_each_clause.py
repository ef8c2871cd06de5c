"""Each clause of the table speaks where it should, and is silent one step away."""

from dataclasses import replace
from typing import Any

import pytest

from consent.check import Decided
from contracts.assurances import (
    Aftercare,
    DrugTest,
    Duty,
    Ending,
    EnforcementStep,
    Linked,
    LinkToHim,
    Notice,
    PoliceRequest,
    Relation,
    RiskConference,
    Told,
    VictimNotice,
)
from contracts.facts import Approval
from contracts.kinds import Kind
from contracts.vocabulary import (
    AgeBand,
    Article6,
    Article9Or10,
    Capacity,
    CaseRole,
    Confidence,
    Engagement,
    Gateway,
    Gillick,
    Interpreter,
    Label,
    Presentation,
    Purpose,
    Reason,
    Threshold,
    Verdict,
)
from tests.specs.consent.judging import ASKED_WELL, NOW, Case, L, ashby, decide, no, taken_back, yes

title = "Each clause speaks where it should, and is silent one step away"
rules = {
    "R11", "R12", "R13", "R15", "R16", "R17", "R18", "R20", "R22", "R23", "R24", "R26", "R29", "R30", "R31", "R34", "R36",
    "R32", "R38", "R39", "R41", "R44", "R46", "R47", "R48", "R49", "R55", "R57", "R63",
}  # fmt: skip

P, DAY = Purpose, 86_400_000
CHILD: dict[str, Any] = {"age_band": AgeBand.AGED_13_TO_15}
IMPLIED = {"confidence": Confidence.IMPLIED_DIRECT_CARE}
POLICE: dict[str, Any] = {"recipient": "police-ashby"}
FORM = PoliceRequest(
    believed_held=True, line_of_enquiry=True, necessary_and_proportionate=True, less_intrusive_considered=True,
    victim_notice=VictimNotice.GIVEN, senior_approval=True, substantial_probative_value=True,
)  # fmt: skip
TEST = DrugTest(intensive_area=True, inspector_or_above=True, ground_stated=True)
IN_PILOT_AREA = TEST.model_copy(update={"pilot_area_under_18": True})
TWO = (
    Approval(agency="project-ashby", role="safeguarding_lead", by="w_1"),
    Approval(agency="cjit-ashby", role="governance_officer", by="w_2"),
)
TWO_OTHERS = tuple(one.model_copy(update={"by": f"another_{number}"}) for number, one in enumerate(TWO))
READY = EnforcementStep(partners_consulted=True, help_offered=True, children_considered=True, her_own_breach=True)
HERSELF = (Approval(agency="cjit-ashby", role="safeguarding_lead", by="worker_7"),)
CHECK: dict[str, Any] = {"kind": Kind.CASELOAD_CHECK, "purpose": P.CASELOAD_CHECK, "labels": (), "said": ()}


def told(*labels: Label, **changes: Any) -> Case:
    return Case(labels=labels, **changes)


def with_facts(case: Case, **facts: Any) -> Case:
    return replace(case, facts={**case.facts, **facts})


def asked_so(**how: Any) -> Case:
    """On her word, and how she was asked for it."""
    said = yes(L.IDENTITY, L.REQUEST, circumstances=replace(ASKED_WELL, **how))
    return told(L.IDENTITY, L.REQUEST, said=(said,))


def own_yes(**how: Any) -> Case:
    said = yes(L.INVOLVEMENT, circumstances=replace(ASKED_WELL, **how))
    return told(L.REQUEST, L.INVOLVEMENT, said=(said,), facts=IMPLIED)


def request(**changes: Any) -> Case:
    """The police ask a SARC about a victim."""
    form = FORM.model_copy(update=changes) if changes else FORM
    facts = {
        "police_request": form, "gateway": Gateway.VICTIM_INFORMATION_REQUEST, "article_9_or_10": Article9Or10.UNLAWFUL_ACTS,
        "confidence": Confidence.PUBLIC_INTEREST,
    }  # fmt: skip
    return told(L.REQUEST, sender="police-ashby", recipient="sarc-ashby", purpose=P.INFORMATION_REQUEST, said=(), facts=facts)


def answer(*labels: Label, **facts: Any) -> Case:
    """The SARC answers."""
    said = tuple(yes(one, purpose=P.INFORMATION_REQUEST, recipient="police-ashby", taker="sarc-ashby") for one in labels)
    stated = {"article_9_or_10": Article9Or10.EXPLICIT_CONSENT, "police_request": FORM, **facts}
    return told(*labels, sender="sarc-ashby", purpose=P.INFORMATION_REQUEST, said=said, facts=stated, **POLICE)


def report(**changes: Any) -> Case:
    """An anonymous report of violence."""
    ordinary: dict[str, Any] = {
        "sender": "project-ashby", "kind": Kind.INCIDENT_REPORTED, "purpose": P.INCIDENT_INTELLIGENCE,
        "labels": (L.INCIDENT,), "names_person": False, "said": (), **POLICE,
    }  # fmt: skip
    return Case(**{**ordinary, **changes})


def harm(purpose: Purpose = P.SAFEGUARDING, **facts: Any) -> Case:
    """An adult at risk."""
    stated = {
        "told": Told.UNSAFE_TO_TELL, "threshold": Threshold.MET, "article_9_or_10": Article9Or10.SAFEGUARDING,
        "confidence": Confidence.PUBLIC_INTEREST, "risk_conference": RiskConference(decision_recorded=True), **facts,
    }  # fmt: skip
    return told(L.IDENTITY, L.SAFETY, recipient="drugs-ashby", purpose=purpose, said=(), facts=stated)


def statutory(**changes: Any) -> Case:
    facts = {"duty": Duty.CHILD_SEXUAL_ABUSE, "age_band": AgeBand.UNDER_13, "article_9_or_10": Article9Or10.SAFEGUARDING,
             "article_6": Article6.LEGAL_OBLIGATION, "confidence": Confidence.REQUIRED_BY_LAW}  # fmt: skip
    ordinary: dict[str, Any] = {
        "purpose": P.STATUTORY_REPORT,
        "role": "public_protection",
        "said": (),
        "facts": facts,
        **POLICE,
    }
    return told(L.IDENTITY, L.REQUEST, **{**ordinary, **changes})


def enforcement(*labels: Label, sender: str = "police-ashby", **facts: Any) -> Case:
    return told(*labels, sender=sender, recipient="cjit-ashby", purpose=P.ENFORCEMENT, said=(), facts=facts)


def ending(purpose: Purpose, sender: str, **facts: Any) -> Case:
    return told(L.OUTCOME, sender=sender, recipient="cjit-ashby", kind=Kind.REFERRAL_COMPLETED, purpose=purpose, facts=facts)


def attendance(**changes: Any) -> Case:
    ordinary: dict[str, Any] = {
        "sender": "drugs-ashby", "recipient": "cjit-ashby", "kind": Kind.ATTENDANCE_REPORTED, "labels": (L.ATTENDANCE,),
        "purpose": P.COMPLIANCE, "said": (), "facts": {"engagement": Engagement.ORDER},
    }  # fmt: skip
    return Case(**{**ordinary, **changes})


def close_to_him(link: LinkToHim, *labels: Label) -> Case:
    return told(*labels, facts={"linked_to_him": (Linked(agency="project-ashby", link=link),)})


def advice(*labels: Label, **changes: Any) -> Case:
    return told(*labels, said=(yes(L.REQUEST), *(yes(one) for one in labels)), **changes)


ORDINARY = Case()
SINCE_A_MONTH = NOW - 31 * DAY

# Where it speaks; and, one step away, where it does not.
CASES: dict[str, tuple[Case, Case]] = {
    "A1": (Case(fault=Reason.BAD_SIGNATURE), ORDINARY),
    "R30": (Case(facts=CHILD), ORDINARY),
    "E2": (Case(sender="police-ashby", facts={"presentation": Presentation.CUSTODY}, **CHECK),
           Case(facts={"presentation": Presentation.CUSTODY}, **CHECK)),
    "E1": (Case(**CHECK), Case(facts={"presentation": Presentation.COURT}, **CHECK)),
    "E1-purpose": (Case(purpose=P.CASELOAD_CHECK), ORDINARY),
    "R23": (attendance(facts={"engagement": Engagement.VOLUNTARY}), attendance()),
    "R23-part": (attendance(purpose=P.TREATMENT_REFERRAL, facts={}), attendance()),
    "R22": (attendance(labels=(L.ATTENDANCE, L.HEALTH)), attendance()),
    "R22-kind": (attendance(kind=Kind.REFERRAL_MADE), attendance()),
    "R12": (report(names_person=True), report()),
    "R13": (report(in_reply_to="d9" * 16), report()),
    "R12-item": (report(labels=(L.INCIDENT, L.IDENTITY)), report()),
    "R12-other": (report(labels=(L.INCIDENT, L.HEALTH)), report()),
    "R11": (Case(**POLICE), report()),
    "R11-item": (answer(L.OUTCOME, L.IDENTITY), answer(L.OUTCOME)),
    "E5": (Case(purpose=P.PRESCRIBING_SAFETY, labels=(L.PRESCRIBING,)),
           Case(sender="drugs-ashby", purpose=P.PRESCRIBING_SAFETY, labels=(L.PRESCRIBING,))),
    "A5": (Case(created=0), ORDINARY),
    "A5-purpose": (Case(purpose=P.SEXUAL_VIOLENCE_REFERRAL), ORDINARY),
    "B1": (Case(labels=(L.REQUEST, L.SEXUAL_ASSAULT)), ORDINARY),
    "B6": (Case(facts={"gateway": Gateway.COURT_ORDER}), ORDINARY),
    "B2": (Case(facts={"article_6": Article6.LEGITIMATE_INTERESTS}),
           Case(sender="project-ashby", recipient="cjit-ashby", facts={"article_6": Article6.LEGITIMATE_INTERESTS})),
    "B2-consent": (Case(facts={"article_6": Article6.CONSENT}),
                   Case(sender="project-ashby", recipient="cjit-ashby", facts={"article_6": Article6.CONSENT})),
    "B5": (Case(facts={"gateway": Gateway.CRIME_AND_DISORDER_ACT_115}),
           Case(recipient="drugs-ashby", facts={"gateway": Gateway.CRIME_AND_DISORDER_ACT_115})),
    "B5-patient": (told(L.REQUEST, L.HEALTH, facts={"gateway": Gateway.SERIOUS_VIOLENCE_DUTY}),
                   told(L.REQUEST, L.SAFETY, facts={"gateway": Gateway.SERIOUS_VIOLENCE_DUTY})),
    "B5-care": (Case(sender="drugs-ashby", facts={"gateway": Gateway.SERIOUS_VIOLENCE_DUTY}),
                Case(sender="drugs-ashby", names_person=False, facts={"gateway": Gateway.SERIOUS_VIOLENCE_DUTY})),
    "A6": (Case(directory_current=False), ORDINARY),
    "F8": (Case(sender="police-ashby", labels=(L.REQUEST, L.THIRD_PARTY)), Case(labels=(L.REQUEST, L.THIRD_PARTY))),
    "D1": (told(L.REQUEST, L.OFFENDING), ORDINARY),
    "C7": (replace(request(), purpose=P.POLICE_REQUEST, labels=(L.REQUEST, L.THIRD_PARTY)), ORDINARY),
    "D2": (told(L.REQUEST, L.FREE_TEXT, facts={"free_text_read_by": None}), told(L.REQUEST, L.FREE_TEXT)),
    "D3": (told(L.REQUEST, L.CONTACT, L.AGE_AND_AREA, purpose=P.LEAD_ALLOCATION, kind=Kind.LEAD_PROPOSED), ORDINARY),
    "R46": (told(L.REQUEST, L.OFFENDING, sender="police-ashby", recipient="cjit-ashby", purpose=P.ARREST_REFERRAL, said=(),
                 facts={"order_completed": True}),
            told(L.REQUEST, L.OFFENDING, sender="police-ashby", recipient="cjit-ashby", purpose=P.ARREST_REFERRAL, said=())),
    "R29": (told(L.REQUEST, L.HEALTH, role_in_case=CaseRole.SUPPLEMENTARY),
            told(L.REQUEST, L.HEALTH, role_in_case=CaseRole.LEAD)),
    "D5": (told(L.OUTCOME, L.SAFETY, kind=Kind.REFERRAL_COMPLETED),
           told(L.OUTCOME, L.SAFETY, kind=Kind.REFERRAL_COMPLETED, role_in_case=CaseRole.LEAD)),
    "R16": (told(L.REQUEST, L.INVOLVEMENT, said=(yes(L.REQUEST),)), advice(L.REQUEST, L.INVOLVEMENT)),
    "C3": (told(L.REQUEST, L.SEXUAL_ASSAULT, sender="sarc-ashby", said=(yes(L.REQUEST),)),
           advice(L.REQUEST, L.SEXUAL_ASSAULT, sender="sarc-ashby")),
    "C8": (Case(said=(taken_back(L.REQUEST),)), ORDINARY),
    "C2": (Case(said=(no(L.REQUEST),)), ORDINARY),
    "C8-risk": (replace(harm(), said=(taken_back(L.SAFETY, purpose=P.SAFEGUARDING, recipient="drugs-ashby"),)), harm()),
    "C2-risk": (replace(harm(), said=(no(L.SAFETY, purpose=P.SAFEGUARDING, recipient="drugs-ashby"),)), harm()),
    "C2-maybe": (Case(maybe=(no(L.REQUEST),)), ORDINARY),
    "R15": (Case(said=()), Case(said=(), facts=IMPLIED)),
    "R15-part": (Case(said=(yes(L.IDENTITY, L.REQUEST),)), ORDINARY),
    "C5": (Case(facts={"capacity": Capacity.FLUCTUATING}), ORDINARY),
    "C5-said": (Case(said=(yes(L.IDENTITY, L.REQUEST, capacity=Capacity.DOUBTED),)), ORDINARY),
    "C4": (asked_so(alone=False), asked_so()),
    "C4-own": (own_yes(interpreter=Interpreter.FAMILY_OR_FRIEND), own_yes(interpreter=Interpreter.PROFESSIONAL)),
    "R34": (asked_so(limits_shown=False), asked_so()),
    "R34-own": (own_yes(limits_shown=False), own_yes()),
    "C6-own": (own_yes(age_band=AgeBand.AGED_13_TO_15), own_yes(age_band=AgeBand.AGED_13_TO_15, gillick=Gillick.COMPETENT)),
    "C6": (asked_so(age_band=AgeBand.AGED_13_TO_15),
           asked_so(age_band=AgeBand.AGED_13_TO_15, gillick=Gillick.COMPETENT)),
    "C6-child": (advice(L.REQUEST, L.INVOLVEMENT, facts={"age_band": AgeBand.UNDER_13}), advice(L.REQUEST, L.INVOLVEMENT)),
    "B3": (told(L.REQUEST, L.HEALTH, facts={"article_9_or_10": Article9Or10.NOT_SPECIAL}), told(L.REQUEST, L.HEALTH)),
    "B4": (told(L.REQUEST, L.IMMIGRATION, said=(), facts=IMPLIED), advice(L.REQUEST, L.IMMIGRATION, facts=IMPLIED)),
    "B7": (Case(refused_on_another_basis=True, said=(), facts=IMPLIED), Case(refused_on_another_basis=True)),
    "D4": (close_to_him(LinkToHim.HOUSES, L.REQUEST, L.CONTACT), close_to_him(LinkToHim.HOUSES, L.REQUEST)),
    "R38": (close_to_him(LinkToHim.TREATS, L.REQUEST), close_to_him(LinkToHim.HOUSES, L.REQUEST)),
    "R26": (report(purpose=P.CRIME_REPORT, labels=(L.INCIDENT, L.CONTACT)),
            report(purpose=P.CRIME_REPORT, labels=(L.INCIDENT, L.CONTACT),
                   said=(yes(L.INCIDENT, L.CONTACT, purpose=P.CRIME_REPORT, recipient="police-ashby"),))),
    "D4-missing": (told(L.OUTCOME, L.SAFETY, purpose=P.MISSING_PERSON, sender="project-ashby", **POLICE),
                   told(L.OUTCOME, purpose=P.MISSING_PERSON, sender="project-ashby", **POLICE)),
    "F1": (replace(answer(L.SEXUAL_ASSAULT), said=()), answer(L.SEXUAL_ASSAULT)),
    "F2": (with_facts(request(), police_request=None), request()),
    "F2-held": (request(believed_held=False), request()),
    "F2-enquiry": (request(line_of_enquiry=False), request()),
    "F2-necessary": (request(necessary_and_proportionate=False), request()),
    "F2-means": (request(less_intrusive_considered=False), request()),
    "F2-notice": (request(victim_notice=VictimNotice.NOT_STATED), request(victim_notice=VictimNotice.EXCEPTED)),
    "F3": (answer(L.COUNSELLING, police_request=FORM.model_copy(update={"senior_approval": False})), answer(L.COUNSELLING)),
    "F4": (replace(request(), purpose=P.POLICE_REQUEST), request()),
    "F7": (told(L.REQUEST, L.IMMIGRATION, recipient="drugs-ashby"), advice(L.REQUEST, L.IMMIGRATION)),
    "F9": (enforcement(L.OFFENDING), enforcement(L.OFFENDING, given_for=P.ENFORCEMENT)),
    "R17": (enforcement(L.HEALTH, given_for=P.ENFORCEMENT), enforcement(L.OFFENDING, given_for=P.ENFORCEMENT)),
    "R18": (enforcement(L.OFFENDING, drug_test=TEST), enforcement(L.OFFENDING)),
    "R20": (enforcement(L.OFFENDING, sender="project-ashby"), enforcement(L.OFFENDING)),
    "R48": (enforcement(L.ATTENDANCE), enforcement(L.OFFENDING)),
    "R24": (advice(L.REQUEST, L.SEXUAL_ASSAULT, sender="sarc-ashby", facts={"engagement": Engagement.DIVERSION}),
            advice(L.REQUEST, L.SEXUAL_ASSAULT, sender="sarc-ashby")),
    "R31": (Case(facts={**CHILD, "drug_test": TEST}), Case(facts={**CHILD, "drug_test": IN_PILOT_AREA})),
    "R36": (Case(purpose=P.TRAFFICKING_REFERRAL, labels=(L.OFFENDING,)), Case(purpose=P.TRAFFICKING_REFERRAL)),
    "R41": (Case(facts={"drug_test": DrugTest(intensive_area=True)}), Case(facts={"drug_test": TEST})),
    "R32": (told(L.REQUEST, L.OFFENDING, facts=CHILD), told(L.REQUEST, L.OFFENDING)),
    "R44": (Case(facts={"engagement": Engagement.CONDITION}),
            Case(facts={"engagement": Engagement.CONDITION, "approvals": TWO_OTHERS})),
    "R47": (enforcement(L.REQUEST), enforcement(L.REQUEST, enforcement=READY)),
    "R49": (replace(enforcement(L.REQUEST), names_person=False),
            replace(enforcement(L.REQUEST, enforcement=EnforcementStep(support_plan=True)), names_person=False)),
    "R55": (ending(P.HOUSING_REFERRAL, "housing-ashby"),
            ending(P.HOUSING_REFERRAL, "housing-ashby", ending=Ending(place_assessed=True))),
    "R57": (ending(P.TREATMENT_REFERRAL, "drugs-ashby"),
            ending(P.TREATMENT_REFERRAL, "drugs-ashby", ending=Ending(aftercare=Aftercare.NOT_RESIDENTIAL))),
    "R63": (Case(sender="housing-ashby", facts={"given_for": P.HOUSING_REFERRAL}),
            Case(sender="housing-ashby", purpose=P.HOUSING_REFERRAL, facts={"given_for": P.HOUSING_REFERRAL})),
    "G1": (harm(**CHILD, told=Told.NOT_STATED), harm(**CHILD)),
    "G2": (harm(threshold=Threshold.UNKNOWN), harm()),
    "G2-told": (harm(told=Told.NOT_STATED), harm()),
    "G3": (harm(P.RISK_CONFERENCE, risk_conference=None), harm(P.RISK_CONFERENCE)),
    "G3-conflict": (
        harm(P.RISK_CONFERENCE, risk_conference=RiskConference(decision_recorded=True, conflicted=("drugs-ashby",))),
        harm(P.RISK_CONFERENCE)),
    "G5": (statutory(role="intake"), statutory()),
    "H2": (Case(restricted=True), ORDINARY),
    "H5": (Case(created=SINCE_A_MONTH), ORDINARY),
    "H7": (Case(facts={"privacy_notice": Notice.NOT_STATED}, said=(), names_person=True), ORDINARY),
    "I1": (Case(facts={"relation": Relation.RELATED_TO_HER}), ORDINARY),
    "I2-own": (Case(facts={"approvals": HERSELF}), Case(facts={"approvals": TWO})),
    "R39": (Case(facts={"relation": Relation.COMMUNITY_LINK}), ORDINARY),
}  # fmt: skip
# The dates of an agreement, what officers decide, and broken glass have specs of their own.
ELSEWHERE = {"A5-review", "B3-policy", "A7", "A7-officer", "E3", "I2", "G4", "G4-second", "G4-scope"}


def speaks(case: Case) -> set[str]:
    decided = decide(case)
    assert isinstance(decided, Decided)
    return {one.clause for one in decided.spoke}


@pytest.mark.parametrize("clause", CASES)
def test_it_speaks_where_it_should_and_is_silent_one_step_away(clause: str) -> None:
    case, beside = CASES[clause]
    assert clause in speaks(case)
    assert clause not in speaks(beside)


def test_no_clause_of_the_table_is_left_out() -> None:
    assert CASES.keys() | ELSEWHERE == ashby().clauses.keys()


def test_without_a_policy_document_schedule_1_carries_nothing() -> None:
    assert "B3-policy" not in speaks(harm())
    decided = decide(harm(), replace(ashby(), policy_document=None))
    assert isinstance(decided, Decided)
    assert decided.verdict is Verdict.REFUSE
    assert "B3-policy" in {one.clause for one in decided.spoke}


# What becomes of what is all in order: these ways exist, and lead to nobody but whom they are for.
PASSES: dict[str, tuple[Case, set[Label]]] = {
    "the police ask a SARC about a victim, on the whole form": (request(), {L.REQUEST}),
    "the SARC answers with what she agreed to": (answer(L.OUTCOME, L.SEXUAL_ASSAULT), {L.OUTCOME, L.SEXUAL_ASSAULT}),
    "counselling records go with both approvals": (answer(L.COUNSELLING), {L.COUNSELLING}),
    "a risk conference hears of her": (harm(P.RISK_CONFERENCE), {L.IDENTITY, L.SAFETY}),
    "an adult at risk, threshold met": (harm(), {L.IDENTITY, L.SAFETY}),
    "a statutory report about a child": (statutory(), {L.IDENTITY, L.REQUEST}),
    "she asks a project for immigration advice": (advice(L.REQUEST, L.IMMIGRATION), {L.REQUEST, L.IMMIGRATION}),
    "the area is enough until somebody leads": (
        told(L.REQUEST, L.CONTACT, L.AGE_AND_AREA, purpose=P.LEAD_ALLOCATION, kind=Kind.LEAD_PROPOSED),
        {L.REQUEST, L.AGE_AND_AREA},
    ),
    "found safe": (
        told(L.OUTCOME, sender="project-ashby", recipient="police-ashby", purpose=P.MISSING_PERSON, said=(),
             facts={"article_9_or_10": Article9Or10.NOT_SPECIAL, "confidence": Confidence.PUBLIC_INTEREST}),
        {L.OUTCOME},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PASSES)
def test_what_is_all_in_order_passes(name: str) -> None:
    case, labels = PASSES[name]
    decided = decide(case)
    assert isinstance(decided, Decided)
    assert decided.verdict <= Verdict.ROUTE_MINIMISED, decided.spoke
    assert {case.labels[slot] for slot in decided.slots} == labels
