"""Reviews, merges and undoing in the broker's store, on both databases: who is asked, what both see, and what stands again."""

from collections.abc import Iterator

import pytest

from broker.budgets import Budgets
from broker.incoming import Examined
from broker.store.correcting import NotTheirsToUndoError
from contracts.identifiers import new_id
from contracts.kinds import Kind
from contracts.notices import ReviewItem
from contracts.statements import Statement, prove
from contracts.steps import CaseStep, CheckStep, Override, RegisterStep, ReviewStep, ScriptStep
from contracts.vocabulary import CaseMove, CaseRole, OverrideReason, Presentation, ReviewAnswer, ScriptMove
from tests.factories import letter, may_be, partnership, person, seal_letter
from tests.integration.counter import Counter, incoming, lets_pass, taking_back

CJIT, PROJECT, DRUGS, HOUSING, SARC = "cjit-ashby", "project-ashby", "drugs-ashby", "housing-ashby", "sarc-ashby"
SAME, NOT, CANNOT, DISPUTE = ReviewAnswer.SAME, ReviewAnswer.DIFFERENT, ReviewAnswer.CANNOT_TELL, ReviewAnswer.DISPUTE
SHORT = Budgets(worker=10_000, agency=100_000, same_person=1_000, review_ms=1_000, different_ms=5_000)
IN_SPITE = ScriptStep(move=ScriptMove.RESERVE, override=Override(by="dr_hazel", reason=OverrideReason.ANOTHER_PERSON))
HERS = person().tokens
LIKE_HERS = may_be(person()).tokens


@pytest.fixture
def broker(database_url: str) -> Iterator[Counter]:
    counter = Counter(database_url, budgets=SHORT)
    yield counter
    counter.store.close()


def registers(broker: Counter, agency: str, tokens: tuple[str, ...], reference: str | None = None) -> str:
    reference = reference or new_id()
    broker.send(Kind.PERSON_REGISTERED, agency, reference=reference, step=RegisterStep(tokens=tokens))
    return reference


def alike(broker: Counter) -> dict[str, str]:
    """The drug service knows her; the project knows someone who may be she."""
    return {DRUGS: registers(broker, DRUGS, HERS), PROJECT: registers(broker, PROJECT, LIKE_HERS)}


def seen_by(broker: Counter, agency: str) -> list[ReviewItem]:
    return [item for item in broker.items[agency] if isinstance(item, ReviewItem)]


def review_of(broker: Counter) -> str:
    ((review,),) = broker.ask("SELECT id FROM review")
    return str(review)


def says(broker: Counter, agency: str, answer: ReviewAnswer, review: str | None = None) -> list[tuple[str, str | None]]:
    step = ReviewStep(review=review or review_of(broker), answer=answer, worker="worker_2")
    return broker.told(agency, broker.send(Kind.REVIEW_ANSWERED, agency, step=step))


def state(broker: Counter) -> str:
    return str(broker.ask("SELECT state FROM review")[0][0])


def people(broker: Counter) -> int:
    return len(set(broker.ask("SELECT person FROM record WHERE minted = 0")))


def check(broker: Counter, tokens: tuple[str, ...], asker: str = CJIT) -> str:
    step = CheckStep(tokens=tokens, presentation=Presentation.CUSTODY)
    message = broker.send(Kind.CASELOAD_CHECK, asker, step=step)
    return broker.caseload_answer(asker, message).status.value


def leads(broker: Counter, agency: str, reference: str, tokens: tuple[str, ...]) -> None:
    step = CheckStep(tokens=tokens, presentation=Presentation.CUSTODY)
    made = broker.send(Kind.CASELOAD_CHECK, agency, step=step)
    opened = CaseStep(move=CaseMove.OPEN, role=CaseRole.LEAD, check=made)
    message = broker.send(Kind.CASE_OPENED, agency, reference=reference, step=opened)
    assert broker.guard(agency, message) == [("cleared", None, None)]


# --- who is asked, and what each sees


