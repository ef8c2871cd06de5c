"""Nothing is decided by an agreement that an officer of each of its parties has not signed, word for word (A5).

Each way in which a signature can be missing or false is refused with a sentence that says whose, and what to do.
"""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from consent.clauses.fitting import ProtocolError
from consent.clauses.signing import signed_as
from consent.officer.book import take_out
from consent.protocol_file import load_approvals, load_written
from contracts.directory import Directory
from contracts.vocabulary import Reason
from tests.factories import Partnership, partnership
from tests.specs.agreements.paper import CJIT, LESS, PROJECT, Paper, draft, signed
from tests.specs.consent.judging import Case, L, Refused, judge, released


@pytest.fixture
def keys() -> Partnership:
    return partnership()


def test_signed_by_an_officer_of_each_party_it_is_in_force(tmp_path: Path, keys: Partnership) -> None:
    protocol = signed(tmp_path, keys).load()
    assert protocol.approved_by == {
        "support/1": ("cjit-ashby/r_ellery", "project-ashby/v_marchmont"),
        "tables": ("cjit-ashby/r_ellery", "project-ashby/v_marchmont"),
    }
    assert {clause.approved_by for clause in protocol.clauses.values()} == {protocol.approved_by["tables"]}


def _tampered(paper: Paper) -> None:
    good = paper.sign(PROJECT)
    paper.replace(good, good.model_copy(update={"signature": good.signature[:-4] + "AAA="}))


def _words_changed_afterwards(paper: Paper) -> None:
    paper.sign(PROJECT)
    paper.change(*LESS)
    paper.sign(CJIT)


def _statement_replaced(paper: Paper) -> None:
    """Her signature is kept, and what she is made to have said is something else."""
    good = paper.sign(PROJECT)
    paper.change(*LESS)
    wanted = paper.sign(CJIT)
    paper.replace(good, good.model_copy(update={"said": good.said.model_copy(update={"terms": wanted.said.terms})}))  # type: ignore[union-attr]


def _old_version(paper: Paper) -> None:
    """She signed version 1; the file says 2, which lets other things pass."""
    paper.sign(PROJECT)
    paper.change("version: 1", "version: 2")
    paper.sign(CJIT, 2)


def _from_another_version(paper: Paper) -> None:
    good = paper.sign(PROJECT)
    paper.change("version: 1", "version: 2")
    paper.sign(CJIT, 2)
    paper.replace(good, good.model_copy(update={"said": good.said.model_copy(update={"version": 2})}))


def _in_her_name(paper: Paper) -> None:
    """The CJIT's officer signs, and says that she is the project's."""
    paper.sign(CJIT, agency="project-ashby", person=PROJECT)


