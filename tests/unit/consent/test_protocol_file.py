"""The protocol's file: what is written there is what is judged by, or the service does not start."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from consent.clauses.compile import read_documents
from consent.clauses.fitting import ProtocolError
from consent.protocol_file import CORE, load_protocol, read_kept
from contracts.consent_check import protocol_hash
from contracts.vocabulary import Verdict
from tests.unit.consent.conftest import ASHBY

TEXT = ASHBY.read_text()
DEMONSTRATION = ASHBY.with_name("ashby-demonstration.yaml")

WHOLE = CORE.read_text()


def changed(old: str, new: str) -> str:
    assert old in TEXT
    return TEXT.replace(old, new, 1)


def with_own(row: str) -> str:
    return changed("clauses: []", "clauses:\n" + row)


OWN = """  - id: L1
    text: Nothing about her health goes to housing.
    source: Officers of Ashby, November 2026
    applies: {recipient_kind: [housing], label: [health]}
    codes: ["LAW-07:label-not-covered"]
    verdict: refuse
"""


BAD: dict[str, tuple[Callable[[], str], str]] = {
    "a purpose nobody knows": (lambda: changed("purposes: [support_referral]", "purposes: [suport_referral]"), "agreements.0"),
    "a label nobody knows": (lambda: changed("labels: [identity, contact,", "labels: [identity, address,"), "agreements.0"),
    "a field nobody reads": (lambda: TEXT + "\nexceptions: []\n", "exceptions"),
    "a word given twice": (lambda: TEXT + "\ntitle: Another\n", "given twice: title"),
    "a clause made milder": (
        lambda: changed("stricter: []", "stricter: [{clause: R11, verdict: route_minimised}]"),
        "R11 may not be less severe than refuse",
    ),
    "a clause made stricter that is not there": (
        lambda: changed("stricter: []", "stricter: [{clause: R99, verdict: refuse}]"),
        "there is no clause R99",
    ),
    "a hold without an owner": (
        lambda: changed("stricter: []", "stricter: [{clause: R29, verdict: hold}]"),
        "names an owner",
    ),
    "a clause of its own under a number of the core": (lambda: with_own(OWN.replace("L1", "R11")), "its number begins with L"),
    "a clause of its own that looks at nothing known": (
        lambda: with_own(OWN.replace("recipient_kind", "weather")),
        "nothing is called weather",
    ),
    "a clause of its own with a word that is never so": (
        lambda: with_own(OWN.replace("[housing]", "[bakery]")),
        "recipient_kind is never bakery",
    ),
    "a clause of its own that says not when": (
        lambda: with_own(OWN.replace("    applies: {recipient_kind: [housing], label: [health]}\n", "")),
        "says when it applies",
    ),
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
    shortened = {clause: replace(row, within=25_000 if row.owner else 0) for clause, row in real.clauses.items()}
    same_but = replace(real, title=demonstration.title, hash=demonstration.hash, valid_for=20_000, clauses=shortened)
    assert demonstration == same_but
    assert demonstration.hash == protocol_hash(text)
    assert text.startswith(DEMONSTRATION.read_bytes())
    assert ASHBY.read_bytes() in text
    assert text.endswith(CORE.read_bytes())


@pytest.mark.parametrize("name", ["ashby.yaml", "ashby-demonstration.yaml"])
def test_what_is_kept_of_a_protocol_can_be_read_again(name: str) -> None:
    protocol, text = load_protocol(ASHBY.parent / name)
    anybody = {way: tuple(replace(share, parties=None) for share in shares) for way, shares in read_kept(text).shares.items()}
    assert replace(read_kept(text), shares=anybody) == protocol


def test_one_changed_byte_is_another_protocol(tmp_path: Path) -> None:
    file = tmp_path / "ours.yaml"
    file.write_text(TEXT + "\n")
    assert load_protocol(file)[0].hash != load_protocol(ASHBY)[0].hash
    assert load_protocol(ASHBY)[0].hash == protocol_hash(load_protocol(ASHBY)[1])


def test_a_variation_does_not_include_a_variation(tmp_path: Path) -> None:
    variation = DEMONSTRATION.read_text()
    (tmp_path / "ashby.yaml").write_text(variation)
    (tmp_path / "ours.yaml").write_text(variation)
    with pytest.raises(ProtocolError, match="itself includes another"):
        load_protocol(tmp_path / "ours.yaml")


def test_an_officer_may_make_a_clause_more_severe(tmp_path: Path) -> None:
    file = tmp_path / "ours.yaml"
    file.write_text(changed("stricter: []", "stricter: [{clause: R29, verdict: refuse}]"))
    assert load_protocol(file)[0].clauses["R29"].verdict is Verdict.REFUSE


def test_a_partnership_may_add_a_clause_of_its_own(tmp_path: Path) -> None:
    file = tmp_path / "ours.yaml"
    file.write_text(with_own(OWN))
    assert list(load_protocol(file)[0].clauses)[-1] == "L1"


UNDER_18 = 'codes: ["SAF-06:under-18"]'
RELATED = 'codes: ["INS-01:actor-related"]\n    verdict: '
TO_POLICE = 'codes: ["POL-10:needs-her-yes-or-a-court"]\n'

BAD_CORE: dict[str, tuple[str, str, str]] = {
    "a clause that the program judges is missing": ("- id: A7\n", "- id: A9\n", "judged by the program"),
    "a clause given twice": ("- id: E5\n", "- id: E2\n", "given twice: E2"),
    "a code of another clause": ('codes: ["HLD-01:deadline-passed"]', 'codes: ["CON-01:no-consent"]', "A7 gives the codes"),
    "a clause with two codes": (UNDER_18, 'codes: ["SAF-06:under-18", "CON-01:no-consent"]', "R30"),
    "a clause that withholds and says not what": (
        f"{RELATED}refuse",
        f"{RELATED}route_minimised",
        "I1 withholds",
    ),
    "broken glass that excuses a police clause": (
        TO_POLICE,
        f"{TO_POLICE}    unless_glass: true\n",
        "no broken glass",
    ),
    "a clause kept by one that is not there": ("by: [F7]", "by: [F77]", "there is no clause F77"),
}


@pytest.mark.parametrize("name", BAD_CORE)
def test_a_core_that_is_not_right_is_refused_in_plain_words(name: str) -> None:
    old, new, told = BAD_CORE[name]
    assert old in WHOLE
    with pytest.raises(ProtocolError) as refused:
        read_documents(TEXT.encode(), WHOLE.replace(old, new, 1).encode())
    assert told in str(refused.value)
