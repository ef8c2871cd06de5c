"""A crowd of people who do not exist, written down as it is drawn: a million take no more memory than a thousand.

They are people of towns (``tests.synthetic.town``), twenty thousand in each, each registered once. A million people do not
live in two dozen districts and one hostel: every town has districts and a hostel of its own, and those who come again have
moved within it. Names and birthdays know no town. NHS numbers are given out in turn, because a million people need more of them
than chance would keep apart. Leaves out: what recognises them.
"""

import csv
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from random import Random
from typing import Final

from tests.synthetic.regimes import Regime
from tests.synthetic.town import COLUMNS, Resident, residents_of, written

_ISSUED: Final = 1_000_000
_STRIDE: Final = 387_991
"""Coprime with the numbers there are: so neighbours in the register have numbers far apart, and each is met once."""
_RECENT: Final = 500
_TOWN: Final = 20_000
_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True)
class Tables:
    """Where a crowd was written to."""

    register: Path
    sizes: tuple[int, ...]

    def asked(self, size: int) -> Path:
        """Those who come when so many are registered; half of them were never seen. ``truth`` has the other column."""
        return self.register.with_name(f"asked-{size}.csv")

    def truth(self, size: int) -> Path:
        """Whom of the register each of those is; nobody for a stranger."""
        return self.register.with_name(f"truth-{size}.csv")


def write(folder: Path, regime: Regime, sizes: Sequence[int], asked: int, seed: int) -> Tables:
    """Registrations of as many people as the largest size, and for each size ``asked`` who come: half return, half are new."""
    folder.mkdir(parents=True, exist_ok=True)
    tables = Tables(folder / "register.csv", tuple(sorted(sizes)))
    most, half = max(sizes), max(1, asked // 2)
    chance = Random(f"crowd/{seed}")
    back: dict[int, list[tuple[dict[str, str], str]]] = {size: [] for size in sizes}
    recent: deque[Resident] = deque(maxlen=_RECENT)
    people = _people(regime, chance, most + half * len(back))
    with tables.register.open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, COLUMNS)
        table.writeheader()
        for number, one in enumerate(islice(people, most)):
            recent.append(one)
            table.writerow(_row(regime, chance, one, recent, f"r{number:07}", number))
            for size, found in back.items():
                if number < size and len(found) < half and number % max(1, size // half) == 0:
                    found.append((_row(regime, chance, one, recent, f"b{number:07}", number, again=True), f"r{number:07}"))
    for size, found in back.items():
        strangers = islice(people, half)
        new = [
            (_row(regime, chance, one, recent, f"s{number:07}", chance.randrange(size)), "")
            for number, one in enumerate(strangers)
        ]
        together = [*found, *new]
        chance.shuffle(together)
        _write(tables.asked(size), COLUMNS, (list(row.values()) for row, _ in together))
        _write(tables.truth(size), ("record_id", "person_id"), ([row["record_id"], whose] for row, whose in together))
    return tables


def _people(regime: Regime, chance: Random, count: int) -> Iterator[Resident]:
    numbers = _nhs_numbers()
    for one in islice(residents_of(regime, chance, count), count):
        yield replace(one, nhs=next(numbers)) if one.known_to_health else one


def _row(
    regime: Regime, chance: Random, one: Resident, recent: Sequence[Resident], record: str, lives: int, *, again: bool = False
) -> dict[str, str]:
    """What is written down of her, in the town of her who was registered as number ``lives``."""
    row = written(regime, chance, one, recent, again)
    return {**row, "record_id": record, "postcode_district": _of_town(row["postcode_district"], lives // _TOWN)}


def _of_town(place: str, town: int) -> str:
    """The district of the one town that the generator knows, as the same of another: first letter and second tell which."""
    if not place:
        return ""
    first, second = divmod(town, len(_LETTERS) // 2)
    area = _LETTERS[first] + _LETTERS[2 * second + (place[:2] == "QY")]
    return f"{area}0" if place == "H1" else area + place[2:]


def _write(path: Path, columns: Sequence[str], rows: Iterator[list[str]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(columns)
        table.writerows(rows)


def _nhs_numbers() -> Iterator[str]:
    """Numbers of the range 999, which is never issued, each once: nine hundred thousand of them."""
    for place in range(_ISSUED):
        digits = f"999{place * _STRIDE % _ISSUED:06}"
        check = (11 - sum(int(digit) * weight for digit, weight in zip(digits, range(10, 1, -1), strict=True)) % 11) % 11
        if check != 10:
            yield f"{digits}{check}"
