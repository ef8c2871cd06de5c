"""How strongly two records say that they are one person: what agrees, level by level, and what the table says that is worth.

Tokens agree or they do not. Because each joins two details, those that agree show how well each detail does: exactly, by
sound, but for a slip. One level of each section of ``weights.toml`` counts, and a few things that are told by several details
together (Fellegi and Sunter, with what fools them otherwise: twins, namesakes, borrowed numbers). Nothing is learned here.
Leaves out: which records to compare (``index``) and what follows for a person (``people``).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Final

Kinds = frozenset[str]
Levels = tuple[tuple[str, str], ...]

_BIRTHDAY: Final = frozenset({"fd", "cd", "fsd", "frd", "fed", "sd", "ssd", "srd", "sed", "ini", "sxd", "hd"})
_NEARLY: Final = (("bt", "turned"), ("bd", "other_day"), ("bm", "other_month"), ("by", "other_year"))
_PARTS: Final = ("bt", "bd", "bm", "by")
_FORENAME: Final = (
    ("exact", frozenset({"fd", "nx"})),
    ("full", frozenset({"cd", "nc", "fp", *(f"f{part}" for part in _PARTS)})),
    ("sound", frozenset({"fsd", "ns", "ny", *(f"n{part}" for part in _PARTS)})),
    ("slip", frozenset({"fed", "frd", "ne", "nr"})),
    ("initial", frozenset({"ini"})),
)
_SURNAME: Final = (
    ("exact", frozenset({"sd", "nx", "nc"})),
    ("sound", frozenset({"ssd", "ns", "ny", "sp", *(f"{who}{part}" for who in "ns" for part in _PARTS)})),
    ("slip", frozenset({"sed", "srd", "ne", "nr"})),
    ("initial", frozenset({"ini"})),
)
NUMBERS: Final = ("nhs", "pnc")
"""Kinds that are issued numbers."""
_NUMBERS: Final = frozenset({*NUMBERS, "nhe", "pne"})
_NAMES: Final = frozenset({"nx", "nc", "ns", "nr", "ne"})
_CROWDS: Final = ((2, "two"), (4, "few"), (12, "some"))
_CLOSE: Final = frozenset({"exact", "full", "sound", "slip"})


@dataclass(frozen=True, slots=True)
class Weights:
    """The readable table: what each level of each section is worth, and where the lines are drawn."""

    start: float
    worth: Mapping[tuple[str, str], float]
    same: float
    possible: float
    alike: float


@dataclass(frozen=True, slots=True)
class Score:
    """The strength of evidence as the logarithm of odds, and whether it may be enough for a machine to decide on."""

    weight: float
    grounded: bool
    """More than a number agrees, and more than names: one is borrowed, the other are shared."""
    levels: Levels = ()


def weights_from(table: Mapping[str, Mapping[str, float]]) -> Weights:
    """The table as read from TOML. KeyError if a part is missing."""
    decide = table["decide"]
    worth = {
        (section, level): value for section, levels in table.items() if section != "decide" for level, value in levels.items()
    }
    return Weights(
        decide["start"], MappingProxyType(worth),
        decide["same"], decide["possible"], decide["alike"],
    )  # fmt: skip


def score(shared: Kinds, mine: Kinds, theirs: Kinds, crowd: int, weights: Weights) -> Score:
    """Add up what agrees and what does not. ``crowd``: how many people share the most telling thing that agrees."""
    levels = (*levels_of(shared, mine & theirs), *crowded(shared, crowd))
    weight = weights.start + sum(weights.worth.get(level, 0.0) for level in levels)
    return Score(weight, not shared <= _NUMBERS and not shared <= _NAMES, levels)


def crowding(shared: Kinds) -> str:
    """Which crowd dilutes this: those of her birthday, or those of her name."""
    if "nx" in shared or "nc" in shared:
        return "both_names_and_birthday" if shared & _BIRTHDAY else "both_names"
    return "birthday" if shared & _BIRTHDAY else "names_alike" if "ns" in shared else "little"


def crowded(shared: Kinds, crowd: int) -> Levels:
    """That others share it too: the more they are, the less it says."""
    if crowd < 2:
        return ()
    size = next((name for most, name in _CROWDS if crowd <= most), "many")
    return (("crowd", f"{crowding(shared)}_{size}"),)


@lru_cache(maxsize=65_536)
def levels_of(shared: Kinds, both: Kinds) -> Levels:
    """One level for each section: ``shared`` are the kinds that agree, ``both`` those that both records carry."""
    birthday = _birthday(shared, both)
    forename = _name(shared, both, _FORENAME, "cd", birthday, ("sp", "fp"))
    surname = _name(shared, both, _SURNAME, "ssd", birthday, ("fp", "sp"))
    found = {
        "birthday": birthday,
        "forename": forename,
        "surname": surname,
        "sex": "missing" if "sxd" not in both else _or(shared, "sxd", "other" if birthday == "same" else "unseen"),
        "place": _place(shared, both, birthday, forename, surname),
        **{number: _number(shared, both, number) for number in NUMBERS},
    }
    return (*found.items(), *(("together", name) for name in _together(found)))


def _or(shared: Kinds, kind: str, otherwise: str) -> str:
    return "same" if kind in shared else otherwise


def _birthday(shared: Kinds, both: Kinds) -> str:
    if shared & _BIRTHDAY:
        return "same"
    near = [level for part, level in _NEARLY if not shared.isdisjoint((f"n{part}", f"f{part}", f"s{part}"))]
    if near:
        return near[0]
    if "ny" in shared:
        return "year"
    if not shared.isdisjoint(("nx", "nc", "ns")) and "ny" in both:
        return "other"
    if "sxd" in both:
        # Only with a name that agrees can a birthday be seen to differ in part.
        return "other" if not shared.isdisjoint(("fp", "sp")) else "unseen"
    return "missing"


def _name(
    shared: Kinds, both: Kinds, table: tuple[tuple[str, Kinds], ...], dated: str, birthday: str, places: tuple[str, str]
) -> str:
    for level, kinds in table:
        if not kinds.isdisjoint(shared):
            return level
    comparable = (birthday == "same" and dated in both) or (places[0] in shared and places[1] in both)
    return "other" if comparable else "unseen" if "nr" in both else "missing"


def _place(shared: Kinds, both: Kinds, birthday: str, forename: str, surname: str) -> str:
    if not shared.isdisjoint(("fp", "sp", "hd")):
        return "same"
    seen = (
        (birthday == "same" and "hd" in both)
        or (forename in {"exact", "full"} and "fp" in both)
        or (surname in {"exact", "sound"} and "sp" in both)
    )
    return "other" if seen else "missing"


def _number(shared: Kinds, both: Kinds, number: str) -> str:
    if number in shared:
        return "same"
    if f"{number[:2]}e" in shared:
        return "slip"
    return "other" if number in both else "missing"


def _together(found: Mapping[str, str]) -> list[str]:
    """What several details say together and none of them alone."""
    birthday, forename, surname, place = (found[name] for name in ("birthday", "forename", "surname", "place"))
    number = "same" in (found["nhs"], found["pnc"])
    both_names = forename in _CLOSE and surname in _CLOSE
    near = birthday in {level for _, level in _NEARLY}
    tests = (
        ("a_twin", birthday == "same" and surname in _CLOSE and forename in {"other", "initial"} and not number),
        ("a_twin_at_home", birthday == "same" and surname in _CLOSE and forename in {"other", "initial"} and place == "same"),
        ("a_twin_alike", birthday == "same" and surname == "exact" and forename == "slip"),
        ("married", birthday == "same" and surname in {"other", "initial"} and forename in {"exact", "full"}),
        ("names_and_birthday", birthday == "same" and both_names),
        ("exact_names_and_birthday", birthday == "same" and forename in {"exact", "full"} and surname == "exact"),
        ("names_and_nearly_birthday", near and both_names),
        ("one_name_and_nearly_birthday", near and not both_names),
        ("namesake", birthday in {"other", "year"} and both_names),
        ("namesake_at_home", birthday == "other" and both_names and place == "same"),
        ("names_alone", birthday in {"missing", "unseen"} and both_names),
        ("names_and_place", birthday == "missing" and both_names and place == "same"),
        ("birthday_alone", birthday == "same" and forename not in _CLOSE and surname not in _CLOSE),
        ("number_alone", number and birthday != "same" and not near and not both_names),
        ("number_and_names", number and both_names),
        ("number_and_birthday", number and birthday == "same"),
        ("two_numbers", found["nhs"] == found["pnc"] == "same"),
        ("other_number_else_same", found["nhs"] == "other" and birthday == "same" and both_names),
        ("other_number_nearly_same", found["nhs"] == "other" and not (birthday == "same" and both_names)),
    )
    return [name for name, holds in tests if holds]
