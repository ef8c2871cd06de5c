"""Caseload checks in the broker's store, on both databases: presentations, budgets, planted and protected records, coverage."""

from collections.abc import Iterator
from typing import Any

import pytest

from broker.budgets import Budgets
from broker.checks import LAST_MOMENT
from broker.store.checks import NotTheirsToLiftError
from broker.store.coverage import HOUR
from contracts.identifiers import new_id
from contracts.keyring import PEOPLE, load_signing_key
from contracts.keys import SigningKey
from contracts.kinds import SHAPES, Kind
from contracts.notices import CaseloadItem
from contracts.statements import HoldAct, LiftChecks, Statement, sign_statement
from contracts.steps import CaseStep, CheckStep, PresentationStep, RegisterStep
from contracts.vocabulary import CaseloadStatus, CaseMove, CaseRole, NoCheck, Presentation, Reason
from tests.factories import MINUTE, partnership, person
from tests.integration.counter import Counter, away

CJIT, PROJECT, DRUGS, SARC = "cjit-ashby", "project-ashby", "drugs-ashby", "sarc-ashby"
CUSTODY = Presentation.CUSTODY
SMALL = Budgets(worker=3, agency=6, same_person=2)


@pytest.fixture
def broker(database_url: str) -> Iterator[Counter]:
    counter = Counter(database_url, budgets=SMALL)
    yield counter
    counter.store.close()


def came(broker: Counter, agency: str = CJIT) -> str:
    return broker.send(Kind.PRESENTATION_OPENED, agency, step=PresentationStep(presentation=CUSTODY, worker="worker_7"))


def explains(broker: Counter, opened: str, agency: str = CJIT) -> str:
    step = PresentationStep(presentation=CUSTODY, closes=opened, why_not=NoCheck.SHE_DECLINED)
    return broker.send(Kind.PRESENTATION_CLOSED, agency, step=step)


def asks(broker: Counter, number: int, worker: str = "worker_7", agency: str = CJIT, **changes: Any) -> str:
    step = CheckStep(tokens=person(number).tokens, presentation=CUSTODY, worker=worker, **changes)
    return broker.send(Kind.CASELOAD_CHECK, agency, step=step)


def answered(broker: Counter, message: str, agency: str = CJIT) -> str | None:
    sealed = [i for i in broker.items[agency] if isinstance(i, CaseloadItem) and i.message == message]
    return broker.caseload_answer(agency, message).status.value if sealed else None


def states(broker: Counter) -> dict[str, tuple[str, str | None]]:
    return {row[0]: (row[1], row[2] or row[3]) for row in broker.ask("SELECT id, state, said, why_not FROM presentation")}


def leads(broker: Counter, agency: str, number: int) -> str:
    reference = broker.register(agency, person(number))
    check = asks(broker, number, worker="the_lead", agency=agency)
    step = CaseStep(move=CaseMove.OPEN, role=CaseRole.LEAD, check=check)
    broker.send(Kind.CASE_OPENED, agency, reference=reference, step=step)
    return reference


def officers_key(person: str) -> SigningKey:
    return load_signing_key(partnership().folder / PEOPLE / person)


def lifts(broker: Counter, **changes: Any) -> Statement:
    """The word of the drug service's governance officer; or something that is not quite it."""
    key, signed_by = (changes.pop(name, None) for name in ("key", "signed_by"))
    said = LiftChecks(
        id=new_id(), asker=CJIT, worker="worker_7", reason="a busy night", agency=DRUGS, person="c_varley",
        rank="head_of_governance", made=broker.now,
    ).model_copy(update=changes)  # fmt: skip
    return sign_statement(said, key or officers_key(signed_by or said.person))


# --- presentations


