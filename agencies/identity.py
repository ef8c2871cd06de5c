"""Recognise a person without her name leaving the building: normalise her details, then make keyed tokens of them.

Only compound tokens are made (two details at least), because single names and districts fall to frequency counting
(matching.md §2). The key never reaches the broker. An oblivious token service may take the place of ``KeyedTokens`` later;
so callers know ``TokenMaker`` alone. Leaves out: comparing tokens, which is the broker's (``broker/matching``).
"""

import hmac
import re
import unicodedata
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, Protocol

from contracts.hashes import framed
from contracts.messages.compartments import Identity

EPOCH: Final = 1
MAX_TOKENS: Final = 64

_TITLES: Final = frozenset({"mr", "mrs", "ms", "miss", "mx", "dr", "prof", "sir", "dame", "lady", "lord", "rev", "master"})
_MISSING: Final = frozenset({"", "nfa", "nofixedabode", "nofixedaddress", "homeless", "unknown", "notknown", "none", "na"})
_DISTRICT = re.compile(r"([A-Z]{1,2}[0-9][A-Z0-9]?)(?:[0-9][A-Z]{2})?")
_SOUNDEX: Final = {
    letter: code
    for code, letters in {"1": "bfpv", "2": "cgjkqsxz", "3": "dt", "4": "l", "5": "mn", "6": "r"}.items()
    for letter in letters
}


class TokenMaker(Protocol):
    """Makes the keyed tokens of a person."""

    def tokens(self, identity: Identity) -> tuple[str, ...]:
        """Tokens of the form ``kind:32 hexadecimal digits``, sorted; none when too little is known of her."""


@dataclass(frozen=True, slots=True)
class Birth:
    """A date of birth as it counts: ``01-01`` is what people write who know the year alone."""

    year: str
    rest: str

    @property
    def whole(self) -> str:
        """The date, or the year alone."""
        return f"{self.year}{self.rest}"


def plain(text: str) -> tuple[str, ...]:
    """A name as its plain words: no case, accents, punctuation or titles. A hyphen parts words, an apostrophe joins them."""
    # Folding may bring back what decomposing took apart (and the other way round), so the order is: decompose, fold, decompose.
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    letters = "".join(each for each in folded if not unicodedata.combining(each))
    words = re.findall(r"[^\W_]+", re.sub(r"['’`´ʼ.]", "", letters))
    kept = tuple(word for word in words if word not in _TITLES)
    # Somebody's name may be a title; then it is all we have.
    return kept or tuple(words)


def birth(text: str | None) -> Birth | None:
    """A date of birth ``YYYY-MM-DD``, or None."""
    if text is None or not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return None
    year, rest = text[:4], text[5:].replace("-", "")
    return Birth(year, "" if rest == "0101" else rest)


def district(text: str | None) -> str | None:
    """The district of a postcode, or None: also for no fixed abode and the ZZ99 that stands for it."""
    plain_text = re.sub(r"[^A-Z0-9]", "", (text or "").upper())
    if plain_text.lower() in _MISSING or plain_text.startswith("ZZ99"):
        return None
    found = _DISTRICT.fullmatch(plain_text)
    return found[1] if found else None


def plain_nhs_number(text: str | None) -> str | None:
    """The ten digits of an NHS number whose check digit fits, or None: a mistyped number would match a stranger."""
    digits = re.sub(r"[ -]", "", text or "")
    if not re.fullmatch(r"[0-9]{10}", digits) or len(set(digits)) == 1:
        return None
    check = 11 - sum(int(digit) * weight for digit, weight in zip(digits, range(10, 1, -1), strict=False)) % 11
    return digits if check % 11 == int(digits[9]) and check != 10 else None


def soundex(word: str) -> str:
    """How a word sounds, roughly: its first letter and three digits."""
    codes = [_SOUNDEX.get(letter, "" if letter in "hw" else "0") for letter in word]
    sounds: list[str] = []
    last = codes[0] if codes else ""
    for code in codes[1:]:
        if code == "":
            continue  # h and w do not part two equal sounds
        if code not in ("0", last):
            sounds.append(code)
        last = code
    return (word[:1] + "".join(sounds) + "000")[:4]


def compounds(identity: Identity) -> tuple[tuple[str, ...], ...]:
    """Every compound of her details that becomes a token: the kind, then the parts. Equal people, equal compounds."""
    forenames, surnames = _forms(identity.forename), _forms(identity.surname)
    if not forenames or not surnames:
        return ()
    born, place = birth(identity.date_of_birth), district(identity.postcode_district)
    found: list[tuple[str, ...]] = []
    if place:
        found += [("pcd", forename, surname, place) for forename in forenames[:1] for surname in surnames[:1]]
    if born is None:
        # All we have is two names: the one compound that can be made of them.
        return (*found, ("sds", *sorted((forenames[0], surnames[0])), ""))
    for surname in surnames:
        found += [("fnd", forename, surname, born.whole) for forename in forenames]
        found.append(("sur", soundex(surname), forenames[0][:1], born.whole))
    found += [("ali", first, last, born.whole) for first, last in _calls_herself(identity, forenames, surnames)]
    found.append(("sds", *sorted((forenames[0], surnames[0])), born.whole))
    if born.rest and identity.sex != "not_given":
        found.append(("ini", forenames[0][:1], surnames[0][:1], born.whole, identity.sex))
    if number := plain_nhs_number(identity.nhs_number):
        found.append(("nhs", number, born.year))
    return tuple(found)


class KeyedTokens:
    """Tokens under the partnership's linkage key: HMAC-SHA-256, one key an epoch."""

    def __init__(self, key: bytes, *, epoch: int = EPOCH) -> None:
        if len(key) < 32:
            raise ValueError("a linkage key is at least 32 bytes")
        self._key = key
        self._epoch = epoch

    def tokens(self, identity: Identity) -> tuple[str, ...]:
        """See ``TokenMaker``."""
        return tuple(sorted({self._token(parts) for parts in compounds(identity)}))[:MAX_TOKENS]

    def _token(self, parts: tuple[str, ...]) -> str:
        body = framed(b"relay-1 token", str(self._epoch).encode(), *(part.encode() for part in parts))
        return f"{parts[0]}:{hmac.new(self._key, body, sha256).hexdigest()[:32]}"


def _forms(name: str) -> tuple[str, ...]:
    """The forms of a name: all its words as one, then each word of a double-barrelled one."""
    words = plain(name)
    if not words or "".join(words) in _MISSING:
        return ()
    return tuple(dict.fromkeys(("".join(words), *words)))[:3]


def _calls_herself(identity: Identity, forenames: tuple[str, ...], surnames: tuple[str, ...]) -> list[tuple[str, str]]:
    """First and last names she goes by: her own and every alias, so that one agency's alias meets another's forename."""
    found = [(forenames[0], surnames[0])]
    for alias in identity.aliases:
        words = plain(alias)
        if words:
            found.append(("".join(words), surnames[0]))
        if len(words) > 1:
            found.append((words[0], "".join(words[1:])))
    return list(dict.fromkeys(found))
