"""Those who were taken for one person: who is two by now, and who stays one although she is written in many ways."""

from collections.abc import Mapping

import pytest

from broker.matching.apart import parts
from broker.matching.index import load_weights

WEIGHTS = load_weights()
SAME = WEIGHTS.same
TWO_NAMESAKES = {"a1 a2": 9.0, "b1 b2": 8.0}


def parted(strength: Mapping[str, float], alone: str = "") -> list[str]:
    """Each part's records in one text; ``strength``: of each two who agree at all, how strongly."""
    records = sorted({record for pair in strength for record in pair.split()} | set(alone.split()))
    pairs = {frozenset(pair.split()): strong for pair, strong in strength.items()}
    return [" ".join(part) for part in parts(records, pairs, WEIGHTS)]


@pytest.mark.parametrize(
    ("strength", "expected"),
    [
        pytest.param({**TWO_NAMESAKES, "a1 b1": SAME}, ["a1 a2", "b1 b2"], id="nothing above the line joins two who are known"),
        pytest.param(TWO_NAMESAKES, ["a1 a2", "b1 b2"], id="a record that joined them is hers by now"),
        pytest.param({**TWO_NAMESAKES, "a1 b1": SAME + 0.1}, ["a1 a2 b1 b2"], id="what joins them is above the line"),
        pytest.param(
            {**TWO_NAMESAKES, "a1 b1": 1.0, "a2 b2": SAME + 0.1}, ["a1 a2 b1 b2"], id="one pair of many is enough to join"
        ),
        pytest.param({"a1 a2": 9.0, "a1 b1": -2.0}, ["a1 a2 b1"], id="a record by itself may be hers, written badly"),
        pytest.param(
            {"a1 a2": 1.9, "b1 b2": 9.0, "a1 b1": 1.7}, ["a1 a2 b1 b2"], id="two records no more alike than with all the rest"
        ),
        pytest.param(
            {"a1 a2": 2.0, "b1 b2": 9.0, "a1 b1": 0.9}, ["a1 a2", "b1 b2"], id="plainly more alike than with the rest"
        ),
        pytest.param(
            {**TWO_NAMESAKES, "a1 b1": 1.0, "a2 c": 0.2, "b1 c": 0.4},
            ["b1 b2 c", "a1 a2"],
            id="a record by itself goes with whom it is most like",
        ),
        pytest.param(
            {**TWO_NAMESAKES, "a2 c": 1.0, "a1 b1": 0.9}, ["a1 a2 c", "b1 b2"], id="who came to one of them loosens nothing"
        ),
        pytest.param(
            {**TWO_NAMESAKES, "c1 c2": 6.0, "a1 b1": 1.0, "b2 c1": 1.0}, ["a1 a2", "b1 b2", "c1 c2"], id="three in one"
        ),
    ],
)
def test_who_was_taken_for_one_is_two_where_each_is_known_and_nothing_joins_them(
    strength: dict[str, float], expected: list[str]
) -> None:
    assert parted(strength) == expected


def test_a_record_that_agrees_with_nobody_stays_with_those_who_are_most() -> None:
    assert parted(TWO_NAMESAKES, alone="x") == ["a1 a2 x", "b1 b2"]
    assert parted({}, alone="x y z w") == ["w x y z"]
