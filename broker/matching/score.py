"""How strongly two records say that they are one person: what agrees, level by level, and what the table says that is worth.

Tokens agree or they do not. Because each joins two details, those that agree show how well each detail does: exactly, by
sound, but for a slip. One level of each section of ``weights.toml`` counts, and a few things that are told by several details
together (Fellegi and Sunter, with what fools them otherwise: twins, namesakes, borrowed numbers). Nothing is learned here.
Leaves out: which records to compare (``index``) and what follows for a person (``people``).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from broker.matching.carried import ONE_SEX

Kinds = frozenset[str]
Levels = tuple[tuple[str, str], ...]

_BIRTHDAY: Final = frozenset({"fd", "cd", "fsd", "frd", "fed", "sd", "ssd", "srd", "sed", "ini", "sxd", "hd"})
_NEARLY: Final = (("bt", "turned"), ("bd", "other_day"), ("bm", "other_month"), ("by", "other_year"))
_NEAR: Final = frozenset(level for _, level in _NEARLY)
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
_SAME_NUMBER: Final = {"nhs": frozenset({"nhs"}), "pnc": frozenset({"pnc", "aid"})}
_NEARLY_NUMBER: Final = {"nhs": frozenset({"nhe"}), "pnc": frozenset({"pne", "aie"})}
_NUMBERS: Final = frozenset({*NUMBERS, "aid", "nhe", "pne", "aie"})
_NAMES: Final = frozenset({"nx", "nc", "ns", "nr", "ne"})
CAUTIONS: Final = frozenset({"number", "names", "twin"})
_CLOSE: Final = frozenset({"exact", "full", "sound", "slip"})


@dataclass(frozen=True, slots=True)
class Weights:
    """The readable table: what each level of each section is worth, and where the lines are drawn."""

    start: float
    worth: Mapping[tuple[str, str], float]
    same: float
    possible: float
    balance: float
    alike: float
    cautions: frozenset[str] = CAUTIONS
    """What is left to people however strong it is."""

    def by_evidence(self) -> "Weights":
        """The same table where one of the two has to be said and doubt is no answer: one line, ``balance``, for twins too."""
        return replace(self, same=self.balance, possible=self.balance, cautions=CAUTIONS - {"twin"})


@dataclass(frozen=True, slots=True)
class Evidence:
    """What two records say of each other, before anybody else is looked at."""

    levels: Levels
    dated: str
    """Whether they agree on the date of birth: "same", "near" (but for a part of it) or ""."""
    named: bool
    """Whether both names agree, if only by sound or but for a slip."""
    caution: str
    """Why no machine decides on it: a "number" alone is borrowed, "names" alone are shared, and a "twin" has it all alike but
    the forename; or ""."""
    by_place: bool
    """Whether a name and the place agree."""

    @property
    def chance(self) -> str | None:
        """What would have to agree by chance if they were two people; None where that is too much for chance."""
        if self.named:
            return None if self.dated else "names"
        if self.dated:
            return "birthday" if self.dated == "same" else "nearly"
        return "name_and_place" if self.by_place else "little"


@dataclass(frozen=True, slots=True)
class Score:
    """The strength of evidence as the logarithm of odds, and why a machine may not decide on it, if so."""

    weight: float
    caution: str = ""
    levels: Levels = ()


def weights_from(table: Mapping[str, Mapping[str, float]]) -> Weights:
    """The table as read from TOML. KeyError if a part is missing."""
    decide = table["decide"]
    worth = {
        (section, level): value for section, levels in table.items() if section != "decide" for level, value in levels.items()
    }
    return Weights(
        decide["start"], MappingProxyType(worth),
        decide["same"], decide["possible"], decide["balance"], decide["alike"],
    )  # fmt: skip


def score(found: Evidence, company: Levels, people: float, weights: Weights) -> Score:
    """Add up what agrees, what does not and who else shares it (``company``), in a register as large as ``people`` says."""
    levels = (*found.levels, *company)
    worth = weights.worth
    weight = weights.start + sum([worth[level] for level in levels if level in worth])
    if found.chance is not None:
        weight += weights.worth.get(("size", found.chance), 0.0) * people
    return Score(weight, found.caution, levels)


@lru_cache(maxsize=65_536)
def evidence(shared: Kinds, both: Kinds) -> Evidence:
    """One level for each section: ``shared`` are the kinds that agree, ``both`` those that both records carry."""
    birthday = _birthday(shared, both)
    forename = _name(shared, both, _FORENAME, "cd", birthday, ("sp", "fp"))
    surname = _name(shared, both, _SURNAME, "ssd", birthday, ("fp", "sp"))
    found = {
        "birthday": birthday,
        "forename": forename,
        "surname": surname,
        "sex": _sex(shared, both, birthday),
        "place": _place(shared, both, birthday, forename, surname),
        **{number: _number(shared, both, number) for number in NUMBERS},
    }
    together = _together(found)
    return Evidence(
        (*found.items(), *(("together", name) for name in together)),
        "near" if birthday in _NEAR else birthday if birthday == "same" else "",
        forename in _CLOSE and surname in _CLOSE,
        _caution(shared, together, forename),
        "xp" in shared,
    )


def _caution(shared: Kinds, together: list[str], forename: str) -> str:
    if shared <= _NUMBERS:
        return "number"
    if shared <= _NAMES:
        return "names"
    return "twin" if "a_twin" in together and forename == "other" else ""


def _sex(shared: Kinds, both: Kinds, birthday: str) -> str:
    if ONE_SEX not in both:
        return "missing"
    return _or(shared, "sxd", "other" if birthday == "same" else "unseen")


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
    if "xp" in shared:
        return "crossed"
    seen = (
        (birthday == "same" and "hd" in both)
        or (forename in {"exact", "full"} and "fp" in both)
        or (surname in {"exact", "sound"} and "sp" in both)
    )
    return "other" if seen else "missing"


def _number(shared: Kinds, both: Kinds, number: str) -> str:
    if shared & _SAME_NUMBER[number]:
        return "same"
    if shared & _NEARLY_NUMBER[number]:
        return "slip"
    return "other" if number in both else "missing"


def _together(found: Mapping[str, str]) -> list[str]:
    """What several details say together and none of them alone."""
    birthday, forename, surname, place = (found[name] for name in ("birthday", "forename", "surname", "place"))
    number = "same" in (found["nhs"], found["pnc"])
    both_names = forename in _CLOSE and surname in _CLOSE
    near = birthday in _NEAR
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
