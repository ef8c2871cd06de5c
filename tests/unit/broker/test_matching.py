"""Same, possibly, or not known: what agrees is weighed by the shipped table, and decided for people."""

from dataclasses import replace

import pytest

from agencies.identity import Details, KeyedTokens
from broker.matching.carried import MOST_BLOCKING, Presented, presented, unpacked, value_of
from broker.matching.caution import CAUTIONS
from broker.matching.company import COUNTED, Beside, alone, company_of, size_of
from broker.matching.index import OF_A_CROWD, compared, load_weights
from broker.matching.people import MOST_POSSIBLE, Candidate, recognise
from broker.matching.score import Score, evidence, score

W = load_weights()
KEY = KeyedTokens(bytes(range(32)))
HER = Details(
    forename="Marisol", surname="Quillfeather", date_of_birth="1984-03-09", sex="female", postcode="AS1",
    nhs_number="9434765919", pnc_id="01/123456A",
)  # fmt: skip
NO_NUMBER = replace(HER, nhs_number=None, pnc_id=None)


def compare(mine: Details, theirs: Details, company: tuple[tuple[str, str], ...] | None = None) -> Score:
    here, there = presented(KEY.tokens(mine), 1), unpacked(presented(KEY.tokens(theirs), 1).packed())
    shared = frozenset(here.by_value[value] for value in set(here.by_value) & set(there.values))
    agreed = evidence(shared, here.kinds & there.kinds)
    return score(agreed, alone(agreed) if company is None else company, 0.0, W)


# What another agency wrote down, and what follows when it is all there is to go by.
PAIRS = {
    "all the same": (HER, "same"),
    "the same without a number and a postcode": (replace(NO_NUMBER, postcode=None), "same"),
    "a short form of the forename": (replace(NO_NUMBER, forename="Mari", aliases=("Marisol",)), "same"),
    "a surname misheard": (replace(NO_NUMBER, surname="Quilfether"), "same"),
    "another surname, with her number": (replace(HER, surname="Oakapple"), "same"),
    "another surname and no number": (replace(NO_NUMBER, surname="Oakapple"), "same"),
    "other names, at the same place": (replace(NO_NUMBER, forename="Mari", surname="Oakapple"), "possible"),
    "her twin": (replace(NO_NUMBER, forename="Oluchi"), "possible"),
    "her number on someone of another name and birthday": (
        replace(HER, forename="Oluchi", surname="Oakapple", date_of_birth="1991-11-30", postcode=None, pnc_id=None),
        "possible",
    ),
    "her mother, of her name": (replace(NO_NUMBER, date_of_birth="1960-07-21"), "possible"),
    "her mother, of her name and with another number": (
        replace(HER, date_of_birth="1960-07-21", nhs_number="9434765870", pnc_id=None),
        "not known",
    ),
    "only the name, and no date": (replace(NO_NUMBER, date_of_birth=None, postcode=None), "possible"),
    "name and place, and no date": (replace(NO_NUMBER, date_of_birth=None), "same"),
    "a birthday in common": (
        replace(HER, forename="Oluchi", surname="Oakapple", postcode="AS4", nhs_number="9434765870", pnc_id=None),
        "not known",
    ),
    "nobody of the kind": (
        Details(forename="Oluchi", surname="Oakapple", date_of_birth="1991-11-30", sex="female", postcode="AS4"),
        "not known",
    ),
}


@pytest.mark.parametrize("case", PAIRS)
def test_what_a_pair_is(case: str) -> None:
    theirs, expected = PAIRS[case]
    found = recognise([Candidate("r", "p", compare(HER, theirs))], W)
    assert ("same" if found.same else "possible" if found.possible else "not known") == expected


