"""Grow an RFC 6962 tree by a batch, and prove things about it, from the few hashes that matter.

Levels are counted from the leaves; node (level, index) covers 2**level leaves from index * 2**level on. It is
complete once all of those exist, and never changes again: only complete nodes are stored. Where the last node
of a level has no sibling it is carried up unchanged: RFC 6962's tree, seen level by level.
Leaves out: checking a proof (``contracts.proofs``) and where nodes are kept (``append``, ``read``).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, NamedTuple

from contracts.proofs import EMPTY_ROOT, HASH_BYTES, node_hash

# The hash of a stored, complete node. Level 0 are the leaves.
NodeAt = Callable[[int, int], bytes]


@dataclass(frozen=True, slots=True)
class Frontier:
    """The complete subtrees that make up a tree, largest first: all of the past that an append needs."""

    size: int
    hashes: tuple[bytes, ...]

    def __post_init__(self) -> None:
        if self.size < 0 or len(self.hashes) != self.size.bit_count():
            raise ValueError("a frontier has one hash for each binary digit 1 of its size")


EMPTY: Final = Frontier(0, ())


class Node(NamedTuple):
    """One complete inner node, to be stored."""

    level: int
    number: int
    hash: bytes


class Grown(NamedTuple):
    """The tree after a batch. ``proofs``: an inclusion proof for each leaf of the batch, in the new size."""

    frontier: Frontier
    root: bytes
    nodes: list[Node]
    proofs: list[tuple[bytes, ...]]


def grow(frontier: Frontier, leaves: Sequence[bytes]) -> Grown:
    """Append the batch of leaf hashes. Reads nothing but the frontier, however large the tree is."""
    if not leaves:
        raise ValueError("there is nothing to append")
    old, new = frontier.size, frontier.size + len(leaves)
    levels = _levels(frontier, leaves)
    nodes = [
        Node(level, start + offset, value)
        for level, (start, row) in enumerate(levels)
        if level
        # Those to the left of the batch were complete and stored before; the last may still be incomplete.
        for offset, value in enumerate(row)
        if (old >> level) <= start + offset < (new >> level)
    ]
    return Grown(_frontier(new, levels), levels[-1][1][0], nodes, _paths(old, levels))


def _levels(frontier: Frontier, leaves: Sequence[bytes]) -> list[tuple[int, list[bytes]]]:
    """Each level from the leaves up, from the first node the batch touches (or its left sibling) on."""
    # Inlined hashing: this loop is most of what the log costs for each message.
    digest = sha256
    earlier = list(frontier.hashes)  # smallest last
    start, row = frontier.size, list(leaves)
    levels: list[tuple[int, list[bytes]]] = []
    while True:
        if start & 1:
            row.insert(0, earlier.pop())
            start -= 1
        levels.append((start, row))
        if len(row) == 1 and start == 0:
            return levels
        above = [digest(b"\x01" + row[i] + row[i + 1]).digest() for i in range(0, len(row) - 1, 2)]
        if len(row) & 1:
            above.append(row[-1])
        start, row = start >> 1, above


def _frontier(size: int, levels: list[tuple[int, list[bytes]]]) -> Frontier:
    hashes = []
    for level, (start, row) in enumerate(levels):
        if (size >> level) & 1:
            hashes.append(row[(size >> level) - 1 - start])
    return Frontier(size, tuple(reversed(hashes)))


def _paths(first: int, levels: list[tuple[int, list[bytes]]]) -> list[tuple[bytes, ...]]:
    """The proof of each leaf from ``first`` on, built downwards so that what is shared is made once."""
    above: list[tuple[bytes, ...]] = [()]
    above_start = 0
    for start, row in reversed(levels[:-1]):
        here = []
        last = len(row) - 1
        for offset in range(len(row)):
            sibling = offset ^ 1  # start is even, so offsets pair as indexes do
            path = above[((start + offset) >> 1) - above_start]
            here.append((row[sibling], *path) if sibling <= last else path)
        above, above_start = here, start
    return above[first - above_start :]


def root_at(node: NodeAt, size: int) -> bytes:
    """The root of the first ``size`` leaves."""
    return _span(node, 0, size) if size else EMPTY_ROOT


def frontier_at(node: NodeAt, size: int) -> Frontier:
    """The frontier of the first ``size`` leaves, from stored nodes."""
    hashes, at = [], 0
    for level in range(size.bit_length() - 1, -1, -1):
        if (size >> level) & 1:
            hashes.append(node(level, at >> level))
            at += 1 << level
    return Frontier(size, tuple(hashes))


def inclusion_proof(node: NodeAt, index: int, size: int) -> tuple[bytes, ...]:
    """The proof that leaf ``index`` is among the first ``size``."""
    if not 0 <= index < size:
        raise ValueError("the index is not inside the tree")
    return tuple(_inclusion(node, index, 0, size))


def consistency_proof(node: NodeAt, old_size: int, new_size: int) -> tuple[bytes, ...]:
    """The proof that the first ``new_size`` leaves begin with the first ``old_size``."""
    if not 0 <= old_size <= new_size:
        raise ValueError("a tree does not shrink")
    if old_size in (0, new_size):
        return ()
    return tuple(_consistency(node, old_size, 0, new_size, whole=True))


def _split(count: int) -> int:
    """The largest power of two smaller than ``count``: where RFC 6962 divides a tree."""
    return 1 << ((count - 1).bit_length() - 1)


def _span(node: NodeAt, start: int, count: int) -> bytes:
    """Hash over ``count`` leaves from ``start``, a multiple of the power of two in use."""
    if count & (count - 1) == 0:
        level = count.bit_length() - 1
        value = node(level, start >> level)
        if len(value) != HASH_BYTES:
            raise ValueError("a stored node is not a hash")
        return value
    left = _split(count)
    return node_hash(_span(node, start, left), _span(node, start + left, count - left))


def _inclusion(node: NodeAt, index: int, start: int, count: int) -> list[bytes]:
    if count == 1:
        return []
    left = _split(count)
    if index < left:
        return [*_inclusion(node, index, start, left), _span(node, start + left, count - left)]
    return [*_inclusion(node, index - left, start + left, count - left), _span(node, start, left)]


def _consistency(node: NodeAt, old: int, start: int, count: int, *, whole: bool) -> list[bytes]:
    if old == count:
        return [] if whole else [_span(node, start, count)]
    left = _split(count)
    if old <= left:
        return [*_consistency(node, old, start, left, whole=whole), _span(node, start + left, count - left)]
    return [
        *_consistency(node, old - left, start + left, count - left, whole=False),
        _span(node, start, left),
    ]