def test_a_presentation_ends_with_its_check_or_with_a_reason_and_says_so(broker: Counter) -> None:
    checked, explained, left = came(broker), came(broker), came(broker)
    inside = asks(broker, 0, opened=checked)
    own = asks(broker, 1)
    explains(broker, explained)
    assert states(broker) == {
        checked: ("checked", "answered"), explained: ("explained", "she_declined"), left: ("open", None),
        own: ("checked", "answered"),
    }  # fmt: skip
    assert broker.ask("SELECT check_id FROM presentation WHERE id = ?", checked) == [(inside,)]
    assert broker.ask("SELECT tokens FROM checked WHERE message = ?", inside) != []


def test_a_check_in_a_presentation_that_is_not_open_is_refused_and_told_why(broker: Counter) -> None:
    theirs, over = came(broker, DRUGS), came(broker)
    explains(broker, over)
    for opened in (theirs, over, new_id()):
        message = asks(broker, 0, opened=opened)
        assert broker.told(CJIT, message) == [("refused", "NO_PRESENTATION")]
        assert answered(broker, message) is None
        assert broker.logged(message) == [("refused", "NO_PRESENTATION")]
    again = explains(broker, over)
    assert broker.told(CJIT, again) == [("refused", "NO_PRESENTATION")]


def test_what_nobody_explains_is_told_to_its_agency_once_and_may_still_be_explained(broker: Counter) -> None:
    opened = came(broker)
    broker.now += SMALL.presentation_ms
    broker.expire()
    broker.expire()
    alerts = [(a.alert, a.message) for a in broker.alerts(CJIT) if a.alert == "presentation_unexplained"]
    assert alerts == [("presentation_unexplained", opened)]
    assert not broker.store.coverage(0).whole
    explains(broker, opened)
    seen = broker.store.coverage(0)
    assert (seen.whole, seen.late) == (True, 1)


def test_a_check_that_could_not_be_made_ends_its_presentation_as_cannot_say(broker: Counter) -> None:
    opened = came(broker)
    step = CheckStep(tokens=person().tokens, presentation=CUSTODY, opened=opened)
    message = broker.send(Kind.CASELOAD_CHECK, CJIT, step=step, says=away)
    assert states(broker)[opened] == ("open", None)
    broker.now += SHAPES[Kind.CASELOAD_CHECK].lifetime
    broker.expire()
    assert answered(broker, message) == "cannot_say"
    assert states(broker)[opened] == ("checked", "cannot_say")


def test_coverage_counts_by_agency_and_hour_and_says_what_it_cannot_see(broker: Counter) -> None:
    first = came(broker)
    explains(broker, came(broker))
    asks(broker, 0, opened=first)
    hour = broker.now // HOUR * HOUR
    broker.now += HOUR
    asks(broker, 1, agency=DRUGS)
    came(broker)
    seen = broker.store.coverage(0)
    told = {(row.agency, row.hour): (row.answered, row.cannot_say, dict(row.explained), row.open) for row in seen.rows}
    assert told == {
        (CJIT, hour): (1, 0, {"she_declined": 1}, 0),
        (DRUGS, hour + HOUR): (1, 0, {}, 0),
        (CJIT, hour + HOUR): (0, 0, {}, 1),
    }
    assert (seen.told_by_check, seen.whole) == (1, True)
    assert set(seen.silent) == {PROJECT, "housing-ashby"}


# --- whoever asks too much


def test_more_than_usual_waits_until_an_officer_of_another_agency_looks(broker: Counter) -> None:
    for number in range(3):
        assert answered(broker, asks(broker, number)) == "not_known"
    over = asks(broker, 3)
    assert broker.told(CJIT, over) == [("received", None), ("held", "CHECKS_OVER_BUDGET")]
    assert answered(broker, over) is None
    assert {a.agency for a in broker.alerts(DRUGS) if a.alert == "checks_on_hold"} == {CJIT}
    # Another worker of the same agency goes on.
    assert answered(broker, asks(broker, 3, worker="worker_8")) == "not_known"
    assert not broker.store.lift_checks(lifts(broker, worker="worker_9"), now=broker.now)
    broker.now += 1
    assert broker.store.lift_checks(lifts(broker), now=broker.now)
    broker.due()
    assert answered(broker, over) == "not_known"
    assert answered(broker, asks(broker, 4)) == "not_known"
    ((hold,),) = broker.ask("SELECT lifted_by || ' ' || lifted_of || ' ' || lifted_why FROM check_hold")
    assert hold == "c_varley drugs-ashby a busy night"
    (act,) = broker.told_by_officers()
    assert (act.act, act.about, act.person, act.refused) == ("checks_lifted", "cjit-ashby worker_7", "c_varley", None)