# What is written otherwise; the section of the table, and the level that counts.
LEVELS = {
    "nothing": (HER, ("birthday", "same")),
    "the day": (replace(HER, date_of_birth="1984-03-19"), ("birthday", "other_day")),
    "the month": (replace(HER, date_of_birth="1984-04-09"), ("birthday", "other_month")),
    "the year": (replace(HER, date_of_birth="1985-03-09"), ("birthday", "other_year")),
    "day and month changed over": (replace(HER, date_of_birth="1984-09-03"), ("birthday", "turned")),
    "all but the year unknown": (replace(HER, date_of_birth="1984-01-01"), ("birthday", "year")),
    "another date": (replace(HER, date_of_birth="1960-07-21"), ("birthday", "other")),
    "no date": (replace(HER, date_of_birth=None), ("birthday", "missing")),
    "a short form": (replace(HER, forename="Kate"), ("forename", "other")),
    "one letter of the forename": (replace(HER, forename="Marisob"), ("forename", "slip")),
    "the surname by ear": (replace(HER, surname="Quilfether"), ("surname", "sound")),
    "one letter of the surname": (replace(HER, surname="Quillfeatmer"), ("surname", "slip")),
    "the surname": (replace(HER, surname="Oakapple"), ("surname", "other")),
    "the sex": (replace(HER, sex="male"), ("sex", "other")),
    "the district": (replace(HER, postcode="AS4"), ("place", "other")),
    "one digit of the NHS number": (replace(HER, nhs_number="9434765819"), ("nhs", "slip")),
    "one digit of the other number": (replace(HER, pnc_id="01/123956A"), ("pnc", "slip")),
    "the NHS number": (replace(HER, nhs_number="9434765870"), ("nhs", "other")),
    "the NHS number left out": (replace(HER, nhs_number=None), ("nhs", "missing")),
    "the forename of a twin": (replace(NO_NUMBER, forename="Oluchi"), ("together", "a_twin")),
    "a mother of her name": (replace(HER, date_of_birth="1960-07-21"), ("together", "namesake")),
}


@pytest.mark.parametrize("case", LEVELS)
def test_what_agrees_is_seen_level_by_level_without_a_name(case: str) -> None:
    theirs, level = LEVELS[case]
    levels = compare(HER, theirs).levels
    assert level in levels
    sections = [section for section, _ in levels if section != "together"]
    assert len(sections) == len(set(sections)), "one level of each section counts"


def test_every_level_that_a_comparison_can_reach_has_a_weight_or_says_nothing() -> None:
    known = {section for section, _ in W.worth}
    people = {"birthday", "forename", "surname", "sex", "nhs", "pnc"}
    assert known == people | {"place", "address", "home", "town", "together", "crowd", "support", "size"}


AT_HOME = replace(NO_NUMBER, address="12 Withybrook Road", town="Ashby")
# Where both say where she lives: what is written otherwise, and the levels that count.
HOMES = {
    "nothing": (AT_HOME, {("address", "same"), ("home", "names_birthday"), ("town", "same")}),
    "how the street is written": (replace(AT_HOME, address="12, Withybrook Rd"), {("address", "same")}),
    "one letter of the street": (replace(AT_HOME, address="12 Withybrock Road"), {("address", "same")}),
    "the number of the house": (replace(AT_HOME, address="14 Withybrook Road"), {("address", "street")}),
    "the number and a letter": (replace(AT_HOME, address="14 Withybrock Road"), {("address", "half")}),
    "the street": (replace(AT_HOME, address="12 Mill Lane"), {("address", "number"), ("home", "elsewhere_names_birthday")}),
    "the address": (replace(AT_HOME, address="3 Mill Lane", town="Thorpe"), {("address", "other"), ("town", "other")}),
    "her mother at home": (
        replace(AT_HOME, forename="Oluchi", date_of_birth="1960-07-21"),
        {("address", "same"), ("home", "surname_alone"), ("forename", "other")},
    ),
    "both names and the date by slips": (
        replace(AT_HOME, forename="Marysob", surname="Quillvaether", date_of_birth="1985-04-11"),
        {("address", "same"), ("home", "starts_alone")},
    ),
}


@pytest.mark.parametrize("case", HOMES)
def test_where_she_lives_is_seen_only_beside_a_name_or_her_birthday(case: str) -> None:
    theirs, levels = HOMES[case]
    assert levels <= set(compare(AT_HOME, theirs).levels)


@pytest.mark.parametrize("case", [*LEVELS, *PAIRS])
def test_where_one_of_the_two_has_no_address_all_is_as_if_there_were_none(case: str) -> None:
    theirs = (LEVELS.get(case) or PAIRS[case])[0]
    at_home = replace(HER, address="12 Withybrook Road", town="Ashby")
    assert compare(at_home, theirs) == compare(HER, theirs)


