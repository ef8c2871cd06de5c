"""Same, possibly, or not known: scores from the table, decided for people."""

import pytest

from broker.matching.index import load_weights
from broker.matching.people import Candidate, recognise
from broker.matching.score import Score, score

W = load_weights()


def tokens(**values: str) -> set[str]:
    return {f"{kind}:{value}" for kind, value in values.items()}


HER = tokens(fnd="a", sur="a", sds="a", ini="a", ali="a", pcd="a", nhs="a")

# What another agency knows, and what follows.
PAIRS = {
    "all the same": (HER, "same"),
    "the same without an NHS number and a postcode": (tokens(fnd="a", sur="a", sds="a", ini="a", ali="a"), "same"),
    "the same from an alias on, with her number": (tokens(fnd="b", ali="a", nhs="a"), "same"),
    "an alias alone": (tokens(fnd="b", ali="a", sur="b"), "possible"),
    "a name misspelt": (tokens(fnd="b", sur="a", ini="a", sds="b"), "possible"),
    "her number on someone of another name": (tokens(fnd="b", sur="b", nhs="a"), "possible"),
    "only a number": (tokens(nhs="a"), "possible"),
    "the same name in the same place, born on another day": (tokens(fnd="b", sur="b", pcd="a"), "not known"),
    "name and place without a date": (tokens(sds="a", pcd="a"), "possible"),
    "the same name and birthday with another number": (tokens(fnd="a", sur="a", nhs="b"), "possible"),
    "nothing shared": (tokens(fnd="b", sur="b", sds="b", ini="b", ali="b", pcd="b", nhs="b"), "not known"),
}


@pytest.mark.parametrize("case", PAIRS)
def test_what_a_pair_is(case: str) -> None:
    theirs, expected = PAIRS[case]
    found = recognise([Candidate("r", "p", score(HER, theirs, W))], W)
    assert ("same" if found.same else "possible" if found.possible else "not known") == expected


def candidate(person: str, weight: float, record: str = "r", *, by_name: bool = True) -> Candidate:
    return Candidate(record, person, Score(weight, by_name))


def test_a_number_alone_never_merges_however_strong() -> None:
    found = recognise([candidate("p", 99, by_name=False)], W)
    assert found.same is None
    assert [each.person for each in found.possible] == ["p"]


def test_a_rival_close_behind_turns_certainty_into_doubt() -> None:
    close, far = candidate("q", 20 - W.margin + 0.1), candidate("q", 20 - W.margin)
    assert recognise([candidate("p", 20), close], W).same is None
    certain = recognise([candidate("p", 20), far], W)
    assert certain.same is not None
    assert certain.same.person == "p"
    assert [each.person for each in certain.possible] == ["q"]


def test_two_records_of_one_person_are_no_rivals() -> None:
    found = recognise([candidate("p", 20, "r1"), candidate("p", 20, "r2")], W)
    assert found.same is not None
    assert found.possible == ()


def test_nobody_is_found_among_none() -> None:
    found = recognise([], W)
    assert (found.same, found.possible) == (None, ())


def test_a_kind_that_only_one_side_has_says_nothing() -> None:
    assert score(tokens(fnd="a"), tokens(nhs="a"), W) == Score(0.0, False)
