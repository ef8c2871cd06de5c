"""What is sent through the gate: people registered, their consents, and sealed referrals of four compartments each.

Everything is made by the shipped code (`contracts.seal`), in as many processes as the machine has cores. Leaves out
sending it. Nobody in it exists.
"""

import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from itertools import count, islice
from multiprocessing import get_context
from pathlib import Path
from typing import TypeVar

from agencies.identity import details_of
from contracts import topology
from contracts.identifiers import new_id
from contracts.kinds import Kind
from contracts.seal import Letter
from contracts.steps import RegisterStep
from contracts.vocabulary import Label, Purpose
from tests.benchmarks.people import token_maker, woman
from tests.benchmarks.queues import Parcel
from tests.factories import DAY, Partnership, Person, consent_given, facts, letter, referral, seal_letter

Item = TypeVar("Item")
Done = TypeVar("Done")

# Who refers to whom. Senders and recipients are apart, so that an inbox holds either deliveries or notices and its depth
# tells how many.
WAYS = (("cjit-ashby", "project-ashby"), ("sarc-ashby", "project-ashby"), ("cjit-ashby", "drugs-ashby"))
SENDERS = ("cjit-ashby", "sarc-ashby")
RECIPIENTS = ("project-ashby", "drugs-ashby")
LABELS = (Label.IDENTITY, Label.CONTACT, Label.REQUEST, Label.SAFETY)
PURPOSE = Purpose.SUPPORT_REFERRAL
_CHUNK = 250
_AHEAD = 8


@dataclass(frozen=True, slots=True)
class Subject:
    """One person, as the agency that registered her knows her, and the consent she gave it."""

    number: int
    reference: str
    consent: str
    agency: str
    recipient: str


def subjects(people: int) -> list[Subject]:
    """As many people as asked for, each registered by one agency and content to be referred to one other."""
    return [Subject(number, new_id(), new_id(), *WAYS[number % len(WAYS)]) for number in range(people)]


class Clerk:
    """Writes letters in the order of each agency's own sequence, as its adapter would."""

    def __init__(self, keys: Partnership) -> None:
        self._keys = keys
        self._now = keys.now
        self._sequences: defaultdict[str, count[int]] = defaultdict(lambda: count(1))

    def registration(self, her: Subject) -> Letter:
        """Her agency registers her, with her tokens."""
        tokens = token_maker(self._keys.folder, her.agency).tokens(details_of(woman(her.number)))
        return self._letter(Kind.PERSON_REGISTERED, her, step=RegisterStep(tokens=tokens))

    def consent(self, her: Subject) -> Letter:
        """She agrees that her agency refers her to one other, with these four labels."""
        said = consent_given(consent=her.consent, purpose=PURPOSE, recipient=her.recipient, labels=LABELS, taken_at=self._now)
        return self._letter(Kind.CONSENT_RECORDED, her, said=said, facts=facts(purpose=PURPOSE, consents=(her.consent,)))

    def referral(self, her: Subject) -> Letter:
        """Her agency refers her, relying on that consent."""
        return self._letter(
            Kind.REFERRAL_MADE,
            her,
            recipient=her.recipient,
            said=referral(Person(her.number, woman(her.number))),
            facts=facts(purpose=PURPOSE, consents=(her.consent,)),
        )

    def _letter(self, kind: Kind, her: Subject, **changes: object) -> Letter:
        return letter(
            kind,
            her.agency,
            created=self._now,
            not_after=self._now + DAY,
            reference=her.reference,
            sequence=next(self._sequences[her.agency]),
            **changes,  # type: ignore[arg-type]
        )


class Scribes:
    """Processes that write letters, as many as the machine has cores. Spawned, so that none inherits a connection."""

    def __init__(self, keys: Partnership) -> None:
        self._keys = keys
        self._pool = ProcessPoolExecutor(os.cpu_count() or 1, mp_context=get_context("spawn"))

    def __enter__(self) -> "Scribes":
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)

    def seal(self, letters: Iterable[Letter]) -> list[Parcel]:
        """Sealed and ready to be submitted, in their order."""
        return [parcel for chunk in self.each(_sealed, letters) for parcel in chunk]

    def each(self, write: Callable[[Partnership, Sequence[Item]], Done], items: Iterable[Item]) -> Iterator[Done]:
        """What ``write`` makes of the items, chunk by chunk and in their order; never far ahead of who takes it."""
        left = iter(items)
        going: list[Future[Done]] = []
        while True:
            while len(going) < _AHEAD and (chunk := list(islice(left, _CHUNK))):
                going.append(self._pool.submit(_at_desk, write, self._keys.folder, self._keys.now, chunk))
            if not going:
                return
            yield going.pop(0).result()


def submission(made: Letter, body: bytes) -> Parcel:
    """A sealed letter as its sender publishes it."""
    return Parcel(made.sender, topology.SUBMIT, made.sender, body, made.id)


_partnerships: dict[Path, Partnership] = {}


def _at_desk(write: Callable[[Partnership, Sequence[Item]], Done], folder: Path, now: int, items: Sequence[Item]) -> Done:
    # One per process: reading the keys and the directory costs more than sealing a letter.
    return write(_partnerships.setdefault(folder, Partnership(folder, now)), items)


def _sealed(keys: Partnership, letters: Sequence[Letter]) -> list[Parcel]:
    return [submission(each, seal_letter(each, keys=keys)) for each in letters]
