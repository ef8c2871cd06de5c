"""Play a cohort of histories in one world, and judge every delivery by the second opinion. A seed says all that happens.

Whatever is drawn for one history is drawn from its own chances, and what happens to all from the cohort's, so that one history
can be played again alone, shorter and shorter, in the same weather.
"""

import atexit
import random
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final

from broker.incoming import OutRow
from broker.store import open_store
from consent.migrations import bring_up_to_date
from consent.store import open_store as open_consent_store
from contracts.consent_check import Held, Permitted, Recorded
from contracts.permit import Delivery
from contracts.vocabulary import Office, Reason
from tests.factories import partnership
from tests.specs.consent.emergency import hers
from tests.specs.histories.chances import DEEDS, HOUR, PLOTS, SECOND, SPELLS, WEATHER, drawn
from tests.specs.histories.letters import CJIT, hers_of
from tests.specs.histories.rules import Ledger, Word, lapsed
from tests.specs.histories.world import World, directories, remembering

ROUNDS: Final = 8
# How much may lie in the recipient's inbox: nearly nothing, so that much waits with the broker; some; as much as there is.
CREDITS: Final = (4, 12, 50)
_QUIET_ROUNDS: Final = 2


@dataclass(frozen=True)
class Violation:
    """Something was delivered that must not have been."""

    seed: int
    history: int
    letter: str
    why: str
    story: tuple[str, ...]

    def __str__(self) -> str:
        command = f"python -m tests.specs.histories --seed {self.seed} --only {self.history}"
        return "\n".join([f"{self.letter}: {self.why}", *(f"    {line}" for line in self.story), f"  again: {command}"])


@dataclass
class Counts:
    """How much was played."""

    histories: int = 0
    deeds: int = 0
    permits: int = 0
    deliveries: int = 0
    opened: int = 0
    told: int = 0
    """Recipients told that what they were given was taken back."""
    late: int = 0
    """Deliveries that came too late, or under a revoked key, and were not opened."""

    def add(self, other: "Counts") -> None:
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)


