"""What a new area copies is a protocol that works, and lets nothing pass but what is written in it."""

from dataclasses import replace
from pathlib import Path
from shutil import copytree

import pytest

from consent.protocol_file import CORE, load_protocol
from consent.table.rules import PARTS, accounts, page
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


@pytest.mark.parametrize("clause", ashby().elsewhere)
def test_what_is_kept_elsewhere_is_kept_by_a_part_that_is_there(clause: str) -> None:
    row, root = ashby().elsewhere[clause], Path(__file__).parents[3]
    if row.enforced_by in PARTS:
        assert (root / PARTS[row.enforced_by][1]).is_file()
        assert row.shown_by
    for shown in row.shown_by:
        file, _, test = shown.partition("::")
        assert f"def {test}(" in (root / file).read_text()


def test_the_account_of_the_rules_has_all_63_and_the_page_is_what_the_command_writes() -> None:
    found = list(accounts(ashby()))
    assert [one.rule for one in found] == [f"R{number:02}" for number in range(1, 64)]
    assert [one.rule for one in found if one.how == "nowhere"] == []
    assert [one.rule for one in found if one.how == "outside"] == ["R60"]
    assert (Path(__file__).parents[3] / "docs" / "rules.md").read_text() == page(ashby())


def test_a_rule_that_nothing_keeps_would_be_noticed() -> None:
    without = {name: row for name, row in ashby().elsewhere.items() if name != "R28"}
    lost = [one for one in accounts(replace(ashby(), elsewhere=without)) if one.how == "nowhere"]
    assert [one.rule for one in lost] == ["R28"]


FAMILIES = {"A": 6, "B": 7, "C": 8, "D": 5, "E": 5, "F": 9, "G": 5, "H": 8, "I": 6}


def test_every_clause_of_the_trust_paper_is_a_row() -> None:
    rows = {clause.partition("-")[0] for clause in (*ashby().clauses, *ashby().elsewhere)}
    assert {f"{family}{number}" for family, most in FAMILIES.items() for number in range(1, most + 1)} - rows == set()
