"""What no machine decides on, however strong it is: told by what agrees and what does not, and never by how much it weighs.

A number is borrowed and names are shared; a twin and a namesake's mother have nearly all that she has. These are put to people.
Leaves out: weights (``score``), and who decides (``people``).
"""

from collections.abc import Mapping
from typing import Final

CAUTIONS: Final = frozenset({"number", "names", "twin", "kin", "namesake", "alike"})
NEVER: Final = frozenset({"number", "names"})
"""Nobody is recognised by these alone, even where same or different has to be said."""
NUMBERS: Final = frozenset({"nhs", "pnc", "aid", "nhe", "pne", "aie"})
"""Kinds of token that are issued numbers, or nearly."""
CLOSE: Final = frozenset({"exact", "full", "sound", "slip"})
"""Names that agree, if only by sound or but for a slip."""
NEAR: Final = frozenset({"turned", "other_day", "other_month", "other_year"})
"""Birthdays that differ in one part."""
_NAMES: Final = frozenset({"nx", "nc", "ns", "nr", "ne", "nt"})
"""Names alone; a town besides is no more than a crowd of namesakes."""
_AGREES: Final[Mapping[str, frozenset[str]]] = {
    "place": frozenset({"same", "crossed"}), "address": frozenset({"same", "street", "half", "number"}),
    "nhs": frozenset({"same", "slip"}), "pnc": frozenset({"same", "slip"}),
}  # fmt: skip


def caution_of(shared: frozenset[str], found: Mapping[str, str], together: list[str], at_home: Mapping[str, str]) -> str:
    """Why people decide on this, or "".

    ``shared``: the kinds of token that agree; ``found``: how well each detail does; ``at_home``: the same of where she lives.
    A "number" alone is borrowed, "names" alone are shared; a "twin" has it all alike but the forename; a "namesake" but the
    birthday, and "kin" live under one roof besides; names that are only "alike" are another's where the birthday differs in a
    part and nothing else agrees, or where she has another number.
    """
    if shared <= NUMBERS:
        return "number"
    if shared <= _NAMES:
        return "names"
    birthday, forename, surname = found["birthday"], found["forename"], found["surname"]
    if "a_twin" in together and forename == "other":
        return "twin"
    if "same" in (found["nhs"], found["pnc"]):
        return ""
    if birthday == "other" and "namesake" in together:
        return "kin" if at_home else "namesake"
    if forename in {"exact", "full"} and surname == "exact":
        return ""
    besides = any(level in _AGREES.get(what, ()) for what, level in (*found.items(), *at_home.items()))
    loosely = birthday in NEAR and {forename, surname} <= CLOSE and not besides
    return "alike" if loosely or found["nhs"] == "other" else ""
