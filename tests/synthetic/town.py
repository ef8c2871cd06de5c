"""A town's people and their registrations: who they are, and what each agency wrote down when they came.

The same seed gives the same town. Numbers are synthetic: NHS numbers from the range 999 that is never issued.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from random import Random

from agencies.nicknames import FORMS
from tests.synthetic import names, slips
from tests.synthetic.paper import Paper
from tests.synthetic.regimes import Regime

COLUMNS = ("record_id", "forename", "aliases", "surname", "dob", "sex", "postcode_district", "nhs_number", "pnc_id")
WITH_HOMES = (*COLUMNS, "address", "town")
"""The columns of a town whose agencies write down where people live."""


@dataclass(frozen=True)
class Resident:
    """Somebody of the town, as she is."""

    id: str
    forename: str
    surname: str
    born: str
    sex: str
    place: str
    nhs: str
    pnc: str
    later_surname: str | None = None
    false_birth: str = ""
    aliases: tuple[str, ...] = ()
    known_to_health: bool = False
    known_to_police: bool = False
    group: names.Group = field(default=names.GROUPS["british"], repr=False)
    kin_of: str = ""
    """Whose kin she is, if she was drawn as somebody's."""


def registrations(regime: Regime, seed: int, people: int) -> tuple[list[dict[str, str]], dict[str, str]]:
    """Registrations in the order they come, and whose each is."""
    chance = Random(f"{seed}/{people}")
    residents = list(residents_of(regime, chance, people))
    visits = [each for each in residents for _ in range(_visits(regime, chance))]
    chance.shuffle(visits)
    paper = Paper(regime, Random(f"{seed}/{people}/homes"), people)
    rows, truth, seen = [], {}, {each.id: 0 for each in residents}
    for number, each in enumerate(visits, start=1):
        seen[each.id] += 1
        row = written(regime, chance, each, residents, seen[each.id] > 1)
        paper.written(row, (each.id, each.kin_of, each.place), each.group)
        row["record_id"] = f"r{number:06}"
        rows.append(row)
        truth[row["record_id"]] = each.id
    return rows, truth


def _visits(regime: Regime, chance: Random) -> int:
    count = 1
    while count < 12 and chance.random() < 1 - 1 / regime.returning:
        count += 1
    return count


def residents_of(regime: Regime, chance: Random, people: int) -> Iterator[Resident]:
    """The town's people, one after the other, each followed by those of her kin who come to the agencies too."""
    made = 0

    def number() -> str:
        nonlocal made
        made += 1
        return f"p{made:06}"

    while made < people:
        one = _resident(regime, chance, number())
        yield one
        # Only those of the kin who come to the agencies too.
        if chance.random() < regime.twins:
            yield _kin(regime, chance, one, number(), born=one.born, sex=_or_other(chance, one.sex, 0.3))
        if chance.random() < regime.parent_and_child:
            child = f"{int(one.born[:4]) + chance.randint(17, 34)}-{_day(chance)}"
            yield replace(_kin(regime, chance, one, number(), born=child, sex=one.sex), forename=one.forename)
        if chance.random() < regime.siblings:
            near = f"{int(one.born[:4]) + chance.choice((-4, -3, -2, -1, 1, 2, 3))}-{_day(chance)}"
            yield _kin(regime, chance, one, number(), born=near, sex=_or_other(chance, one.sex, 0.5))
        if chance.random() < regime.partners:
            near = f"{int(one.born[:4]) + chance.randint(-6, 6)}-{_day(chance)}"
            yield _kin(regime, chance, one, number(), born=near, sex=_or_other(chance, one.sex, 0.9))


def _resident(regime: Regime, chance: Random, number: str) -> Resident:
    group = names.group_of(chance)
    sex = "female" if chance.random() < regime.women else "male"
    surname = names.surname(chance, group)
    if chance.random() < regime.double_barrelled:
        surname = f"{surname}-{names.surname(chance, names.group_of(chance))}"
    forename = names.forename(chance, group, sex)
    if chance.random() < 0.04:
        forename = f"{forename} {names.forename(chance, group, sex)}"
    born = f"{chance.randint(*regime.years)}-{_day(chance)}"
    later = names.surname(chance, names.group_of(chance)) if chance.random() < regime.married else None
    place = "H1" if chance.random() < regime.hostel else _place(regime, chance)
    return Resident(
        number, forename, surname, born, sex, place, _nhs(chance), _pnc(chance, born), later,
        f"{int(born[:4]) + chance.randint(-8, 8)}-{_day(chance)}", _aliases(regime, chance, forename, surname),
        chance.random() < regime.nhs_known * 1.3, chance.random() < regime.pnc_known * 1.6, group,
    )  # fmt: skip


def _aliases(regime: Regime, chance: Random, forename: str, surname: str) -> tuple[str, ...]:
    if chance.random() >= regime.alias:
        return ()
    found = []
    for _ in range(chance.choice((1, 1, 1, 2))):
        kind = chance.random()
        street = chance.choice(names.STREET_NAMES)
        other = names.forename(chance, names.group_of(chance), "female")
        found.append(
            street if kind < 0.35
            else f"{street} {surname}" if kind < 0.42
            else other if kind < 0.6
            else f"{other} {names.surname(chance, names.group_of(chance))}" if kind < 0.72
            else f"{forename} {names.surname(chance, names.group_of(chance))}" if kind < 0.85
            else called(chance, forename)
        )  # fmt: skip
    return tuple(found)


def _kin(regime: Regime, chance: Random, one: Resident, number: str, *, born: str, sex: str) -> Resident:
    own = _resident(regime, chance, number)
    surname = one.surname if chance.random() < 0.8 else own.surname
    place = one.place if chance.random() < 0.7 else own.place
    forename = names.forename(chance, one.group, sex)
    while forename == one.forename:
        forename = names.forename(chance, one.group, sex)
    return replace(own, forename=forename, surname=surname, born=born, sex=sex, place=place, kin_of=one.id)


