"""What else becomes of a registration on paper: addresses, other surnames, second slips, postcodes and dates struck wrong.

It has a source of chance of its own, and does nothing where a town's rates are nought: so a town with addresses is, in all
else, the town without them. Leaves out: streets and houses (``homes``).
"""

from random import Random

from tests.synthetic import names, slips
from tests.synthetic.homes import Home, Homes
from tests.synthetic.regimes import Regime

Who = tuple[str, str, str]
"""Whose registration it is, whose kin she is, and the district where she lives."""


class Paper:
    """What agencies write down besides; it knows who lives where."""

    def __init__(self, regime: Regime, chance: Random, people: int) -> None:
        self._regime, self._chance = regime, chance
        self._homes = Homes(regime, chance, people) if regime.addresses else None
        self._lives: dict[str, tuple[str, list[Home]]] = {}

    def written(self, row: dict[str, str], who: Who, group: names.Group) -> None:
        """Write the rest of a registration into its row."""
        if self._homes is not None:
            moved = row["postcode_district"] not in {"", who[2]}
            lives = self._lived(self._homes, who, at_hostel=row["postcode_district"] == "H1", moved=moved)
            row["address"], row["town"] = self._homes.written(lives)
        self._slipped(row, group)

    def _lived(self, homes: Homes, who: Who, *, at_hostel: bool, moved: bool) -> Home:
        her, kin_of, place = who
        if her not in self._lives:
            at, shared = self._lives.get(kin_of, ("", []))
            own = shared[0] if at == place and shared else homes.hostel() if place == "H1" else homes.drawn()
            self._lives[her] = place, [own]
        lived = self._lives[her][1]
        if moved and at_hostel:
            return homes.hostel()
        if moved or self._chance.random() < self._regime.address_old:
            # Where she went or whence she came; she may be met there again.
            if len(lived) == 1 or self._chance.random() < 0.3:
                lived.append(homes.drawn())
            return self._chance.choice(lived[1:])
        return lived[0]

    def _slipped(self, row: dict[str, str], group: names.Group) -> None:
        chance, regime = self._chance, self._regime
        if self._happens(regime.other_surname):
            row["surname"] = names.surname(chance, group)
        for field in ("forename", "surname"):
            if row[field] and self._happens(regime.slips_again):
                row[field] = slips.slip(chance, row[field])
        if any(map(str.isdigit, row["postcode_district"])) and self._happens(regime.place_slip):
            row["postcode_district"] = slips.wrong_digit(chance, row["postcode_district"])
        if row["dob"] and self._happens(regime.born_struck):
            row["dob"] = slips.struck(chance, row["dob"])

    def _happens(self, rate: float) -> bool:
        return rate > 0 and self._chance.random() < rate
