"""The rank attack of a broker that is curious: it lines tokens up by how often each is met, beside a town's details.

The attacker knows the towns' habits from another sample of people, the kind of every token and how often each comes, and has
no key. ``python -m tests.synthetic.attack --people 20000`` runs it on more people than the tests do.
"""

import argparse
from collections import Counter, defaultdict
from hashlib import sha256

from agencies.identity import compounds
from agencies.make_tokens import details_in
from tests.synthetic.regimes import NAMED
from tests.synthetic.town import registrations

NUMBERS = frozenset({"nhs", "nhe", "pnc", "pne"})


def counted(seed: int, people: int) -> dict[str, Counter[tuple[str, ...]]]:
    """How often each compound is met in a town, kind by kind."""
    found: defaultdict[str, Counter[tuple[str, ...]]] = defaultdict(Counter)
    rows, _ = registrations(NAMED["homes"], seed, people)
    for row in rows:
        for kind, *parts in compounds(details_in(row)):
            found[kind][tuple(parts)] += 1
    return found


def named(target: Counter[tuple[str, ...]], sample: Counter[tuple[str, ...]]) -> int:
    """How many tokens the attack names rightly, when both are lined up from the most frequent on."""
    # Among tokens met equally often the attacker can only guess: an order that has nothing to do with what is in them.
    tokens = sorted(target, key=lambda each: (-target[each], sha256(repr(each).encode()).digest()))
    guesses = sorted(sample, key=lambda each: (-sample[each], each))
    return sum(token == guess for token, guess in zip(tokens, guesses, strict=False))


def attack(people: int, towns: int = 4) -> dict[str, float]:
    """Kind by kind, how much falls: each town by what is known of the next, for a single lucky guess says little."""
    every = [counted(seed, people) for seed in range(1, towns + 1)]
    pairs = list(zip(every, [*every[1:], every[0]], strict=True))
    return {
        kind: sum(named(target[kind], sample[kind]) for target, sample in pairs) / sum(len(target[kind]) for target, _ in pairs)
        for kind in sorted(every[0])
    }


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.synthetic.attack", description=__doc__)
    parser.add_argument("--people", type=int, default=20_000)
    for kind, share in attack(parser.parse_args().people).items():
        print(f"{kind:4} {share:.4%}")


if __name__ == "__main__":
    main()
