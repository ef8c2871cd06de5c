"""Her partner is another person and stays one, whatever they share (004:84, 004:172; W35): two records, no link.

He may be the one she fears. So nothing that is asked or told of him leads to her. That her partner is nobody's compartment but
her own agency's is clause C7.
"""

from dataclasses import replace
from pathlib import Path

import pytest

from contracts.identifiers import new_id
from contracts.kinds import Kind
from contracts.messages.compartments import Identity
from contracts.steps import CaseStep, CheckStep, RegisterStep, WatchStep
from contracts.vocabulary import CaseMove, CaseRole, Presentation, WatchMove
from tests.factories import Person, person
from tests.integration.counter import Counter

title = "Partners are two people and stay apart"
rules: set[str] = set()

CJIT, DRUGS, PROJECT = "cjit-ashby", "drugs-ashby", "project-ashby"
HER = person()


def him(**shared: object) -> Person:
    """Another person altogether, who shares with her what is named."""
    his: dict[str, object] = {
        "forename": "Cornelius", "surname": "Abernathy", "date_of_birth": "1979-11-02", "sex": "male",
        "nhs_number": person(40).identity.nhs_number, "postcode_district": "ZZ1",
    }  # fmt: skip
    return replace(HER, identity=Identity.model_validate({**his, **shared}))


BORN = HER.identity.date_of_birth or ""
SURNAME, PLACE = HER.identity.surname, HER.identity.postcode_district
COUPLES: dict[str, Person] = {
    "two who share nothing": him(),
    "a married couple under one roof": him(surname=SURNAME, postcode_district=PLACE),
    "she goes by his name as well": him(surname=SURNAME, aliases=(f"Cornelius {SURNAME}",), postcode_district=PLACE),
    "both in one hostel, born in one year": him(postcode_district=PLACE, date_of_birth=f"{BORN[:4]}-11-02"),
    "he gives no number": him(surname=SURNAME, postcode_district=PLACE, nhs_number=None),
    "he gives no date of birth": him(surname=SURNAME, postcode_district=PLACE, date_of_birth=None),
    "his sex was not written down": him(surname=SURNAME, postcode_district=PLACE, sex="not_given"),
    "his forename begins like hers": him(forename="Marcus", surname=SURNAME, postcode_district=PLACE),
}


def couple(broker: Counter, his: Person) -> None:
    """He is the drug service's patient; she is the project's client, and the project watches for her."""
    broker.register(DRUGS, his)
    hers = broker.register(PROJECT, HER)
    check = broker.send(Kind.CASELOAD_CHECK, PROJECT, step=CheckStep(tokens=HER.tokens, presentation=Presentation.DROP_IN))
    step = CaseStep(move=CaseMove.OPEN, role=CaseRole.LEAD, check=check)
    broker.send(Kind.CASE_OPENED, PROJECT, reference=hers, step=step)
    until = broker.now + 30 * 86_400_000
    broker.send(Kind.WATCH_SET, PROJECT, reference=hers, step=WatchStep(move=WatchMove.SET, until=until))


@pytest.mark.parametrize("name", COUPLES)
def test_they_are_two_and_nobody_is_asked_whether_they_are_one(name: str, tmp_path: Path) -> None:
    broker = Counter(f"sqlite:///{tmp_path / 'store.sqlite'}")
    couple(broker, COUPLES[name])
    assert broker.ask("SELECT count(*), count(DISTINCT person) FROM record") == [(2, 2)]
    assert broker.ask("SELECT * FROM pair") == broker.ask("SELECT * FROM review") == []
    broker.store.close()


@pytest.mark.parametrize("name", COUPLES)
def test_a_question_about_him_says_nothing_of_her_and_her_watch_stays_still(name: str, tmp_path: Path) -> None:
    broker = Counter(f"sqlite:///{tmp_path / 'store.sqlite'}")
    couple(broker, COUPLES[name])
    _, said = broker.check(CJIT, COUPLES[name])
    assert (said.status.value, said.agencies) == ("not_known", ())
    assert broker.alerts(PROJECT) == []
    broker.store.close()


def test_they_stay_two_when_he_is_registered_where_she_is_known(tmp_path: Path) -> None:
    broker = Counter(f"sqlite:///{tmp_path / 'store.sqlite'}")
    his = COUPLES["a married couple under one roof"]
    couple(broker, his)
    theirs = new_id()
    broker.send(Kind.PERSON_REGISTERED, PROJECT, reference=theirs, step=RegisterStep(tokens=his.tokens))
    ((of_him,),) = broker.ask("SELECT DISTINCT person FROM record WHERE agency = ?", DRUGS)
    assert broker.ask("SELECT person FROM record WHERE reference = ?", theirs) == [(of_him,)]
    assert broker.ask("SELECT count(*), count(DISTINCT person) FROM record") == [(3, 2)]
    broker.store.close()
