"""The bad messages: ten thousand with changed bytes, and two thousand shaped by hand with one fault each.

The same seed gives the same faults in the same order; keys, ids and salts are fresh each time, as from a real sender. Every
shaped message is right in everything but its one fault (hashes and signature are made again after the change), so that its
code can be told beforehand. Leaves out: sending them (``tests/integration``) and judging them.
"""

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

from contracts.canonical import canonical, to_base64
from contracts.hashes import domain_hash
from contracts.identifiers import new_id
from contracts.keys import SigningKey
from contracts.kinds import Kind
from contracts.vocabulary import Reason
from tests.factories import Partnership, letter, partnership, seal_letter

MUTATED = 10_000
SHAPED = 2_000

Where = Literal["reading", "replay", "consent", "good"]


@dataclass(frozen=True)
class Bad:
    """One bad message. ``code`` is None where any refusal will do; ``user`` is the RabbitMQ account that publishes it."""

    name: str
    code: Reason | None
    body: bytes
    user: str | None
    where: Where = "reading"
    """Who finds it: whoever reads it, whoever remembers what was sent before, or the consent service alone. ``good`` is
    the first of two equal messages, and nobody's fault."""


@dataclass
class Draft:
    """A good message as plain values, to be spoilt and signed again."""

    value: dict[str, Any]
    signer: SigningKey
    user: str | None
    keys: Partnership
    bound: bool = True
    """Whether the header's hashes are made again, to fit the parts as they are."""

    @property
    def header(self) -> dict[str, Any]:
        header: dict[str, Any] = self.value["header"]
        return header

    def bytes(self) -> bytes:
        """Bind, sign and write it."""
        if self.bound:
            bind(self.value)
        self.value["signature"] = to_base64(self.signer.sign(hash_of(self.header)))
        return canonical(self.value)


def hash_of(header: Any) -> bytes:
    """What a sender signs, whatever the header holds."""
    return domain_hash("relay-1 header", canonical(header))


def bind(value: dict[str, Any]) -> None:
    """Make the header's hashes fit the parts."""
    header, part = value["header"], value["for_broker"]
    header["for_broker"] = domain_hash("relay-1 for broker", canonical(part)).hex()
    header["subject"] = domain_hash("relay-1 subject", bytes.fromhex(part["salt"]), (part["reference"] or "").encode()).hex()
    header["body"] = domain_hash(
        "relay-1 body",
        (value["to_recipient"] or "").encode(),
        (value["to_consent"] or "").encode(),
        canonical(value["compartments"]),
    ).hex()


class Workshop:
    """Makes drafts. One sealed message a kind is copied and given fresh ids, which is much quicker than sealing anew."""

    def __init__(self, keys: Partnership, now: int) -> None:
        self.keys, self.now = keys, now
        self._patterns: dict[Kind, bytes] = {}
        self._sequence = 1_000_000

    def draft(self, kind: Kind = Kind.REFERRAL_MADE) -> Draft:
        """A fresh good message of a kind, as the reader sees it (its sealed parts open for nobody: the ids are new)."""
        if kind not in self._patterns:
            self._patterns[kind] = seal_letter(letter(kind, created=self.now), keys=self.keys)
        value = json.loads(self._patterns[kind])
        self._sequence += 1
        value["header"].update(id=new_id(), conversation=new_id(), sequence=self._sequence)
        sender = value["header"]["sender"]
        return Draft(value, self.keys.signing(sender), sender, self.keys)

    def sealed(self, kind: Kind = Kind.REFERRAL_MADE, **changes: Any) -> bytes:
        """A message that was really sealed, for what only an opener finds."""
        return seal_letter(replace(letter(kind, created=self.now), **changes), keys=self.keys)


# --- ten thousand with changed bytes


def _flip_a_bit(body: bytes, dice: random.Random, _: bytes) -> bytes:
    at = dice.randrange(len(body))
    return body[:at] + bytes([body[at] ^ 1 << dice.randrange(8)]) + body[at + 1 :]


def _change_a_byte(body: bytes, dice: random.Random, _: bytes) -> bytes:
    at = dice.randrange(len(body))
    return body[:at] + bytes([(body[at] + dice.randrange(1, 256)) % 256]) + body[at + 1 :]


