"""How a town writes people down: the rates of everything that makes recognising them hard, one set a town.

A town is drawn at random from wide ranges, and a few have names. What is learned must hold in every one of them, so the
towns it is learned on and the towns it is tried on are never the same (``LEARNED_ON``, ``HELD_OUT``). Rates are chances of one
in a registration unless said otherwise.
"""

from dataclasses import dataclass, fields, replace
from random import Random
from typing import Final


@dataclass(frozen=True)
class Regime:
    """One town's rates."""

    returning: float = 2.6
    """Registrations of one person, on average."""
    forename_slip: float = 0.06
    surname_slip: float = 0.07
    nickname: float = 0.18
    alias: float = 0.25
    """Of people: that she has a street name or another name at all."""
    alias_written: float = 0.5
    alias_as_name: float = 0.08
    other_forename: float = 0.02
    """That she is written down under a forename nobody has heard of: a second name, the one she chose, another's by mistake."""
    married: float = 0.08
    """Of people: that her surname changes at some time."""
    changed_over: float = 0.01
    double_barrelled: float = 0.05
    half_written: float = 0.4
    forename_missing: float = 0.004
    surname_missing: float = 0.004
    born_missing: float = 0.06
    born_year_only: float = 0.04
    born_slip: float = 0.06
    born_garbled: float = 0.004
    """That the date is none of any calendar."""
    born_false: float = 0.015
    sex_missing: float = 0.03
    sex_wrong: float = 0.004
    women: float = 0.85
    moves: float = 0.35
    place_missing: float = 0.2
    hostel: float = 0.15
    """Of people: that they live where many do."""
    nhs_known: float = 0.35
    nhs_slip: float = 0.02
    nhs_borrowed: float = 0.004
    pnc_known: float = 0.2
    pnc_slip: float = 0.02
    twins: float = 0.008
    """Of people: that a twin of theirs is on the books too. The same for the next three."""
    parent_and_child: float = 0.01
    siblings: float = 0.03
    partners: float = 0.03
    districts: int = 24
    years: tuple[int, int] = (1950, 2007)
    addresses: bool = False
    """Whether the agencies write down where people live; then the rates that follow."""
    localities: int = 6
    to_a_street: float = 12.0
    """People of the books that live in one street, on average."""
    address_missing: float = 0.15
    """That nothing is written down, or that she lives nowhere fixed."""
    address_old: float = 0.08
    """That it is where she lived before, though the district has not changed."""
    street_slip: float = 0.1
    street_short: float = 0.25
    number_slip: float = 0.04
    number_missing: float = 0.04
    house_names: float = 0.15
    """Of homes: that they have a name. The same for flats."""
    flats: float = 0.15
    lines_turned: float = 0.03
    town_missing: float = 0.15
    town_slip: float = 0.06
    other_surname: float = 0.0
    """That she is written down under another surname altogether."""
    slips_again: float = 0.0
    """That a name has one slip more."""
    place_slip: float = 0.0
    born_struck: float = 0.0
    """That any digit of the date is struck wrong, those of the year too."""


USUAL: Final = Regime()
NAMED: Final = {
    "usual": USUAL,
    "clean": Regime(
        forename_slip=0.02, surname_slip=0.02, nickname=0.06, alias=0.08, alias_as_name=0.02, born_missing=0.01,
        born_year_only=0.01, born_slip=0.02, born_false=0.004, nhs_known=0, pnc_known=0, place_missing=0.05,
    ),
    "hard": Regime(
        forename_slip=0.12, surname_slip=0.14, nickname=0.28, alias=0.45, alias_as_name=0.15, married=0.14, changed_over=0.02,
        born_missing=0.12, born_year_only=0.08, born_slip=0.12, born_false=0.03, sex_missing=0.08, place_missing=0.35,
        moves=0.5, hostel=0.3, nhs_known=0.25, nhs_slip=0.05, nhs_borrowed=0.01,
        twins=0.02, parent_and_child=0.02, siblings=0.06,
    ),
    "street": Regime(alias=0.6, alias_written=0.6, alias_as_name=0.2, nhs_known=0.2, born_false=0.04, hostel=0.4, moves=0.6),
    "numbers": Regime(nhs_known=0.75, pnc_known=0.4, nhs_slip=0.03, nhs_borrowed=0.012),
    "families": Regime(twins=0.04, parent_and_child=0.05, siblings=0.12, partners=0.08, hostel=0.3),
    "thin": Regime(nhs_known=0, pnc_known=0, place_missing=0.6, born_missing=0.12, sex_missing=0.3),
    "homes": Regime(addresses=True),
}  # fmt: skip
_WHOLE: Final = {"returning", "districts", "years", "women"}
_AT_HOME: Final = (
    "address_missing", "address_old", "street_slip", "street_short", "number_slip", "number_missing", "house_names", "flats",
    "lines_turned", "town_missing", "town_slip",
)  # fmt: skip
_SLIPS: Final = ("other_surname", "slips_again", "place_slip", "born_struck")


