"""Learn ``weights.toml`` on towns that do not exist: ``python -m tests.synthetic.learn``.

Every registration of a town is looked up as the broker would look it up, in a register filed under the truth. It is one case:
which of the people found is she, or is she none of them? The weights are those under which the right answers are likeliest
when people are weighed against each other and against "nobody", which is how ``broker/matching/people.py`` decides; with a
mild pull to zero, in plain Python. What comes out is a table that people can read, and question.

In two parts. First all that is told without an address, on towns where none is written down; then what an address adds, on
towns and registers of households that have them, with the first part held fast: two records without addresses are weighed as if
there were none. ``--homes`` learns the second part upon the table that is there. Leaves out: where the lines are drawn; that
was seen on towns that nothing was learned on.
"""

import argparse
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from math import exp, log
from pathlib import Path
from random import Random
from typing import Final

from agencies.identity import KeyedTokens
from agencies.make_tokens import details_in
from broker.matching import index
from broker.matching.carried import presented
from broker.matching.index import load_weights
from tests.synthetic.regimes import FIRST_OF_HOUSEHOLDS, LEARNED_ON, regime_of
from tests.synthetic.register import Register
from tests.synthetic.town import registrations

Feature = tuple[str, str]
Row = tuple[tuple[Feature, float], ...]
"""What speaks for one record: each level, and how much of it there is (one, but for what is put aside)."""
KEY: Final = KeyedTokens(b"nobody is recognised with it ...")
SECTIONS: Final = (
    "birthday", "forename", "surname", "sex", "place", "address", "home", "town", "nhs", "pnc", "together", "crowd", "support",
    "size",
)  # fmt: skip
BATCH: Final = 64
WORDS: Final = {
    "birthday": "the date of birth, as far as a name or a place that agrees lets it be seen",
    "forename": "the first name, or any name she is called by",
    "surname": "the surname, or one she had",
    "sex": "seen only beside an equal date of birth",
    "place": "the postcode district; many share one, and many hostels are in one",
    "address": "where she lives, if both write it down; half: but for a slip",
    "home": "whose names agree where the address does, and whether the birthday does",
    "town": "the town, or the part of it; seen only beside a birthday or both names",
    "nhs": "the NHS number; slip: one digit off",
    "pnc": "the number on the Police National Computer",
    "together": "what several details say together, on top of what each says",
    "crowd": "how many strangers share what agrees: her birthday, her names (with a date or without), a name and place or home",
    "support": "that other records of the same person speak too: one, or more",
    "size": "per e-fold of a register above 2,000 records, seen on crowds of 3,000 to 100,000: how much oftener chance agrees",
}
SIZES: Final = (200, 400, 600, 900, 1300, 1800)
"""People of the towns, in turn: what chance makes agree in a large register it does not in a small one."""
BY_CHANCE: Final = {
    "birthday": -0.7, "little": -0.7, "name_and_place": -0.7, "names": -0.7, "names_and_nearly": -1.0, "nearly": -0.7,
}  # fmt: skip
"""What a register loses as it grows. Not learned, since no town is large enough: see docs/matching.md, "A large register"."""
CROWDED: Final = ("birthday", "names", "names_dated", "place")
_SHARE: Final = ("town", "share of it that is registered")
"""Early on hardly anybody can be found: known where one learns and not where one decides, so learned apart and put aside."""


_KNOWN: Final = ("town", "what is known of it already")
HOUSEHOLDS: Final = 3
"""How often a register of households counts: what an address says is plainest there, and there are fewer of them."""
CHAINS: Final = 1.0
"""How much less an address says than was learned: people of one roof who are taken for one are taken with all the rest of the
house, which no single look-up sees. Set by hand, as the lines are, on towns that nothing was learned on."""


@dataclass(frozen=True, slots=True)
class Case:
    """One registration: the people found, the records of each, and which of them she is (the first), or none."""

    people: tuple[tuple[Row, ...], ...]
    is_first: bool


