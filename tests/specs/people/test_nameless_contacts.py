"""Contacts are not individuals: whoever gave no name is nobody's match, and nothing makes her one (000:776, 000:368; R09)."""

from pathlib import Path

import pytest

from agencies.identity import Details, Epochs, compounds
from contracts.kinds import Kind
from tests.factories import TOKENS, person
from tests.integration.counter import Counter

title = "Nameless contacts never match"
rules = {"R09"}

PROJECT = "project-ashby"
ALL_BUT_A_NAME = Details(
    date_of_birth="1987-03-14", sex="female", postcode="AS1 4QX", nhs_number="9434765919", pnc_id="01/123456A"
)

# What an outreach worker may have written down of a contact without a name.
NAMELESS: dict[str, Details] = {
    "nothing at all": Details(),
    "a date of birth and a place": Details(date_of_birth="1987-03-14", postcode="AS1"),
    "everything but a name": ALL_BUT_A_NAME,
    "a dash where a name goes": Details(forename="-", surname="-", date_of_birth="1987-03-14"),
    "blanks": Details(forename="  ", surname="\t", nhs_number="9434765919"),
}


@pytest.mark.parametrize("what", NAMELESS)
def test_no_token_is_made_of_whoever_gave_no_name(what: str) -> None:
    assert compounds(NAMELESS[what]) == ()
    assert Epochs([TOKENS]).keyed(NAMELESS[what]) == ()


def test_a_forename_alone_is_a_name_and_not_nameless() -> None:
    assert compounds(Details(forename="Dolores", date_of_birth="1987-03-14")) != ()


def test_two_nameless_contacts_of_one_night_are_two_and_leave_no_record(tmp_path: Path) -> None:
    broker = Counter(f"sqlite:///{tmp_path / 'store.sqlite'}")
    broker.register(PROJECT, person())
    before = broker.ask("SELECT id, person FROM record")
    sent = [broker.send(Kind.INCIDENT_REPORTED, PROJECT, reference=None) for _ in range(2)]
    assert broker.delivered_to("police-ashby") == sent
    assert [delivery.permit.decision.reference for _, delivery in broker.deliveries] == [None, None]
    assert broker.ask("SELECT id, person FROM record") == before
    assert broker.ask("SELECT * FROM pair") == broker.ask("SELECT * FROM review") == []
    assert broker.ask("SELECT record FROM message WHERE kind = ?", Kind.INCIDENT_REPORTED.value) == [(None,), (None,)]
    broker.store.close()
