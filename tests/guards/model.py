"""The guards, checked in every state they can reach: ``python -m tests.guards.model`` for the largest worlds.

Breadth first from an empty caseload, every step in every state, until nothing new is found. In each state: never two, never
none, nobody alone in conflict; and from each state there is a way to the end.
"""

import sys
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from tests.guards.steps import Step, lead_steps, people_steps, script_steps
from tests.guards.world import CJIT, DRUGS, PROJECT, State, World

Steps = Callable[[World], Iterator[tuple[str, Step]]]
LIVE = {"reserved", "active", "transferring"}


@dataclass
class Explored:
    """Every state that was reached, how it was reached first, and where each step led."""

    states: dict[State, tuple[State | None, str]] = field(default_factory=dict)
    transitions: int = 0
    tried: int = 0
    reversed: defaultdict[State, list[State]] = field(default_factory=lambda: defaultdict(list))

    def story(self, state: State) -> str:
        """The steps that led there, for whoever must understand a violation."""
        told: list[str] = []
        before: State | None = state
        while before is not None:
            before, step = self.states[before]
            told.append(step)
        return " / ".join(reversed(told))


def explore(world: World, *kinds: Steps) -> Explored:
    """All states, from nothing. AssertionError tells the story of the first that breaks a promise."""
    steps = [step for kind in kinds for step in kind(world)]
    found = Explored({State(): (None, "nothing")})
    waiting = deque([State()])
    while waiting:
        state = waiting.popleft()
        with world.at(state):
            for name, step in steps:
                with world.try_out():
                    found.tried += 1
                    if not step(world):
                        continue
                    after = world.read()
                found.transitions += 1
                found.reversed[after].append(state)
                if after not in found.states:
                    found.states[after] = (state, name)
                    assert not (broken := violations(after)), f"{broken}: {found.story(after)}"
                    waiting.append(after)
    return found


def violations(state: State) -> str:
    """What is wrong with a state, or nothing."""
    for person in {row[1] for row in (*state.cases, *state.scripts)}:
        carried = [row for row in state.cases if row[1] == person and row[3] != "informed"]
        leads = [row for row in carried if row[3] == "lead"]
        standing = [row for row in leads if row[4] == "open"]
        if len(standing) > 1:
            return "two leads"
        if carried and not leads:
            return "a case without a lead"
        if leads and not standing and len({row[2] for row in leads}) < 2:
            return "a lead in conflict with nobody"
        if not carried and any(row[1] == person for row in state.cases):
            return "informed of nothing"
        checked = [row for row in state.scripts if row[1] == person and row[3] != "unchecked"]
        live = [row for row in checked if row[3] in LIVE]
        if len(live) > 1:
            return "two live prescriptions"
        if len(checked) == 1 and not live:
            return "a prescription in conflict with nobody"
    return ""


def without_an_end(found: Explored) -> list[State]:
    """The states from which no way leads to the end: nobody's case, no prescription."""
    ends = [state for state in found.states if not state.cases and not state.scripts]
    reached, waiting = set(ends), deque(ends)
    while waiting:
        for before in found.reversed[waiting.popleft()]:
            if before not in reached:
                reached.add(before)
                waiting.append(before)
    return [state for state in found.states if state not in reached]


WORLDS: dict[str, tuple[World, tuple[Steps, ...]]] = {
    "who leads, two agencies": (World((CJIT, PROJECT)), (lead_steps,)),
    "who leads, two agencies and a merge": (World((CJIT, PROJECT), frozenset({PROJECT})), (lead_steps, people_steps)),
    "who prescribes, two prescribers": (World((DRUGS, PROJECT)), (script_steps,)),
    "who prescribes, two and a merge": (World((DRUGS, PROJECT), frozenset({PROJECT})), (script_steps, people_steps)),
}
LARGE: dict[str, tuple[World, tuple[Steps, ...]]] = {
    "who leads, three agencies": (World((CJIT, PROJECT, DRUGS)), (lead_steps,)),
    "who leads, three agencies and a merge": (World((CJIT, PROJECT, DRUGS), frozenset({DRUGS})), (lead_steps, people_steps)),
    "who prescribes, three prescribers": (World((DRUGS, PROJECT, CJIT)), (script_steps,)),
    "who prescribes, three and a merge": (World((DRUGS, PROJECT, CJIT), frozenset({CJIT})), (script_steps, people_steps)),
}


def main() -> int:
    """0 when every promise held in every state."""
    for name, (world, kinds) in (WORLDS | LARGE).items():
        began = time.monotonic()
        found = explore(world, *kinds)
        stuck = without_an_end(found)
        print(
            f"{name}: {len(found.states)} states, {found.transitions} transitions of {found.tried} steps tried, "
            f"{len(stuck)} without an end, 0 violations, {time.monotonic() - began:.1f} s",
            flush=True,
        )
        if stuck:
            print(f"  {found.story(stuck[0])}")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
