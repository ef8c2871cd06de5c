"""Normalising a person's details, and tokens that two agencies make alike without telling each other her name."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agencies.identity import KeyedTokens, birth, compounds, district, plain, plain_nhs_number, soundex
from contracts.messages.compartments import Identity

KEY = bytes(range(32))
MAKER = KeyedTokens(KEY)


def who(forename: str = "Marisol", surname: str = "Quillfeather", **more) -> Identity:
    return Identity(**{"forename": forename, "surname": surname, "date_of_birth": "1984-03-09", "sex": "female", **more})


def kinds(identity: Identity) -> set[str]:
    return {token.split(":")[0] for token in MAKER.tokens(identity)}


SAME_WORDS = {
    "case": ("MARISOL", ("marisol",)),
    "accents": ("Zoë", ("zoe",)),
    "an accent written apart": ("Zoe\u0308", ("zoe",)),
    "an apostrophe joins": ("O'Brien", ("obrien",)),
    "a curly apostrophe joins": ("O’Brien", ("obrien",)),
    "a hyphen parts": ("Marchbanks-Ivory", ("marchbanks", "ivory")),
    "a title goes": ("Mrs. Ivory", ("ivory",)),
    "a title that is all there is stays": ("Lady", ("lady",)),
    "spaces": ("  Mary   Ann ", ("mary", "ann")),
    "another script": ("Олена", ("олена",)),
    "nothing": ("--", ()),
}


@pytest.mark.parametrize("case", SAME_WORDS)
def test_a_name_becomes_plain_words(case: str) -> None:
    text, words = SAME_WORDS[case]
    assert plain(text) == words


DISTRICTS = {
    "AS1 2BC": "AS1", "as12bc": "AS1", "AB10 1AA": "AB10", "W1A 1AA": "W1A", "AS1": "AS1",
    "ZZ99 3VZ": None, "no fixed abode": None, "NFA": None, "": None, "nonsense": None,
}  # fmt: skip


@pytest.mark.parametrize("text", DISTRICTS)
def test_a_postcode_becomes_its_district_or_nothing(text: str) -> None:
    assert district(text) == DISTRICTS[text]


def test_the_first_of_january_is_a_year_and_no_more() -> None:
    january, march, none = birth("1984-01-01"), birth("1984-03-09"), birth("9 March")
    assert january is not None
    assert march is not None
    assert (january.whole, march.whole, none) == ("1984", "19840309", None)
    assert "ini" not in kinds(who(date_of_birth="1984-01-01")), "initials and a year are half the town"


@pytest.mark.parametrize(
    ("text", "kept"), [("943 476 5919", "9434765919"), ("9434765918", None), ("0000000000", None), ("12", None)]
)
def test_an_nhs_number_counts_only_with_its_check_digit(text: str, kept: str | None) -> None:
    assert plain_nhs_number(text) == kept


@pytest.mark.parametrize(("one", "other"), [("robert", "rupert"), ("tymczak", "tymzak"), ("ashcraft", "ashcroft")])
def test_names_that_sound_alike_share_their_sound(one: str, other: str) -> None:
    assert soundex(one) == soundex(other)


SAME_PERSON = {
    "spelling of case and accents": (who("MARISÓL", "quillfeather"), "fnd"),
    "the names in the other order": (who("Quillfeather", "Marisol"), "sds"),
    "half of a double-barrelled name": (who(surname="Quillfeather-Oakapple"), "fnd"),
    "a surname heard and not read": (who(surname="Quilfether"), "sur"),
    "another forename, whom her friends call Marisol": (who("Dolores", aliases=("Marisol",)), "ali"),
    "another name altogether, and the whole of hers among the others": (
        who("Dolores", "Oakapple", aliases=("Marisol Quillfeather",)),
        "ali",
    ),
    "a new surname, with the same number": (who("Dolores", "Oakapple", nhs_number="9434765919"), "nhs"),
    "no date of birth but the same district": (who(date_of_birth=None, postcode_district="AS1"), "pcd"),
}


@pytest.mark.parametrize("case", SAME_PERSON)
def test_two_agencies_share_a_token_when_they_differ_in(case: str) -> None:
    other, kind = SAME_PERSON[case]
    here = who(nhs_number="9434765919", postcode_district="AS1")
    shared = set(MAKER.tokens(here)) & set(MAKER.tokens(other))
    assert kind in {token.split(":")[0] for token in shared}


def test_another_person_shares_nothing() -> None:
    other = who("Tamsin", "Oakapple", date_of_birth="1991-11-30", nhs_number="9434765870", postcode_district="AS4")
    assert not set(MAKER.tokens(who())) & set(MAKER.tokens(other))


def test_another_key_or_epoch_shares_nothing() -> None:
    for other in (KeyedTokens(bytes(32)), KeyedTokens(KEY, epoch=2)):
        assert not set(MAKER.tokens(who())) & set(other.tokens(who()))


def test_a_short_key_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        KeyedTokens(b"short")


def test_names_alone_make_one_token_and_no_name_makes_none() -> None:
    assert kinds(Identity(forename="Marisol", surname="Quillfeather")) == {"sds"}
    assert MAKER.tokens(Identity(forename="unknown", surname="--")) == ()


TEXT = st.text(min_size=1, max_size=30)
DATES = st.one_of(st.none(), st.dates().map(lambda day: f"{max(day.year, 1000):04}-{day.month:02}-{day.day:02}"))
IDENTITIES = st.builds(
    Identity,
    forename=TEXT,
    surname=TEXT,
    aliases=st.lists(TEXT, max_size=8).map(tuple),
    date_of_birth=DATES,
    sex=st.sampled_from(["female", "male", "other", "not_given"]),
    nhs_number=st.sampled_from([None, "9434765919"]),
    postcode_district=st.sampled_from([None, "AS1", "W1A"]),
)


@given(IDENTITIES)
def test_tokens_are_of_the_one_form_few_and_in_order(identity: Identity) -> None:
    tokens = MAKER.tokens(identity)
    assert tokens == tuple(sorted(set(tokens)))
    assert len(tokens) <= 64
    assert all(re.fullmatch(r"(fnd|sur|ini|nhs|ali|pcd|sds):[0-9a-f]{32}", token) for token in tokens)


@given(IDENTITIES)
def test_every_token_is_of_at_least_two_details(identity: Identity) -> None:
    assert all(len([part for part in compound[1:] if part]) >= 2 for compound in compounds(identity))


@given(TEXT)
def test_plain_words_are_plain_already(text: str) -> None:
    assert plain(" ".join(plain(text))) == plain(text)


@given(IDENTITIES, st.sampled_from([str.upper, str.lower, lambda text: f"  {text} "]))
def test_how_it_is_typed_changes_nothing(identity: Identity, typed) -> None:
    # Upper case is not always undone by lower case (one letter may become two), so only text that survives is asked about.
    if all(plain(typed(text)) == plain(text) for text in (identity.forename, identity.surname)):
        again = identity.model_copy(update={"forename": typed(identity.forename), "surname": typed(identity.surname)})
        assert MAKER.tokens(again) == MAKER.tokens(identity)
