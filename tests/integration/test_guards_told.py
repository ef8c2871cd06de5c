"""What the guards leave behind and whom they tell, through the store, on both databases: falls, lapses, watches, reviews."""

from collections.abc import Iterator
from typing import Any

import pytest

from broker.her_key import reviewing
from broker.store import looking
from broker.store.acts import NotTheirsError
from contracts.identifiers import new_id
from contracts.keyring import PEOPLE, load_signing_key
from contracts.kinds import Kind
from contracts.statements import Statement, prove, sign_statement
from contracts.steps import CaseStep, GapStep, LeadStep, Override, RegisterStep, ScriptStep, WatchStep
from contracts.vocabulary import (
    CaseMove,
    CaseRole,
    CloseReason,
    LeadMove,
    LeadReason,
    OverrideFinding,
    OverrideReason,
    Reason,
    ScriptMove,
    WatchMove,
    WatchReason,
)
from tests.factories import DAY, letter, partnership, person, seal_letter
from tests.integration.counter import Counter, incoming, lets_pass, refuses

CJIT, PROJECT, DRUGS, SARC = "cjit-ashby", "project-ashby", "drugs-ashby", "sarc-ashby"
RESERVE, CONFIRM = ScriptStep(move=ScriptMove.RESERVE), ScriptStep(move=ScriptMove.CONFIRM)
TRANSFER = ScriptStep(move=ScriptMove.BEGIN_TRANSFER, last_dose=True)
OVERRIDE = ScriptStep(move=ScriptMove.RESERVE, override=Override(by="dr_hazel", reason=OverrideReason.OVERDOSE_RISK))
PROPOSE = LeadStep(move=LeadMove.PROPOSE, reason=LeadReason.HER_CHOICE)


@pytest.fixture
def broker(database_url: str) -> Iterator[Counter]:
    counter = Counter(database_url)
    yield counter
    counter.store.close()


def opened(broker: Counter, agency: str, role: CaseRole = CaseRole.LEAD) -> str:
    """The agency registers her, checks, and opens; its reference for her."""
    reference = broker.register(agency, person())
    check, _ = broker.check(agency, person())
    broker.send(Kind.CASE_OPENED, agency, reference=reference, step=CaseStep(move=CaseMove.OPEN, role=role, check=check))
    return reference


def alerts(broker: Counter, agency: str) -> list[tuple[str, str | None, str | None]]:
    """Alerts that an agency had, without checks that were made, and the gaps that the play itself leaves."""
    return [
        (a.alert, a.reference, a.agency) for a in broker.alerts(agency) if a.alert not in {"check_was_made", "sequence_gap"}
    ]


def scripts(broker: Counter) -> list[tuple[Any, ...]]:
    return sorted(broker.ask("SELECT agency, state FROM script"))


# --- a step whose message never arrives


def transferring(broker: Counter) -> tuple[str, str]:
    """The drug service hands an active prescription to the project; its reference and the message."""
    reference = broker.register(DRUGS, person())
    broker.send(Kind.SCRIPT_RESERVED, DRUGS, reference=reference, step=RESERVE)
    broker.send(Kind.SCRIPT_CONFIRMED, DRUGS, reference=reference, step=CONFIRM)
    message = broker.send(Kind.SCRIPT_TRANSFERRED, DRUGS, recipient=PROJECT, reference=reference, step=TRANSFER)
    assert scripts(broker) == [(DRUGS, "transferring")]
    return reference, message


@pytest.mark.parametrize("why", ["its recipient refused it", "its time ran out"])
def test_a_transfer_that_never_arrives_leaves_the_prescription_where_it_was(broker: Counter, why: str) -> None:
    reference, message = transferring(broker)
    if why == "its time ran out":
        broker.now += 20 * DAY
        broker.expire()
    else:
        broker.receipt(PROJECT, message, "refused", reason=Reason.LAST_DOSE_MISSING)
        assert broker.told(DRUGS, message)[-1] == ("refused", "LAST_DOSE_MISSING")
    assert scripts(broker) == [(DRUGS, "active")]
    assert alerts(broker, DRUGS) == [("transfer_fell", reference, PROJECT)]


def test_a_transfer_that_must_be_delivered_again_is_not_begun_twice_nor_refused(broker: Counter) -> None:
    _, message = transferring(broker)
    broker.receipt(PROJECT, message, "stale")
    broker.due()
    assert broker.delivered_to(PROJECT) == [message, message]
    assert scripts(broker) == [(DRUGS, "transferring")]
    theirs = broker.deliveries[-1][1].permit.decision.reference
    broker.send(Kind.SCRIPT_CONFIRMED, PROJECT, reference=theirs, step=CONFIRM)
    assert scripts(broker) == [(PROJECT, "active")]


