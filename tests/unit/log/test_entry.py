"""An entry says what it says in one way only, and shows no more than it is asked to."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import to_json

import consent.log
from consent.log import verify
from consent.log.entry import Entry, EntryKind, Salts, commit
from contracts.proofs import SKELETON, SUBJECT, group_commitment, leaf_bytes, leaf_hash, record_commitment
from contracts.vocabulary import Purpose
from tests.unit.log.logs import CANARY, NOON, decision

SALTS = Salts(bytes(32), b"\x01" * 32, b"\x02" * 32)


def test_the_list_for_readers_is_the_list_of_the_program_and_of_the_verifier() -> None:
    text = (Path(consent.log.__file__).parent / "EVENTS.md").read_text()
    listed = [(int(number), word) for number, word in re.findall(r"^\| (\d+) \| `(\w+)` \| \S", text, re.M)]

    assert listed == [(kind.number, kind.value) for kind in EntryKind]
    assert [kind.value for kind in EntryKind] == verify.KINDS


_LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**53) + 1, 2**53 - 1),
    st.sampled_from(Purpose),
    st.text(st.characters(codec="utf-8")),
)
_NAMES = st.text(st.characters(max_codepoint=127), max_size=8).filter(lambda name: name not in {"at", "written", "entry"})
_VALUES = st.recursive(
    _LEAVES, lambda inner: st.lists(inner) | st.lists(inner).map(tuple) | st.dictionaries(_NAMES, inner), max_leaves=12
)


@given(st.dictionaries(_NAMES, _VALUES))
def test_a_group_is_written_in_its_one_canonical_form(fields: dict[str, Any]) -> None:
    done = commit(Entry(EntryKind.READING, NOON, {}, {}, fields), NOON, SALTS)
    assert done.subject == to_json(_in_order(fields))


def _in_order(value: Any) -> Any:
    """With the keys in their order at every level, for a writer that does not sort and is not the log's own."""
    if isinstance(value, dict):
        return {name: _in_order(value[name]) for name in sorted(value)}
    return [_in_order(one) for one in value] if isinstance(value, list | tuple) else value


def test_a_leaf_is_made_of_the_three_groups_and_nothing_else() -> None:
    done = commit(decision(7), NOON + 5, SALTS)

    assert json.loads(done.shown) == {**decision(7).shown, "entry": "decision"}
    assert json.loads(done.skeleton) == {**decision(7).skeleton, "at": NOON, "written": NOON + 5}
    assert json.loads(done.subject) == decision(7).subject
    assert done.opening.skeleton == group_commitment(SKELETON, SALTS.skeleton, done.skeleton)
    assert done.opening.subject == group_commitment(SUBJECT, SALTS.subject, done.subject)
    assert done.leaf_hash == done.opening.leaf_hash()


def test_what_a_permit_shows_gives_the_leaf_and_not_the_other_groups() -> None:
    done = commit(decision(7), NOON, SALTS)
    record = record_commitment(
        group_commitment("shown", done.opening.salt, done.opening.shown),
        done.opening.skeleton,
        done.opening.subject,
    )

    assert leaf_hash(leaf_bytes(record)) == done.leaf_hash
    seen = b"".join([done.opening.shown, done.opening.salt, done.opening.skeleton, done.opening.subject])
    assert CANARY.encode() not in seen
    assert b"cjit-ashby" not in seen


def test_the_same_entry_under_other_salts_looks_like_another() -> None:
    other = Salts(b"\x07" * 32, b"\x08" * 32, b"\x09" * 32)
    one, two = commit(decision(7), NOON, SALTS), commit(decision(7), NOON, other)

    assert one.leaf_hash != two.leaf_hash
    assert one.opening.skeleton != two.opening.skeleton
    assert one.opening.subject != two.opening.subject


def test_a_refusal_never_opens_as_a_decision() -> None:
    refused = commit(decision(7, kind=EntryKind.REFUSAL), NOON, SALTS)

    assert json.loads(refused.opening.shown)["entry"] == "refusal"
    assert refused.leaf_hash != commit(decision(7), NOON, SALTS).leaf_hash


def test_an_entry_is_found_by_the_message_it_names() -> None:
    assert decision(7).message_id == f"{7:032x}"
    assert Entry(EntryKind.OUTCOME, NOON, {}, {"message": "ab"}, {}).message_id == "ab"
    assert Entry(EntryKind.READING, NOON, {}, {}, {}).message_id is None


WRONG: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "another kind than its own": ({"entry": "refusal"}, {}),
    "its own time": ({}, {"at": NOON}),
    "its own time of writing": ({}, {"written": NOON}),
    "a fraction": ({"share": 0.5}, {}),
    "a fraction deep inside": ({}, {"a": [{"b": [0.5]}]}),
    "not a number": ({"share": float("nan")}, {}),
    "a number beyond 53 bits": ({"n": 2**53}, {}),
    "bytes": ({"n": b"x"}, {}),
    "a set": ({}, {"n": {1}}),
    "a name that is not ASCII": ({"caf\u00e9": 1}, {}),
    "a name that is not ASCII, inside": ({"a": {"caf\u00e9": 1}}, {}),
    "a name that is a number": ({"a": {1: 1}}, {}),
    "half a character": ({"a": "\ud800"}, {}),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_could_be_spelled_in_two_ways_is_refused(case: str) -> None:
    shown, skeleton = WRONG[case]

    with pytest.raises(ValueError, match=r"."):
        commit(Entry(EntryKind.DECISION, NOON, shown, skeleton, {}), NOON, SALTS)
    with pytest.raises(ValueError, match=r"."):
        commit(Entry(EntryKind.DECISION, NOON, {}, {}, {**shown, **skeleton} | {"x": {1, 2}}), NOON, SALTS)


def test_a_decision_may_carry_its_kind_already() -> None:
    with_kind = Entry(EntryKind.DECISION, NOON, {**decision(7).shown, "entry": "decision"}, {}, {})
    without = Entry(EntryKind.DECISION, NOON, decision(7).shown, {}, {})

    assert commit(with_kind, NOON, SALTS).shown == commit(without, NOON, SALTS).shown
