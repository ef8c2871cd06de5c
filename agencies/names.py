"""Names, dates, places and numbers as they count for recognising someone, whoever wrote them down and however.

Upper case, accents, punctuation, titles and what stands for "nothing known" are gone; then the looser forms under which a
slip of the pen or the ear is forgiven: two codes of how a name sounds, and its spellings with one letter left out (two words
one slip apart share one of those). Leaves out: tokens (``identity``) and nicknames (``nicknames``).
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

_TITLES: Final = frozenset({"mr", "mrs", "ms", "miss", "mx", "dr", "prof", "sir", "dame", "lady", "lord", "rev", "master"})
_MISSING: Final = frozenset(
    {"", "nfa", "nofixedabode", "nofixedaddress", "homeless", "unknown", "notknown", "none", "na", "unk", "refused", "notgiven"}
)
_DISTRICT = re.compile(r"([A-Z]{1,2}[0-9][A-Z0-9]?)(?:[0-9][A-Z]{2})?")
_ELSEWHERE = re.compile(r"[0-9]{3,5}")
_DATE = re.compile(r"([0-9]{4})-?([0-9]{2})-?([0-9]{2})")
_DATE_AS_WRITTEN = re.compile(r"([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{4})")
# What is not decomposed by Unicode, and is written without it in Britain.
_FOLDED: Final = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ı": "i", "æ": "ae", "œ": "oe", "ð": "d", "þ": "th"})
_SOUNDEX: Final = {
    letter: code
    for code, letters in {"1": "bfpv", "2": "cgjkqsxz", "3": "dt", "4": "l", "5": "mn", "6": "r"}.items()
    for letter in letters
}
# In this order; each is how a British ear writes the same sound. First a letter without which it is not there: most words
# have few of these, and asking for a letter costs a hundredth of looking for the pattern.
_SOUNDS: Final = tuple(
    (letter, re.compile(pattern), sound)
    for letter, pattern, sound in (
        ("m", "^(?:mac|mck|mc)", "mk"), ("n", "^(?:kn|gn|pn)", "n"), ("w", "^wr", "r"), ("p", "^ps", "s"), ("x", "^x", "s"),
        ("w", "^wh", "w"), ("c", "tsch|tch|cz", "x"), ("s", "sch|sz|sh", "x"), ("c", "ch", "x"), ("p", "ph", "f"),
        ("g", "ght", "t"), ("g", "gh", ""), ("k", "ck|kh", "k"), ("q", "q", "k"), ("t", "th", "t"), ("d", "dh", "d"),
        ("b", "bh", "b"), ("w", "w", "f"), ("v", "v", "f"), ("c", "c(?=[eiy])", "s"), ("c", "c", "k"),
        ("d", "dg|dz", "j"), ("g", "g(?=[ei])", "j"), ("z", "z", "s"), ("m", "mb$", "m"), ("h", "(?<=.)h", ""),
    )
)  # fmt: skip
_VOWELS: Final = frozenset("aeiouy")
_NO_VOWELS: Final = str.maketrans(dict.fromkeys("aeiouy"))
_TWICE: Final = re.compile(r"(.)\1+")
_REMEMBERED: Final = 512
"""How many words' sounds are remembered: one person's are asked for many times over. Nothing of it leaves the memory."""


@dataclass(frozen=True, slots=True)
class Birth:
    """A date of birth as it counts: ``01-01`` is what people write who know the year alone."""

    year: str
    rest: str

    @property
    def whole(self) -> str:
        """The date, or the year alone."""
        return f"{self.year}{self.rest}"

    @property
    def parts(self) -> tuple[tuple[str, str], ...]:
        """What is left of it when one part is wrong: by what is wrong: turned over, day, year, month."""
        if not self.rest:
            return ()
        month, day = self.rest[:2], self.rest[2:]
        either = "".join(sorted((month, day)))
        return (("bt", self.year + either), ("bd", self.year + month), ("by", month + day), ("bm", self.year + day))


def plain(text: str) -> tuple[str, ...]:
    """A name as its plain words: no case, accents, punctuation or titles. A hyphen parts words, an apostrophe joins them."""
    # Folding may bring back what decomposing took apart (and the other way round), so the order is: decompose, fold, decompose.
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold()).translate(_FOLDED)
    letters = "".join(each for each in folded if not unicodedata.combining(each))
    words = re.findall(r"[^\W_]+", re.sub(r"['’`´ʼ.]", "", letters))
    kept = tuple(word for word in words if word not in _TITLES)
    # Somebody's name may be a title; then it is all we have.
    return kept or tuple(words)


def is_nothing(text: str) -> bool:
    """Whether a field says, in so many words, that nothing is known, or that she has no such thing."""
    return re.sub(r"[^a-z0-9]", "", text.casefold()) in _MISSING or "zz99" in text.casefold()


def forms(name: str) -> tuple[str, ...]:
    """The forms of a name: all its words as one, then each word of a double-barrelled one. None for what means no name."""
    words = plain(name)
    if not words or "".join(words) in _MISSING:
        return ()
    longer = [word for word in words if len(word) > 1]
    return tuple(dict.fromkeys(("".join(words), *longer)))[:3]


def birth(text: str | None) -> Birth | None:
    """A date of birth as ``YYYY-MM-DD`` or as people write it (``31/12/1990``), or None. It may be no day of any calendar."""
    written = (text or "").strip()
    if found := _DATE.fullmatch(written):
        year, month, day = found.groups()
    elif found := _DATE_AS_WRITTEN.fullmatch(written):
        day, month, year = found[1].zfill(2), found[2].zfill(2), found[3]
    else:
        return None
    rest = "" if month + day in {"0101", "0000"} else month + day
    # 1900 and 01-01 are what systems put where they must put something. Of 1900 a day of the year was written by somebody.
    if year in {"0000", "9999"} or (year == "1900" and not rest):
        return None
    return Birth(year, rest)


def district(text: str | None) -> str | None:
    """The district of a postcode, or None: also for no fixed abode and the ZZ99 that stands for it."""
    plain_text = re.sub(r"[^A-Z0-9]", "", (text or "").upper())
    if plain_text.lower() in _MISSING or plain_text.startswith("ZZ99"):
        return None
    found = _DISTRICT.fullmatch(plain_text)
    if found:
        return found[1]
    # A postal code of another country: it is a place all the same.
    return plain_text if _ELSEWHERE.fullmatch(plain_text) else None


def plain_nhs_number(text: str | None) -> str | None:
    """The ten digits of an NHS number whose check digit fits, or None: a mistyped number would be another person's."""
    digits = re.sub(r"[ -]", "", text or "")
    if not re.fullmatch(r"[0-9]{10}", digits) or len(set(digits)) == 1:
        return None
    check = 11 - sum(int(digit) * weight for digit, weight in zip(digits, range(10, 1, -1), strict=False)) % 11
    return digits if check % 11 == int(digits[9]) and check != 10 else None


def identifier(text: str | None) -> str | None:
    """An issued number as its letters and digits; None where it is too short or all of one digit.

    A wrong check digit stays: as evidence a mistyped number still says whose it nearly is.
    """
    kept = re.sub(r"[^0-9a-z]", "", (text or "").casefold())
    return kept if len(kept) >= 5 and len(set(kept)) > 1 and kept not in _MISSING else None


@lru_cache(maxsize=_REMEMBERED)
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


@lru_cache(maxsize=_REMEMBERED)
def sound(word: str) -> str:
    """How a word sounds, more closely: its consonants as a British ear writes them, and that it begins with a vowel."""
    heard = word
    for letter, pattern, sounds in _SOUNDS:
        if letter in heard:
            heard = pattern.sub(sounds, heard)
    first = "a" if heard[:1] in _VOWELS else ""
    return (first + _TWICE.sub(r"\1", heard.translate(_NO_VOWELS)))[:6] or word[:2]


def with_one_left_out(word: str) -> tuple[str, ...]:
    """The word, and each spelling of it with one letter left out."""
    if len(word) < 3:
        return (word,)
    return tuple(dict.fromkeys((word, *(word[:place] + word[place + 1 :] for place in range(len(word))))))
