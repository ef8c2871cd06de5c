"""Where somebody lives, as it counts for recognising her: the number of the house, and each line of the address but for a slip.

A line is its letters without the word for what kind of street it is, and of those the first four and the last four: a slip
of the pen falls into one half and leaves the other, a space too many into neither. Whoever lives nowhere fixed has no address,
and a crowd in one house stays a crowd, because nothing is made of an address alone (``identity``). Leaves out: postcodes
(``names``).
"""

import re
from dataclasses import dataclass
from typing import Final

from agencies.names import is_nothing, plain

_LINES: Final = 2
_END: Final = 4
_DIGITS: Final = re.compile(r"[0-9]+")
_ROOM: Final = re.compile(r"\b(?:flat|apartment|apt|unit|room|rm|floor|studio)\s*(?:[0-9]+[a-z]?|[a-z])\b", re.IGNORECASE)
_LINE_BREAK: Final = re.compile(r"[,;\n/]")
_WHOLE: Final = (
    "street", "road", "avenue", "crescent", "close", "drive", "lane", "place", "court", "terrace", "gardens", "grove", "square",
    "circuit", "parade", "mews", "walk", "rise",
)  # fmt: skip
_STREETS: Final = frozenset(
    {
        *_WHOLE,
        "way",
        "st",
        "rd",
        "ave",
        "av",
        "cres",
        "cl",
        "dr",
        "ln",
        "la",
        "pl",
        "ct",
        "ter",
        "terr",
        "gdns",
        "grv",
        "gr",
        "sq",
    }
)
_SHORTEST: Final = 3


@dataclass(frozen=True, slots=True)
class Home:
    """An address: its number, if it has one, and the two ends of each of its lines."""

    number: str
    ends: tuple[tuple[str, str], ...]


def home(address: str | None) -> Home | None:
    """What counts of the first lines of an address, or None: for no fixed abode, or where nothing is known."""
    if is_nothing(address or ""):
        return None
    text = _ROOM.sub(" ", address or "")
    number = _DIGITS.search(text)
    lines = [line for part in _LINE_BREAK.split(text) if (line := _line(part))]
    ends = tuple(dict.fromkeys((line[:_END], line[-_END:]) for line in lines))[:_LINES]
    return Home(number[0].lstrip("0") if number else "", ends) if ends else None


def ends_of_town(town: str | None) -> tuple[str, ...]:
    """How a town's name begins and ends, either of which a slip leaves; nothing for no fixed abode."""
    letters = "".join(plain(town or ""))
    if is_nothing(town or "") or len(letters) < _SHORTEST:
        return ()
    return letters[:_END], f"-{letters[-_END:]}"


def _line(text: str) -> str:
    """A line's letters, without what kind of street it is; "" where nothing is left, or where it says that there is none."""
    words = [word for word in plain(_DIGITS.sub(" ", text)) if len(word) > 1]
    if is_nothing("".join(words)):
        return ""
    if len(words) > 1 and words[-1] in _STREETS:
        words.pop()
    joined = "".join(words)
    # Written together, or with a space in the wrong place.
    kind = next((each for each in _WHOLE if joined.endswith(each) and len(joined) - len(each) >= _SHORTEST), "")
    return joined.removesuffix(kind)