def test_a_transfer_that_may_not_pass_any_more_falls(broker: Counter) -> None:
    reference, message = transferring(broker)
    broker.receipt(PROJECT, message, "stale")
    broker.due(says=refuses(Reason.NO_CONSENT))
    assert broker.state(message) == "refused"
    assert scripts(broker) == [(DRUGS, "active")]
    assert alerts(broker, DRUGS) == [("transfer_fell", reference, PROJECT)]


def test_a_proposal_that_must_be_delivered_again_stands_and_is_answered_once(broker: Counter) -> None:
    hers, conversation = opened(broker, CJIT), new_id()
    proposed = broker.send(Kind.LEAD_PROPOSED, CJIT, reference=hers, conversation=conversation, step=PROPOSE)
    broker.receipt(PROJECT, proposed, "stale")
    broker.due()
    assert broker.ask("SELECT state FROM proposal") == [("open",)]
    theirs = broker.deliveries[-1][1].permit.decision.reference
    accept = LeadStep(move=LeadMove.ACCEPT, reason=LeadReason.SPECIALIST_NEED)
    accepted = broker.send(
        Kind.LEAD_ACCEPTED, PROJECT, recipient=CJIT, reference=theirs, conversation=conversation, in_reply_to=proposed,
        step=accept,
    )  # fmt: skip
    broker.receipt(CJIT, accepted, "stale")
    broker.due()
    assert broker.delivered_to(CJIT) == [accepted, accepted]
    # Both reasons are on record (R03).
    assert broker.ask("SELECT state, reason, answer FROM proposal") == [("accepted", "her_choice", "specialist_need")]
    assert broker.ask("SELECT agency FROM cases WHERE role = 'lead' AND state = 'open'") == [(PROJECT,)]


def test_a_reservation_that_nobody_confirms_ends_and_its_holder_is_told(broker: Counter) -> None:
    reference = broker.register(DRUGS, person())
    broker.send(Kind.SCRIPT_RESERVED, DRUGS, reference=reference, step=RESERVE)
    broker.now += DAY
    broker.expire()
    assert scripts(broker) == [(DRUGS, "ended")]
    assert alerts(broker, DRUGS) == [("script_lapsed", reference, None)]


# --- overrides are looked at


def looked_at(broker: Counter, message: str, officer: str = "c_varley", **changes: Any) -> Statement:
    """The word of the drug service's governance officer, or of somebody else: it was well founded."""
    keys = partnership()
    key = keys.folder / PEOPLE / officer
    said = reviewing(key, keys.directory, message, OverrideFinding.WELL_FOUNDED, "an overdose the night before", broker.now)
    return sign_statement(said.said.model_copy(update=changes), load_signing_key(key)) if changes else said


def test_an_override_waits_to_be_looked_at_by_somebody_else_and_once(broker: Counter) -> None:
    hers = broker.register(DRUGS, person())
    theirs = broker.register(PROJECT, person())
    broker.send(Kind.SCRIPT_RESERVED, DRUGS, reference=hers, step=RESERVE)
    message = broker.send(Kind.SCRIPT_RESERVED, PROJECT, reference=theirs, step=OVERRIDE)
    (row,) = broker.store.look(looking.overrides)
    assert row[:6] == (message, PROJECT, "dr_hazel", "overdose_risk", DRUGS, broker.now)
    assert row[6] - broker.now == 3 * DAY
    assert broker.store.look(lambda work: looking.overdue(work, broker.now + 3 * DAY)) == 1

    assert not broker.store.review_override(looked_at(broker, "ab" * 16), now=broker.now)
    assert [broker.store.review_override(looked_at(broker, message), now=broker.now) for _ in range(2)] == [True, False]
    ((reviewer, finding, signed),) = broker.ask("SELECT reviewer, finding, review_statement FROM script_override")
    assert (reviewer, finding) == ("drugs-ashby/c_varley", "well_founded")
    assert prove(Statement.model_validate_json(signed), partnership().directory).fault is None
    assert broker.store.look(lambda work: looking.overdue(work, broker.now + 3 * DAY)) == 0


NOT_HERS_TO_LOOK_AT: dict[str, tuple[str, dict[str, Any], Reason]] = {
    "another office": ("t_brandling", {}, Reason.APPROVER_NOT_ALLOWED),
    "an agency that is neither of the two": ("r_ellery", {}, Reason.APPROVER_NOT_ALLOWED),
    "in another's name": ("r_ellery", {"agency": DRUGS, "person": "c_varley"}, Reason.BAD_SIGNATURE),
    "without a reason": ("c_varley", {"reason": " "}, Reason.MISSING_FIELD),
    "said long ago": ("c_varley", {"made": 0}, Reason.WRONG_TIME),
}


