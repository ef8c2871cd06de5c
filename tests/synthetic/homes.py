"""Where a town's people live, and what becomes of an address on paper.

Streets of a few localities, houses with numbers and some with names, families under one roof, hostels with many residents;
people who move and are still written down where they lived. Its chances come from a source of their own, so that a town with
addresses is the same town without them. Nothing here knows how the matcher reads an address.
"""

from dataclasses import dataclass
from random import Random
from typing import Final

from tests.synthetic import slips
from tests.synthetic.regimes import Regime


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_FIRST: Final = _words(
    "Abbey Acre Alder Amber Arden Ash Badger Bank Bar Barn Beacon Beech Bell Birch Black Bow Brack Bram Bridge Broad "
    "Brook Burn Canal Castle Chapel Chase Cherry Church Clay Cliff Copper Corn Crane Crow Dale Deer Dock Dove Eagle East "
    "Elder Elm Fal Fern Field Fir Forge Foun Fox Gate Glen Gold Green Hall Haw Hazel Heath Heron High Hill Holly Home Ivy "
    "Kestrel King Lake Larch Lark Lime Linden Long Low Maple Market Marsh Meadow Mill Moor Moss New Nightin North Oak Old "
    "Orchard Park Pine Pond Poplar Priory Quarry Queen Raven Red River Rose Row Salt Sand School Sea Silver Sky South "
    "Spring Station Stone Swan Syca Thorn Tower Vale Vicar Victor Walnut Water Well West White Wick Wil Wind Wood Wren "
    "Yew"
)
_SECOND: Final = _words(
    "bank beck borough bourne brook bury by combe cote croft dale den don down fall field fold ford gate grove ham haven "
    "head hill holme hurst ing land leigh ley low mead mere more mount ness over pool ridge rigg shaw side stead stock "
    "stone thorpe ton vale view well wick wood worth"
)
_COMMON: Final = _words(
    "High Church Station Victoria Mill Park Albert Queen King George Manor Chapel New Main School London York Oxford "
    "Windsor Grange Alexandra Springfield Stanley Clarence Richmond Northgate Westgate"
)
_TYPES: Final = (
    ("Street", "St"), ("Road", "Rd"), ("Avenue", "Ave"), ("Close", "Cl"), ("Lane", "La"), ("Drive", "Dr"), ("Crescent", "Cres"),
    ("Place", "Pl"), ("Court", "Ct"), ("Terrace", "Terr"), ("Gardens", "Gdns"), ("Way", "Way"), ("Grove", "Gr"),
    ("Hill", "Hill"),
)  # fmt: skip
_TYPE_WEIGHTS: Final = (24, 26, 10, 10, 7, 6, 5, 4, 4, 3, 3, 3, 2, 2)
_HOUSES: Final = ("House", "Cottage", "Lodge", "Court", "Farm", "View", "Villa", "Mews", "Park", "")


@dataclass(frozen=True, slots=True)
class Home:
    """A house or a hostel: its number, its street, its name if it has one, and the part of the town it is in."""

    number: str
    street: tuple[str, str, str]
    """Its name, the kind of street, and how that is shortened."""
    house: str
    locality: str


class Homes:
    """The town's streets."""

    def __init__(self, regime: Regime, chance: Random, people: int) -> None:
        self._chance, self._regime = chance, regime
        localities = [self._word() for _ in range(regime.localities)]
        many = max(4, round(people / regime.to_a_street))
        self._streets = [(self._street(), chance.choice(localities)) for _ in range(many)]
        self.hostels = [self.drawn() for _ in range(1 + people // 1500)]

    def drawn(self) -> Home:
        """Somewhere to live."""
        chance = self._chance
        street, locality = chance.choice(self._streets)
        number = str(1 + min(int(chance.expovariate(1 / 35)), 400))
        house = f"{self._word()} {chance.choice(_HOUSES)}".strip() if chance.random() < self._regime.house_names else ""
        if chance.random() < self._regime.flats:
            house = f"Flat {chance.randint(1, 12)}"
        return Home(number, street, house, locality)

    def hostel(self) -> Home:
        """One of the town's hostels."""
        return self._chance.choice(self.hostels)

    def written(self, home: Home) -> tuple[str, str]:
        """The address and the town as somebody wrote them down."""
        chance, regime = self._chance, self._regime
        if chance.random() < regime.address_missing:
            return chance.choice(("", "", "", "NFA", "no fixed abode")), "" if chance.random() < 0.7 else home.locality
        name, kind, short = home.street
        name = self._slipped(name, regime.street_slip)
        kind = "" if chance.random() < 0.06 else short if chance.random() < regime.street_short else kind
        number = slips.wrong_digit(chance, home.number) if chance.random() < regime.number_slip else home.number
        number = "" if chance.random() < regime.number_missing else number
        line = " ".join(each for each in (number, name, kind) if each)
        if chance.random() < regime.street_slip * 0.3:
            place = chance.randrange(len(line))
            line = line[:place] + chance.choice(("", " ", line[place : place + 1] * 2)) + line[place + 1 :]
        house = self._slipped(home.house, regime.street_slip * 0.7) if chance.random() < 0.8 else ""
        lines = [each for each in (house, line) if each]
        if chance.random() < regime.lines_turned:
            lines.reverse()
        town = "" if chance.random() < regime.town_missing else self._slipped(home.locality, regime.town_slip)
        return ", ".join(lines), town

    def _slipped(self, text: str, rate: float) -> str:
        if text and self._chance.random() < rate:
            text = slips.slip(self._chance, text)
            if self._chance.random() < 0.25:
                text = slips.slip(self._chance, text)
        return text

    def _street(self) -> tuple[str, str, str]:
        kind, short = self._chance.choices(_TYPES, weights=_TYPE_WEIGHTS)[0]
        return (self._chance.choice(_COMMON) if self._chance.random() < 0.15 else self._word()), kind, short

    def _word(self) -> str:
        chance = self._chance
        first = chance.choice(_FIRST)
        if chance.random() < 0.15:
            return f"{first} {chance.choice(_FIRST)}"
        return first + chance.choice(_SECOND) if chance.random() < 0.8 else first + chance.choice(_FIRST).lower()
