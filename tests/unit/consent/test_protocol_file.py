"""The protocol's file: what is written there is what is judged by, or the service does not start."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from consent.clauses.asked import Judge
from consent.clauses.compile import ProtocolError
from consent.clauses.register import CONSENT, FORM, MINIMUM, WHOLE_MESSAGE
from consent.protocol_file import load_protocol, read_kept
from contracts.consent_check import protocol_hash
from contracts.vocabulary import Verdict
from tests.unit.consent.conftest import ASHBY

TEXT = ASHBY.read_text()
DEMONSTRATION = ASHBY.with_name("ashby-demonstration.yaml")

NOT_FOR_POLICE = 'codes: ["POL-01:not-for-police"]\n    verdict: '


def changed(old: str, new: str) -> str:
    assert old in TEXT
    return TEXT.replace(old, new, 1)


def without_clause(clause: str) -> str:
    begin = TEXT.index(f"  - id: {clause}\n")
    return TEXT[:begin] + TEXT[TEXT.index("  - id: ", begin + 4) :]


BAD: dict[str, tuple[Callable[[], str], str]] = {
    "a purpose nobody knows": (lambda: changed("purposes: [support_referral]", "purposes: [suport_referral]"), "agreements.0"),
    "a label nobody knows": (lambda: changed("labels: [identity, contact,", "labels: [identity, address,"), "agreements.0"),
    "a field nobody reads": (lambda: TEXT + "\nexceptions: []\n", "exceptions"),
    "a word given twice": (lambda: TEXT + "\ntitle: Another\n", "given twice: title"),
    "a clause that is missing": (lambda: without_clause("R11"), "missing: R11"),
    "a clause that nothing judges": (lambda: changed("- id: E5", "- id: E9"), "E5"),
    "the police clause made milder": (
        lambda: changed(f"{NOT_FOR_POLICE}refuse", f"{NOT_FOR_POLICE}route_minimised"),
        "R11 may not be less severe than refuse",
    ),
    "a hold without an owner": (lambda: changed("    owner: governance_officer\n", ""), "names an owner"),
    "a code of another clause": (lambda: changed('["SAF-06:under-18"]', '["CON-01:no-consent"]'), "R30"),
    "an agreement that ends before it begins": (lambda: changed("until: null", "until: 2020-01-01"), "ends before it begins"),
    "a purpose shared and given no basis": (
        lambda: changed("  lead_allocation:\n    article_6", "  caseload_check_again:\n    article_6"),
        "bases",
    ),
    "something sent to the police that the need table does not have": (
        lambda: changed("    incident_intelligence: {labels: [incident]}\n", ""),
        "no need is given",
    ),
    "not YAML": (lambda: "title: [", "not YAML"),
    "only a word": (lambda: "nonsense", "not a list of named parts"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_protocol_that_is_not_right_is_refused_in_plain_words(name: str, tmp_path: Path) -> None:
    make, told = BAD[name]
    file = tmp_path / "ours.yaml"
    file.write_text(make())
    with pytest.raises(ProtocolError, match=r"ours\.yaml: ") as refused:
        load_protocol(file)
    assert told in str(refused.value)


def test_a_protocol_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ProtocolError, match=r"none\.yaml: cannot be read"):
        load_protocol(tmp_path / "none.yaml")


def test_the_demonstration_changes_nothing_but_how_long_things_stand() -> None:
    real, _ = load_protocol(ASHBY)
    demonstration, text = load_protocol(DEMONSTRATION)
    shortened = {clause: replace(row, within=15_000 if row.owner else 0) for clause, row in real.clauses.items()}
    same_but = replace(real, title=demonstration.title, hash=demonstration.hash, valid_for=20_000, clauses=shortened)
    assert demonstration == same_but
    assert demonstration.hash == protocol_hash(text)
    assert text.startswith(DEMONSTRATION.read_bytes())
    assert text.endswith(ASHBY.read_bytes())


@pytest.mark.parametrize("name", ["ashby.yaml", "ashby-demonstration.yaml"])
def test_what_is_kept_of_a_protocol_can_be_read_again(name: str) -> None:
    protocol, text = load_protocol(ASHBY.parent / name)
    assert read_kept(text) == protocol


def test_one_changed_byte_is_another_protocol(tmp_path: Path) -> None:
    file = tmp_path / "ours.yaml"
    file.write_text(TEXT + "\n")
    assert load_protocol(file)[0].hash != load_protocol(ASHBY)[0].hash
    assert load_protocol(ASHBY)[0].hash == protocol_hash(ASHBY.read_bytes())


def test_a_variation_does_not_include_a_variation(tmp_path: Path) -> None:
    variation = DEMONSTRATION.read_text()
    (tmp_path / "ashby.yaml").write_text(variation)
    (tmp_path / "ours.yaml").write_text(variation)
    with pytest.raises(ProtocolError, match="itself includes another"):
        load_protocol(tmp_path / "ours.yaml")


def test_an_officer_may_make_a_clause_more_severe(tmp_path: Path) -> None:
    file = tmp_path / "ours.yaml"
    file.write_text(
        changed(
            'codes: ["MIN-05:role-in-case"]\n    verdict: route_minimised',
            'codes: ["MIN-05:role-in-case"]\n    verdict: refuse',
        )
    )
    assert load_protocol(file)[0].clauses["R29"].verdict is Verdict.REFUSE


@pytest.mark.parametrize("judge", [*FORM, *WHOLE_MESSAGE, *MINIMUM, *CONSENT], ids=lambda judge: judge.clause)
def test_the_docstring_of_a_clause_s_function_begins_with_its_number(judge: Judge) -> None:
    assert (judge.judge.__doc__ or "").startswith(f"{judge.clause}. ")
