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
}  # fmt: skip
_WHOLE: Final = {"returning", "districts", "years", "women"}


def drawn(seed: int) -> Regime:
    """A town at random: every rate between a quarter and three and a half times the usual; some without numbers, or the sex."""
    chance = Random(seed)
    severity = 0.6 + 0.9 * chance.random()
    rates = {
        each.name: min(0.9, getattr(USUAL, each.name) * severity * 0.4 * 6.0 ** chance.random())
        for each in fields(Regime)
        if each.name not in _WHOLE
    }
    town = replace(USUAL, **rates, returning=chance.uniform(1.3, 4.5), women=chance.uniform(0.5, 1.0))
    if chance.random() < 1 / 3:
        town = replace(town, nhs_known=0, pnc_known=0)
    if chance.random() < 1 / 5:
        town = replace(town, sex_missing=1.0)
    # Few years of birth make a small town as dense as a large one: rivals as in a register of a million.
    first = chance.choice((1950, 1950, 1950, 1985, 1990))
    years = (first, {1950: 2007, 1985: 1994, 1990: 1991}[first])
    return replace(town, districts=chance.choice((6, 15, 30, 80, 1200)), years=years)


LEARNED_ON: Final = tuple(range(1, 25))
HELD_OUT: Final = tuple(range(101, 113))
"""Seeds of drawn towns. What is learned has never seen these, nor any of the named ones."""