def cases_of(seed: int, people: int, *, homes: bool = False) -> Iterator[Case]:
    """Every registration of a town for whom anybody was found; with addresses or without."""
    regime = regime_of(seed)
    if homes and not regime.addresses:
        return
    rows, truth = registrations(replace(regime, addresses=homes), seed, people)
    register = Register()
    for number, row in enumerate(rows, start=1):
        tokens = presented(KEY.tokens(details_in(row)), 1)
        person = truth[row["record_id"]]
        share = ((_SHARE, round(log(number / len(rows)), 1)),)
        found: dict[str, list[Row]] = {}
        for each in index.compared(register.work, tokens, frozenset()):
            levels = tuple((level, 1.0) for level in (*each.evidence.levels, *each.company))
            found.setdefault(each.person, []).append((*levels, *share))
        hers = found.pop(person, None)
        if (
            others := [tuple(records) for records in found.values()]
            if hers is None
            else [tuple(hers), *map(tuple, found.values())]
        ):
            yield Case(tuple(others), hers is not None)
        register.file(row["record_id"], person, tokens)


def upon(cases: Iterable[Case], start: float, known: Mapping[Feature, float]) -> Iterator[Case]:
    """The same cases with all that is known of them summed up as one."""

    def summed(row: Row) -> Row:
        new = tuple((name, much) for name, much in row if name not in known)
        return (_KNOWN, round(start + sum([known.get(name, 0.0) * much for name, much in row]), 2)), *new

    for case in cases:
        yield Case(tuple(tuple(map(summed, rows)) for rows in case.people), case.is_first)


def fit(
    cases: list[Case], *, upon_known: bool = False, pull: float = 2.0, rounds: int = 50, pace: float = 0.4
) -> tuple[float, dict[Feature, float]]:
    """The start and the weights under which the right answers are likeliest: small steps, each as long as is left to learn."""
    counted = Counter(cases)
    order, chance = list(counted.items()), Random(1)
    weights: dict[Feature, float] = defaultdict(float, {_KNOWN: 1.0} if upon_known else {})
    slopes: dict[Feature, float] = defaultdict(float)
    start = started = 0.0
    ease = pull / len(cases)
    for turn in range(rounds):
        chance.shuffle(order)
        missed = 0.0
        for first in range(0, len(order), BATCH):
            batch = order[first : first + BATCH]
            slope: dict[Feature, float] = defaultdict(float)
            begin = total = 0.0
            for case, count in batch:
                lost, misses = _missed(case, start, weights)
                missed, total = missed + lost * count, total + count
                for row, miss in misses:
                    begin += miss * count
                    for name, much in row:
                        slope[name] += miss * count * much
            if not upon_known:
                started += (begin / total) ** 2
                start -= pace * (begin / total) / (started**0.5 + 1e-6) / (1 + turn / 10)
            slope.pop(_KNOWN, None)
            for name, value in slope.items():
                step = value / total + ease * weights[name]
                slopes[name] += step * step
                weights[name] -= pace * step / (slopes[name] ** 0.5 + 1e-6) / (1 + turn / 10)
        print(f"round {turn + 1}: loss {missed / len(cases):.4f}", file=sys.stderr)
    weights.pop(_KNOWN, None)
    # As though half the town were registered.
    return start + weights.pop(_SHARE, 0.0) * log(0.5), dict(weights)


def _missed(case: Case, start: float, weights: dict[Feature, float]) -> tuple[float, list[tuple[Row, float]]]:
    """How unlikely the right answer was, and by how much the best record of each person speaks too loudly."""
    best = [max((start + sum([weights[name] * much for name, much in row]), row) for row in rows) for rows in case.people]
    top = max(0.0, *(strength for strength, _ in best))
    shares = [exp(strength - top) for strength, _ in best]
    total = sum(shares) + exp(-top)
    right = best[0][0] if case.is_first else 0.0
    return top + log(total) - right, [
        (row, share / total - (case.is_first and place == 0))
        for place, ((_, row), share) in enumerate(zip(best, shares, strict=True))
    ]