@dataclass
class Cohort:
    """One cohort while it is played."""

    seed: int
    world: World
    ledgers: dict[int, Ledger]
    leave_out: frozenset[int] = frozenset()
    """Rounds in which nothing is done for the one history that is played again."""
    counts: Counts = field(default_factory=Counts)
    violations: list[Violation] = field(default_factory=list)
    story: dict[int, list[str]] = field(default_factory=dict)
    released: dict[str, int] = field(default_factory=dict)
    reviewed: set[str] = field(default_factory=set)
    answered_by: set[str] = field(default_factory=set)
    _whose: dict[str, tuple[int, str]] = field(default_factory=dict)

    def play(self, rounds: int = ROUNDS) -> None:
        """Everyone registers; then, in each round, the weather changes and something is done in each history."""
        world = self.world
        weather = drawn(random.Random(f"weather {self.seed}"), WEATHER, SPELLS, rounds)
        deeds = {n: drawn(random.Random(f"deeds {self.seed} {n}"), DEEDS, PLOTS, rounds) for n in self.ledgers}
        self._whose = {
            one.id: (number, name) for number, each in self.ledgers.items() for name, one in each.hers.letters.items()
        }
        self._settle(world.take_in([each.hers.letters["register"].body for each in self.ledgers.values()], CJIT))
        for round_number in range(rounds):
            lose = self._weather(*weather[round_number])
            done = {number: each[round_number] for number, each in deeds.items() if round_number not in self.leave_out}
            self._deeds(done, round_number, lose=lose)
            self._settle(world.due(), lose=lose)
            self._settle(world.claimed())
            if round_number % 3 == 0:
                self._settle(world.expired())
        self._end_quietly()
        self.counts.histories += len(self.ledgers)

    def _end_quietly(self) -> None:
        """Nothing fails any more, and the inbox is emptied: what waited goes out, and whatever is owed is given."""
        self.world.leave(away=False)
        for _ in range(_QUIET_ROUNDS):
            self._weather("clock", 31 * SECOND)
            self._settle(self.world.due())
            self._pick_up(dict.fromkeys(self.ledgers, ""))
            self._settle(self.world.claimed())
        for number, ledger in self.ledgers.items():
            for name, cause in ledger.untold():
                self._violated(number, name, f"its recipient was never told: {cause}")

    # --- what happens

    def _weather(self, what: str, value: int | str) -> bool:
        """What happens to all; whether what is to be published now is lost with the process that would publish it."""
        world = self.world
        for story in self.story.values():
            story.append(f"-- {what} {value}".rstrip(" 0") if what != "clock" else f"-- {int(value) // 1000} s pass")
        world.leave(away=what == "away")
        if what == "clock":
            world.now += int(value)
        elif what == "protocol":
            world.protocol = str(value)
        elif what == "keys" and world.directory != "the sender's key revoked":
            world.directory = str(value)
        elif what == "review":
            self.reviewed |= set(world.review())
        if what == "protocol":
            world.start_consent_again()
            self.answered_by = set()
        elif what in {"keys", "die"}:
            world.start_again()
            self.answered_by = {world.protocol}
        return what == "lose"

    def _deeds(self, drawn: dict[int, tuple[str, str]], round_number: int, *, lose: bool) -> None:
        bodies: list[bytes] = []
        returned: list[bytes] = []
        for number, (what, value) in drawn.items():
            self.story[number].append(f"{round_number}: {what} {value}")
            self.counts.deeds += 1
            if what in {"send", "again"}:
                bodies.append(self.ledgers[number].hers.letters[value].body)
            elif what == "returned":
                returned.append(self.ledgers[number].hers.letters[value].body)
            elif what in {"approve", "refuse"}:
                self._officer(self.ledgers[number], value, what)
            elif what == "ask":
                for name in sorted(self.ledgers[number].waits):
                    self.world.store.ask_now(self.ledgers[number].hers.letters[name].id, now=self.world.now)
        self._settle(self.world.take_in(bodies, CJIT) if bodies else [], lose=lose)
        self._settle(self.world.take_in(returned, "broker") if returned else [])
        self._pick_up({n: value for n, (what, value) in drawn.items() if what == "pick up"})

    def _officer(self, ledger: Ledger, person: str, decision: str) -> None:
        for name in sorted(ledger.waits):
            if self.world.acts(ledger.hers.letters[name].id, person, decision):
                found = directories()["made"].officer(hers(person).id)
                assert found is not None
                ledger.words[name].append(Word(person, Office(found[0].office), decision))

    def _pick_up(self, who: dict[int, str]) -> None:
        told = []
        for delivery, _ in list(self.world.in_inbox):
            number, name = self._whose[delivery.header.id]
            if number not in who:
                continue
            self.world.in_inbox = [one for one in self.world.in_inbox if one[0] is not delivery]
            reason = self.world.opens(delivery)
            if reason is None:
                self._open(number, name, delivery)
            else:
                self.counts.late += 1
                self.ledgers[number].unopened(name)
            if who[number] != "no receipt":
                result = "delivered" if reason is None else "stale" if reason is Reason.PERMIT_STALE else "refused"
                told.append((delivery, result))
        if told:
            self._settle(self.world.receipts(told))

    # --- what is judged

    def _settle(self, rows: Sequence[OutRow], *, lose: bool = False) -> None:
        self._heard()
        if lose:
            rows = self.world.lost()
            self._heard()
        for delivery in self.world.publish(rows):
            self._published(delivery)
        told, self.world.told = self.world.told, []
        for message in told:
            self.counts.told += 1
            number, name = self._whose[message]
            self.ledgers[number].tell(name)

    def _heard(self) -> None:
        """What the consent service answered goes into the ledgers, and every permit is judged at once."""
        world = self.world
        answers, world.answers_now = world.answers_now, []
        for answer in sorted(answers, key=lambda one: not isinstance(one, Recorded)):
            number, name = self._whose[answer.message]
            ledger = self.ledgers[number]
            ledger.waits.discard(name)
            match answer:
                case Recorded():
                    ledger.record(name, world.now)
                case Held():
                    ledger.waits.add(name)
                    if answer.reason is Reason.SECOND_PERSON_AWAITED:
                        ledger.second_wanted.setdefault(name, world.now)
                case Permitted():
                    self.counts.permits += 1
                    # From its first permit on, the broker knows by which protocol is decided now.
                    self.answered_by.add(world.protocol)
                    self._judge(number, name, "permitted")
                    self._count_glass(number, name, answer)
                case _:
                    pass

    def _count_glass(self, number: int, name: str, answer: Permitted) -> None:
        if not answer.broken_glass:
            return
        waiting = [one for one in self.released if one not in self.reviewed and one != answer.message]
        late = [one for one in waiting if self.world.now >= self.released[one] + 72 * HOUR]
        if len(waiting) >= 2 or late:
            self._violated(number, name, "permitted: the agency's broken glass waits for review")
        self.released.setdefault(answer.message, self.world.now)

    def _published(self, delivery: Delivery) -> None:
        self.counts.deliveries += 1
        header = delivery.header
        decision = delivery.permit.decision
        number, name = self._whose[header.id]
        ledger = self.ledgers[number]
        ledger.published.add(name)
        if lapsed(name, decision.decided, self.world.now):
            self._violated(number, name, "put into the inbox with a permit that no longer stands")
        self._judge(number, name, "put into the inbox")

    def _open(self, number: int, name: str, delivery: Delivery) -> None:
        self.counts.opened += 1
        self.ledgers[number].opened.add(name)
        if lapsed(name, delivery.permit.decision.decided, self.world.now):
            self._violated(number, name, "opened under a permit that no longer stands")
        if "r_cjit" in self._revoked():
            self._violated(number, name, "opened under a revoked key")

    def _judge(self, number: int, name: str, what: str) -> None:
        why = self.ledgers[number].why_not(name, self.world.now, self._protocol(what), self._revoked())
        if why is not None:
            self._violated(number, name, f"{what}: {why}")

    def _protocol(self, what: str) -> str:
        """The protocol of now, or any where the broker cannot know it yet."""
        known = what == "permitted" or self.world.protocol in self.answered_by
        return self.world.protocol if known else "shipped"

    def _revoked(self) -> frozenset[str]:
        return {
            "made": frozenset[str](),
            "an officer's key revoked": frozenset({"f_osgodby"}),
            "the sender's key revoked": frozenset({"f_osgodby", "r_cjit"}),
        }[self.world.directory]

    def _violated(self, number: int, name: str, why: str) -> None:
        self.violations.append(Violation(self.seed, number, name, why, tuple(self.story[number])))


