"""What a record carries, as the register keeps it: its tokens by kind, short enough for a million people.

A blocking token is also in the index, under 64 bits; the rest lie beside the record, 32 bits each: two records are compared
kind by kind, so that chance makes two of them agree once in many millions of comparisons. Leaves out: the index itself.
"""

from array import array
from base64 import urlsafe_b64decode
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from struct import Struct
from typing import Final

BLOCKING: Final = ("nhs", "pnc", "aid", "nc", "cd", "ssd", "sxd", "ns", "xp", "xas", "nby", "nbd", "nbm", "nr")
"""Kinds under which a record can be found, the most telling first."""
_BESIDE: Final = (
    "nx", "fp", "sp", "ne", "ny", "nbt", "fbt", "fbd", "fbm", "fby", "sbt", "sbd", "sbm", "sby", "fd", "fsd", "frd", "fed",
    "sd", "srd", "sed", "ini", "hd", "nhe", "pne", "aie", "fah", "sah", "fas", "sas", "has", "hae", "xan", "han", "nt", "ht",
)  # fmt: skip
KINDS: Final = (*BLOCKING, *_BESIDE)
MOST_BLOCKING: Final = 15
ONE_SEX: Final = "sx1"
"""Said of whoever's sex is written down: she has one token of her sex and birthday, anyone else has two."""
_SEX: Final = "sxd"
_PLACE: Final = {kind: place for place, kind in enumerate(KINDS)}
_BITS: Final = Struct(">Qx")
"""A token's first 64 bits, of the 72 that it has."""
_THERE: Final = bytes([0, *(1,) * 255])
"""How many there are of a kind, as whether there are any."""
EPOCHS: Final = 16
"""How many epochs may be told apart in the index."""


@dataclass(frozen=True)
class Carried:
    """The tokens of one record, as they are kept: which kinds it carries, and 32 bits of every token, kind by kind."""

    kinds: frozenset[str]
    values: "array[int]"
    counts: bytes

    def by_value(self) -> dict[int, str]:
        """Each token's 32 bits to its kind."""
        kinds = [kind for kind, count in zip(KINDS, self.counts, strict=False) for _ in range(count)]
        return dict(zip(self.values, kinds, strict=True))

    def shared_with(self, other: "Carried") -> frozenset[str]:
        """The kinds of token that both carry alike."""
        mine = self.by_value()
        return frozenset(mine[value] for value in other.values if value in mine)


@dataclass(frozen=True)
class Presented:
    """The tokens somebody presents, as they are looked up."""

    epoch: int
    by_value: Mapping[int, str]
    """32 bits of every token to its kind."""
    blocking: Mapping[int, str]
    """What to look for in the index, to its kind, the most telling kinds first."""

    @cached_property
    def kinds(self) -> frozenset[str]:
        """The kinds that are presented."""
        every = list(self.by_value.values())
        kinds = frozenset((*every, ONE_SEX) if every.count(_SEX) == 1 else every)
        return both(kinds, kinds)

    def with_more(self, before: Carried) -> "Presented":
        """And what was presented before."""
        return Presented(self.epoch, {**before.by_value(), **self.by_value}, self.blocking)

    def packed(self) -> bytes:
        """As it is kept: how many of each kind, then 32 bits of each."""
        ordered = sorted([(_PLACE[kind], value) for value, kind in self.by_value.items()])
        counts = bytearray(len(KINDS))
        for place, _ in ordered:
            counts[place] += 1
        return bytes(counts) + array("I", [value for _, value in ordered]).tobytes()


def presented(tokens: Iterable[str], epoch: int) -> Presented:
    """Read tokens as they come. A kind that this broker does not know says nothing to it."""
    parted = [token.partition(":") for token in tokens]
    known = [(kind, text) for kind, _, text in parted if kind in _PLACE]
    # All in one go: twelve letters are nine bytes and no padding, and one by one they cost a third of a look-up.
    raw = urlsafe_b64decode("".join([text for _, text in known]))
    by_value: dict[int, str] = {}
    found: defaultdict[int, list[tuple[int, str]]] = defaultdict(list)
    for (kind, _), (bits,) in zip(known, _BITS.iter_unpack(raw), strict=True):
        by_value[bits >> 32] = kind
        place = _PLACE[kind]
        if place < len(BLOCKING):
            found[place].append((_key(bits, epoch), kind))
    # One of each kind before a second of any: someone of many names is found by her birthday and her place too.
    turns = sorted((turn, place, each) for place, keys in found.items() for turn, each in enumerate(sorted(keys)))
    return Presented(epoch, by_value, {key: kind for _, _, (key, kind) in turns[:MOST_BLOCKING]})


def unpacked(kept: bytes) -> Carried:
    """A record's tokens as they were kept."""
    return Carried(kinds_in(kept), values_in(kept), kept[: len(KINDS)])


def values_in(kept: bytes) -> "array[int]":
    """32 bits of every token of a record, as it was kept."""
    values = array("I")
    values.frombytes(kept[len(KINDS) :])
    return values


def kinds_in(kept: bytes) -> frozenset[str]:
    """The kinds that a record carries, as it was kept."""
    # Hardly two records count alike, but most have the same kinds.
    return _kinds(kept[: len(KINDS)].translate(_THERE), kept[_PLACE[_SEX]])


@lru_cache(maxsize=65_536)
def both(mine: frozenset[str], theirs: frozenset[str]) -> frozenset[str]:
    """What both carry: one and the same set each time, because a set that was met before is found sooner."""
    return mine & theirs


def value_of(key: int) -> int:
    """The 32 bits under which a token of the index lies beside its record."""
    return key >> 32 & 0xFFFFFFFF


def _key(bits: int, epoch: int) -> int:
    """A token in the index: sixty bits of it, and four of its epoch, so that an old epoch can be found and taken out."""
    signed = bits - (1 << 64) if bits >> 63 else bits
    return (signed >> 4 << 4) | (epoch % EPOCHS)


@lru_cache(maxsize=65_536)
def _kinds(there: bytes, sexes: int) -> frozenset[str]:
    kinds = frozenset(kind for kind, count in zip(KINDS, there, strict=True) if count)
    return kinds | {ONE_SEX} if sexes == 1 else kinds
