"""A referral from one agency's own system to another's, and its answer back: the same words at both ends."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from contracts.canonical import canonical
from contracts.identifiers import new_id
from tests.unit.agencies.town import IDENTITY, Desk, GrowingLog, mapping_of

title = "A referral between two agencies' own systems"
rules = {"R11", "R12", "R13"}

CONTACT = {"safe_method": "text_only", "details": "07700 900123"}
SAFETY = {"risks": ["violence_from_partner"], "safe_to_contact": True}
HOUSING = {"status": "no_fixed_abode", "needs": ["ground_floor"]}
TREATMENT = {"substances": ["heroin"], "injecting": True}
ASSAULT = {"support_wanted": ["counselling"], "report_wanted": "undecided"}
OFFENDING = {"offence": "loitering", "bail_date": "2026-12-02"}
INCIDENT = {"what": ["robbery"], "area": "station_quarter", "month": "2026-03", "vehicle": "dark van"}

# From, to, and the record as the sending worker's system writes it.
CASES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "the CJIT asks housing for a room": (
        "cjit-ashby",
        "housing-ashby",
        {"purpose": "housing_referral", "housing": HOUSING, "contact": CONTACT},
    ),
    "the CJIT asks the drug service to treat": (
        "cjit-ashby",
        "drugs-ashby",
        {"purpose": "treatment_referral", "drug_treatment": TREATMENT, "contact": CONTACT},
    ),
    "the project asks the SARC for counselling": (
        "project-ashby",
        "sarc-ashby",
        {"purpose": "sexual_violence_referral", "sexual_assault": ASSAULT, "contact": CONTACT},
    ),
    "the SARC asks the project to call her back": (
        "sarc-ashby",
        "project-ashby",
        {"purpose": "support_referral", "contact": CONTACT},
    ),
    "the drug service asks the project for support": (
        "drugs-ashby",
        "project-ashby",
        {"purpose": "support_referral", "safety": SAFETY},
    ),
    "housing asks the CJIT about her safety": ("housing-ashby", "cjit-ashby", {"purpose": "safeguarding", "safety": SAFETY}),
    "the police offer her name on arrest": (
        "police-ashby",
        "cjit-ashby",
        {"purpose": "arrest_referral", "offending": OFFENDING},
    ),
}


@pytest.fixture
def desks(tmp_path: Path) -> Callable[[str], Desk]:
    open_desks: dict[str, Desk] = {}
    return lambda agency: open_desks.setdefault(agency, Desk(agency, tmp_path))


def carry(sender: Desk, recipient: Desk, log: GrowingLog, **fields: Any) -> dict[str, Any]:
    """The record as it comes out at the other end."""
    sent = sender.sent(**fields)
    body = canonical(sent.submission.model_dump(mode="json"))
    reference = new_id() if sent.submission.for_broker.reference else None
    assert recipient.receive(log.deliver(body, reference=reference)).outcomes == {"opened": 1}
    record = recipient.receiving.to_hand_over(100)[-1]
    recipient.inbox.handed_over(record.id, None)
    return dict(record.fields)


@pytest.mark.parametrize("case", CASES)
def test_what_one_worker_writes_is_what_the_other_reads(case: str, desks) -> None:
    sender, recipient, parts = CASES[case]
    request = {"needs": ["support"], "urgency": "today", "engagement": "voluntary"}
    written = {"type": "referral", "to": recipient, "request": request, "identity": IDENTITY, "age_band": "adult", **parts}
    arrived = carry(desks(sender), desks(recipient), GrowingLog(), id="r-1", **written)
    assert (arrived["type"], arrived["from"], arrived["to_role"]) == ("referral", sender, "intake")
    labels = {name for name in ("identity", "request", *parts) if name not in ("purpose",)}
    for label in labels:
        asked = written[label]
        assert {name: arrived[label][name] for name in asked} == asked
    beside = set(arrived) - labels - {"type", "id", "from", "from_name", "from_kind", "to_role", "conversation", "answers"}
    assert beside == {"person", "reference", "sent", "arrived"}, "nothing of the sender's own notes comes with it"


@pytest.mark.parametrize("answer", ["received", "accepted", "declined", "completed"])
def test_the_answer_comes_back_to_the_record_it_answers(answer: str, desks) -> None:
    log, cjit, housing = GrowingLog(), desks("cjit-ashby"), desks("housing-ashby")
    cjit.register()
    arrived = carry(
        cjit, housing, log, type="referral", id="r-1", person="client-9", to="housing-ashby", purpose="housing_referral",
        request={"needs": ["room"]}, identity=IDENTITY,
    )  # fmt: skip
    back = carry(
        housing, cjit, log, type="referral_answer", id="a-1", answers=arrived["id"], answer=answer,
        outcome={"result": "seen", "next_step": "viewing"},
    )  # fmt: skip
    assert (back["type"], back["answer"], back["answers"]) == ("referral_answer", answer, "r-1")
    assert back["conversation"] == arrived["conversation"]
    assert back["outcome"]["next_step"] == "viewing"


def test_her_name_at_one_agency_is_not_her_name_at_another(desks) -> None:
    log, cjit, housing = GrowingLog(), desks("cjit-ashby"), desks("housing-ashby")
    ours = cjit.register().submission.for_broker.reference
    arrived = carry(
        cjit, housing, log, type="referral", id="r-1", person="client-9", to="housing-ashby", purpose="housing_referral",
        request={"needs": ["room"]},
    )  # fmt: skip
    assert arrived["reference"] not in (None, ours)
    assert arrived["person"] is None
    assert "client-9" not in str(arrived)


def test_the_sender_takes_a_referral_back_and_the_recipient_is_told(desks) -> None:
    log, cjit, housing = GrowingLog(), desks("cjit-ashby"), desks("housing-ashby")
    first = carry(
        cjit, housing, log, type="referral", id="r-1", to="housing-ashby", purpose="housing_referral",
        request={"needs": ["room"]}, identity=IDENTITY,
    )  # fmt: skip
    back = carry(
        cjit,
        housing,
        log,
        type="referral_answer",
        id="w-1",
        answers="r-1",
        answer="withdrawn",
        outcome={"result": "moved_away"},
    )
    assert (back["answer"], back["conversation"]) == ("withdrawn", first["conversation"])


def test_an_anonymous_report_carries_nothing_that_points_to_her(desks) -> None:
    """R12, R13: area and month, no person, no reference, the police's public protection alone."""
    project, police = desks("project-ashby"), desks("police-ashby")
    arrived = carry(project, police, GrowingLog(), type="incident", id="i-1", to="police-ashby", incident=INCIDENT)
    assert arrived["to_role"] == "public_protection"
    assert arrived["incident"]["month"] == "2026-03"
    assert (arrived["person"], arrived["reference"]) == (None, None)
    assert not {"identity", "contact", "free_text"} & set(arrived)


def test_the_police_have_no_way_to_ask_about_her() -> None:
    """R11."""
    police = mapping_of("police-ashby")
    assert not {"caseload_check", "person", "consent", "case_open", "script"} & police.sends
    assert not police.knows_people
