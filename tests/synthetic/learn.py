"""Learn ``weights.toml`` on towns that do not exist: ``python -m tests.synthetic.learn``.

Every registration of a town is looked up as the broker would look it up, in a register filed under the truth; every likely
record is one case, the same person or not. Cases of equal evidence are counted together and the weights are fitted by
logistic regression with a mild pull to zero, in plain Python. What comes out is a table that people can read, and question.
Leaves out: where the lines are drawn; that is seen on towns that nothing was learned on (``tests.synthetic.towns``).
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator
from math import exp, log
from pathlib import Path
from typing import Final

from agencies.identity import KeyedTokens
from agencies.make_tokens import details_in
from broker.matching import index
from broker.matching.carried import presented
from broker.matching.score import Levels, crowded, levels_of
from tests.synthetic.regimes import LEARNED_ON, drawn
from tests.synthetic.register import Register
from tests.synthetic.town import registrations

Case = Levels
KEY: Final = KeyedTokens(b"nobody is recognised with it ...")
SECTIONS: Final = ("birthday", "forename", "surname", "sex", "place", "nhs", "pnc", "together", "crowd")
WORDS: Final = {
    "birthday": "the date of birth, as far as a name or a place that agrees lets it be seen",
    "forename": "the first name, or any name she is called by",
    "surname": "the surname, or one she had",
    "sex": "seen only beside an equal date of birth",
    "place": "the postcode district; many share one, and many hostels are in one",
    "nhs": "the NHS number; slip: one digit off",
    "pnc": "the number on the Police National Computer",
    "crowd": "what is taken off because other people share what agrees: two of them, up to 4, up to 12, or more",
    "together": "what several details say together, on top of what each says",
}


def cases_of(seeds: tuple[int, ...], people: int) -> Iterator[tuple[Case, bool]]:
    """Every comparison in these towns, and whether it was the same person."""
    for seed in seeds:
        began = time.monotonic()
        rows, truth = registrations(drawn(seed), seed, people)
        register = Register()
        for row in rows:
            tokens = presented(KEY.tokens(details_in(row)), 1)
            person = truth[row["record_id"]]
            for each in index.compared(register.work, tokens, frozenset()):
                levels = levels_of(each.shared, tokens.kinds & each.carried.kinds)
                yield (*levels, *crowded(each.shared, each.crowd)), each.person == person
            register.file(row["record_id"], person, tokens)
        print(f"town {seed}: {len(rows)} registrations, {time.monotonic() - began:.0f} s", file=sys.stderr)


Feature = tuple[str, str]


def fit(counted: Counter[tuple[Case, bool]], *, pull: float = 3.0, rounds: int = 400) -> tuple[float, dict[Feature, float]]:
    """The start and the weights under which the cases are likeliest, by accelerated descent."""
    names = sorted({name for case, _ in counted for name in case})
    place = {name: number for number, name in enumerate(names, start=1)}
    cases = [((0, *(place[name] for name in case)), float(same), count) for (case, same), count in counted.items()]
    # Each weight moves at its own pace: by how much there is to learn it from.
    curve = [pull] * (len(names) + 1)
    for row, _, count in cases:
        for number in row:
            curve[number] += 0.25 * count * len(row) * 0.2
    weights = [0.0] * (len(names) + 1)
    ahead, before = list(weights), list(weights)
    for turn in range(rounds):
        slope = [pull * weight for weight in ahead]
        slope[0] = 0.0
        for row, same, count in cases:
            strength = sum([ahead[number] for number in row])
            miss = count * (1 / (1 + exp(-max(-40.0, min(40.0, strength)))) - same)
            for number in row:
                slope[number] += miss
        before, weights = weights, [a - s / c for a, s, c in zip(ahead, slope, curve, strict=True)]
        ahead = [w + turn / (turn + 3) * (w - b) for w, b in zip(weights, before, strict=True)]
        if turn % 50 == 49:
            print(f"round {turn + 1}: loss {_loss(cases, weights):.0f}", file=sys.stderr)
    return weights[0], {name: weights[number] for name, number in place.items()}


def _loss(cases: list[tuple[tuple[int, ...], float, int]], weights: list[float]) -> float:
    total = 0.0
    for row, same, count in cases:
        strength = sum([weights[number] for number in row])
        total += count * log(1 + exp(-max(-40.0, min(40.0, strength if same else -strength))))
    return total


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
        f"alike = {decide['alike']:.2f}    # two people this strong, each `same` with a third record: they are one",
    ]  # fmt: skip
    for section in SECTIONS:
        lines += ["", f"[{section}]    # {WORDS[section]}"]
        lines += [f"{level} = {value:.2f}" for (name, level), value in sorted(weights.items()) if name == section]
    return "\n".join(lines) + "\n"


def main() -> int:
    """Learn, and write the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.synthetic.learn", description=__doc__)
    parser.add_argument("--people", type=int, default=900, help="people of each town (default: 900)")
    parser.add_argument("--towns", type=int, default=len(LEARNED_ON))
    parser.add_argument("--same", type=float, default=3.0)
    parser.add_argument("--possible", type=float, default=-3.0)
    parser.add_argument("--alike", type=float, default=-2.0)
    parser.add_argument("--to", type=Path, default=Path("broker/matching/weights.toml"))
    chosen = parser.parse_args()
    counted = Counter(cases_of(LEARNED_ON[: chosen.towns], chosen.people))
    start, weights = fit(counted)
    about = f"{chosen.towns} drawn towns of {chosen.people} people"
    chosen.to.write_text(
        written(start, weights, {"same": chosen.same, "possible": chosen.possible, "alike": chosen.alike}, about)
    )
    print(f"{sum(counted.values())} comparisons, {len(counted)} different; written to {chosen.to}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