def play(
    seed: int, histories: Sequence[int], *, leave_out: frozenset[int] = frozenset(), urls: tuple[str, str] | None = None,
    rounds: int = ROUNDS, make: Callable[..., World] = World,
) -> Cohort:  # fmt: skip
    """Play one cohort, each of these histories, in a fresh world."""
    with _stores(urls) as (broker_url, consent_url), remembering():
        world = make(broker_url, consent_url, CREDITS[seed % len(CREDITS)], made=urls is None)
        ledgers = {number: Ledger(hers_of(number)) for number in histories}
        cohort = Cohort(seed, world, ledgers, leave_out, story={number: [] for number in histories})
        try:
            cohort.play(rounds)
        finally:
            world.close()
    return cohort


def shortest(violation: Violation) -> Violation:
    """The same violation with as few deeds as still bring it about, found by leaving out one after another."""
    leave_out: frozenset[int] = frozenset()
    best = violation
    for round_number in reversed(range(ROUNDS)):
        tried = leave_out | {round_number}
        found = [
            one for one in play(violation.seed, [violation.history], leave_out=tried).violations if one.letter == best.letter
        ]
        if found:
            leave_out, best = tried, found[0]
    return best


@contextmanager
def _stores(urls: tuple[str, str] | None) -> Iterator[tuple[str, str]]:
    if urls is not None:
        yield urls
        return
    with tempfile.TemporaryDirectory(prefix="relay-histories-") as name:
        folder = Path(name)
        for store in ("broker", "consent"):
            shutil.copy(_fresh() / f"{store}.sqlite", folder / f"{store}.sqlite")
        yield f"sqlite:///{folder / 'broker.sqlite'}", f"sqlite:///{folder / 'consent.sqlite'}"


@cache
def _fresh() -> Path:
    """Empty databases, made by their steps once; every cohort takes a copy."""
    folder = Path(tempfile.mkdtemp(prefix="relay-histories-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    keys = partnership()
    store = open_store(
        f"sqlite:///{folder / 'broker.sqlite'}",
        signing=keys.signing("broker"),
        directory=keys.directory,
        credit=1,
        process="fresh",
    )
    store.close()
    engine = open_consent_store(f"sqlite:///{folder / 'consent.sqlite'}")
    bring_up_to_date(engine)
    engine.dispose()
    return folder


__all__ = ["Cohort", "Counts", "Violation", "play", "shortest"]
