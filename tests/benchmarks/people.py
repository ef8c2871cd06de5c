"""Women who do not exist, as many as wanted: names spread as unevenly as names are, so that matching has its usual work.

The same number is always the same woman. Names are made of syllables, NHS numbers come from the range that is never issued.
"""

import random
from functools import cache
from hashlib import sha256
from pathlib import Path

from agencies.identity import KeyedTokens
from contracts.messages.compartments import Identity

_STARTS = """Al Be Ca Da El Fa Gi Ha Is Jo Ka Li Ma Na Ol Pe Ro Sa Te Vi""".split()  # noqa: SIM905  # as one reads them
_MIDDLES = """be la mi na ri so ta ve li do""".split()  # noqa: SIM905  # as one reads them
_ENDS = """na ra lia da ne lle tta sa my ca""".split()  # noqa: SIM905  # as one reads them
_PLACES = """Ash Birk Cald Dun Elm Fern Gors Ings Kirk Lang Mars North Oak Pen Quern Rush Stan Thorn""".split()  # noqa: SIM905  # as one reads them
_KINDS = """acre beck dale ey field gill ham ing ley mere ness over pool rigg ton well wick""".split()  # noqa: SIM905  # as one reads them
_TAILS = ("", "s", "er", "man", "son", "ford", "by", "gate", "side", "shaw", "more", "worth", "bank", "croft", "don", "wood")
_DISTRICTS = tuple(f"{area}{number}" for area in ("QA", "QB", "QC", "QD") for number in range(1, 20))


@cache
def _names() -> tuple[list[str], list[str], list[float], list[float]]:
    """Forenames and surnames with the running totals of how often each is met: the n-th a little over 1/n as often."""
    forenames = [start + middle + end for end in _ENDS for start in _STARTS for middle in _MIDDLES]
    surnames = [place + kind + tail for tail in _TAILS for place in _PLACES for kind in _KINDS]
    return forenames, surnames, _running(len(forenames)), _running(len(surnames))


def _running(count: int) -> list[float]:
    total, running = 0.0, []
    for place in range(count):
        total += 1 / (place + 10) ** 0.8
        running.append(total)
    return running


def woman(number: int) -> Identity:
    """Who she would be."""
    chance = random.Random(number)
    forenames, surnames, often_first, often_last = _names()
    return Identity(
        forename=chance.choices(forenames, cum_weights=often_first)[0],
        surname=chance.choices(surnames, cum_weights=often_last)[0],
        date_of_birth=f"{chance.randint(1960, 2006)}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}",
        sex="female",
        nhs_number=_nhs_number(number) if chance.random() < 0.7 else None,
        postcode_district=chance.choice(_DISTRICTS) if chance.random() < 0.8 else None,
    )


def reference(number: int, what: str = "person") -> str:
    """An id that belongs to her number for good: her agency's reference, or the check that went before her case."""
    return sha256(f"bench {what} {number}".encode()).hexdigest()[:32]


@cache
def token_maker(keys: Path, agency: str) -> KeyedTokens:
    """Makes tokens with the linkage key that an agency holds."""
    return KeyedTokens((keys / agency / "linkage.key").read_bytes())


def _nhs_number(number: int) -> str | None:
    digits = f"999{number % 1_000_000:06d}"
    check = (11 - sum(int(digit) * weight for digit, weight in zip(digits, range(10, 1, -1), strict=True)) % 11) % 11
    return None if check == 10 else f"{digits}{check}"
