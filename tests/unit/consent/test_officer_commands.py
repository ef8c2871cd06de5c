"""./run officer as officers type it: proposed by one, approved by the other, verified; and every way in which it is not."""

from pathlib import Path

import pytest

from consent.officer.cli import main
from tests.factories import partnership
from tests.specs.agreements.paper import CJIT, PROJECT, Paper, draft

NIGHT = "w_tilling"


@pytest.fixture
def paper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Paper:
    monkeypatch.setenv("DEMONSTRATION", "1")
    for name in ("CONSENT_DATABASE_URL", "CONSENT_AGREEMENTS"):
        monkeypatch.delenv(name, raising=False)
    return draft(tmp_path, partnership())


def typed(paper: Paper, *arguments: str) -> int:
    where = ["--protocol", str(paper.protocol), "--directory", str(paper.keys.folder / "directory.json")]
    return main([*arguments, *where, "--agreements", str(paper.approvals)])


def by(paper: Paper, person: str) -> list[str]:
    return ["--person", person, "--people", str(paper.keys.folder / "people")]


def test_proposed_by_one_approved_by_the_other_and_verified(paper: Paper, capsys: pytest.CaptureFixture[str]) -> None:
    assert typed(paper, "verify") == 1
    assert "no governance officer of cjit-ashby has signed these words" in capsys.readouterr().err
    assert typed(paper, "propose", "support", *by(paper, CJIT)) == 0
    shown = capsys.readouterr().out
    assert "signed by cjit-ashby/r_ellery, head of governance" in shown
    assert "Missing: agreement support, version 1: no governance officer of project-ashby" in shown.replace("\n  ", " ")
    terms = shown.split("the hash of these words: ")[1][:12]
    assert typed(paper, "approve", "support", "--terms", terms, *by(paper, PROJECT)) == 0
    for person in (CJIT, PROJECT):
        assert typed(paper, "approve", "tables", *by(paper, person)) == 0
    capsys.readouterr()
    assert typed(paper, "verify") == 0
    assert "1 agreements between 1 pairs of agencies, each signed by two officers" in capsys.readouterr().out
    assert paper.load().approved_by["support/1"] == ("cjit-ashby/r_ellery", "project-ashby/v_marchmont")


def test_everything_that_waits_for_her_agency_is_signed_at_once(paper: Paper) -> None:
    for person in (CJIT, PROJECT):
        assert typed(paper, "propose" if person == CJIT else "approve", "support", *by(paper, person)) == 0
        assert typed(paper, "approve", "all", *by(paper, person)) == 0
    assert typed(paper, "verify") == 0
    assert typed(paper, "approve", "all", *by(paper, PROJECT)) == 1


NOT_HERS: dict[str, tuple[tuple[str, ...], str, str]] = {
    "an agency that is no party": (("propose", "support"), "l_dunmore", "housing-ashby is no party to support/1"),
    "an office that may not": (("approve", "support"), NIGHT, "takes a governance officer, and w_tilling is duty lead"),
    "twice": (("approve", "support"), CJIT, "cjit-ashby has signed these words of support/1 already"),
    "proposed before": (("propose", "support"), PROJECT, "was proposed by cjit-ashby/r_ellery"),
    "other words than she read": (("approve", "support", "--terms", "0" * 12), PROJECT, "says something else now"),
    "no such agreement": (("approve", "housing"), PROJECT, "there is no agreement housing"),
    "a key that is nobody's": (("approve", "support"), "nobody_here", "cannot read the key"),
}


@pytest.mark.parametrize("name", NOT_HERS)
def test_whoever_may_not_is_told_why_and_nothing_is_signed(name: str, paper: Paper, capsys: pytest.CaptureFixture[str]) -> None:
    assert typed(paper, "propose", "support", *by(paper, CJIT)) == 0
    before = paper.approvals.read_bytes()
    words, person, told = NOT_HERS[name]
    assert typed(paper, *words, *by(paper, person)) == 1
    assert told in capsys.readouterr().err
    assert paper.approvals.read_bytes() == before


def test_nobody_approves_what_nobody_proposed(paper: Paper, capsys: pytest.CaptureFixture[str]) -> None:
    assert typed(paper, "approve", "support", *by(paper, PROJECT)) == 1
    assert "nobody has proposed these words of support/1" in capsys.readouterr().err


def test_a_tighter_version_is_shown_and_counts_on_one_word(paper: Paper, capsys: pytest.CaptureFixture[str]) -> None:
    typed(paper, "propose", "support", *by(paper, CJIT))
    typed(paper, "approve", "support", *by(paper, PROJECT))
    for person in (CJIT, PROJECT):
        typed(paper, "approve", "tables", *by(paper, person))
    paper.new_version(2, "2026-11-20", ("[identity, contact, request, safety]", "[identity, request, safety]"))
    capsys.readouterr()
    assert typed(paper, "show", "support") == 1
    shown = capsys.readouterr().out
    assert "beside the version before it: tighter" in shown
    assert "- cjit may send project no longer contact for support referral" in shown
    assert typed(paper, "propose", "support", *by(paper, NIGHT)) == 0
    assert typed(paper, "verify") == 0


def test_a_broken_signature_is_forgotten_by_its_id(paper: Paper) -> None:
    good = paper.sign(CJIT)
    paper.replace(good, good.model_copy(update={"signature": good.signature[:-4] + "AAA="}))
    assert typed(paper, "show") == 1
    assert typed(paper, "forget", good.said.id) == 0
    assert typed(paper, "forget", good.said.id) == 1