@pytest.mark.parametrize("case", NOT_HERS_TO_LOOK_AT)
def test_nobody_else_looks_at_an_override_and_whoever_tries_is_in_the_log(broker: Counter, case: str) -> None:
    hers, theirs = broker.register(DRUGS, person()), broker.register(PROJECT, person())
    broker.send(Kind.SCRIPT_RESERVED, DRUGS, reference=hers, step=RESERVE)
    message = broker.send(Kind.SCRIPT_RESERVED, PROJECT, reference=theirs, step=OVERRIDE)
    officer, changes, code = NOT_HERS_TO_LOOK_AT[case]
    said = looked_at(broker, message, officer)
    if code is Reason.BAD_SIGNATURE:
        said = said.model_copy(update={"said": said.said.model_copy(update=changes)})
    elif changes:
        said = looked_at(broker, message, officer, **changes)
    with pytest.raises(NotTheirsError) as refused:
        broker.store.review_override(said, now=broker.now)
    assert refused.value.code is code
    assert broker.ask("SELECT reviewed FROM script_override") == [(None,)]
    assert [(act.act, act.refused) for act in broker.told_by_officers()] == [("override", None), ("override_reviewed", code)]


def test_the_log_is_told_who_went_on_and_who_looked(broker: Counter) -> None:
    hers, theirs = broker.register(DRUGS, person()), broker.register(PROJECT, person())
    broker.send(Kind.SCRIPT_RESERVED, DRUGS, reference=hers, step=RESERVE)
    message = broker.send(Kind.SCRIPT_RESERVED, PROJECT, reference=theirs, step=OVERRIDE)
    said = looked_at(broker, message)
    broker.store.review_override(said, now=broker.now)
    override, review = broker.told_by_officers()
    assert (override.act, override.id, override.agency, override.person) == ("override", message, PROJECT, "dr_hazel")
    assert (override.about, override.why, override.statement) == (DRUGS, "overdose_risk", None)
    assert (review.act, review.about, review.why, review.statement) == ("override_reviewed", message, "well_founded", said)


def test_where_she_refuses_the_check_nobody_else_is_told_and_care_goes_on(broker: Counter) -> None:
    hers, theirs = broker.register(DRUGS, person()), broker.register(PROJECT, person())
    broker.send(Kind.SCRIPT_RESERVED, DRUGS, reference=hers, step=RESERVE)
    refused = RESERVE.model_copy(update={"check_refused": True})
    message = broker.send(Kind.SCRIPT_RESERVED, PROJECT, reference=theirs, step=refused)
    assert broker.guard(PROJECT, message) == [("not_checked", "SHE_REFUSED_THE_CHECK", None)]
    assert broker.told(PROJECT, message)[-1] == ("delivered", None)
    assert scripts(broker) == [(DRUGS, "reserved"), (PROJECT, "unchecked")]
    assert alerts(broker, DRUGS) == []


# --- who has a part in her case


def test_those_with_a_part_hear_that_something_changed_and_nothing_else(broker: Counter) -> None:
    lead = opened(broker, CJIT)
    informed = opened(broker, PROJECT, CaseRole.INFORMED)
    opened(broker, DRUGS, CaseRole.SUPPLEMENTARY)
    assert alerts(broker, CJIT) == [("case_opened", lead, PROJECT), ("case_opened", lead, DRUGS)]
    assert alerts(broker, PROJECT) == [("case_opened", informed, DRUGS)]
    _, answer = broker.check(PROJECT, person())
    assert PROJECT not in answer.agencies
    _, answer = broker.check(CJIT, person())
    # To be informed is to have no case of hers.
    assert answer.agencies == (DRUGS,)


def test_each_at_a_meeting_sees_the_cases_it_has_with_the_others_in_its_own_references(broker: Counter) -> None:
    lead = opened(broker, CJIT)
    joined = opened(broker, PROJECT, CaseRole.SUPPLEMENTARY)
    opened(broker, DRUGS, CaseRole.SUPPLEMENTARY)
    meeting = broker.store.look(lambda work: looking.meeting(work, [CJIT, PROJECT], frozenset({SARC})))
    assert meeting == {
        CJIT: [(lead, "lead", ((PROJECT, "supplementary"),))],
        PROJECT: [(joined, "supplementary", ((CJIT, "lead"),))],
    }
    assert broker.store.look(lambda work: looking.meeting(work, [CJIT, SARC], frozenset({SARC}))) == {CJIT: []}


# --- a watch


def watches(broker: Counter, reference: str, days: int = 30, agency: str = PROJECT) -> str:
    step = WatchStep(move=WatchMove.SET, reason=WatchReason.LOST_CONTACT, until=broker.now + days * DAY)
    return broker.send(Kind.WATCH_SET, agency, reference=reference, step=step)


