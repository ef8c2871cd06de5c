"""Women who do not exist, as many as wanted, named and born as people of a town are, so that matching has its usual work.

The same number is always the same woman. Names are those of the project's own towns (``tests.synthetic.names``), birthdays are
days of the calendar, NHS numbers come from the range that is never issued. Leaves out: slips of the pen (``tests.synthetic``).
"""

import random
from collections import Counter
from collections.abc import Iterable
from datetime import date
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Final

from agencies.identity import KeyedTokens
from agencies.names import plain
from contracts.messages.compartments import Identity
from tests.synthetic import names

_DISTRICTS: Final = tuple(f"{area}{number}" for area in ("QA", "QB", "QC", "QD") for number in range(1, 20))
_BORN: Final = (date(1950, 1, 1).toordinal(), date(2007, 12, 31).toordinal())
_ISSUED: Final = 1_000_000
_STRIDE: Final = 387_991
"""Coprime with the numbers there are: whoever is registered next has a number far away, as in a surgery's list."""


def woman(number: int) -> Identity:
    """Who she would be."""
    chance = random.Random(number)
    group = names.group_of(chance)
    return Identity(
        forename=names.forename(chance, group, "female"),
        surname=names.surname(chance, group),
        date_of_birth=date.fromordinal(chance.randint(*_BORN)).isoformat(),
        sex="female",
        nhs_number=_nhs_number(number) if chance.random() < 0.7 else None,
        postcode_district=chance.choice(_DISTRICTS) if chance.random() < 0.8 else None,
    )


def nobody_tells_apart(numbers: Iterable[int]) -> frozenset[int]:
    """Those who share names and birthday with another of them: nobody knows whom of them a check is about."""
    each = {number: _as_written(woman(number)) for number in numbers}
    bearers = Counter(each.values())
    return frozenset(number for number, who in each.items() if bearers[who] > 1)


def number_in(asked: int, people: int) -> int:
    """Which woman somebody asked about is in a register of so many: below nought, a stranger to it."""
    return asked if asked >= 0 else people - 1 - asked


def reference(number: int, what: str = "person") -> str:
    """An id that belongs to her number for good: her agency's reference, or the check that went before her case."""
    return sha256(f"bench {what} {number}".encode()).hexdigest()[:32]


@cache
def token_maker(keys: Path, agency: str) -> KeyedTokens:
    """Makes tokens with the linkage key that an agency holds."""
    return KeyedTokens((keys / agency / "linkage.key").read_bytes())


def _as_written(her: Identity) -> tuple[tuple[str, ...], tuple[str, ...], str | None]:
    return plain(her.forename), plain(her.surname), her.date_of_birth


def _nhs_number(number: int) -> str | None:
    digits = f"999{number * _STRIDE % _ISSUED:06d}"
    check = (11 - sum(int(digit) * weight for digit, weight in zip(digits, range(10, 1, -1), strict=True)) % 11) % 11
    return None if check == 10 else f"{digits}{check}"
