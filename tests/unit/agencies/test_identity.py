"""Normalising a person's details, and tokens that two agencies make alike without telling each other her name."""

import hmac
import re
from base64 import urlsafe_b64encode
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agencies.addresses import Home, home
from agencies.identity import Details, Epochs, KeyedTokens, compounds, details_of
from agencies.names import birth, district, identifier, plain, plain_nhs_number, sound, soundex
from agencies.nicknames import full_names
from contracts.messages.compartments import Identity

KEY = bytes(range(32))
MAKER = KeyedTokens(KEY)


def who(forename: str = "Marisol", surname: str = "Quillfeather", **more) -> Details:
    return Details(**{"forename": forename, "surname": surname, "date_of_birth": "1984-03-09", "sex": "female", **more})


def kinds(details: Details) -> set[str]:
    return {token.split(":")[0] for token in MAKER.tokens(details)}


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


def test_1900_is_what_systems_fill_in_unless_somebody_wrote_a_day_of_it() -> None:
    filled_in, written = birth("1900-01-01"), birth("10/12/1900")
    assert filled_in is None
    assert written is not None
    assert written.whole == "19001210"
    # For 2000 by a slip of the pen: day and month, and the names, agree.
    of_both = (set(MAKER.tokens(who(date_of_birth=born))) for born in ("1900-12-10", "2000-12-10"))
    assert {"nby", "fby", "sby"} <= {token.split(":")[0] for token in set.intersection(*of_both)}


@pytest.mark.parametrize(
    ("text", "kept"), [("943 476 5919", "9434765919"), ("9434765918", None), ("0000000000", None), ("12", None)]
)
def test_an_nhs_number_counts_only_with_its_check_digit(text: str, kept: str | None) -> None:
    assert plain_nhs_number(text) == kept


@pytest.mark.parametrize(("one", "other"), [("robert", "rupert"), ("tymczak", "tymzak"), ("ashcraft", "ashcroft")])
def test_names_that_sound_alike_share_their_sound(one: str, other: str) -> None:
    assert soundex(one) == soundex(other)


HOME = {"address": "Flat 3, 12 Withybrook Road", "town": "Ashby"}

# What differs, and the kind of token that agrees all the same.
SAME_PERSON = {
    "spelling of case and accents": (who("MARISÓL", "quillfeather"), "fd"),
    "the names in the other order": (who("Quillfeather", "Marisol"), "nx"),
    "half of a double-barrelled name": (who(surname="Quillfeather-Oakapple"), "sd"),
    "a surname heard and not read": (who(surname="Quilfether"), "ssd"),
    "a surname with one letter wrong": (who(surname="Quillfeatmer"), "sed"),
    "another forename, whom her friends call Marisol": (who("Dolores", aliases=("Marisol",)), "fd"),
    "another name altogether, and the whole of hers among the others": (
        who("Dolores", "Oakapple", aliases=("Marisol Quillfeather",)),
        "nx",
    ),
    "a new surname, with the same number": (who("Dolores", "Oakapple", nhs_number="9434765919"), "nhs"),
    "a digit of her number wrong": (who("Dolores", "Oakapple", nhs_number="9434765819"), "nhe"),
    "a new surname, with the number a prison gave her": (who("Dolores", "Oakapple", issued=(("Prison", "a1234-bc"),)), "aid"),
    "a digit of that number wrong": (who("Dolores", "Oakapple", issued=(("prison", "A1235BC"),)), "aie"),
    "the names in the other fields, at the same place": (
        who("Quillfeather", "Dolores", date_of_birth=None, postcode="AS1"),
        "xp",
    ),
    "no date of birth but the same district": (who(date_of_birth=None, postcode="AS1"), "fp"),
    "day and month of her birth changed over": (who(date_of_birth="1984-09-03"), "nbt"),
    "the day of her birth wrong": (who(date_of_birth="1984-03-19"), "nbd"),
    "the month of her birth wrong": (who(date_of_birth="1984-04-09"), "nbm"),
    "the year of her birth wrong": (who(date_of_birth="1985-03-09"), "nby"),
    "only the year of her birth known": (who(date_of_birth="1984-01-01"), "ny"),
    "a street name for both names": (who("Angel", "Smith"), "sxd"),
    "another surname at the same address": (who(surname="Oakapple", date_of_birth=None, **HOME), "fah"),
    "both her names by a slip, at the same address": (who("Marysob", "Quyllfeahter", date_of_birth=None, **HOME), "xas"),
    "the street by a slip, with another name": (who("Dolores", "Oakapple", address="Wythybrook Rd"), "hae"),
    "the number of the house and nothing else of the address": (who("Dolores", "Oakapple", address="12 Mill Lane"), "han"),
    "the town and nothing else of the address": (who("Dolores", "Oakapple", address="The Forge", town="ASHBY"), "ht"),
    "both names in the same town": (who(date_of_birth=None, town="Ashbee"), "nt"),
}


