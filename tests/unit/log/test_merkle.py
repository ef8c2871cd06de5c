"""The growing tree is RFC 6962's, however the leaves are cut into batches."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consent.log.merkle import (
    EMPTY,
    Frontier,
    consistency_proof,
    frontier_at,
    grow,
    inclusion_proof,
    root_at,
)
from contracts.proofs import leaf_hash, verify_consistency, verify_inclusion
from tests.unit.log.rfc6962 import path, proof, tree_hash

LEAVES = [leaf_hash(i.to_bytes(4, "big")) for i in range(201)]


class Stored:
    """The nodes as the store would keep them; refuses to write one twice."""

    def __init__(self) -> None:
        self.nodes: dict[tuple[int, int], bytes] = {}

    def add(self, level: int, index: int, value: bytes) -> None:
        assert (level, index) not in self.nodes, "a node was created twice"
        self.nodes[level, index] = value

    def __call__(self, level: int, index: int) -> bytes:
        return self.nodes[level, index]


def grown_by(batches: list[int]) -> tuple[Stored, Frontier]:
    """Grow by batches, checking root and every proof of every batch against the slow tree."""
    stored, frontier = Stored(), EMPTY
    for count in batches:
        first, end = frontier.size, frontier.size + count
        grown = grow(frontier, LEAVES[first:end])
        assert grown.root == tree_hash(LEAVES[:end])
        assert [list(one) for one in grown.proofs] == [path(i, LEAVES[:end]) for i in range(first, end)]
        for i in range(first, end):
            stored.add(0, i, LEAVES[i])
        for node in grown.nodes:
            stored.add(*node)
        frontier = grown.frontier
    return stored, frontier


batches = st.lists(st.integers(1, 60), min_size=1, max_size=12).filter(lambda counts: sum(counts) <= 200)


@settings(max_examples=150, deadline=None)
@given(batches)
def test_any_batches_give_the_same_tree_as_one_leaf_at_a_time(counts: list[int]) -> None:
    stored, frontier = grown_by(counts)
    size = sum(counts)

    whole = {(level, i) for level in range(9) for i in range(size >> level)}
    assert set(stored.nodes) == whole, "every complete node is stored, and no other"
    assert all(stored(level, i) == tree_hash(LEAVES[i << level : (i + 1) << level]) for level, i in whole if level < 4)
    assert frontier == frontier_at(stored, size)
    assert root_at(stored, size) == tree_hash(LEAVES[:size])


@settings(max_examples=150, deadline=None)
@given(batches, st.data())
def test_stored_nodes_prove_any_entry_and_any_growth(counts: list[int], data: st.DataObject) -> None:
    stored, frontier = grown_by(counts)
    new = data.draw(st.integers(1, frontier.size))
    old = data.draw(st.integers(0, new))
    index = data.draw(st.integers(0, new - 1))

    inclusion = inclusion_proof(stored, index, new)
    consistency = consistency_proof(stored, old, new)

    assert list(inclusion) == path(index, LEAVES[:new])
    assert list(consistency) == proof(old, LEAVES[:new])
    verify_inclusion(LEAVES[index], index, new, inclusion, root_at(stored, new))
    verify_consistency(old, tree_hash(LEAVES[:old]), new, root_at(stored, new), consistency)


def test_every_size_to_two_hundred_by_one_leaf() -> None:
    stored, frontier = grown_by([1] * 200)

    assert frontier == frontier_at(stored, 200)
    for size in range(1, 201):
        assert root_at(stored, size) == tree_hash(LEAVES[:size])


REFUSED: dict[str, Callable[[], object]] = {
    "nothing to append": lambda: grow(EMPTY, []),
    "a frontier with a hash too few": lambda: Frontier(3, (bytes(32),)),
    "a negative size": lambda: Frontier(-1, ()),
    "an index outside": lambda: inclusion_proof(Stored(), 3, 3),
    "a tree that shrinks": lambda: consistency_proof(Stored(), 3, 2),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_makes_no_tree_is_refused(case: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        REFUSED[case]()
