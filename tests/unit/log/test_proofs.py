"""Proofs are accepted when they are right, and no change to one is."""

from collections.abc import Callable, Iterator
from hashlib import sha256
from random import Random

import pytest

from contracts.proofs import (
    EMPTY_ROOT,
    Opening,
    ProofError,
    group_commitment,
    leaf_bytes,
    leaf_hash,
    node_hash,
    record_commitment,
    verify_consistency,
    verify_inclusion,
)
from tests.unit.log.rfc6962 import path, proof, tree_hash

LEAVES = ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
ROOTS = (
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
# Sizes on both sides of every power of two up to 200, and a few in between.
SIZES = (1, 2, 3, 4, 5, 7, 8, 9, 13, 15, 16, 17, 31, 32, 33, 63, 64, 65, 100, 127, 128, 129, 199, 200)

ManyHashes = list[bytes]


def tree_of(size: int) -> ManyHashes:
    return [leaf_hash(i.to_bytes(4, "big")) for i in range(size)]


@pytest.mark.parametrize("size", range(9))
def test_the_published_vectors_give_the_published_roots(size: int) -> None:
    leaves = [leaf_hash(bytes.fromhex(text)) for text in LEAVES[:size]]

    assert tree_hash(leaves).hex() == ROOTS[size]
    for index in range(size):
        verify_inclusion(leaves[index], index, size, path(index, leaves), bytes.fromhex(ROOTS[size]))
    for old in range(size + 1):
        verify_consistency(old, bytes.fromhex(ROOTS[old]), size, bytes.fromhex(ROOTS[size]), proof(old, leaves))


def changed(hashes: ManyHashes, dice: Random) -> Iterator[ManyHashes]:
    """Every way of damaging a list of hashes: one bit, one dropped, one inserted, two swapped, one cut short."""
    for at in range(len(hashes)):
        bit = dice.randrange(256)
        flipped = (int.from_bytes(hashes[at], "big") ^ (1 << bit)).to_bytes(32, "big")
        yield [*hashes[:at], flipped, *hashes[at + 1 :]]
        yield [*hashes[:at], *hashes[at + 1 :]]
        yield [*hashes[:at], dice.randbytes(32), *hashes[at:]]
        yield [*hashes[:at], hashes[at], *hashes[at:]]
        yield [*hashes[:at], hashes[at][:31], *hashes[at + 1 :]]
        if at:
            yield [*hashes[: at - 1], hashes[at], hashes[at - 1], *hashes[at + 1 :]]
    yield [*hashes, dice.randbytes(32)]


def accepted(check: Callable[..., None], *told: object) -> int:
    try:
        check(*told)
    except ProofError:
        return 0
    return 1


def test_no_changed_inclusion_proof_is_accepted() -> None:
    dice, tried, let_through = Random(1), 0, 0
    for size in SIZES:
        leaves = tree_of(size)
        root = tree_hash(leaves)
        for index in range(0, size, 1 + size // 25):
            right, leaf = path(index, leaves), leaves[index]
            verify_inclusion(leaf, index, size, right, root)
            for wrong in changed(right, dice):
                tried += 1
                let_through += accepted(verify_inclusion, leaf, index, size, wrong, root)
            for other in [*range(-1, size + 1, 1 + size // 25), size]:
                if other != index:
                    tried += 1
                    let_through += accepted(verify_inclusion, leaf, other, size, right, root)
            for leaf_, root_ in ((dice.randbytes(32), root), (leaf, dice.randbytes(32)), (leaf[:31], root)):
                tried += 1
                let_through += accepted(verify_inclusion, leaf_, index, size, right, root_)

    assert tried > 20_000
    assert let_through == 0, f"{let_through} of {tried} changed proofs were accepted"


def test_no_changed_consistency_proof_is_accepted() -> None:
    dice, tried, let_through = Random(2), 0, 0
    for size in SIZES:
        leaves = tree_of(size)
        new = tree_hash(leaves)
        for old_size in range(1, size + 1, 1 + size // 25):
            old, right = tree_hash(leaves[:old_size]), proof(old_size, leaves)
            verify_consistency(old_size, old, size, new, right)
            for wrong in changed(right, dice):
                tried += 1
                let_through += accepted(verify_consistency, old_size, old, size, new, wrong)
            for old_, new_ in ((dice.randbytes(32), new), (old, dice.randbytes(32)), (old[:31], new)):
                tried += 1
                let_through += accepted(verify_consistency, old_size, old_, size, new_, right)

    assert tried > 5_000
    assert let_through == 0, f"{let_through} of {tried} changed proofs were accepted"


def test_a_rewritten_history_has_no_consistency_proof() -> None:
    old = tree_of(7)
    rewritten = [*old[:3], leaf_hash(b"something else"), *tree_of(20)[4:]]

    with pytest.raises(ProofError):
        verify_consistency(7, tree_hash(old), 20, tree_hash(rewritten), proof(7, rewritten))


BORDER_CASES = {
    "an empty log begins every log": (0, EMPTY_ROOT, 5, [], True),
    "an empty log has one root": (0, tree_hash(tree_of(1)), 5, [], False),
    "an empty log needs no proof": (0, EMPTY_ROOT, 5, [bytes(32)], False),
    "the same log needs no proof": (5, tree_hash(tree_of(5)), 5, [bytes(32)], False),
    "the same size has the same root": (5, tree_hash(tree_of(4)), 5, [], False),
    "a log does not shrink": (6, tree_hash(tree_of(6)), 5, [], False),
    "a size is not negative": (-1, EMPTY_ROOT, 5, [], False),
    "growth needs a proof": (4, tree_hash(tree_of(4)), 5, [], False),
    "growth from an incomplete tree too": (3, tree_hash(tree_of(3)), 5, [], False),
}


@pytest.mark.parametrize("case", BORDER_CASES)
def test_consistency_at_its_borders(case: str) -> None:
    old_size, old_root, size, hashes, is_right = BORDER_CASES[case]

    right = accepted(verify_consistency, old_size, old_root, size, tree_hash(tree_of(size)), hashes)

    assert right == int(is_right)


def test_a_byte_cannot_move_from_one_hash_into_its_neighbour() -> None:
    left, right = tree_of(2)
    root = node_hash(left, right)

    assert accepted(verify_inclusion, left, 0, 2, [right], root) == 1
    assert accepted(verify_inclusion, left + right[:1], 0, 2, [right[1:]], root) == 0
    assert accepted(verify_consistency, 1, left, 2, root, [right]) == 1
    assert accepted(verify_consistency, 1, left + right[:1], 2, root, [right[1:]]) == 0


def test_a_proof_is_as_long_as_its_size_demands() -> None:
    left, right = tree_of(2)
    root = node_hash(left, right)

    assert accepted(verify_inclusion, right, 1, 2, [left], root) == 1
    assert accepted(verify_inclusion, right, 0, 1, [left], root) == 0
    assert accepted(verify_inclusion, right, 2, 3, [left], root) == 1, "a proof does not bind the size"
    assert accepted(verify_inclusion, left, 0, 3, [right], root) == 0
    assert accepted(verify_consistency, 1, left, 2, root, [right]) == 1
    assert accepted(verify_consistency, 1, left, 3, root, [right]) == 0


def test_a_node_never_passes_for_a_leaf() -> None:
    left, right = tree_of(2)

    assert leaf_hash(left + right) != node_hash(left, right)


def framed(*parts: bytes) -> bytes:
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def test_the_commitments_are_what_the_paper_says() -> None:
    salt, fields = bytes(range(32)), b'{"a":1}'
    group = sha256(framed(b"group", b"shown", salt, fields)).digest()
    record = sha256(framed(b"relay-record/v1", group, bytes(32), b"\x01" * 32)).digest()

    assert group_commitment("shown", salt, fields) == group
    assert record_commitment(group, bytes(32), b"\x01" * 32) == record
    assert leaf_bytes(record) == b"relay-log/v1\n" + record
    assert Opening(fields, salt, bytes(32), b"\x01" * 32).leaf_hash() == leaf_hash(leaf_bytes(record))


def test_each_group_salt_and_place_gives_another_commitment() -> None:
    salt = bytes(32)
    digests = {
        group_commitment(name, own_salt, fields)
        for name in ("shown", "skeleton", "subject")
        for own_salt in (salt, b"\x01" * 32)
        for fields in (b"{}", b'{"a":1}')
    }
    a, b, c = bytes(32), b"\x01" * 32, b"\x02" * 32

    assert len(digests) == 12
    assert len({record_commitment(*order) for order in ((a, b, c), (b, a, c), (a, c, b), (c, b, a))}) == 4


WRONG_PARTS: dict[str, Callable[[], object]] = {
    "a group of another name": lambda: group_commitment("hidden", bytes(32), b"{}"),
    "a short salt": lambda: group_commitment("shown", bytes(31), b"{}"),
    "a short commitment in a record": lambda: record_commitment(bytes(32), bytes(31), bytes(32)),
    "a long commitment in a leaf": lambda: leaf_bytes(bytes(33)),
}


@pytest.mark.parametrize("case", WRONG_PARTS)
def test_a_piece_of_the_wrong_shape_is_refused(case: str) -> None:
    with pytest.raises(ProofError):
        WRONG_PARTS[case]()