def _change_a_digit(body: bytes, dice: random.Random, _: bytes) -> bytes:
    """A change that leaves the JSON well-formed, to get past the first doors."""
    places = [n for n, byte in enumerate(body) if chr(byte) in "0123456789abcdef"]
    at = dice.choice(places)
    return body[:at] + dice.choice([c for c in b"0123456789abcdef" if c != body[at]]).to_bytes(1, "big") + body[at + 1 :]


def _drop_a_byte(body: bytes, dice: random.Random, _: bytes) -> bytes:
    at = dice.randrange(len(body))
    return body[:at] + body[at + 1 :]


def _add_a_byte(body: bytes, dice: random.Random, _: bytes) -> bytes:
    at = dice.randrange(len(body) + 1)
    return body[:at] + bytes([dice.randrange(256)]) + body[at:]


def _repeat_a_piece(body: bytes, dice: random.Random, _: bytes) -> bytes:
    at = dice.randrange(len(body))
    return body[: at + dice.randrange(1, 64)] + body[at:]


def _cut_the_end(body: bytes, dice: random.Random, _: bytes) -> bytes:
    return body[: dice.randrange(len(body))]


def _join_two(body: bytes, dice: random.Random, other: bytes) -> bytes:
    """The beginning of one message and the end of another, cut at the same place."""
    at = dice.randrange(1, min(len(body), len(other)) - 1)
    return body[:at] + other[at:]


CHANGES: tuple[Callable[[bytes, random.Random, bytes], bytes], ...] = (
    _flip_a_bit, _change_a_byte, _change_a_digit, _drop_a_byte, _add_a_byte, _repeat_a_piece, _cut_the_end, _join_two,
)  # fmt: skip


def mutated(seed: int, count: int, workshop: Workshop) -> Iterator[Bad]:
    """Messages with changed bytes; each must be refused, whatever the code."""
    kinds, made, turn = list(Kind), 0, 0
    while made < count:
        # Dice of its own for each: how often they fall for one depends on bytes that differ from run to run.
        dice, turn = random.Random(f"{seed} {turn}"), turn + 1
        draft, other = workshop.draft(dice.choice(kinds)), workshop.draft(dice.choice(kinds)).bytes()
        body, change = draft.bytes(), dice.choice(CHANGES)
        spoilt = change(body, dice, other)
        # Two messages of one kind begin alike, so a join of them may be one of them.
        if spoilt in (body, other):
            continue
        made += 1
        yield Bad(f"{change.__name__.strip('_')} {made}", None, spoilt, draft.user)


# --- two thousand shaped by hand


def shaped(seed: int, count: int, workshop: Workshop) -> Iterator[Bad]:
    """One fault each: every fault at least once, then the same faults in other kinds until there are enough."""
    from tests.hostile.faults import FAULTS  # it builds on this module

    dice = random.Random(seed)
    every = [(fault, kind) for fault in FAULTS for kind in fault.kinds]
    first = [(fault, fault.kinds[0]) for fault in FAULTS]
    rest = [each for each in every if each not in set(first)]
    dice.shuffle(rest)
    chosen = (first + rest)[:count]
    while len(chosen) < count:
        chosen.append(dice.choice(every))
    for fault, kind in chosen:
        yield from fault.make(workshop, kind)


def hostile_messages(
    seed: int, *, keys: Partnership | None = None, now: int | None = None, mutants: int = MUTATED, faults: int = SHAPED
) -> Iterator[Bad]:
    """All of them: ``mutants`` with changed bytes and ``faults`` shaped by hand, mixed by the seed."""
    keys = keys or partnership()
    workshop = Workshop(keys, now if now is not None else keys.now)
    dice = random.Random(seed)
    sources = [mutated(seed, mutants, workshop), shaped(seed, faults, workshop)]
    weights = [mutants, faults]
    while sources:
        (at,) = dice.choices(range(len(sources)), weights)
        one = next(sources[at], None)
        if one is None:
            del sources[at], weights[at]
        else:
            yield one
