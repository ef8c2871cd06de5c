"""What becomes of a name, a date or a number on its way to paper: the finger, the ear, the eye and the form.

Nothing here knows how the matcher reads a name; so what it forgives and what happens are not one list.
"""

from random import Random
from typing import Final

_KEYBOARD: Final = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_NEAR: Final = {
    letter: row[max(0, place - 1) : place] + row[place + 1 : place + 2] for row in _KEYBOARD for place, letter in enumerate(row)
}


def _pairs(text: str) -> tuple[tuple[str, str], ...]:
    """What is written ``old>new``."""
    return tuple((old, new) for old, _, new in (each.partition(">") for each in text.split()))


_HEARD: Final = _pairs(
    "ph>f f>ph c>k k>c ck>k ie>y y>ie y>i i>y ee>ea ea>ee ou>u oo>u s>z z>s th>t gh> w>v v>w sz>sh cz>ch j>y ai>ay "
    "ae>e er>a ah>a a>ah ll>l l>ll nn>n n>nn tt>t ss>s mm>m mc>mac mac>mc o'>o sh>s kh>k q>k x>ks e> u>oo dh>d wh>w "
    "kn>n ow>ou ey>y leigh>ly son>sen"
)
_SEEN: Final = _pairs("m>rn rn>m cl>d d>cl l>i i>l h>b b>h e>c c>e u>v v>u n>h o>a a>o nn>m w>vv g>q t>f")
_DIGITS_SEEN: Final = {"1": "7", "7": "1", "3": "8", "8": "3", "5": "6", "6": "5", "0": "6", "9": "4", "4": "9", "2": "7"}


def slip(chance: Random, name: str) -> str:
    """One slip: of the finger, the ear or the eye."""
    how = chance.choices((_finger, _ear, _eye), weights=(5, 5, 2))[0]
    return how(chance, name)


def _finger(chance: Random, name: str) -> str:
    if len(name) < 3:
        return name
    place = chance.randrange(len(name))
    letter = name[place].lower()
    return chance.choice(
        (
            name[:place] + name[place + 1 :],
            name[:place] + letter + name[place:],
            name[:place] + chance.choice(_NEAR.get(letter) or "e") + name[place + 1 :],
            name[:place] + " " + name[place:],
            name[: max(0, place - 1)] + name[place : place + 1] + name[max(0, place - 1) : place] + name[place + 1 :],
        )
    ).capitalize()


def _ear(chance: Random, name: str) -> str:
    return _swapped(chance, name, _HEARD)


def _eye(chance: Random, name: str) -> str:
    return _swapped(chance, name, _SEEN)


def _swapped(chance: Random, name: str, pairs: tuple[tuple[str, str], ...]) -> str:
    lower = name.lower()
    may = [(old, new) for old, new in pairs if old in lower]
    if not may:
        return _finger(chance, name)
    old, new = chance.choice(may)
    places = [place for place in range(len(lower)) if lower.startswith(old, place)]
    place = chance.choice(places)
    return (lower[:place] + new + lower[place + len(old) :]).capitalize()


def wrong_digit(chance: Random, number: str) -> str:
    """One digit misread, or two that changed places."""
    places = [place for place, each in enumerate(number) if each.isdigit()]
    place = chance.choice(places)
    if chance.random() < 0.4 and place + 1 < len(number):
        return number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    digit = _DIGITS_SEEN[number[place]] if chance.random() < 0.5 else chance.choice("0123456789")
    return number[:place] + digit + number[place + 1 :]


def garbled(chance: Random, born: str) -> str:
    """A digit of the month or the day struck wrong, or two changed places, with no thought for the calendar."""
    part, place = list(born[5:7] + born[8:]), chance.randrange(4)
    if chance.random() < 0.5:
        part[place] = chance.choice("0123456789")
    else:
        other = (place + 1) % 4
        part[place], part[other] = part[other], part[place]
    return f"{born[:5]}{''.join(part[:2])}-{''.join(part[2:])}"


def struck(chance: Random, born: str) -> str:
    """Any digit of a date struck wrong, or two that changed places, with no thought for the calendar."""
    digits = wrong_digit(chance, born.replace("-", ""))
    return f"{digits[:4]}-{digits[4:6]}-{digits[6:]}"


def date_slip(chance: Random, born: str) -> str:
    """A date of birth written down wrong: day and month changed over, or one part of it off."""
    year, month, day = (int(part) for part in born.split("-"))
    how = chance.choices(("over", "day", "month", "year", "decade", "digits"), weights=(30, 22, 14, 20, 6, 8))[0]
    if how == "over":
        # Only a day that can be a month is ever changed over unnoticed.
        month, day = (day, month) if day <= 12 else (month, min(28, day + 1))
    elif how == "day":
        day = chance.choice([each for each in (day - 1, day + 1, day + 10, day - 10, chance.randint(1, 28)) if 1 <= each <= 28])
    elif how == "month":
        month = chance.choice([each for each in (month - 1, month + 1, chance.randint(1, 12)) if 1 <= each <= 12])
    elif how == "year":
        year += chance.choice((-1, 1, -1, 1, -2, 2, -3))
    elif how == "decade":
        year += chance.choice((-10, 10))
    else:
        tens, units = divmod(year % 100, 10)
        year = year - year % 100 + units * 10 + tens
    return f"{min(max(year, 1930), 2012)}-{month:02}-{day:02}"
