"""Those met once, looked at afresh: what a count of chance agreements says beside the table, and who stays apart."""

from collections.abc import Iterable

import pytest

from broker.matching.afresh import Seen, to_join
from broker.matching.index import load_weights
from broker.matching.score import Levels, Score

UNAIDED = load_weights()
HAS_TO_SAY = UNAIDED.by_evidence()
PLACE_AND_BIRTHDAY: Levels = (
    ("birthday", "same"), ("forename", "other"), ("surname", "other"), ("sex", "missing"), ("place", "same"),
    ("nhs", "missing"), ("pnc", "missing"),
)  # fmt: skip


UNDER_ONE_ROOF: Levels = (*PLACE_AND_BIRTHDAY, ("address", "street"))
ELSEWHERE: Levels = (*PLACE_AND_BIRTHDAY, ("address", "other"))


def seen(
    one: str, other: str, weight: float, *, caution: str = "", levels: Levels = PLACE_AND_BIRTHDAY, person: str = ""
) -> Seen:
    return Seen(one, one[0], other, person or other[0], Score(weight, caution, levels))


def met_by_chance(times: int) -> list[Seen]:
    """So often do two who are known for others agree in the same way."""
    return [
        Seen(f"record {n}{a}", f"known {n}{a}", f"record {n}{b}", f"known {n}{b}", Score(-2.0, "", PLACE_AND_BIRTHDAY))
        for n in range(times)
        for a, b in (("x", "y"), ("y", "x"))
    ]


def joined(found: Iterable[Seen], *, unaided: bool = False, known: int = 9_000) -> list[tuple[str, str]]:
    every = list(found)
    records = {who: 2 for each in every for who in (each.person, each.other_person) if who.startswith("known")}
    weights = UNAIDED if unaided else HAS_TO_SAY
    return [(each.record, each.other) for each in to_join(every, records, weights, alone=900, known=known)]


WEAK = [seen("a1", "b1", -1.5)]
SURE = [seen("a1", "b1", 4.0)]


@pytest.mark.parametrize(
    ("found", "unaided", "expected"),
    [
        pytest.param(WEAK, False, [("a1", "b1")], id="weak but met by nobody by chance: more likely she"),
        pytest.param([*WEAK, *met_by_chance(400)], False, [], id="what is often met by chance says nothing"),
        pytest.param(WEAK, True, [], id="a machine by itself is never made sure by a count"),
        pytest.param(SURE, True, [("a1", "b1")], id="what the table is sure of stands"),
        pytest.param([*SURE, *met_by_chance(4_000)], True, [], id="unless a count speaks against it"),
        pytest.param([seen("a1", "b1", 4.0, caution="twin")], True, [], id="a twin is left to people"),
        pytest.param([seen("a1", "b1", -1.5, caution="twin")], False, [], id="kin agree, and not by chance: no count speaks"),
        pytest.param(
            [seen("a1", "b1", -1.5, caution="kin", levels=UNDER_ONE_ROOF)],
            False,
            [("a1", "b1")],
            id="but where nobody's kin are known under one roof, it does",
        ),
        pytest.param([seen("a1", "b1", -1.5, caution="kin", levels=ELSEWHERE)], False, [], id="kin who live apart"),
        pytest.param([seen("a1", "b1", 9.0, caution="names")], False, [], id="names alone are shared"),
        pytest.param([*WEAK, seen("a1", "c1", -1.5)], False, [], id="two whom she may be: neither"),
        pytest.param([*WEAK, seen("b1", "c1", -1.5)], False, [], id="a rival of the other's counts as much"),
        pytest.param(
            [*WEAK, seen("b1", "c1", 6.0)],
            False,
            [("b1", "c1")],
            id="whom she might have been has one of her own: she stays alone",
        ),
    ],
)
def test_two_opinions_and_all_rivals_decide(found: list[Seen], unaided: bool, expected: list[tuple[str, str]]) -> None:
    assert joined(found, unaided=unaided) == expected


@pytest.mark.parametrize(
    ("other", "weight", "expected"),
    [
        ("known b", -2.9, [("a1", "b1")]),
        ("known b", -3.1, []),
        ("b", -3.1, [("a1", "b1")]),
    ],
)
def test_nobody_joins_one_who_is_known_by_a_count_where_the_table_holds_them_for_two(
    other: str, weight: float, expected: list[tuple[str, str]]
) -> None:
    assert joined([seen("a1", "b1", weight, person=other)], known=900_000) == expected


def test_two_who_are_each_known_already_stay_two_however_alike() -> None:
    assert joined([Seen("a1", "known a", "b1", "known b", Score(9.0, "", PLACE_AND_BIRTHDAY))]) == []


def test_each_two_count_as_little_as_either_look_says() -> None:
    assert joined([seen("a1", "b1", 9.0), seen("b1", "a1", -7.0)]) == []
