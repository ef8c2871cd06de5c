"""What no machine decides on: each kind of evidence that is left to people, beside its like that is not."""

from dataclasses import replace

import pytest

from agencies.identity import Details, KeyedTokens
from broker.matching.carried import presented, unpacked
from broker.matching.score import evidence

KEY = KeyedTokens(bytes(range(32)))
CALINA = Details(forename="Calina", surname="Marsbecks", date_of_birth="1982-05-16", sex="female", postcode="QD1")
ELSEWHERE = replace(CALINA, postcode=None)
NUMBERED = replace(CALINA, nhs_number="9434765919")
OTHER_NUMBER = replace(CALINA, nhs_number="9434765870")


def at_home(her: Details) -> Details:
    return replace(her, address="12 Elm Street", town="Ashby")


# Two records, and why no machine decides that they are one person's, however strong it is; "" where it may.
LEFT_TO_PEOPLE = {
    "a number and nothing else": (
        NUMBERED, replace(NUMBERED, forename="Oluchi", surname="Oakapple", date_of_birth="1991-11-30", postcode=None), "number"
    ),
    "names and nothing else": (CALINA, replace(ELSEWHERE, date_of_birth=None), "names"),
    "her twin": (CALINA, replace(CALINA, forename="Oluchi"), "twin"),
    "her mother, of her name": (CALINA, replace(CALINA, date_of_birth="1960-07-21"), "namesake"),
    "her mother, who lives with her": (
        at_home(CALINA), replace(at_home(CALINA), date_of_birth="1960-07-21"), "kin"
    ),
    "another birthday, and her number": (NUMBERED, replace(NUMBERED, date_of_birth="1960-07-21"), ""),
    "a surname that sounds alike, and another year": (
        CALINA, replace(ELSEWHERE, surname="Marsbeckson", date_of_birth="2000-05-16"), "alike"
    ),
    "the same names, and another year": (CALINA, replace(ELSEWHERE, date_of_birth="2000-05-16"), ""),
    "a surname that sounds alike, another year, and her place": (
        CALINA, replace(CALINA, surname="Marsbeckson", date_of_birth="2000-05-16"), ""
    ),
    "a surname that sounds alike, another year, and her address": (
        at_home(ELSEWHERE), replace(at_home(ELSEWHERE), surname="Marsbeckson", date_of_birth="2000-05-16"), ""
    ),
    "a surname that sounds alike, and her birthday": (CALINA, replace(ELSEWHERE, surname="Marsbeckson"), ""),
    "a surname that sounds alike, her birthday, and another's number": (
        NUMBERED, replace(OTHER_NUMBER, surname="Marsbeckson"), "alike"
    ),
    "her names and birthday, and another's number": (NUMBERED, OTHER_NUMBER, ""),
}  # fmt: skip


@pytest.mark.parametrize("case", LEFT_TO_PEOPLE)
def test_what_is_left_to_people_is_told_by_what_agrees_and_what_does_not(case: str) -> None:
    mine, theirs, caution = LEFT_TO_PEOPLE[case]
    here, there = (unpacked(presented(KEY.tokens(each), 1).packed()) for each in (mine, theirs))
    assert evidence(here.shared_with(there), here.kinds & there.kinds).caution == caution
