"""The towns on which recognising people is learned: what must be true of where their people live."""

from collections import Counter, defaultdict
from dataclasses import replace

import pytest

from agencies.addresses import home
from tests.synthetic.regimes import FIRST_OF_HOUSEHOLDS, HELD_OUT, LEARNED_ON, NAMED, households, regime_of
from tests.synthetic.town import COLUMNS, WITH_HOMES, registrations

TOWN = replace(NAMED["homes"], street_slip=0.0, number_slip=0.0, number_missing=0.0, house_names=0.0, flats=0.0)
ROWS, TRUTH = registrations(TOWN, 9, 400)
LIVES = {row["record_id"]: lives for row in ROWS if (lives := home(row["address"])) is not None}


def test_a_town_with_addresses_is_in_all_else_the_town_without() -> None:
    without, truth = registrations(NAMED["usual"], 9, 400)
    assert [{column: row[column] for column in COLUMNS} for row in ROWS] == without
    assert truth == TRUTH
    assert all(set(row) == set(WITH_HOMES) for row in ROWS)


def test_many_live_in_a_hostel_kin_under_one_roof_and_some_nowhere_fixed() -> None:
    residents = defaultdict(set)
    for record, lives in LIVES.items():
        residents[lives].add(TRUTH[record])
    sizes = Counter(len(people) for people in residents.values())
    assert max(sizes) >= 20, "a hostel has many residents"
    assert sum(count for size, count in sizes.items() if 2 <= size <= 5) >= 20, "families and neighbours share an address"
    assert 0.05 < 1 - len(LIVES) / len(ROWS) < 0.3, "some live nowhere fixed, or nobody asked"


def test_who_moves_is_still_met_where_she_lived() -> None:
    homes = defaultdict(list)
    for record, lives in LIVES.items():
        homes[TRUTH[record]].append(lives)
    several = [lived for lived in homes.values() if len(lived) > 1]
    same = sum(len(set(lived)) == 1 for lived in several) / len(several)
    assert 0.2 < same < 0.8


@pytest.mark.parametrize("seed", [each for each in LEARNED_ON if each >= FIRST_OF_HOUSEHOLDS])
def test_in_a_register_of_households_hardly_anybody_moves_and_nobody_has_a_street_name(seed: int) -> None:
    rates = households(seed)
    assert regime_of(seed) == rates
    assert (rates.alias, rates.hostel, rates.nhs_known, rates.pnc_known) == (0, 0, 0, 0)
    assert rates.moves < 0.1


def test_nothing_is_learned_on_what_it_is_tried_on() -> None:
    assert not set(LEARNED_ON) & set(HELD_OUT)