def test_the_two_agencies_concerned_are_asked_and_each_sees_only_what_it_holds(broker: Counter) -> None:
    references = alike(broker)
    for agency in (DRUGS, PROJECT):
        (item,) = seen_by(broker, agency)
        assert (item.reference, item.state.value, item.strength.value) == (references[agency], "open", "strong")
        assert item.deadline == broker.now + SHORT.review_ms
        told = item.model_dump_json()
        others = {CJIT, DRUGS, PROJECT, *references.values()} - {references[agency]}
        assert not [word for word in others if word in told]
    assert seen_by(broker, CJIT) == seen_by(broker, HOUSING) == []


def test_a_referral_centre_is_asked_nothing_and_spoken_of_to_nobody(broker: Counter) -> None:
    registers(broker, SARC, HERS)
    registers(broker, PROJECT, LIKE_HERS)
    assert broker.ask("SELECT * FROM review") == []
    assert len(broker.ask("SELECT * FROM pair")) == 2


def test_a_second_registration_asks_nothing_again(broker: Counter) -> None:
    references = alike(broker)
    registers(broker, PROJECT, LIKE_HERS, references[PROJECT])
    assert len(seen_by(broker, DRUGS)) == 1


def test_while_it_is_open_and_after_nobody_answered_a_check_cannot_say(broker: Counter) -> None:
    alike(broker)
    assert check(broker, LIKE_HERS) == "cannot_say"
    broker.now += SHORT.review_ms
    settled = broker.expire()
    assert settled.counts[("review lapsed", "")] == 1
    assert (state(broker), [item.state.value for item in seen_by(broker, DRUGS)]) == ("lapsed", ["open", "lapsed"])
    assert check(broker, LIKE_HERS) == "cannot_say"
    assert says(broker, DRUGS, SAME)[-1] == ("delivered", None)
    assert says(broker, PROJECT, SAME)[-1] == ("delivered", None)
    assert people(broker) == 1


# --- what the answers come to


def test_both_say_the_same_and_they_are_one_with_who_and_why(broker: Counter) -> None:
    alike(broker)
    says(broker, DRUGS, SAME)
    assert (people(broker), state(broker)) == (2, "open")
    says(broker, PROJECT, SAME)
    assert (people(broker), state(broker)) == (1, "same")
    (merge,) = broker.store.merges()
    assert (merge["why"], merge["by"], merge["undone"]) == ("review", f"review {review_of(broker)}", None)
    assert [item.state.value for item in seen_by(broker, DRUGS)] == ["open", "same"]
    assert check(broker, LIKE_HERS) == "not_known"


def test_not_the_same_is_remembered_and_then_looked_at_again(broker: Counter) -> None:
    references = alike(broker)
    says(broker, DRUGS, NOT)
    says(broker, PROJECT, CANNOT)
    assert (people(broker), state(broker)) == (2, "different")
    # It is remembered even when the two come to look more alike.
    registers(broker, PROJECT, (*LIKE_HERS, *HERS), references[PROJECT])
    assert people(broker) == 2
    broker.now += SHORT.different_ms
    settled = broker.expire()
    assert settled.counts[("review again", "")] == 1
    assert (state(broker), seen_by(broker, PROJECT)[-1].state.value) == ("open", "open")
    assert set(broker.ask("SELECT says FROM pair")) == {("possible",)}


def test_only_the_two_concerned_answer_and_what_is_settled_is_only_disputed(broker: Counter) -> None:
    alike(broker)
    assert says(broker, HOUSING, SAME) == [("refused", "NO_REVIEW")]
    assert says(broker, DRUGS, SAME, review="ab" * 16) == [("refused", "NO_REVIEW")]
    assert says(broker, DRUGS, DISPUTE) == [("refused", "REVIEW_ANSWERED")]
    says(broker, DRUGS, SAME)
    says(broker, PROJECT, SAME)
    assert says(broker, PROJECT, NOT) == [("refused", "REVIEW_ANSWERED")]
    assert people(broker) == 1


def test_a_disputed_merge_is_taken_back_at_once_and_both_are_asked_again(broker: Counter) -> None:
    alike(broker)
    says(broker, DRUGS, SAME)
    says(broker, PROJECT, SAME)
    assert says(broker, PROJECT, DISPUTE)[-1] == ("delivered", None)
    assert (people(broker), state(broker)) == (2, "open")
    (merge,) = broker.store.merges()
    assert (merge["undone_by"], merge["undone_why"], merge["undone"]) == (PROJECT, "disputed", broker.now)
    # Doubt is neither yes nor no.
    assert check(broker, LIKE_HERS) == "cannot_say"
    assert seen_by(broker, DRUGS)[-1].state.value == "open"