def written(start: float, weights: dict[Feature, float], decide: dict[str, float], about: str) -> str:
    """The table as a file."""
    lines = [
        "# How strongly what agrees says that two records are one person (matching.md, part 2; docs/matching.md).",
        f"# Learned on synthetic towns by `python -m tests.synthetic.learn` ({about}); never on real people.",
        "# Natural logarithms of odds: 0.7 doubles them, 2.3 makes them tenfold. One level of each section counts.",
        "", "[decide]",
        f"start = {start:.2f}",
        f"same = {decide['same']:.2f}    # this strong against all rivals and nobody together: the same person",
        f"possible = {decide['possible']:.2f}    # this strong by itself: may be the same, for people to look at",
        f"balance = {decide['balance']:.2f}    # this strong against all others: more likely the same, if somebody had to say",
        f"alike = {decide['alike']:.2f}    # two people this strong, each `same` with a third record: they are one",
    ]  # fmt: skip
    for section in SECTIONS:
        lines += ["", f"[{section}]    # {WORDS[section]}"]
        lines += [f"{level} = {value:.2f}" for (name, level), value in sorted(weights.items()) if name == section]
    return "\n".join(lines) + "\n"


def _in_a_crowd(weights: dict[Feature, float]) -> dict[Feature, float]:
    """What no town is large enough to teach. A level never met would say nothing, and that is louder than the one before."""
    crowded = {
        ("crowd", f"{what}_many"): weights[("crowd", f"{what}_some")]
        for what in CROWDED
        if ("crowd", f"{what}_some") in weights and ("crowd", f"{what}_many") not in weights
    }
    return crowded | {("size", what): loss for what, loss in BY_CHANCE.items()}


def main() -> int:
    """Learn, and write the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.synthetic.learn", description=__doc__)
    parser.add_argument("--towns", type=int, default=len(LEARNED_ON))
    parser.add_argument("--same", type=float, default=2.5)
    parser.add_argument("--possible", type=float, default=-1.75)
    parser.add_argument("--balance", type=float, default=0.5)
    parser.add_argument("--alike", type=float, default=0.0)
    parser.add_argument("--to", type=Path, default=Path("broker/matching/weights.toml"))
    parser.add_argument("--homes", action="store_true", help="only what an address adds, upon the table that is there")
    chosen = parser.parse_args()
    if chosen.homes:
        table = load_weights()
        start, weights = table.start, {name: value for name, value in table.worth.items() if not _at_home(name)}
    else:
        start, weights = fit(_all_cases(chosen.towns, homes=False))
        weights |= _in_a_crowd(weights)
    # What the table will say, so that the second part stands on the first as it is written.
    start, weights = round(start, 2), {name: round(value, 2) for name, value in weights.items()}
    _, more = fit(list(upon(_all_cases(chosen.towns, homes=True), start, weights)), upon_known=True)
    weights |= {name: value - (CHAINS if name[0] == "address" else 0.0) for name, value in more.items()}
    about = f"{chosen.towns} drawn towns and registers of {min(SIZES)} to {max(SIZES)} people"
    lines = {name: getattr(chosen, name) for name in ("same", "possible", "balance", "alike")}
    chosen.to.write_text(written(start, weights, lines, about))
    return 0


def _at_home(name: Feature) -> bool:
    """Whether a weight is of the second part."""
    section, level = name
    return section in {"address", "home", "town"} or level == "start" or level.startswith("home_")


def _all_cases(towns: int, *, homes: bool) -> list[Case]:
    cases: list[Case] = []
    for seed in [each for each in LEARNED_ON if homes or each < FIRST_OF_HOUSEHOLDS][:towns]:
        began = time.monotonic()
        found = list(cases_of(seed, SIZES[seed % len(SIZES)], homes=homes))
        cases += found * (HOUSEHOLDS if seed >= FIRST_OF_HOUSEHOLDS else 1)
        print(f"town {seed}: {len(cases)} registrations so far, {time.monotonic() - began:.0f} s", file=sys.stderr)
    return cases


if __name__ == "__main__":
    raise SystemExit(main())