# Who is met at one address, and what follows: a roof puts nobody together.
UNDER_ONE_ROOF = {
    "herself": (AT_HOME, "same"),
    "her mother": (replace(AT_HOME, forename="Oluchi", date_of_birth="1960-07-21"), "apart"),
    "her mother, of her name": (replace(AT_HOME, date_of_birth="1960-07-21"), "apart"),
    "her twin": (replace(AT_HOME, forename="Oluchi"), "apart"),
    "a namesake in the hostel, of whom no date is known": (
        replace(AT_HOME, surname="Oakapple", date_of_birth=None, sex=None),
        "apart",
    ),
    "another resident of the hostel, of her birthday": (replace(AT_HOME, forename="Dorcas", surname="Ivory"), "apart"),
    "another resident": (replace(AT_HOME, forename="Dorcas", surname="Ivory", date_of_birth="1991-11-30"), "apart"),
}  # fmt: skip


@pytest.mark.parametrize("case", UNDER_ONE_ROOF)
def test_one_roof_makes_nobody_one_person(case: str) -> None:
    theirs, expected = UNDER_ONE_ROOF[case]
    found = recognise([Candidate("r", "p", compare(AT_HOME, theirs))], W)
    assert ("same" if found.same else "apart") == expected


STRANGERS = Details(forename="Oluchi", surname="Oakapple", date_of_birth="1984-03-09", sex="female", postcode="AS4")


COUNTING = {value_of(key): kind for key, kind in presented(KEY.tokens(NO_NUMBER), 1).blocking.items() if kind in COUNTED}
NOBODY_ELSE = dict.fromkeys(COUNTING, 0)


def beside(theirs: Details, person: str) -> Beside:
    here, there = presented(KEY.tokens(NO_NUMBER), 1), unpacked(presented(KEY.tokens(theirs), 1).packed())
    hits = here.by_value.keys() & set(there.values)
    return Beside(
        person,
        [hit for hit in hits if hit in COUNTING],
        evidence(frozenset(here.by_value[hit] for hit in hits), here.kinds & there.kinds),
    )


def test_the_more_strangers_share_it_the_less_it_says() -> None:
    twin = beside(replace(NO_NUMBER, forename="Dorcas"), "p")
    others = [beside(replace(STRANGERS, surname=name), name) for name in ("Oakapple", "Marchbanks", "Ivory")]
    levels = [company_of([twin, *others[:count]], COUNTING, NOBODY_ELSE)[0] for count in range(4)]
    assert levels == [(("crowd", f"birthday_{count}"),) for count in ("none", "one", "two", "few")]


def test_strangers_count_whether_they_are_compared_or_not() -> None:
    twin = beside(replace(NO_NUMBER, forename="Dorcas"), "p")
    unread = [NOBODY_ELSE | {token: count for token, kind in COUNTING.items() if kind == "sxd"} for count in range(4)]
    levels = [company_of([twin], COUNTING, each)[0] for each in unread]
    assert levels == [(("crowd", f"birthday_{count}"),) for count in ("none", "one", "two", "few")]


class Asked:
    """A register in which sixty share her names, and a hundred others a name and her birthday."""

    def __init__(self) -> None:
        self.read: list[int] = []

    def rows(self, _sql: str, *values: object) -> list[tuple[object, ...]]:
        if len(values) == 1:
            return [(key, ",".join(map(str, numbers))) for key, numbers in ((1, range(1, 61)), (2, range(101, 201)))]
        self.read = list(values[0]) if isinstance(values[0], list) else []
        return []

    def run(self, _sql: str, *_values: object) -> int:
        raise AssertionError("a look-up writes nothing")

    many = run


def test_of_a_crowd_a_few_are_compared_and_whoever_shares_more_is_never_left_out_for_it() -> None:
    register = Asked()
    assert compared(register, Presented(1, {}, {1: "nc", 2: "cd"}), frozenset()) == []
    assert register.read == [*range(1, OF_A_CROWD + 1), *range(101, 105)]


def test_her_own_other_records_are_no_crowd_and_a_rival_is_none() -> None:
    apart = [beside(NO_NUMBER, "p"), beside(NO_NUMBER, "filed apart so far"), beside(replace(NO_NUMBER, postcode=None), "p")]
    first, second, third = company_of(apart, COUNTING, NOBODY_ELSE)
    assert first == (("crowd", "names_dated_none"), ("support", "one"))
    assert second == (("crowd", "names_dated_none"),)
    assert third == first