def test_a_disputed_difference_is_doubt_again(broker: Counter) -> None:
    alike(broker)
    says(broker, DRUGS, NOT)
    says(broker, PROJECT, NOT)
    assert says(broker, DRUGS, DISPUTE)[-1] == ("delivered", None)
    assert (state(broker), set(broker.ask("SELECT says FROM pair"))) == ("open", {("possible",)})


def test_tokens_that_settle_it_answer_the_review(broker: Counter) -> None:
    references = alike(broker)
    registers(broker, PROJECT, (*LIKE_HERS, *HERS), references[PROJECT])
    assert (people(broker), state(broker)) == (1, "same")
    assert seen_by(broker, DRUGS)[-1].state.value == "same"


# --- a merge taken back by an officer


def merged(broker: Counter) -> str:
    says(broker, DRUGS, SAME)
    says(broker, PROJECT, SAME)
    ((merge,),) = broker.ask("SELECT DISTINCT substr(id, 1, 32) FROM merge WHERE undone_at IS NULL")
    return str(merge)


def undo(broker: Counter, merge: str) -> None:
    settled = broker.store.undo_merge(taking_back(merge, "two dates of birth", broker.now), now=broker.now)
    assert settled is not None
    broker.take(settled.rows)


def test_two_leads_and_two_prescriptions_in_conflict_stand_again_as_before(broker: Counter) -> None:
    references = alike(broker)
    for agency, tokens in ((DRUGS, HERS), (PROJECT, LIKE_HERS)):
        leads(broker, agency, references[agency], tokens)
        broker.send(Kind.SCRIPT_RESERVED, agency, reference=references[agency], step=IN_SPITE)
    before = sorted(broker.ask("SELECT agency, role, state FROM cases")), sorted(broker.ask("SELECT agency, state FROM script"))
    merge = merged(broker)
    assert set(broker.ask("SELECT state FROM cases")) == {("in_conflict",)}
    assert set(broker.ask("SELECT state FROM script")) == {("in_conflict",)}
    undo(broker, merge)
    after = sorted(broker.ask("SELECT agency, role, state FROM cases")), sorted(broker.ask("SELECT agency, state FROM script"))
    assert after == before
    for agency in (DRUGS, PROJECT):
        over = [a.reference for a in broker.alerts(agency) if a.alert == "conflict_over"]
        # One alert for both: the lead and the prescription.
        assert over == [references[agency]]
    assert broker.store.undo_merge(taking_back(merge, "again", broker.now), now=broker.now) is None
    (row,) = [one for one in broker.store.merges() if one["undone"]]
    assert (row["undone_by"], row["undone_why"]) == ("project-ashby/v_marchmont", "two dates of birth")
    ((kept,),) = broker.ask("SELECT DISTINCT undone_statement FROM merge WHERE substr(id, 1, 32) = ?", merge)
    assert prove(Statement.model_validate_json(kept), partnership().directory).fault is None
    (act,) = [one for one in broker.told_by_officers() if one.act == "merge_undone"]
    assert (act.about, act.person, act.refused) == (merge, "v_marchmont", None)


NOT_HERS = {
    "another office": ("w_tilling", {}, "only a governance officer"),
    "an agency that knows neither": ("l_dunmore", {}, "governance officer of an agency that knows one of the two"),
    "in somebody else's name": ("l_dunmore", {"agency": PROJECT, "person": "v_marchmont"}, "not the signed word of a person"),
    "another merge than she signed": ("v_marchmont", {"merge": "0" * 32}, "not the signed word of a person"),
    "no reason": ("v_marchmont", {"reason": ""}, "not the signed word of a person"),
}