WRONG: dict[str, tuple[Callable[[Paper], object], tuple[str, ...]]] = {
    "nobody has signed for the project": (
        lambda _: None,
        (
            "no governance officer of project-ashby has signed these words.",
            "v_marchmont signs: ./run officer approve support/1",
        ),
    ),
    "an officer of another agency signs": (lambda paper: paper.sign("l_dunmore"), ("no governance officer of project-ashby",)),
    "a second officer of the same agency signs": (lambda paper: paper.sign("j_tolland"), ("officer of project-ashby",)),
    "an officer without the office signs": (
        lambda paper: paper.sign("w_tilling"),
        ("no governance officer of project-ashby has signed these words (w_tilling did, who is duty lead)",),
    ),
    "a tampered signature": (_tampered, ("the signature of project-ashby/v_marchmont under support/1 is not hers", "SIG-06")),
    "the words were changed after she signed": (
        _words_changed_afterwards,
        ("(v_marchmont signed others: they were changed after she did)",),
    ),
    "what she said was replaced": (_statement_replaced, ("under support/1 is not hers",)),
    "she signed an older version": (_old_version, ("agreement support, version 2: no governance officer of project-ashby",)),
    "her signature is moved to another version": (_from_another_version, ("under support/2 is not hers",)),
    "somebody else signs in her name": (_in_her_name, ("is not hers (",)),
    "she says more of herself than the directory does": (
        lambda paper: paper.sign(PROJECT, rank="chief_executive"),
        ("is not hers (",),
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_without_every_signature_nothing_is_decided_by_it(name: str, tmp_path: Path, keys: Partnership) -> None:
    do, told = WRONG[name]
    paper = draft(tmp_path, keys)
    paper.sign(CJIT)
    paper.sign_tables(CJIT, PROJECT)
    do(paper)
    with pytest.raises(ProtocolError, match="it is not signed, so nothing is decided by it") as refused:
        paper.load()
    for words in told:
        assert words in str(refused.value)


def test_the_clauses_and_tables_take_officers_of_two_agencies(tmp_path: Path, keys: Partnership) -> None:
    paper = draft(tmp_path, keys)
    for person in (CJIT, PROJECT):
        paper.sign(person)
    assert "signed by nobody" in paper.missing()[0]
    paper.sign_tables(CJIT, "j_tolland")
    assert "signed by cjit-ashby/r_ellery alone" in paper.missing()[0]
    paper.sign_tables("l_dunmore")
    assert paper.missing() == ()
    paper.change("support_referral: {labels: [outcome]}", "support_referral: {labels: [outcome, health]}")
    assert "./run officer approve tables" in paper.missing()[0]


def test_a_broken_signature_is_taken_out_and_given_again(tmp_path: Path, keys: Partnership) -> None:
    paper = signed(tmp_path, keys)
    _tampered(paper)
    (broken,) = [one for one in load_approvals(paper.approvals).approvals if one.signature.endswith("AAA=")]
    assert broken.said.id in paper.missing()[0]
    assert take_out(paper.approvals, broken.said.id) == 1
    assert paper.missing() == ()


def test_her_successor_signs_when_an_officer_left(tmp_path: Path, keys: Partnership) -> None:
    paper = signed(tmp_path, keys)
    document = keys.directory.document
    stay = tuple(one for one in document.officers if one.person != PROJECT)
    later = Directory(document.model_copy(update={"officers": stay}))
    left = signed_as(load_written(paper.protocol), load_approvals(paper.approvals), later)
    # Her signature is no fault; it is nobody's any more.
    assert left.wrong == ()
    assert ["officer of project-ashby has signed" in text or "tables are signed by cjit" in text for text in left.problems] == [
        True, True,
    ]  # fmt: skip


def test_what_cannot_be_read_is_not_used_at_all(tmp_path: Path, keys: Partnership) -> None:
    paper = signed(tmp_path, keys)
    paper.approvals.write_text(paper.approvals.read_text()[:-20])
    with pytest.raises(ProtocolError, match="cannot be read; put a whole copy back"):
        paper.load()
    paper.approvals.write_text(json.dumps({"v": 2, "approvals": []}))
    with pytest.raises(ProtocolError, match="cannot be read"):
        paper.load()


def test_an_agreement_without_parties_can_be_tried_out_and_not_used(tmp_path: Path, keys: Partnership) -> None:
    paper = signed(tmp_path, keys)
    text = paper.protocol.read_text()
    paper.write("\n".join(line for line in text.splitlines() if "parties:" not in line))
    assert any("names no parties, so nobody can sign it" in text for text in paper.missing())


def test_it_stands_between_its_parties_and_nobody_else(tmp_path: Path, keys: Partnership) -> None:
    case = Case(labels=(L.REQUEST, L.SAFETY))
    assert judge(case, signed(tmp_path, keys).load()) == released(L.REQUEST, L.SAFETY)
    # Of the kind that the agreement names, and not between whom it is.
    other = draft(tmp_path / "other", keys)
    other.change("parties: [cjit-ashby, project-ashby]", "parties: [cjit-ashby, housing-ashby]")
    for person in (CJIT, "l_dunmore"):
        other.sign(person)
    other.sign_tables(CJIT, PROJECT)
    assert judge(case, other.load()) == Refused(Reason.NO_AGREEMENT)


ENDS = {
    "on its last day": ("until: 2027-01-16", released(L.REQUEST, L.SAFETY)),
    "after it ended": ("until: 2026-01-01", Refused(Reason.NO_AGREEMENT)),
}


@pytest.mark.parametrize("name", ENDS)
def test_a_signed_agreement_that_ended_lets_nothing_pass(name: str, tmp_path: Path, keys: Partnership) -> None:
    until, expected = ENDS[name]
    paper = draft(tmp_path, keys)
    paper.change("until: null", until)
    for person in (CJIT, PROJECT):
        paper.sign(person)
    paper.sign_tables(CJIT, PROJECT)
    assert judge(Case(labels=(L.REQUEST, L.SAFETY)), paper.load()) == expected