def drawn(seed: int) -> Regime:
    """A town at random: every rate between a quarter and three and a half times the usual; some without numbers, or the sex."""
    chance = Random(seed)
    severity = 0.6 + 0.9 * chance.random()
    rates = {
        each.name: min(0.9, getattr(USUAL, each.name) * severity * 0.4 * 6.0 ** chance.random())
        for each in fields(Regime)
        if each.name not in {*_WHOLE, *_AT_HOME, *_SLIPS, "addresses", "localities", "to_a_street"}
    }
    town = replace(USUAL, **rates, returning=chance.uniform(1.3, 4.5), women=chance.uniform(0.5, 1.0))
    if chance.random() < 1 / 3:
        town = replace(town, nhs_known=0, pnc_known=0)
    if chance.random() < 1 / 5:
        town = replace(town, sex_missing=1.0)
    # Few years of birth make a small town as dense as a large one: rivals as in a register of a million.
    first = chance.choice((1950, 1950, 1950, 1985, 1990))
    years = (first, {1950: 2007, 1985: 1994, 1990: 1991}[first])
    return with_homes(replace(town, districts=chance.choice((6, 15, 30, 80, 1200)), years=years), seed)


def with_homes(town: Regime, seed: int) -> Regime:
    """The town, where the agencies write addresses down in two of three; from a source of its own: the rest stays as it was."""
    chance = Random(f"{seed}/homes")
    severity = 0.5 + chance.random()
    rates = {name: min(0.9, getattr(USUAL, name) * severity * 0.4 * 6.0 ** chance.random()) for name in _AT_HOME}
    localities, to_a_street = chance.choice((1, 3, 6, 12, 40)), chance.choice((4.0, 8.0, 15.0, 30.0))
    return replace(replace(town, **rates), localities=localities, to_a_street=to_a_street, addresses=chance.random() < 2 / 3)


def households(seed: int) -> Regime:
    """A register of ordinary households at random: nobody has a street name, few move, and what differs is mostly a slip."""
    chance = Random(f"{seed}/households")
    severity = chance.uniform(0.4, 1.2)

    def upto(most: float) -> float:
        return severity * most * chance.random()

    homes = with_homes(USUAL, seed)
    return replace(
        homes, addresses=chance.random() < 3 / 4, address_missing=upto(0.06), address_old=upto(0.04), street_slip=upto(0.4),
        number_slip=upto(0.15), number_missing=upto(0.08), lines_turned=upto(0.15), town_missing=upto(0.04),
        town_slip=upto(0.3), house_names=chance.choice((0.1, 0.8)), flats=upto(0.2), localities=chance.choice((6, 40, 300)),
        to_a_street=chance.choice((2.0, 5.0, 10.0)), hostel=0.0, moves=upto(0.08), place_missing=upto(0.04),
        place_slip=upto(0.25), districts=chance.choice((80, 1200, 4000)), alias=0.0, alias_as_name=0.0, nickname=upto(0.06),
        forename_slip=upto(0.45), surname_slip=upto(0.45), slips_again=upto(0.3), other_forename=upto(0.08),
        other_surname=upto(0.06), changed_over=upto(0.1), forename_missing=upto(0.05), surname_missing=upto(0.04),
        born_missing=upto(0.05), born_slip=upto(0.08), born_year_only=upto(0.01), born_garbled=upto(0.06),
        born_struck=upto(0.06), born_false=upto(0.03), sex_missing=chance.choice((0.02, 1.0)), nhs_known=0.0, pnc_known=0.0,
        women=0.5, married=upto(0.03), twins=upto(0.004), parent_and_child=upto(0.01), siblings=upto(0.03),
        partners=upto(0.03), returning=chance.uniform(1.5, 3.0),
        years=chance.choice(((1900, 1999), (1930, 2010), (1970, 1990))),
    )  # fmt: skip


def regime_of(seed: int) -> Regime:
    """The town of this number: from 1001 on a register of households."""
    return households(seed) if seed >= FIRST_OF_HOUSEHOLDS else drawn(seed)


FIRST_OF_HOUSEHOLDS: Final = 1001
LEARNED_ON: Final = (*range(1, 25), *range(FIRST_OF_HOUSEHOLDS, FIRST_OF_HOUSEHOLDS + 12))
HELD_OUT: Final = tuple(range(101, 113))
"""Seeds of drawn towns. What is learned has never seen these, nor any of the named ones."""