@pytest.mark.parametrize("name", NOT_HERS)
def test_a_merge_is_taken_back_by_the_signed_word_of_an_officer_concerned_and_by_nobody_else(
    name: str, broker: Counter
) -> None:
    alike(broker)
    merge = merged(broker)
    person_, changes, told = NOT_HERS[name]
    good = taking_back(merge, "two dates of birth", broker.now, person_)
    said = good.model_copy(update={"said": good.said.model_copy(update=changes)})
    with pytest.raises(NotTheirsToUndoError, match=told):
        broker.store.undo_merge(said, now=broker.now)
    assert (people(broker), broker.ask("SELECT count(*) FROM merge WHERE undone_at IS NOT NULL")) == (1, [(0,)])
    (act,) = broker.told_by_officers()
    assert (act.act, act.about, act.refused is not None) == ("merge_undone", changes.get("merge", merge), True)


def test_whoever_worked_beside_the_other_lead_leads_alone_afterwards_and_nobody_is_left_without(broker: Counter) -> None:
    references = alike(broker)
    leads(broker, DRUGS, references[DRUGS], HERS)
    merge = merged(broker)
    check, _ = broker.check(PROJECT, person())
    beside = CaseStep(move=CaseMove.OPEN, role=CaseRole.SUPPLEMENTARY, check=check)
    broker.send(Kind.CASE_OPENED, PROJECT, reference=references[PROJECT], step=beside)
    undo(broker, merge)
    assert sorted(broker.ask("SELECT agency, role, state FROM cases")) == [(DRUGS, "lead", "open"), (PROJECT, "lead", "open")]
    assert [a.reference for a in broker.alerts(PROJECT) if a.alert == "lead_fell_to_you"] == [references[PROJECT]]
    people_of_cases = broker.ask("SELECT c.person, r.person FROM cases AS c JOIN record AS r ON r.id = c.record")
    assert all(case == record for case, record in people_of_cases)


def test_after_it_was_taken_back_they_stay_two_for_a_while(broker: Counter) -> None:
    references = alike(broker)
    undo(broker, merged(broker))
    registers(broker, PROJECT, (*LIKE_HERS, *HERS), references[PROJECT])
    assert people(broker) == 2
    assert check(broker, HERS) != "active"


def test_a_check_that_was_asked_about_before_a_merge_was_taken_back_cannot_say(broker: Counter) -> None:
    references = alike(broker)
    leads(broker, DRUGS, references[DRUGS], HERS)
    merge = merged(broker)
    step = CheckStep(tokens=HERS, presentation=Presentation.CUSTODY)
    made = letter(Kind.CASELOAD_CHECK, CJIT, created=broker.now, step=step)
    asked = incoming(seal_letter(made), CJIT, broker.now)
    (who,) = broker.store.who([asked], broker.now)
    undo(broker, merge)
    broker.take(broker.store.settle([Examined(asked, who, lets_pass(asked, who), True)], broker.now).rows)
    assert broker.caseload_answer(CJIT, made.id).status.value == "cannot_say"


# --- pseudonyms (T16)


def test_no_two_agencies_share_a_reference_for_anyone_in_anything_they_are_given(broker: Counter) -> None:
    given: dict[str, set[str]] = {agency: set() for agency in (CJIT, PROJECT, DRUGS, HOUSING)}
    for number in range(12):
        for agency in (DRUGS, PROJECT)[: 1 + number % 2]:
            given[agency].add(broker.register(agency, person(number)))
        reference = broker.register(CJIT, person(number))
        given[CJIT].add(reference)
        for recipient in (PROJECT, HOUSING):
            broker.send(Kind.REFERRAL_MADE, CJIT, reference=reference, recipient=recipient)
        check(broker, person(number).tokens, asker=HOUSING)
    for recipient, delivery in broker.deliveries:
        assert delivery.permit.decision.reference is not None
        given[recipient].add(delivery.permit.decision.reference)
    for agency, items in broker.items.items():
        given[agency] |= {ours for item in items if (ours := getattr(item, "reference", None))}
    for one, ours in given.items():
        assert ours, one
        for other, theirs in given.items():
            assert one == other or not ours & theirs
    rows = broker.ask("SELECT agency, reference FROM record")
    assert len({reference for _, reference in rows}) == len(rows)
    assert len(set(broker.ask("SELECT person FROM record"))) == 12
