"""Recognise a person without her name leaving the building: make keyed tokens of her details, two details at least in each.

Only compound tokens are made, because single names and districts fall to frequency counting (matching.md §2). The key never
reaches the broker. An oblivious token service may take the place of ``KeyedTokens`` later; so callers know ``TokenMaker``
alone. Leaves out: how a name is read (``names``), and comparing tokens, which is the broker's (``broker/matching``).
"""

from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import Final, Protocol

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC

from agencies.addresses import ends_of_town, home
from agencies.names import Birth, birth, district, forms, identifier, plain, sound, soundex, with_one_left_out
from agencies.nicknames import full_names
from contracts.hashes import framed
from contracts.messages.compartments import Identity
from contracts.steps import Keyed

EPOCH: Final = 1
MAX_TOKENS: Final = 192
_TOKEN_BYTES: Final = 9
_FEW: Final = 3
_PAIRS: Final = 6
_SEX: Final = {"f": "female", "w": "female", "m": "male"}

Compound = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """What is known of her, as somebody wrote it down. Anything may be missing."""

    forename: str = ""
    surname: str = ""
    aliases: tuple[str, ...] = ()
    date_of_birth: str | None = None
    sex: str | None = None
    postcode: str | None = None
    nhs_number: str | None = None
    pnc_id: str | None = None
    issued: tuple[tuple[str, str], ...] = ()
    """Numbers that others gave her: who issues them, and hers (a prison's, a probation service's)."""
    address: str | None = None
    """Where she lives, the lines before the town: for tokens alone, and in no message."""
    town: str | None = None


class TokenMaker(Protocol):
    """Makes the keyed tokens of a person."""

    def keyed(self, details: Details) -> tuple[Keyed, ...]:
        """Her tokens under every epoch in use, the newest first; none when too little is known of her."""

    def newest(self) -> int:
        """The newest epoch in use."""


def details_of(identity: Identity) -> Details:
    """A person's details as one agency tells them to another: never where she lives."""
    return Details(
        forename=identity.forename,
        surname=identity.surname,
        aliases=identity.aliases,
        date_of_birth=identity.date_of_birth,
        sex=identity.sex,
        postcode=identity.postcode_district,
        nhs_number=identity.nhs_number,
    )


@dataclass(frozen=True, slots=True)
class _Names:
    """The names she goes by: of each kind her own first, then those of her aliases."""

    first: tuple[str, ...]
    last: tuple[str, ...]
    pairs: tuple[tuple[str, str], ...]
    """First and last name as they belong together."""

    @property
    def full(self) -> tuple[str, ...]:
        """The full names that her first names may stand for."""
        return tuple(dict.fromkeys(full for each in self.first for full in full_names(each)))[: 2 * _FEW]


def compounds(details: Details) -> tuple[Compound, ...]:
    """Every compound of her details that becomes a token: the kind, then the parts. Equal people, equal compounds."""
    names = _names(details)
    if not names.first and not names.last:
        return ()  # R09: whoever gave no name is nobody's match
    born, place = birth(details.date_of_birth), district(details.postcode)
    found: list[Compound] = [*_numbers(details), *_pairs(names)]
    if born is not None:
        found += _with_year(names, born)
        found += _with_parts(names, born)
        if born.rest:
            found += _with_birthday(names, born.whole, details.sex)
    if place:
        found += (("fp", full, place) for full in names.full)
        found += (("sp", heard, place) for heard in _each(sound, names.last))
        # Either name, for those whose names were written in the wrong fields.
        found += (("xp", heard, place) for heard in _heard(names))
        if born is not None and born.rest:
            found.append(("hd", place, born.whole))
    found += _at_home(names, born, details)
    return tuple(dict.fromkeys(found))


class KeyedTokens:
    """Tokens under the partnership's linkage key: HMAC-SHA-256, one key an epoch."""

    def __init__(self, key: bytes, *, epoch: int = EPOCH) -> None:
        if len(key) < 32:
            raise ValueError("a linkage key is at least 32 bytes")
        # What all tokens begin with is hashed once: with the key's own half of the work, that is most of a token's cost.
        self._begun = HMAC(key, SHA256())
        self._begun.update(framed(b"relay-1 token", str(epoch).encode()))
        self._epoch = epoch

    @property
    def epoch(self) -> int:
        """Which key it is, counted from 1."""
        return self._epoch

    def tokens(self, details: Details) -> tuple[str, ...]:
        """Tokens of the form ``kind:twelve letters``, sorted."""
        return tuple(sorted({self._token(parts) for parts in compounds(details)[:MAX_TOKENS]}))

    def _token(self, parts: Compound) -> str:
        code = self._begun.copy()
        code.update(b"".join(map(_part, parts)))
        return f"{parts[0]}:{urlsafe_b64encode(code.finalize()[:_TOKEN_BYTES]).decode()}"


class Epochs:
    """Tokens under the newest key, and under the one before it for as long as the register is re-keyed."""

    def __init__(self, makers: Iterable[KeyedTokens]) -> None:
        self._makers = sorted(makers, key=lambda maker: -maker.epoch)[:2]

    def newest(self) -> int:
        """See ``TokenMaker``."""
        return self._makers[0].epoch

    def keyed(self, details: Details) -> tuple[Keyed, ...]:
        """See ``TokenMaker``."""
        made = ((maker.epoch, maker.tokens(details)) for maker in self._makers)
        return tuple(Keyed(epoch=epoch, tokens=tokens) for epoch, tokens in made if tokens)


@lru_cache(maxsize=512)
def _part(text: str) -> bytes:
    """One detail as it goes under the key; each of hers goes there many times."""
    return framed(text.encode())


