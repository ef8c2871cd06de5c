"""The same, refused and sent again on another basis, waits for a governance officer (B7)."""

import pytest

from contracts.vocabulary import Confidence, Gateway, Reason
from tests.unit.consent.conftest import Desk, arrives, asked

DAY = 86_400_000
IMPLIED = {"confidence": Confidence.IMPLIED_DIRECT_CARE, "consents": ()}
ON_HER_WORD = {"consents": ()}


@pytest.fixture
def refused(desk: Desk) -> Desk:
    """A referral that nobody asked her about."""
    answer = desk.ask_one(asked(arrives(facts_changes=ON_HER_WORD)))
    assert (answer.answer, answer.reason) == ("refused", Reason.NO_CONSENT)
    assert desk.rows("refused") == 1
    return desk


def test_on_another_basis_it_waits_and_the_sender_is_not_told_why(refused: Desk) -> None:
    answer = refused.ask_one(asked(arrives(facts_changes=IMPLIED)))
    assert (answer.answer, answer.reason, answer.owner) == ("held", Reason.OFFICER_LOOKS, "governance_officer")
    assert {"clause": "B7", "code": Reason.SENT_ON_ANOTHER_BASIS} in refused.log()[-1].skeleton["clauses"]


def test_on_the_same_basis_it_is_refused_again(refused: Desk) -> None:
    answer = refused.ask_one(asked(arrives(facts_changes=ON_HER_WORD)))
    assert (answer.answer, answer.reason) == ("refused", Reason.NO_CONSENT)
    assert refused.rows("refused") == 2


def test_after_thirty_days_it_is_forgotten(desk: Desk) -> None:
    desk.ask_one(asked(arrives(facts_changes=ON_HER_WORD)))
    with desk.engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE refused SET refused_at = {desk.now - 30 * DAY}")
    assert desk.ask_one(asked(arrives(facts_changes=IMPLIED))).answer == "permitted"


def test_when_she_agreed_meanwhile_it_passes(refused: Desk) -> None:
    refused.consented()
    answer = refused.ask_one(asked(arrives(facts_changes={"gateway": Gateway.CARE_ACT})))
    assert answer.answer == "permitted"


def test_about_another_record_it_is_another_matter(refused: Desk) -> None:
    assert refused.ask_one(asked(arrives(facts_changes=IMPLIED), own="b7" * 16)).answer == "permitted"