@pytest.mark.parametrize("case", SAME_PERSON)
def test_two_agencies_share_a_token_when_they_differ_in(case: str) -> None:
    other, kind = SAME_PERSON[case]
    here = who(nhs_number="9434765919", postcode="AS1", issued=(("prison", "A1234BC"),), **HOME)
    shared = set(MAKER.tokens(here)) & set(MAKER.tokens(other))
    assert kind in {token.split(":")[0] for token in shared}


def test_another_person_shares_nothing() -> None:
    other = who("Tamsin", "Oakapple", date_of_birth="1991-11-30", nhs_number="9434765870", postcode="AS4")
    assert not set(MAKER.tokens(who())) & set(MAKER.tokens(other))


def test_two_residents_of_one_house_in_one_town_share_nothing_by_that() -> None:
    one, other = who(**HOME), who("Tamsin", "Oakapple", date_of_birth="1991-11-30", **HOME)
    assert not set(MAKER.tokens(one)) & set(MAKER.tokens(other)), "or a hostel would be told by its crowd"


# How one address is written; all make the same tokens of it.
ADDRESSES = {
    "the word for the street shortened": "12 Withybrook Rd",
    "in capitals, with a full stop": "12 WITHYBROOK RD.",
    "without the word for the street": "12 Withybrook",
    "written together": "12 withybrookroad",
    "with a space too many": "12 Withy brook Road",
    "with her room": "Flat 3, 12 Withybrook Road",
    "with a nought before the number": "012 Withybrook Road",
    "over two lines": "12\nWithybrook Road",
}


@pytest.mark.parametrize("case", ADDRESSES)
def test_an_address_is_the_same_however_it_is_written(case: str) -> None:
    assert home(ADDRESSES[case]) == Home("12", (("with", "rook"),))


@pytest.mark.parametrize(
    "text", [None, "", "NFA", "No fixed abode", "n/a", "unknown", "ZZ99 3VZ", "homeless", "12", "no fixed address, nfa"]
)
def test_whoever_lives_nowhere_fixed_has_no_address(text: str | None) -> None:
    assert home(text) is None
    assert MAKER.tokens(who(address=text)) == MAKER.tokens(who())


def test_who_says_nothing_of_her_address_has_the_tokens_she_had_before_there_were_any() -> None:
    assert not kinds(who(postcode="AS1")) & {"xas", "fah", "sah", "fas", "sas", "has", "hae", "xan", "han", "nt", "ht"}


def test_the_same_number_of_another_issuer_is_another_number() -> None:
    here, there = (who(issued=((issuer, "A1234BC"),)) for issuer in ("prison", "probation"))
    shared = set(MAKER.tokens(here)) & set(MAKER.tokens(replace(there, forename="Dolores", surname="Oakapple")))
    assert {token.split(":")[0] for token in shared} == {"sxd"}


def test_another_key_or_epoch_shares_nothing() -> None:
    for other in (KeyedTokens(bytes(32)), KeyedTokens(KEY, epoch=2)):
        assert not set(MAKER.tokens(who())) & set(other.tokens(who()))


def test_a_token_is_seventy_two_bits_of_hmac_sha_256_over_the_framed_epoch_and_details() -> None:
    # Every agency must make the same, whatever its adapter is written in: so the bytes are spelled out here.
    under_the_key = b"\0\0\0\x0drelay-1 token" + b"\0\0\0\x017" + b"\0\0\0\x02nx" + b"\0\0\0\x03ada" + b"\0\0\0\x04moss"
    short = urlsafe_b64encode(hmac.digest(KEY, under_the_key, "sha256")[:9]).decode()
    assert f"nx:{short}" in KeyedTokens(KEY, epoch=7).tokens(Details(forename="Ada", surname="Moss"))


def test_a_short_key_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        KeyedTokens(b"short")


def test_names_alone_make_only_pairs_of_names() -> None:
    assert kinds(Details(forename="Marisol", surname="Quillfeather")) == {"nx", "nc", "ns", "nr", "ne"}


def test_whoever_gives_no_name_has_no_tokens() -> None:
    assert MAKER.tokens(Details(forename="unknown", surname="--", date_of_birth="1984-03-09", sex="female")) == ()