def _names(details: Details) -> _Names:
    first, last = forms(details.forename), forms(details.surname)
    pairs = list(product(first[:2], last))
    more_first: list[str] = []
    more_last: list[str] = []
    for alias in details.aliases:
        words = forms(alias)[1:] or forms(alias)
        if not words:
            continue
        more_first.append(words[0])
        # A second word is another surname: the one before she married, or the one she gave that night.
        more_last += words[1:]
        pairs += product(words[:1], words[1:] or last[:1])
    return _Names(
        tuple(dict.fromkeys((*first, *more_first)))[: 2 * _FEW],
        tuple(dict.fromkeys((*last, *more_last)))[: 2 * _FEW],
        tuple(dict.fromkeys(pairs))[:_PAIRS],
    )


def _numbers(details: Details) -> Iterator[Compound]:
    given: list[tuple[str, str, tuple[str, ...], str | None]] = [
        ("nhs", "nhe", (), details.nhs_number), ("pnc", "pne", (), details.pnc_id),
    ]  # fmt: skip
    given += (("aid", "aie", ("".join(plain(issuer)),), text) for issuer, text in details.issued[:_FEW])
    for kind, loose, issuer, text in given:
        if number := identifier(text):
            yield kind, *issuer, number
            yield from ((loose, *issuer, short) for short in with_one_left_out(number)[1:])


def _pairs(names: _Names) -> Iterator[Compound]:
    """First and last name together, in either order, from exact to only like it."""
    for first, last in names.pairs:
        yield "nx", *sorted((first, last))
        for full in full_names(first):
            yield "nc", *sorted((full, last))
            yield "ns", *sorted((sound(full), sound(last)))
        yield "nr", *sorted((soundex(first), soundex(last)))
    for first, last in names.pairs[:1]:
        yield from (("ne", *sorted((full_names(first)[0], short))) for short in with_one_left_out(last))
        yield from (("ne", *sorted((short, last))) for short in with_one_left_out(first))


def _with_year(names: _Names, born: Birth) -> Iterator[Compound]:
    yield from (("ny", *pair, born.year) for pair in _sounds(names))


def _with_parts(names: _Names, born: Birth) -> Iterator[Compound]:
    """Names with what is left of a date of birth when one part of it is wrong."""
    for letter, part in born.parts:
        yield from ((f"n{letter}", *pair, part) for pair in _sounds(names))
        yield from ((f"f{letter}", full, part) for full in names.full[:_FEW])
        yield from ((f"s{letter}", heard, part) for heard in _each(sound, names.last)[:_FEW])


def _with_birthday(names: _Names, born: str, sex: str | None) -> Iterator[Compound]:
    """Each name with the whole date of birth, from exact to only like it; and the date with her sex."""
    yield from (("fd", first, born) for first in names.first)
    yield from (("cd", full, born) for full in names.full)
    yield from (("fsd", heard, born) for heard in _each(sound, names.full))
    yield from (("frd", heard, born) for heard in _each(soundex, names.first))
    yield from (("sd", last, born) for last in names.last)
    yield from (("ssd", heard, born) for heard in _each(sound, names.last))
    yield from (("srd", heard, born) for heard in _each(soundex, names.last))
    yield from (("fed", short, born) for first in names.first[:1] for short in with_one_left_out(first))
    yield from (("sed", short, born) for last in names.last[:1] for short in with_one_left_out(last))
    known = _SEX.get((sex or "")[:1].casefold())
    # Whose sex is not written down may be of either; that there are two tokens of it says so.
    sexes = (known,) if known else ("female", "male")
    yield from (("ini", *sorted((first[:1], last[:1])), born, each) for first, last in names.pairs[:2] for each in sexes)
    yield from (("sxd", each, born) for each in sexes)


def _at_home(names: _Names, born: Birth | None, details: Details) -> Iterator[Compound]:
    """Where she lives, with a name or with her birthday: never by itself or with the town alone, for that names a hostel."""
    lives, town = home(details.address), ends_of_town(details.town)
    whole = born.whole if born is not None and born.rest else ""
    yield from (("nt", *pair, end) for pair in _sounds(names) for end in town)
    yield from (("ht", end, whole) for end in town if whole)
    if lives is None:
        return
    first, last = tuple(full_names(each)[0] for each in names.first[:2]), names.last[:2]
    begun = _each(_start, (*first, *last))
    for start, end in lives.ends:
        # How the name begins, whichever field it stands in: under this she is found where both her names have a slip.
        yield from (("xas", each, start) for each in begun)
        yield from (("fah", heard, start) for heard in _each(sound, first))
        yield from (("sah", heard, start) for heard in _each(sound, last))
        yield from (("fas", each, end) for each in _each(_start, first))
        yield from (("sas", each, end) for each in _each(_start, last))
        yield from (("has", start, whole), ("hae", end, whole)) if whole else ()
    if lives.number:
        yield from (("xan", each, lives.number) for each in begun)
        yield from (("han", lives.number, whole),) if whole else ()


def _sounds(names: _Names) -> tuple[tuple[str, ...], ...]:
    """How her names sound together, whichever comes first."""
    return tuple(dict.fromkeys(tuple(sorted((sound(full_names(first)[0]), sound(last)))) for first, last in names.pairs))[:_FEW]


def _heard(names: _Names) -> tuple[str, ...]:
    """How each of her names sounds, whichever field it stands in."""
    first = (full_names(each)[0] for each in names.first[:_FEW])
    return _each(sound, (*first, *names.last[:_FEW]))


def _start(word: str) -> str:
    return word[:_FEW]


def _each(how: Callable[[str], str], words: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(how(word) for word in words))
