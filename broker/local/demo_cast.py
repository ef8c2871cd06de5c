"""The women of the demonstration, drawn from the story's numbers and a seed: who they are, and how each agency wrote them down.

All are invented. The same seed gives the same women, known to the same agencies, under the same spellings.
Leaves out what happens to them (``demo_scenes``).
"""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import yaml

STORY = Path(__file__).parent / "story" / "ashby.yaml"

Identity = dict[str, Any]


def read_story(path: Path = STORY) -> dict[str, Any]:
    """The story's data."""
    story: dict[str, Any] = yaml.safe_load(path.read_text())
    return story


@dataclass
class Woman:
    """One invented woman, as she is, and as each agency knows her."""

    number: int
    forename: str
    surname: str
    born: date
    nhs_number: str
    district: str
    alias: str | None
    known_at: dict[str, str] = field(default_factory=dict)
    """Agency to the variant under which it wrote her down."""
    needs: tuple[str, ...] = ()
    address: str = ""

    @property
    def id(self) -> str:
        """How every agency's own system numbers her in this story; the agencies never compare these."""
        return f"p{self.number:03}"

    @property
    def name(self) -> str:
        """Her first name, for the demonstration's own report and nothing else."""
        return self.forename

    def identity(self, variant: str = "same") -> Identity:
        """Her identity as a form has it."""
        identity: Identity = {
            "forename": self.forename,
            "surname": self.surname,
            "date_of_birth": self.born.isoformat(),
            "sex": "female",
            "postcode_district": self.district,
        }
        if self.address:
            identity |= {"address": self.address, "town": "Ashby"}
        match variant:
            case "alias":
                identity |= {"forename": self.alias or self.forename, "aliases": [self.forename]}
            case "swapped_date":
                identity["date_of_birth"] = swapped(self.born).isoformat()
            case "no_date":
                del identity["date_of_birth"]
                identity["nhs_number"] = self.nhs_number
            case "misspelt":
                identity["surname"] = misspelt(self.surname)
                identity["nhs_number"] = self.nhs_number
            case _:
                identity["nhs_number"] = self.nhs_number
        return identity

    def contact(self) -> dict[str, Any]:
        """How to reach her, as she wishes it."""
        return {"safe_method": "text", "details": f"07700 900{self.number:03}, after noon", "do_not_disclose_to": ["partner"]}


def swapped(born: date) -> date:
    """Day and month the other way round, as a hurried form has them; unchanged where that is no date."""
    return born if born.day > 12 else date(born.year, born.day, born.month)


def misspelt(surname: str) -> str:
    """One doubled or lost letter, as heard over a counter."""
    middle = len(surname) // 2
    return surname[:middle] + surname[middle - 1] + surname[middle:]


def cast(story: Mapping[str, Any], seed: int) -> list[Woman]:
    """All the women of one week."""
    chance = random.Random(seed)  # noqa: S311 - play, not protection: the seed must give the same week each time
    people = story["people"]
    forenames, surnames = list(people["forenames"]), list(people["surnames"])
    chance.shuffle(forenames)
    chance.shuffle(surnames)
    monday = date.fromisoformat(story["monday"])
    numbers = _nhs_numbers(chance)
    homes = random.Random(f"{seed}/homes")  # noqa: S311 - the same; apart from the rest, so that a street more changes nobody
    women = [
        Woman(
            number=number,
            forename=forenames[number % len(forenames)],
            surname=surnames[number % len(surnames)],
            born=_born(chance, people, monday),
            nhs_number=next(numbers),
            district=chance.choice(people["districts"]),
            alias=people["aliases"].get(forenames[number % len(forenames)]),
            # Some live nowhere fixed.
            address=f"{homes.randint(1, 90)} {homes.choice(people['streets'])}" if homes.random() < 0.7 else "",
        )
        for number in range(people["count"])
    ]
    for woman in women:
        _place(woman, story, chance)
    ahead = iter(women)
    for piece in story["set_pieces"]:
        for _ in range(piece["count"]):
            next(ahead).known_at = dict.fromkeys(piece["known"], "same")
    return women


def _place(woman: Woman, story: Mapping[str, Any], chance: random.Random) -> None:
    """Which agencies know her already, and how each spells her: the first as she said it, the others as they heard it."""
    agencies = [agency for agency, rate in story["known"].items() if chance.randrange(100) < rate]
    variants = story["variants"]
    for agency in agencies:
        drawn = chance.choices(list(variants), weights=list(variants.values()))[0]
        woman.known_at[agency] = "same" if not woman.known_at or (drawn == "alias" and not woman.alias) else drawn
    needs = story["needs"]
    woman.needs = tuple(dict.fromkeys(chance.choices(list(needs), weights=list(needs.values()), k=2)))


def _born(chance: random.Random, people: Mapping[str, Any], monday: date) -> date:
    """Half of them at or below the median age. Days up to twelve are as likely as others, or no date could be swapped."""
    youngest, median, oldest = people["youngest"], people["median"], people["oldest"]
    years = chance.randint(youngest, median) if chance.random() < 0.5 else chance.randint(median, oldest)
    return monday - timedelta(days=years * 365 + years // 4 + 30 + chance.randrange(300))


def _nhs_numbers(chance: random.Random) -> Iterator[str]:
    """Numbers of the range that is never issued (999), with a right check digit."""
    while True:
        digits = f"999{chance.randrange(10**6):06}"
        check = 11 - sum(int(digit) * weight for digit, weight in zip(digits, range(10, 1, -1), strict=True)) % 11
        if check != 10:
            yield digits + str(check % 11)
