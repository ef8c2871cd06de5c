"""What a clause is given, and what it may say: the whole of one question, and one finding.

Leaves out: the clauses themselves, each in the file of its subject.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from consent.consents import Consents, Telling
from consent.protocol import Agency, Protocol
from contracts.envelope import Header
from contracts.facts import Facts
from contracts.kinds import Kind
from contracts.locks import SlotOpening
from contracts.vocabulary import CaseRole, Label, Purpose, Reason, Verdict

# These ask an agency to act, so they are judged by what it needs, whatever its role in the case is now.
ASKS_TO_ACT: Final = frozenset({Kind.REFERRAL_MADE, Kind.LEAD_PROPOSED, Kind.INCIDENT_REPORTED, Kind.SCRIPT_TRANSFERRED})


@dataclass(frozen=True, slots=True)
class Context:
    """What is known beside the message: the parties, her case, and what was found when the message was opened."""

    sender: Agency | None
    recipient: Agency | None
    """The agency that would learn something: for a check, the asker."""
    names_person: bool
    """Whether any record of a person goes with the message."""
    role: CaseRole | None = None
    fault: Reason | None = None
    """What was wrong with its form, signature, keys or times."""
    directory_current: bool = True
    held_until: int | None = None
    """The deadline of an earlier hold of this message. It does not move when the message is asked again."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One question, ready to be judged."""

    header: Header
    facts: Facts
    openings: tuple[SlotOpening, ...]
    labels: frozenset[Label]
    sender: Agency
    recipient: Agency
    context: Context
    protocol: Protocol
    consents: Consents
    now: int

    @property
    def purpose(self) -> Purpose:
        """Why it is sent."""
        return self.facts.purpose

    @property
    def telling(self) -> Telling:
        """What a consent must be about to count here."""
        return Telling(self.facts.purpose, self.sender.id, self.recipient.id)


@dataclass(frozen=True, slots=True)
class Spoke:
    """A clause applies: why, and to which labels; to the whole message when it names none."""

    clause: str
    reason: Reason
    labels: frozenset[Label] = frozenset()


@dataclass(frozen=True, slots=True)
class Judge:
    """One clause as the program judges it. Officers may make it more severe than ``floor``, never less."""

    clause: str
    floor: Verdict
    codes: frozenset[Reason]
    judge: Callable[[Asked, frozenset[Label]], Iterable[Spoke]]
    """Given the question and the labels that no clause before it withheld."""