@pytest.mark.parametrize(
    ("short", "full"),
    [("kate", "catherine"), ("shaz", "sharon"), ("kasia", "katarzyna"), ("mohammad", "mohammed"), ("alex", "alexandra"),
     ("alex", "alexander"), ("keziah", "keziah")],
)  # fmt: skip
def test_a_short_form_stands_for_every_name_it_may_be(short: str, full: str) -> None:
    assert full in full_names(short)


@pytest.mark.parametrize(
    ("one", "other"),
    [("catherine", "kathryn"), ("stephen", "steven"), ("phillips", "philips"), ("macdonald", "mcdonald"), ("clarke", "clark"),
     ("wisniewska", "wisniewski"), ("husein", "hussain"), ("knight", "night")],
)  # fmt: skip
def test_names_that_a_british_ear_hears_alike_share_their_closer_sound(one: str, other: str) -> None:
    assert sound(one) == sound(other)


@pytest.mark.parametrize(("one", "other"), [("williams", "wilson"), ("jones", "johnson"), ("khan", "kaur"), ("smith", "stone")])
def test_and_others_do_not(one: str, other: str) -> None:
    assert sound(one) != sound(other)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("943 476 5918", "9434765918"),
        ("01/123456A", "01123456a"),
        ("0000000000", None),
        ("", None),
        ("unknown", None),
        ("12", None),
    ],
)
def test_a_mistyped_number_is_still_evidence(text: str, kept: str | None) -> None:
    assert identifier(text) == kept


def test_in_an_overlap_she_has_tokens_under_both_keys_the_newest_first() -> None:
    old, new, oldest = KeyedTokens(KEY), KeyedTokens(bytes(32), epoch=2), KeyedTokens(bytes(range(1, 33)), epoch=3)
    assert [each.epoch for each in Epochs([old, new]).keyed(who())] == [2, 1]
    assert [each.epoch for each in Epochs([old, new, oldest]).keyed(who())] == [3, 2]
    assert Epochs([old]).keyed(who())[0].tokens == old.tokens(who())
    assert Epochs([old]).keyed(Details()) == ()


TEXT = st.text(min_size=1, max_size=30)
DATES = st.one_of(st.none(), st.dates().map(lambda day: f"{max(day.year, 1000):04}-{day.month:02}-{day.day:02}"))
PEOPLE = st.builds(
    Details,
    forename=TEXT,
    surname=TEXT,
    aliases=st.lists(TEXT, max_size=8).map(tuple),
    date_of_birth=DATES,
    sex=st.sampled_from(["female", "male", "other", "not_given"]),
    nhs_number=st.sampled_from([None, "9434765919"]),
    postcode=st.sampled_from([None, "AS1", "W1A"]),
    pnc_id=st.sampled_from([None, "01/123456A"]),
    address=st.one_of(st.none(), TEXT, st.just("Rose Cottage, 4 Mill Lane")),
    town=st.one_of(st.none(), TEXT),
)


@given(PEOPLE)
def test_tokens_are_of_the_one_form_few_and_in_order(details: Details) -> None:
    tokens = MAKER.tokens(details)
    assert tokens == tuple(sorted(set(tokens)))
    assert len(tokens) <= 192
    assert all(re.fullmatch(r"[a-z]{2,4}:[A-Za-z0-9_-]{12}", token) for token in tokens)


@given(PEOPLE)
def test_every_token_is_of_at_least_two_details_or_of_an_issued_number(details: Details) -> None:
    for kind, *parts in compounds(details):
        assert len([part for part in parts if part]) >= 2 or kind in {"nhs", "nhe", "pnc", "pne"}


@given(TEXT)
def test_plain_words_are_plain_already(text: str) -> None:
    assert plain(" ".join(plain(text))) == plain(text)


@given(PEOPLE, st.sampled_from([str.upper, str.lower, lambda text: f"  {text} "]))
def test_how_it_is_typed_changes_nothing(details: Details, typed) -> None:
    # Upper case is not always undone by lower case (one letter may become two), so only text that survives is asked about.
    if all(plain(typed(text)) == plain(text) for text in (details.forename, details.surname)):
        again = replace(details, forename=typed(details.forename), surname=typed(details.surname))
        assert MAKER.tokens(again) == MAKER.tokens(details)


def test_what_one_agency_tells_another_makes_the_same_tokens() -> None:
    told = Identity(
        forename="Marisol", surname="Quillfeather", date_of_birth="1984-03-09", sex="female", postcode_district="AS1"
    )
    assert MAKER.tokens(details_of(told)) == MAKER.tokens(who(postcode="AS1 2BC"))
