"""How strongly two records say that they are one person: what agrees, level by level, and what the table says that is worth.

Tokens agree or they do not. Because each joins two details, those that agree show how well each detail does: exactly, by
sound, but for a slip. One level of each section of ``weights.toml`` counts, and a few things that are told by several details
together (Fellegi and Sunter, with what fools them otherwise: twins, namesakes, borrowed numbers). Nothing is learned here.
Leaves out: which records to compare (``index``) and what follows for a person (``people``).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from math import inf
from types import MappingProxyType
from typing import Final

from broker.matching.carried import ONE_SEX
from broker.matching.caution import CAUTIONS, CLOSE, NEAR, NEVER, caution_of

Kinds = frozenset[str]
Levels = tuple[tuple[str, str], ...]

_BIRTHDAY: Final = frozenset(
    {"fd", "cd", "fsd", "frd", "fed", "sd", "ssd", "srd", "sed", "ini", "sxd", "hd", "has", "hae", "han", "ht"}
)
_NEARLY: Final = (("bt", "turned"), ("bd", "other_day"), ("bm", "other_month"), ("by", "other_year"))
_PARTS: Final = ("bt", "bd", "bm", "by")
_FORENAME: Final = (
    ("exact", frozenset({"fd", "nx"})),
    ("full", frozenset({"cd", "nc", "fp", *(f"f{part}" for part in _PARTS)})),
    ("sound", frozenset({"fsd", "ns", "nt", "ny", "fah", *(f"n{part}" for part in _PARTS)})),
    ("slip", frozenset({"fed", "frd", "ne", "nr"})),
    ("start", frozenset({"fas"})),
    ("initial", frozenset({"ini"})),
)
_SURNAME: Final = (
    ("exact", frozenset({"sd", "nx", "nc"})),
    ("sound", frozenset({"ssd", "ns", "nt", "ny", "sp", "sah", *(f"{who}{part}" for who in "ns" for part in _PARTS)})),
    ("slip", frozenset({"sed", "srd", "ne", "nr"})),
    ("start", frozenset({"sas"})),
    ("initial", frozenset({"ini"})),
)
NUMBERS: Final = ("nhs", "pnc")
"""Kinds that are issued numbers."""
_SAME_NUMBER: Final = {"nhs": frozenset({"nhs"}), "pnc": frozenset({"pnc", "aid"})}
_NEARLY_NUMBER: Final = {"nhs": frozenset({"nhe"}), "pnc": frozenset({"pne", "aie"})}
_STREET: Final = (frozenset({"xas", "fah", "sah", "has"}), frozenset({"fas", "sas", "hae"}))
"""How a line of the address begins, and how it ends."""
_HOUSE: Final = frozenset({"xan", "han"})
_BEGUN: Final = frozenset({"xas", "fas", "sas"})


@dataclass(frozen=True, slots=True, eq=False)
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
    counted: float = 0.0  # how loudly a count may speak for two being one (``afresh``); against it always may

    def by_evidence(self) -> "Weights":
        """The same table where one of the two has to be said and doubt is no answer: one line, ``balance``, for kin too."""
        return replace(self, same=self.balance, possible=self.balance, cautions=NEVER, counted=inf)


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """What two records say of each other, before anybody else is looked at."""

    levels: Levels
    dated: str
    """Whether they agree on the date of birth: "same", "near" (but for a part of it) or ""."""
    named: bool
    """Whether both names agree, if only by sound or but for a slip."""
    caution: str
    """Why no machine decides on it (``caution``), or ""."""
    by_place: bool
    """Whether a name and the place agree."""
    at_home: bool = False
    """Whether something agrees together with a line of the address."""

    @property
    def chance(self) -> str | None:
        """What would have to agree by chance if they were two people; None where that is too much for chance."""
        if self.named:
            near = None if self.at_home else "names_and_nearly"
            return None if self.dated == "same" else near if self.dated else "names"
        if self.dated:
            # Those who share a roof and a birthday are no more when the register is larger.
            return "nearly" if self.dated != "same" else None if self.at_home else "birthday"
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
    """What is said of two records, and how strong all of it is (``weigh``)."""
    return Score(weigh(found, company, people, weights), found.caution, (*found.levels, *company))


def weigh(found: Evidence, company: Levels, people: float, weights: Weights) -> float:
    """Add up what agrees, what does not and who else shares it (``company``), in a register as large as ``people`` says."""
    weight = _by_itself(found, weights) + sum([weights.worth.get(level, 0.0) for level in company])
    if found.chance is not None:
        weight += weights.worth.get(("size", found.chance), 0.0) * people
    return weight


@lru_cache(maxsize=65_536)
def _by_itself(found: Evidence, weights: Weights) -> float:
    """What the evidence is worth before anybody else is looked at. Few kinds of evidence make up most of a register."""
    return weights.start + sum([weights.worth.get(level, 0.0) for level in found.levels])


@lru_cache(maxsize=65_536)
def evidence(shared: Kinds, both: Kinds) -> Evidence:
    """One level for each section: ``shared`` are the kinds that agree, ``both`` those that both records carry."""
    birthday = _birthday(shared, both)
    forename = _name(shared, both, _FORENAME, "cd", birthday, (("sp", "fp"), ("sah", "fah")))
    surname = _name(shared, both, _SURNAME, "ssd", birthday, (("fp", "sp"), ("fah", "sah")))
    found = {
        "birthday": birthday,
        "forename": forename,
        "surname": surname,
        "sex": _sex(shared, both, birthday),
        "place": _place(shared, both, birthday, forename, surname),
        **{number: _number(shared, both, number) for number in NUMBERS},
    }
    together = _together(found)
    at_home = _at_home(shared, both, found)
    return Evidence(
        (*found.items(), *(("together", name) for name in together), *at_home),
        "near" if birthday in NEAR else birthday if birthday == "same" else "",
        forename in CLOSE and surname in CLOSE,
        caution_of(shared, found, together, dict(at_home)),
        "xp" in shared,
        ("address", "same") in at_home or ("address", "street") in at_home,
    )


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
    shared: Kinds,
    both: Kinds,
    table: tuple[tuple[str, Kinds], ...],
    dated: str,
    birthday: str,
    places: tuple[tuple[str, str], ...],
) -> str:
    for level, kinds in table:
        if not kinds.isdisjoint(shared):
            return level
    comparable = (birthday == "same" and dated in both) or any(other in shared and own in both for other, own in places)
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


def _at_home(shared: Kinds, both: Kinds, found: Mapping[str, str]) -> Levels:
    """How well the address and the town agree, and who is at home there. Nothing where one of the two says nothing of it."""
    levels = []
    birthday, forename, surname = found["birthday"], found["forename"], found["surname"]
    if "xas" in both:
        address = _address(shared, (birthday == "same" and "has" in both) or "sp" in shared or "fp" in shared or "ns" in shared)
        levels.append(("address", address))
        there = "" if address in {"same", "street", "half"} else "elsewhere_"
        known = [name for name, level in (("forename", forename), ("surname", surname)) if level in CLOSE]
        # Both names begin alike at one address: two slips of the pen sooner than two people.
        alike = len(known) < 2 and {forename, surname} <= CLOSE | {"start"}
        who = "starts" if alike else "names" if known[1:] else known[0] if known else "start" if shared & _BEGUN else "nobody"
        when = "birthday" if birthday == "same" else "nearly" if birthday in NEAR else "alone"
        levels.append(("home", f"{there}{who}_{when}"))
    seen = (birthday == "same" and "ht" in both) or ("ns" in shared and "nt" in both)
    if "nt" in both or "ht" in both:
        levels.append(("town", "same" if not shared.isdisjoint(("nt", "ht")) else "other" if seen else "unseen"))
    return tuple(levels)


def _address(shared: Kinds, seen: bool) -> str:
    halves = sum(not shared.isdisjoint(half) for half in _STREET)
    if not shared.isdisjoint(_HOUSE):
        return "same" if halves else "number"
    return ("other" if seen else "unseen", "half", "street")[halves]


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
    both_names = forename in CLOSE and surname in CLOSE
    near = birthday in NEAR
    tests = (
        ("a_twin", birthday == "same" and surname in CLOSE and forename in {"other", "initial"} and not number),
        ("a_twin_at_home", birthday == "same" and surname in CLOSE and forename in {"other", "initial"} and place == "same"),
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
        ("birthday_alone", birthday == "same" and forename not in CLOSE and surname not in CLOSE),
        ("number_alone", number and birthday != "same" and not near and not both_names),
        ("number_and_names", number and both_names),
        ("number_and_birthday", number and birthday == "same"),
        ("two_numbers", found["nhs"] == found["pnc"] == "same"),
        ("other_number_else_same", found["nhs"] == "other" and birthday == "same" and both_names),
        ("other_number_nearly_same", found["nhs"] == "other" and not (birthday == "same" and both_names)),
    )
    return [name for name, holds in tests if holds]