def test_a_watch_tells_its_owner_where_to_ring_when_she_comes_to_another_agency(broker: Counter) -> None:
    hers = opened(broker, PROJECT)
    assert broker.guard(PROJECT, watches(broker, hers)) == [("cleared", None, None)]
    broker.check(CJIT, person())
    assert [(a.alert, a.reference, a.agency) for a in broker.alerts(PROJECT)] == [("she_appeared", hers, CJIT)]
    broker.send(Kind.WATCH_SET, PROJECT, reference=hers, step=WatchStep(move=WatchMove.END))
    broker.check(DRUGS, person())
    assert [a.alert for a in broker.alerts(PROJECT)] == ["she_appeared", "check_was_made"]


def test_a_watch_stays_still_when_she_is_written_down_somewhere_and_nobody_asks_about_her(broker: Counter) -> None:
    # A registration is a clerk's act: it carries no word on who may be told of it, and a new linkage key repeats them all.
    hers = opened(broker, PROJECT)
    watches(broker, hers)
    elsewhere = broker.register(DRUGS, person())
    broker.send(Kind.PERSON_REGISTERED, DRUGS, reference=elsewhere, step=RegisterStep(tokens=person().tokens))
    assert broker.alerts(PROJECT) == []
    # Who meets her there asks, as always; and then it fires.
    broker.check(DRUGS, person())
    assert [(a.alert, a.agency) for a in broker.alerts(PROJECT)] == [("she_appeared", DRUGS)]


NOT_TOLD = {
    "her owner may not be named to the asker": lambda i, w: lets_pass(i, type(w)(**{**_fields(w), "holders": ()})),
    "the agreement does not allow it": refuses(Reason.NO_AGREEMENT),
}


def _fields(who: Any) -> dict[str, Any]:
    return {name: getattr(who, name) for name in who.__slots__}


@pytest.mark.parametrize("case", NOT_TOLD)
def test_a_watch_never_goes_past_an_agreement_or_her_word(broker: Counter, case: str) -> None:
    watches(broker, opened(broker, PROJECT))
    broker.check(CJIT, person(), says=NOT_TOLD[case])
    assert broker.alerts(PROJECT) == []


@pytest.mark.parametrize("end", ["its time is over", "she takes a consent back"])
def test_a_watch_ends_and_its_owner_is_told(broker: Counter, end: str) -> None:
    hers = opened(broker, PROJECT)
    watches(broker, hers)
    if end == "its time is over":
        broker.now += 30 * DAY
        broker.expire()
    else:
        broker.send(Kind.CONSENT_WITHDRAWN, PROJECT, reference=hers)
    assert alerts(broker, PROJECT) == [("watch_ended", hers, None)]
    assert broker.ask("SELECT * FROM watch") == []


def test_nobody_watches_for_someone_whose_details_are_all_that_it_has(broker: Counter) -> None:
    # Otherwise a worker who seeks a woman could register her and be told where she turns up (threat T2).
    hers = broker.register(DRUGS, person())
    watch = watches(broker, hers, agency=DRUGS)
    assert broker.guard(DRUGS, watch) == [("not_cleared", "NO_OPEN_CASE", None)]
    assert broker.ask("SELECT * FROM watch") == []
    broker.check(CJIT, person())
    opened(broker, PROJECT)
    broker.check(CJIT, person())
    assert alerts(broker, DRUGS) == []


def test_only_who_has_or_had_her_case_watches_and_not_for_ever(broker: Counter) -> None:
    hers = opened(broker, PROJECT)
    other = broker.register(DRUGS, person())
    assert broker.guard(DRUGS, watches(broker, other, agency=DRUGS)) == [("not_cleared", "NO_OPEN_CASE", None)]
    assert broker.guard(PROJECT, watches(broker, hers, days=181)) == [("not_cleared", "WATCH_TOO_LONG", None)]
    close = CaseStep(move=CaseMove.CLOSE, role=CaseRole.LEAD, reason=CloseReason.HER_CHOICE)
    broker.send(Kind.CASE_CLOSED, PROJECT, reference=hers, step=close)
    assert broker.guard(PROJECT, watches(broker, hers)) == [("cleared", None, None)]


# --- a need that nobody meets


def test_a_need_that_nobody_meets_is_counted_once_and_is_of_nobody(broker: Counter) -> None:
    step = GapStep(needs=("detox", "housing"), why=("children", "full"))
    made = letter(Kind.NEED_UNMET, PROJECT, created=broker.now, reference=None, step=step)
    sent = incoming(seal_letter(made), PROJECT, broker.now)
    broker.settle([sent, sent])
    rows = [(need, agency, times, why) for need, _, agency, times, why in broker.store.look(looking.gaps)]
    assert sorted(rows) == [("detox", PROJECT, 1, "children, full"), ("housing", PROJECT, 1, "children, full")]
    assert broker.ask("SELECT record FROM message WHERE kind = 'need-unmet/1'") == [(None,)]