WRONG_WORDS: dict[str, dict[str, Any]] = {
    "an officer of the agency itself": {"agency": CJIT, "person": "r_ellery"},
    "who is no governance officer": {"person": "t_brandling", "rank": "duty_manager"},
    "under another's key": {"signed_by": "t_brandling"},
    "under another's name": {"agency": PROJECT, "person": "v_marchmont", "signed_by": "c_varley"},
    "with a key of nobody": {"key": SigningKey(b"7" * 32)},
    "without a reason": {"reason": " "},
    "said long ago": {"made": 0},
}


WHY_NOT = {
    "an officer of the agency itself": Reason.APPROVER_NOT_ALLOWED,
    "who is no governance officer": Reason.APPROVER_NOT_ALLOWED,
    "under another's key": Reason.NOT_WHO_SHE_SAYS,
    "under another's name": Reason.NOT_WHO_SHE_SAYS,
    "with a key of nobody": Reason.UNKNOWN_KEY,
    "without a reason": Reason.MISSING_FIELD,
    "said long ago": Reason.WRONG_TIME,
}


@pytest.mark.parametrize("case", WRONG_WORDS)
def test_nobody_else_lifts_a_hold_on_checks(broker: Counter, case: str) -> None:
    for number in range(4):
        asks(broker, number)
    with pytest.raises(NotTheirsToLiftError):
        broker.store.lift_checks(lifts(broker, **WRONG_WORDS[case]), now=broker.now)
    assert [hold["lifted"] for hold in broker.store.check_holds()] == [None]
    (act,) = broker.told_by_officers()
    assert (act.act, act.about, act.refused) == ("checks_lifted", "cjit-ashby worker_7", WHY_NOT[case])


def test_another_statement_of_hers_lifts_nothing(broker: Counter) -> None:
    said = HoldAct(
        id=new_id(), message=new_id(), header="ab" * 32, act="approve", reason="seen", agency=DRUGS, person="c_varley",
        rank="head_of_governance", made=broker.now,
    )  # fmt: skip
    with pytest.raises(NotTheirsToLiftError):
        broker.store.lift_checks(sign_statement(said, officers_key("c_varley")), now=broker.now)


def test_what_nobody_looked_at_is_answered_cannot_say_before_it_ends(broker: Counter) -> None:
    *_, last = [asks(broker, number) for number in range(4)]
    broker.now += SHAPES[Kind.CASELOAD_CHECK].lifetime - LAST_MOMENT - 1
    assert broker.due() == 0
    broker.now += 1
    assert broker.due() == 1
    assert answered(broker, last) == "cannot_say"
    assert broker.told(CJIT, last)[-1] == ("delivered", None)
    assert states(broker)[last] == ("checked", "cannot_say")


def test_more_than_usual_for_an_agency_holds_all_of_its_workers(broker: Counter) -> None:
    for number in range(6):
        asks(broker, number, worker=f"worker_{number}")
    for worker in ("worker_0", "worker_20"):
        message = asks(broker, 7, worker=worker)
        assert broker.told(CJIT, message)[-1] == ("held", "CHECKS_OVER_BUDGET")
    assert answered(broker, asks(broker, 7, agency=DRUGS), DRUGS) == "not_known"


def test_a_check_that_waited_does_not_count_against_its_agency_a_second_time(broker: Counter) -> None:
    *_, waited = [asks(broker, number) for number in range(4)]
    for number in (4, 5):
        asks(broker, number, worker="worker_8")
    broker.now += 1
    assert broker.store.lift_checks(lifts(broker), now=broker.now)
    broker.due()
    # The sixth of the agency's six, and not the seventh.
    assert answered(broker, waited) == "not_known"
    assert broker.told(CJIT, asks(broker, 6, worker="worker_8"))[-1] == ("held", "CHECKS_OVER_BUDGET")


