"""An officer's act on a hold: hers, allowed, written down, and then one more thing that the next decision looks at."""

from dataclasses import replace
from typing import Any

import pytest

from consent.clauses.approving import Act, Parties, approved
from consent.log.entry import EntryKind
from contracts.envelope import Received
from contracts.kinds import Kind
from contracts.vocabulary import Approval, ConsentAnswer, Office, Purpose, Reason
from tests.factories import MINUTE, consent_given
from tests.specs.consent.emergency import AT_RISK, LABELS, act
from tests.unit.consent.conftest import Desk, arrives, ashby, asked

CJIT_LEAD, PROJECT_LEAD, CJIT_GOVERNANCE = "j_tolland", "f_osgodby", "r_ellery"


@pytest.fixture
def held(desk: Desk) -> tuple[Desk, Received]:
    """A message about an adult at risk who said no: it waits for two safeguarding leads."""
    no = consent_given(answer=ConsentAnswer.REFUSED, purpose=Purpose.SAFEGUARDING, taken_at=desk.now, labels=LABELS)
    desk.ask_one(asked(arrives(Kind.CONSENT_RECORDED, said=no)))
    received = arrives(facts_changes=AT_RISK)
    assert desk.ask_one(asked(received)).answer == "held"
    return desk, received


def by(desk: Desk, received: Received, who: str, decision: str = "approve", **changes: object) -> object:
    return desk.take(act(received.header.id, received.header_hash.hex(), desk.now, who, decision, **changes))


def test_two_people_approve_and_it_is_decided_again_with_their_word_beside_it(held: tuple[Desk, Received]) -> None:
    desk, received = held
    assert isinstance(by(desk, received, CJIT_LEAD), int)
    assert desk.ask_one(asked(received, attempt=2)).answer == "held"
    assert isinstance(by(desk, received, PROJECT_LEAD), int)
    assert desk.ask_one(asked(received, attempt=3)).answer == "permitted"
    entry = desk.log()[-1]
    assert entry.skeleton["excused"] == {"C2-risk": "approved"}
    assert desk.kinds().count(EntryKind.HOLD_CLOSED) == 2
    before = entry.skeleton["before"]
    assert (before["attempt"], before["verdict"]) == (2, "hold")
    assert before["changed"] == ["an officer decided on it"]


def test_the_first_deadline_stands_whoever_acted_meanwhile(held: tuple[Desk, Received]) -> None:
    desk, received = held
    by(desk, received, CJIT_LEAD)
    desk.now += 4 * 60 * MINUTE
    answer = desk.ask_one(asked(received, attempt=2))
    assert (answer.answer, answer.reason) == ("refused", Reason.HOLD_DEADLINE_PASSED)


def test_one_refusal_is_enough_and_no_approval_takes_it_back(held: tuple[Desk, Received]) -> None:
    desk, received = held
    by(desk, received, CJIT_LEAD)
    by(desk, received, "w_tilling", "refuse")
    by(desk, received, PROJECT_LEAD)
    answer = desk.ask_one(asked(received, attempt=2))
    assert (answer.answer, answer.reason) == ("refused", Reason.OFFICER_REFUSED)


DOES_NOT_COUNT: dict[str, tuple[str, dict[str, Any], Reason]] = {
    "by whoever asked for it": ("j_tolland_asked", {}, Reason.APPROVER_NOT_ALLOWED),
    "by another office": (CJIT_GOVERNANCE, {}, Reason.APPROVER_NOT_ALLOWED),
    "by an agency it does not concern": ("a_festing", {}, Reason.APPROVER_NOT_ALLOWED),
    "on another message": (CJIT_LEAD, {"message": "00" * 16}, Reason.NOTHING_WAITS),
    "on another header": (CJIT_LEAD, {"header": "00" * 32}, Reason.NOTHING_WAITS),
    "without a reason": (CJIT_LEAD, {"reason": " "}, Reason.MISSING_FIELD),
    "in another's name": (CJIT_LEAD, {"person": "r_ellery"}, Reason.NOT_WHO_SHE_SAYS),
    "of yesterday": (CJIT_LEAD, {"made": 1}, Reason.WRONG_TIME),
}


@pytest.mark.parametrize("case", DOES_NOT_COUNT)
def test_an_act_that_does_not_count_changes_nothing(desk: Desk, case: str) -> None:
    person, changes, why = DOES_NOT_COUNT[case]
    asker = "j_tolland" if person.endswith("_asked") else "worker_7"
    no = consent_given(answer=ConsentAnswer.REFUSED, purpose=Purpose.SAFEGUARDING, taken_at=desk.now, labels=LABELS)
    desk.ask_one(asked(arrives(Kind.CONSENT_RECORDED, said=no)))
    received = arrives(facts_changes={**AT_RISK, "actor": asker})
    desk.ask_one(asked(received))
    assert by(desk, received, person.removesuffix("_asked"), **changes) is why
    assert desk.rows("act") == 0
    assert desk.ask_one(asked(received, attempt=2)).answer == "held"


def test_the_same_act_counts_once_and_one_person_is_one_person(held: tuple[Desk, Received]) -> None:
    desk, received = held
    once = act(received.header.id, received.header_hash.hex(), desk.now, CJIT_LEAD)
    assert isinstance(desk.take(once), int)
    assert desk.take(once) is Reason.REPLAYED
    assert isinstance(by(desk, received, CJIT_LEAD), int)
    assert desk.ask_one(asked(received, attempt=2)).answer == "held"


def test_nothing_that_is_not_waiting_can_be_acted_on(desk: Desk) -> None:
    desk.consented()
    received = arrives()
    assert desk.ask_one(asked(received)).answer == "permitted"
    assert by(desk, received, CJIT_LEAD) is Reason.NOTHING_WAITS


PARTIES = Parties("cjit-ashby", "project-ashby", frozenset({("cjit-ashby", "worker_7")}))
HERS = Act("approve", frozenset({"C2-maybe"}), "cjit-ashby", "j_tolland", Office.SAFEGUARDING_LEAD)
THEIRS = replace(HERS, agency="project-ashby", person="f_osgodby")
ENOUGH = {
    (Approval.ONE_PERSON, (HERS,)): True,
    (Approval.ONE_PERSON, ()): False,
    (Approval.TWO_PEOPLE, (HERS, HERS)): False,
    (Approval.TWO_PEOPLE, (HERS, replace(HERS, person="r_ellery"))): True,
    (Approval.TWO_AGENCIES, (HERS, replace(HERS, person="r_ellery"))): False,
    (Approval.TWO_AGENCIES, (HERS, THEIRS)): True,
    (Approval.TWO_AGENCIES, (THEIRS, replace(THEIRS, agency="sarc-ashby"))): False,
    (Approval.ONE_PERSON, (replace(HERS, clauses=frozenset({"A6"})),)): False,
    (Approval.ONE_PERSON, (replace(HERS, act="refuse"),)): False,
    (Approval.ONE_PERSON, (replace(HERS, office=Office.DUTY_LEAD),)): False,
    (Approval.ONE_PERSON, (replace(HERS, person="worker_7"),)): False,
    (None, (HERS, THEIRS)): False,
}


@pytest.mark.parametrize("case", ENOUGH, ids=str)
def test_who_is_enough(case: tuple[Approval | None, tuple[Act, ...]]) -> None:
    approval, acts = case
    clause = replace(ashby().clauses["C2-maybe"], approval=approval)
    assert approved(clause, acts, PARTIES) is ENOUGH[case]
