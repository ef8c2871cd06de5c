"""What is recorded of a decision is enough to make it again, by the protocol of then or by another (invariant V13)."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from consent.clauses.asked import Context
from consent.consents import Consents
from consent.inputs import as_recorded
from consent.log.erase import erase_subjects
from consent.protocol_file import load_protocol, read_kept
from consent.store import alone
from consent.table.recorded import CannotBeMadeAgain
from consent.table.replay import Made, again, decisions, decisions_about, protocol_kept
from consent.taking_over import put_in_force
from contracts.consent_check import Question
from contracts.kinds import Kind
from contracts.messages.compartments import Involvement
from contracts.vocabulary import AgeBand, Capacity, CaseRole, Reason, Verdict
from tests.factories import MINUTE, facts, partnership, referral
from tests.specs.consent.emergency import AT_RISK, glass
from tests.unit.consent.conftest import ASHBY, ELSEWHERE, Desk, arrives, asked


def minimised() -> Question:
    return asked(arrives(said=referral(involvement=Involvement(basis="her_own_account"))))


def with_a_fault() -> Question:
    question = asked(arrives())
    return question.model_copy(update={"signature": question.signature[::-1].lstrip("=") + "=="})


def with_broken_glass() -> Question:
    return asked(arrives(facts=facts(**AT_RISK, glass=glass(partnership().now))))


SENT: dict[str, Callable[[], Question]] = {
    "a referral that passes": lambda: asked(arrives()),
    "one of which a part is withheld": minimised,
    "one about a child": lambda: asked(arrives(facts=facts(age_band=AgeBand.UNKNOWN))),
    "one on a consent given in doubt": lambda: asked(arrives(facts=facts(capacity=Capacity.DOUBTED))),
    "one to a supplementary agency": lambda: asked(arrives(), recipient_role=CaseRole.SUPPLEMENTARY),
    "one about somebody who may be someone else": lambda: asked(arrives(), possible=(ELSEWHERE,)),
    "one that is not sound": with_a_fault,
    "one for which the glass is broken": with_broken_glass,
    "a caseload check": lambda: asked(arrives(Kind.CASELOAD_CHECK), reference=None, holders=("drugs-ashby", "sarc-ashby")),
}


def made(desk: Desk) -> list[Made]:
    with alone(desk.engine) as connection:
        return list(decisions(connection))


@pytest.mark.parametrize("name", SENT)
def test_a_decision_made_again_is_the_decision_that_was_recorded(desk: Desk, name: str) -> None:
    desk.consented()
    desk.ask_one(SENT[name]())
    (one,) = made(desk)
    assert again(one, desk.protocol) == one.then


def test_a_decision_is_made_again_on_what_she_had_said_by_then(desk: Desk) -> None:
    desk.consented()
    desk.ask_one(asked(arrives()))
    desk.now += MINUTE
    desk.ask_one(asked(arrives(Kind.CONSENT_WITHDRAWN)))
    desk.ask_one(asked(arrives()))

    before, after = made(desk)

    assert (before.then.verdict, after.then.verdict) == (Verdict.ROUTE, Verdict.REFUSE)
    assert [again(one, desk.protocol) for one in (before, after)] == [before.then, after.then]


def test_another_protocol_flips_what_it_decides_otherwise_and_nothing_else(desk: Desk) -> None:
    desk.consented()
    desk.ask(asked(arrives()), minimised())
    stricter = replace(desk.protocol, clauses=dict(desk.protocol.clauses))
    stricter.clauses["R16"] = replace(stricter.clauses["R16"], verdict=Verdict.REFUSE)  # type: ignore[index]

    told = [again(one, stricter) for one in made(desk)]

    assert [one.verdict if one else None for one in told] == [Verdict.ROUTE, Verdict.REFUSE]


def test_every_attempt_of_a_message_is_found(desk: Desk) -> None:
    desk.consented()
    received = arrives()
    desk.ask_one(asked(received))
    desk.now += 2 * desk.protocol.valid_for
    desk.ask_one(asked(received, attempt=2))
    with alone(desk.engine) as connection:
        found = decisions_about(connection, received.header.id)
    assert [one.entry.skeleton["attempt"] for one in found] == [1, 2]


def test_what_is_erased_cannot_be_made_again(desk: Desk) -> None:
    desk.consented()
    desk.ask_one(asked(arrives()))
    with alone(desk.engine) as connection:
        signer = desk.signer
        erase_subjects(connection, [1], ground="objection", approved_by=["a", "b"], signer=signer, now=desk.now)
    (one,) = made(desk)
    assert one.matter == CannotBeMadeAgain("what was about her is erased")
    assert again(one, desk.protocol) is None


def test_the_protocol_of_then_is_kept_in_its_words(desk: Desk) -> None:
    protocol, text = load_protocol(ASHBY.with_name("ashby-demonstration.yaml"))
    put_in_force(desk.engine, protocol, text, desk.signer, desk.now)
    with alone(desk.engine) as connection:
        kept = protocol_kept(connection, protocol.hash)
        # What was in force stood between the parties of each agreement, and is judged so again.
        assert kept is not None
        assert kept == read_kept(text)
        assert (kept.hash, kept.clauses) == (protocol.hash, protocol.clauses)
        assert protocol_kept(connection, "0" * 64) is None


def test_only_what_is_unusual_is_recorded_beside_the_message() -> None:
    ordinary = Context(None, None, names_person=True)
    assert as_recorded(ordinary, Consents())["context"] == {"sender": None, "recipient": None, "names_person": True}
    held = replace(ordinary, fault=Reason.EXPIRED, held_until=5)
    assert as_recorded(held, Consents())["context"]["fault"] == Reason.EXPIRED.value
    assert as_recorded(held, Consents())["context"]["held_until"] == 5
