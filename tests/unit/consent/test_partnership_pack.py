"""What a new area copies is a protocol that works, and lets nothing pass but what is written in it."""

from pathlib import Path
from shutil import copytree

import pytest

from consent.protocol_file import CORE, load_protocol
from contracts.vocabulary import Label, Purpose, Reason
from tests.specs.consent.judging import Case, Refused, ashby, judge, released
from tests.unit.consent.conftest import ASHBY

PACK = ASHBY.parent / "partnership"


def test_the_pack_is_a_protocol_with_every_clause_of_the_core(tmp_path: Path) -> None:
    copied = copytree(PACK, tmp_path / "ours")
    protocol, text = load_protocol(copied / "protocol.yaml")
    assert protocol.clauses.keys() == ashby().clauses.keys()
    assert text.endswith(CORE.read_bytes())


def test_it_lets_pass_what_is_written_in_it_and_nothing_else() -> None:
    protocol = load_protocol(PACK / "protocol.yaml")[0]
    labels = (Label.IDENTITY, Label.REQUEST, Label.SAFETY)
    assert judge(Case(labels=labels), protocol) == released(*labels)
    assert judge(Case(labels=(*labels, Label.HEALTH)), protocol) == Refused(Reason.LABEL_NOT_COVERED)
    assert judge(Case(recipient="drugs-ashby", labels=labels), protocol) == Refused(Reason.NO_AGREEMENT)
    assert judge(Case(recipient="police-ashby", labels=labels), protocol) == Refused(Reason.NOT_FOR_POLICE)
    assert judge(Case(purpose=Purpose.TREATMENT_REFERRAL, labels=labels), protocol) == Refused(Reason.PURPOSE_NOT_COVERED)


PLACES = {
    "form": "contracts/envelope.py",
    "schema": "contracts/messages/compartments.py",
    "compile": "consent/clauses/fitting.py",
    "dates": "consent/protocol.py",
    "log": "consent/entries.py",
    "log_erase": "consent/log/erase.py",
    "officer": "consent/restrictions.py",
    "consent_line": "consent/line.py",
    "consent_recording": "consent/recording.py",
    "broker_caseloads": "broker/caseloads.py",
    "broker_checks": "broker/checks.py",
    "broker_prescriptions": "broker/prescriptions.py",
}


@pytest.mark.parametrize("clause", ashby().elsewhere)
def test_what_is_kept_elsewhere_is_kept_by_a_part_that_is_there(clause: str) -> None:
    row = ashby().elsewhere[clause]
    if row.enforced_by == "clause":
        assert row.by
        assert set(row.by) <= ashby().clauses.keys()
    elif row.enforced_by != "no_message":
        assert (Path(__file__).parents[3] / PLACES[row.enforced_by]).is_file()


FAMILIES = {"A": 6, "B": 7, "C": 8, "D": 5, "E": 5, "F": 9, "G": 5, "H": 8, "I": 6}


def test_every_clause_of_the_trust_paper_is_a_row() -> None:
    rows = {clause.partition("-")[0] for clause in (*ashby().clauses, *ashby().elsewhere)}
    assert {f"{family}{number}" for family, most in FAMILIES.items() for number in range(1, most + 1)} - rows == set()


def test_every_rule_of_consent_and_the_police_is_a_row() -> None:
    rows = {clause.partition("-")[0] for clause in (*ashby().clauses, *ashby().elsewhere)}
    assert {f"R{number}" for number in range(11, 30)} - rows == {"R28"}
