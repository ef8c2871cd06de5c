"""The golden cases: chapters that officers can read; each case has its rule and its source, each clause a case it decides."""

import re
from functools import cache
from pathlib import Path

import pytest
import yaml

from consent.clauses.register import JUDGES
from consent.table.cases import Ready, decided_by, differs, read_chapter
from tests.specs.consent.judging import ashby

FOLDER = Path(__file__).parent
CHAPTERS = sorted(FOLDER.glob("*.yaml"))
# How many lines each of the five papers has that the product was asked for from.
LINES = {"000": 871, "001": 6020, "002": 673, "003": 169, "004": 237}


@cache
def golden() -> list[Ready]:
    return [one for file in CHAPTERS for one in read_chapter(yaml.safe_load(file.read_text()), ashby())]


@pytest.mark.parametrize("file", CHAPTERS, ids=lambda file: file.stem)
def test_each_case_of_the_chapter_comes_out_as_it_says(file: Path) -> None:
    cases = read_chapter(yaml.safe_load(file.read_text()), ashby())
    assert {one.golden.case: found for one in cases if (found := differs(one, ashby()))} == {}


def test_a_case_that_says_something_else_would_be_noticed() -> None:
    first = golden()[0]
    wrong = first.golden.model_copy(update={"expect": first.golden.expect.model_copy(update={"passes": ()})})
    assert differs(Ready(first.chapter, wrong, first.matter), ashby()) is not None


def test_every_clause_decides_in_some_case_and_every_clause_named_is_one() -> None:
    decided = {clause for one in golden() for clause in decided_by(one)}
    assert decided == set(ashby().clauses)


def test_every_rule_named_is_a_clause_or_a_part_of_one() -> None:
    known = {name.partition("-")[0] for name in (*ashby().clauses, *ashby().elsewhere, *JUDGES)}
    assert sorted({one.golden.rule for one in golden()} - known - set(ashby().clauses)) == []


def test_at_least_150_cases_name_a_line_that_is_there() -> None:
    named = [re.findall(r"(\d{3}):(\d+)(?:-(\d+))?", one.golden.source) for one in golden()]
    assert sum(bool(lines) for lines in named) >= 150
    assert [line for lines in named for line in lines if int(line[2] or line[1]) > LINES[line[0]]] == []


def test_no_case_is_told_twice() -> None:
    names = [one.name for one in golden()]
    assert sorted({name for name in names if names.count(name) > 1}) == []