def written(regime: Regime, chance: Random, her: Resident, town: Sequence[Resident], again: bool) -> dict[str, str]:
    """What an agency wrote down when she came."""
    forename, surname, aliases = _name_written(regime, chance, her, again)
    place = her.place
    if again and chance.random() < regime.moves:
        place = "H1" if chance.random() < regime.hostel else _place(regime, chance)
    nhs = her.nhs if her.known_to_health and chance.random() < 0.75 else ""
    if nhs and chance.random() < regime.nhs_borrowed:
        nhs = chance.choice(town).nhs
    if nhs and chance.random() < regime.nhs_slip:
        nhs = slips.wrong_digit(chance, nhs)
    pnc = her.pnc if her.known_to_police and chance.random() < 0.6 else ""
    if pnc and chance.random() < regime.pnc_slip:
        pnc = slips.wrong_digit(chance, pnc)
    sex = "" if chance.random() < regime.sex_missing else _or_other(chance, her.sex, regime.sex_wrong)
    return {
        "record_id": "", "forename": forename, "aliases": ";".join(aliases), "surname": surname,
        "dob": _born_written(regime, chance, her), "sex": sex,
        "postcode_district": "" if chance.random() < regime.place_missing else place, "nhs_number": nhs, "pnc_id": pnc,
    }  # fmt: skip


def _name_written(regime: Regime, chance: Random, her: Resident, again: bool) -> tuple[str, str, list[str]]:
    surname = her.surname
    aliases = [each for each in her.aliases if chance.random() < regime.alias_written]
    if her.later_surname and chance.random() < (0.6 if again else 0.3):
        if chance.random() < 0.25:
            aliases.append(f"{her.forename} {surname}")
        surname = her.later_surname
    forename = her.forename.split()[0] if chance.random() < 0.7 else her.forename
    if "-" in surname and chance.random() < regime.half_written:
        surname = chance.choice(surname.split("-"))
    forename, surname = _name_given(regime, chance, her, (forename, surname), aliases)
    return (*_name_slipped(regime, chance, forename, surname), aliases)


def _name_given(regime: Regime, chance: Random, her: Resident, own: tuple[str, str], aliases: list[str]) -> tuple[str, str]:
    """Her own name, or another that she goes by."""
    forename, surname = own
    if her.aliases and chance.random() < regime.alias_as_name:
        first, *rest = chance.choice(her.aliases).split()
        if chance.random() < 0.4:
            aliases.append(forename)
        forename, surname = first, " ".join(rest) or surname
    elif chance.random() < regime.other_forename:
        forename = names.forename(chance, her.group, her.sex)
    elif chance.random() < regime.nickname:
        forename = called(chance, forename)
    return forename, surname


def _name_slipped(regime: Regime, chance: Random, forename: str, surname: str) -> tuple[str, str]:
    """A name as it came to stand on paper."""
    if chance.random() < regime.forename_slip:
        forename = slips.slip(chance, forename)
    if chance.random() < regime.surname_slip:
        surname = slips.slip(chance, surname)
        if chance.random() < 0.12:
            surname = slips.slip(chance, surname)
    if chance.random() < regime.changed_over:
        forename, surname = surname, forename
    if chance.random() < 0.1:
        forename, surname = forename.upper(), surname.upper()
    if chance.random() < regime.forename_missing:
        forename = ""
    elif chance.random() < regime.surname_missing:
        surname = ""
    return forename, surname


def called(chance: Random, forename: str) -> str:
    """What she is called: a usual short form, or one that is in nobody's table."""
    usual = FORMS.get(forename.casefold())
    if usual and chance.random() < 0.85:
        return chance.choice(usual).capitalize()
    short = forename[: chance.randint(3, 4)]
    return chance.choice((short, f"{short}y", f"{forename[:2]}z", f"{short}s"))


def _born_written(regime: Regime, chance: Random, her: Resident) -> str:
    if chance.random() < regime.born_missing:
        return ""
    born = her.born
    if chance.random() < regime.born_false:
        born = her.false_birth if chance.random() < 0.5 else f"{int(born[:4]) + chance.randint(-9, 9)}-{_day(chance)}"
    elif chance.random() < regime.born_slip:
        born = slips.date_slip(chance, born)
    if chance.random() < regime.born_year_only:
        born = f"{born[:4]}-01-01"
    elif chance.random() < regime.born_garbled:
        born = slips.garbled(chance, born)
    return born


def _day(chance: Random) -> str:
    return f"{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"


def _place(regime: Regime, chance: Random) -> str:
    number = int(chance.expovariate(2.5) * regime.districts)
    if regime.districts > 99:
        # Where whole postal codes of four digits are kept, as some countries have them.
        return str(1000 + min(number, 8999))
    return f"{'QX' if chance.random() < 0.7 else 'QY'}{min(number, 98) + 1}"


def _or_other(chance: Random, sex: str, rate: float) -> str:
    return sex if chance.random() >= rate else "male" if sex == "female" else "female"


def _nhs(chance: Random) -> str:
    while True:
        digits = f"999{chance.randrange(1_000_000):06}"
        check = (11 - sum(int(d) * w for d, w in zip(digits, range(10, 1, -1), strict=True)) % 11) % 11
        if check != 10:
            return f"{digits}{check}"


def _pnc(chance: Random, born: str) -> str:
    year = max(int(born[:4]) + chance.randint(14, 40), 1978) % 100
    return f"{year:02}/{chance.randrange(10_000_000):07}{chance.choice('ABCDEFGHJKLMNPQRSTUVWXYZ')}"