def test_the_same_person_again_and_again_is_held_whether_anyone_knows_her_or_not(broker: Counter) -> None:
    leads(broker, PROJECT, 0)
    outcomes = []
    for number in (0, 5):
        worker = f"worker_{number}"
        told = [broker.told(CJIT, asks(broker, number, worker=worker))[-1] for _ in range(3)]
        outcomes.append(told)
    assert outcomes[0] == outcomes[1] == [("delivered", None), ("delivered", None), ("held", "CHECKS_ON_HOLD")]


def test_a_day_later_the_count_begins_anew(broker: Counter) -> None:
    for number in range(3):
        asks(broker, number)
    broker.now += 24 * 60 * MINUTE + 1
    assert answered(broker, asks(broker, 3)) == "not_known"


def test_whoever_asks_about_someone_who_was_planted_is_held_at_once_and_with_everything_else(broker: Counter) -> None:
    step = RegisterStep(tokens=person(9).tokens, canary=True)
    broker.send(Kind.PERSON_REGISTERED, PROJECT, reference=new_id(), step=step)
    hit = asks(broker, 9)
    assert broker.told(CJIT, hit)[-1] == ("held", "CHECKS_ON_HOLD")
    assert broker.told(CJIT, asks(broker, 1))[-1] == ("held", "CHECKS_ON_HOLD")
    (hold,) = broker.store.check_holds()
    assert (hold["agency"], hold["worker"], hold["why"], hold["message"]) == (CJIT, "worker_7", "canary", hit)


def test_someone_who_was_planted_is_nobodys_match(broker: Counter) -> None:
    planted = RegisterStep(tokens=person(9).tokens, canary=True)
    broker.send(Kind.PERSON_REGISTERED, PROJECT, reference=new_id(), step=planted)
    reference = broker.register(DRUGS, person(9))
    people = broker.ask("SELECT person FROM record")
    assert len(set(people)) == 2
    assert broker.ask("SELECT * FROM pair") == broker.ask("SELECT * FROM review") == broker.ask("SELECT * FROM merge") == []
    assert reference


def test_a_check_that_waits_opens_the_way_to_no_case(broker: Counter) -> None:
    reference = broker.register(CJIT, person(7))
    for number in range(3):
        asks(broker, number)
    held = asks(broker, 7)
    step = CaseStep(move=CaseMove.OPEN, role=CaseRole.LEAD, check=held)
    message = broker.send(Kind.CASE_OPENED, CJIT, reference=reference, step=step)
    assert broker.guard(CJIT, message) == [("not_cleared", "CHECK_NEEDED_FIRST", None)]


# --- protected records


def protect(broker: Counter, agency: str, number: int, *, protected: bool, reference: str | None = None) -> str:
    reference = reference or new_id()
    step = RegisterStep(tokens=person(number).tokens, protected=protected)
    broker.send(Kind.PERSON_REGISTERED, agency, reference=reference, step=step)
    return reference


def test_of_a_protected_record_no_check_tells_anything_until_its_agency_lifts_that(broker: Counter) -> None:
    reference = leads(broker, PROJECT, 0)
    protect(broker, PROJECT, 0, protected=True, reference=reference)
    assert answered(broker, asks(broker, 0)) == "cannot_say"
    told = [(a.alert, a.reference, a.agency) for a in broker.alerts(PROJECT) if a.alert == "check_was_made"]
    assert told == [("check_was_made", reference, CJIT)]
    protect(broker, PROJECT, 0, protected=False, reference=reference)
    assert answered(broker, asks(broker, 0)) == "active"


def test_what_a_referral_centre_protects_changes_no_answer(broker: Counter) -> None:
    protect(broker, SARC, 0, protected=True)
    _, answer = broker.check(CJIT, person(0))
    assert answer.status is CaseloadStatus.NOT_KNOWN
    assert broker.alerts(SARC) == []
