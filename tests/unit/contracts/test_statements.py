"""A statement counts as the words of one named person of the directory, or of nobody."""

from typing import Any

import pytest

from contracts.canonical import to_base64
from contracts.directory import Directory
from contracts.identifiers import new_id
from contracts.keyring import ASHBY, PEOPLE, load_signing_key
from contracts.statements import HoldAct, Statement, prove, said_hash, sign_statement
from contracts.vocabulary import Office, Reason
from tests.factories import partnership

DIRECTORY = partnership().directory


def hers(person: str = "r_ellery") -> Any:
    return load_signing_key(partnership().folder / PEOPLE / person)


def act(**changes: Any) -> HoldAct:
    said = HoldAct(
        id=new_id(), message="a1" * 16, header="b2" * 32, act="approve", reason="looked at with her keyworker",
        agency="cjit-ashby", person="r_ellery", rank="head_of_governance", made=partnership().now,
    )  # fmt: skip
    return said.model_copy(update=changes)


def test_every_agency_has_a_person_for_each_office() -> None:
    people = {(officer.agency, officer.office) for officer in DIRECTORY.document.officers}
    assert people == {(party.id, office) for party in ASHBY for office in Office}


def test_her_own_words_under_her_own_key_are_hers() -> None:
    proven = prove(sign_statement(act(), hers()), DIRECTORY)
    assert proven.fault is None
    assert proven.officer is not None
    assert proven.officer.office is Office.GOVERNANCE_OFFICER


NOT_HERS = {
    "another person's key": (sign_statement(act(), hers("j_tolland")), Reason.NOT_WHO_SHE_SAYS),
    "her agency's key": (sign_statement(act(), partnership().signing("cjit-ashby")), Reason.UNKNOWN_KEY),
    "a rank she does not hold": (sign_statement(act(rank="chief_constable"), hers()), Reason.NOT_WHO_SHE_SAYS),
    "another agency": (sign_statement(act(agency="sarc-ashby"), hers()), Reason.NOT_WHO_SHE_SAYS),
    "no name": (sign_statement(act(person=""), hers()), Reason.NOT_WHO_SHE_SAYS),
    "other words": (sign_statement(act(), hers()).model_copy(update={"said": act()}), Reason.BAD_SIGNATURE),
    "no signature": (sign_statement(act(), hers()).model_copy(update={"signature": "AAAA"}), Reason.BAD_SIGNATURE),
    "a key of another scheme": (
        Statement(said=(said := act()), key=hers().id, signature=to_base64(hers().sign(b"x" + said_hash(said)))),
        Reason.BAD_SIGNATURE,
    ),
}


@pytest.mark.parametrize("case", NOT_HERS)
def test_nobody_elses_words_are(case: str) -> None:
    statement, fault = NOT_HERS[case]
    assert prove(statement, DIRECTORY).fault is fault


def test_her_words_are_nobodys_once_her_key_is_revoked() -> None:
    document = DIRECTORY.document.model_copy(update={"revoked": (hers().id,)})
    proven = prove(sign_statement(act(), hers()), Directory(document))
    assert (proven.officer, proven.fault) == (None, Reason.REVOKED_KEY)
