"""The program and a naive reading of the YAML agree: on every row of every clause, and on whole rows drawn from everywhere."""

import random
from pathlib import Path

import pytest

from consent.protocol_file import CORE
from consent.table.proof import rows_of
from consent.table.rows import WORDS, blocks, rows, says
from tests.specs.consent.judging import ashby
from tests.specs.protocol import naive
from tests.specs.protocol.test_golden_cases import golden

TABLE = naive.clauses(Path(CORE))


@pytest.mark.parametrize("clause", [one["id"] for one in TABLE])
def test_the_program_and_the_words_agree_on_every_row_of_the_clause(clause: str) -> None:
    written = next(one for one in TABLE if one["id"] == clause)
    compiled = ashby().clauses[clause]
    found = [says(compiled, row) for row, _ in rows(blocks([compiled]))]
    assert found == [naive.speaks(written, row) for row, _ in rows(blocks([compiled]))]
    assert any(found), "it never speaks"


def test_they_agree_on_the_verdict_of_whole_rows_from_everywhere() -> None:
    compiled = [one for one in ashby().clauses.values() if one.applies]
    chance = random.Random(26)
    some = [{name: chance.choice(words) for name, words in WORDS.items()} for _ in range(300)]
    # Chance rows are nearly all refused: those of the golden cases, each with one word changed, are the ones near a line.
    near = [dict(row) for one in golden()[::4] for row in rows_of(one, ashby()) if "label" in row]
    for row in near:
        name = chance.choice(list(WORDS))
        row[name] = chance.choice(WORDS[name])
    for row in [*some, *near]:
        spoke = [one.verdict.name.lower() for one in compiled if says(one, row)]
        assert max(spoke, key=naive.SEVERITY.index, default="route") == naive.verdict(TABLE, row)