@pytest.mark.parametrize("what", ["birthday", "names", "names_dated", "place", "home"])
def test_a_crowd_says_no_more_than_some(what: str) -> None:
    assert W.worth["crowd", f"{what}_many"] <= W.worth["crowd", f"{what}_some"]


CHANCE = {
    "names and no date": (replace(NO_NUMBER, date_of_birth=None, postcode=None), "names"),
    "names and a date that differs in its year": (replace(NO_NUMBER, date_of_birth="1991-03-09"), "names_and_nearly"),
    "names and the whole date": (NO_NUMBER, None),
    "a birthday and nothing else": (STRANGERS, "birthday"),
}


@pytest.mark.parametrize("case", CHANCE)
def test_what_may_agree_by_chance_says_less_in_a_large_register(case: str) -> None:
    theirs, chance = CHANCE[case]
    found = beside(theirs, "p").evidence
    small, large = (score(found, (), size_of(records), W).weight for records in (500, 1_000_000))
    assert found.chance == chance
    assert large == small if chance is None else large < small


def candidate(person: str, weight: float, record: str = "r", *, caution: str = "") -> Candidate:
    return Candidate(record, person, Score(weight, caution))


@pytest.mark.parametrize("caution", sorted(CAUTIONS))
def test_what_is_left_to_people_never_merges_however_strong(caution: str) -> None:
    found = recognise([candidate("p", 99, caution=caution)], W)
    assert found.same is None
    assert [each.person for each in found.possible] == ["p"]


def test_a_twin_is_judged_by_the_evidence_only_where_one_answer_must_be_given() -> None:
    assert recognise([candidate("p", 99, caution="twin")], W.by_evidence()).same is not None
    assert recognise([candidate("p", 99, caution="names")], W.by_evidence()).same is None


def test_a_rival_close_behind_turns_certainty_into_doubt() -> None:
    close, far = candidate("q", W.same + 9), candidate("q", 0)
    doubtful = recognise([candidate("p", W.same + 10), close], W)
    assert doubtful.same is None
    assert [each.person for each in doubtful.possible] == ["p", "q"]
    certain = recognise([candidate("p", W.same + 10), far], W)
    assert certain.same is not None
    assert certain.same.person == "p"
    assert certain.possible == (), "she is one person, and certain who"


def test_many_weak_rivals_weigh_together() -> None:
    alone = recognise([candidate("p", W.same + 1)], W)
    among = recognise([candidate("p", W.same + 1), *(candidate(f"q{n}", W.same - 2) for n in range(9))], W)
    assert alone.same is not None
    assert among.same is None
    assert len(among.possible) == MOST_POSSIBLE


def test_two_records_of_one_person_are_no_rivals() -> None:
    found = recognise([candidate("p", 20, "r1"), candidate("p", 20, "r2")], W)
    assert found.same is not None
    assert found.possible == ()


def test_nobody_is_found_among_none() -> None:
    found = recognise([], W)
    assert (found.same, found.possible) == (None, ())


# --- how tokens are kept


def test_what_is_kept_beside_a_record_is_what_was_presented() -> None:
    here = presented(KEY.tokens(HER), 1)
    kept = unpacked(here.packed())
    assert kept.by_value() == dict(here.by_value)
    assert kept.kinds == here.kinds
    assert len(here.packed()) < 450, "it is kept for a million people"


def test_few_tokens_are_followed_and_they_are_kept_beside_the_record_too() -> None:
    many = replace(HER, aliases=("Kate Jones", "Alex Oakapple", "Chris", "Sam Larkspur-Hazelrigg"))
    here = presented(KEY.tokens(many), 1)
    assert 11 <= len(here.blocking) <= MOST_BLOCKING
    assert {value_of(key) for key in here.blocking} <= set(here.by_value)


def test_epochs_are_apart_in_the_index_and_by_key() -> None:
    first, second = presented(KEY.tokens(HER), 1), presented(KeyedTokens(bytes(32), epoch=2).tokens(HER), 2)
    assert {key % 16 for key in first.blocking} == {1}
    assert {key % 16 for key in second.blocking} == {2}
    assert not set(first.by_value) & set(second.by_value)


def test_a_kind_that_this_broker_does_not_know_says_nothing() -> None:
    assert presented([f"zz:{'A' * 12}"], 1).by_value == {}


def test_nothing_in_common_has_a_level_too() -> None:
    assert dict(evidence(frozenset(), frozenset()).levels)["birthday"] == "missing"
