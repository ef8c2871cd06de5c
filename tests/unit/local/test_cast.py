"""The cast of the demonstration: the same seed, the same women; every set piece has the women it needs, whatever the seed."""

import json
import re

import pytest

from agencies.local_fields import LocalIdentity
from agencies.names import plain_nhs_number
from broker.local.demo_cast import cast, misspelt, read_story, swapped
from broker.local.demo_forms import DRUGS, HOUSING, NEEDS, PROJECT, Forms
from broker.local.demo_scenes import SCENES
from contracts.messages.compartments import SCHEMAS
from contracts.vocabulary import Label

STORY = read_story()
SEEDS = [STORY["seed"], *range(1, 40)]


def test_the_same_seed_gives_the_same_women() -> None:
    assert cast(STORY, 4) == cast(STORY, 4)
    assert cast(STORY, 4) != cast(STORY, 5)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_set_piece_has_its_women_whatever_the_seed(seed: int) -> None:
    women = cast(STORY, seed)
    for piece in STORY["set_pieces"]:
        fits = [woman for woman in women if woman.known_at == dict.fromkeys(piece["known"], "same")]
        assert len(fits) >= piece["count"], piece
    clients = [woman for woman in women if PROJECT in woman.known_at]
    assert [woman for woman in clients[20:] if HOUSING not in woman.known_at], "somebody is referred while housing is dark"
    assert [woman for woman in clients if DRUGS not in woman.known_at]


@pytest.mark.parametrize("seed", SEEDS)
def test_nobody_can_be_taken_for_a_real_person(seed: int) -> None:
    women = cast(STORY, seed)
    assert {woman.nhs_number[:3] for woman in women} == {"999"}, "the range that is never issued"
    assert all(plain_nhs_number(woman.nhs_number) == woman.nhs_number for woman in women), "and yet a number whose digit fits"
    assert len({woman.nhs_number for woman in women}) == len(women)
    assert all(woman.contact()["details"].startswith("07700 900") for woman in women), "numbers kept for drama"


@pytest.mark.parametrize("seed", SEEDS[:5])
def test_everybody_is_an_adult_on_the_day(seed: int) -> None:
    assert all(2026 - woman.born.year >= 18 for woman in cast(STORY, seed))


@pytest.mark.parametrize("variant", ["same", *STORY["variants"]])
def test_every_spelling_is_an_identity(variant: str) -> None:
    for woman in cast(STORY, 1):
        identity = woman.identity(variant)
        wire = LocalIdentity.model_validate_json(json.dumps(identity)).on_the_wire()
        SCHEMAS[Label.IDENTITY].model_validate_json(wire.model_dump_json(exclude_none=True))
        assert re.fullmatch(r"\d{4}-\d\d-\d\d", identity.get("date_of_birth", "2000-01-01"))


def test_a_variant_is_another_spelling_of_the_same_woman() -> None:
    woman = next(
        woman for woman in cast(STORY, 1) if woman.alias and woman.born.day <= 12 and woman.born.day != woman.born.month
    )
    assert swapped(swapped(woman.born)) == woman.born != swapped(woman.born)
    assert misspelt(woman.surname) != woman.surname
    assert woman.identity("alias")["aliases"] == [woman.forename]
    assert "date_of_birth" not in woman.identity("no_date")


def test_every_scene_has_a_day_in_the_story() -> None:
    assert {name for name, _ in SCENES} == set(STORY["days"])


def test_a_form_carries_what_its_need_lists() -> None:
    woman = cast(STORY, 1)[0]
    for need, (to, _, labels) in NEEDS.items():
        form = Forms().referral(woman, need, ("c001",))
        assert form["to"] == to
        assert {label for label in labels if label in form} == set(labels)
