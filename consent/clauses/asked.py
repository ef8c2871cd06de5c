"""What a clause is given, and what it may say: the whole of one question, and one finding.

Leaves out: the clauses themselves, each in the file of its subject.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from consent.clauses.approving import Act, Parties
from consent.clauses.glass import Broken
from consent.consents import Consents, Standing, Telling, standing
from consent.protocol import Agency, Need, Protocol, Share
from contracts.envelope import Header
from contracts.kinds import Kind
from contracts.locks import ToConsent
from contracts.vocabulary import CaseRole, Label, Reason, Verdict

if TYPE_CHECKING:
    from consent.clauses.conditions import Test

# These ask an agency to act, so they are judged by what it needs, whatever its role in the case is now.
ASKS_TO_ACT: Final = frozenset({Kind.REFERRAL_MADE, Kind.LEAD_PROPOSED, Kind.INCIDENT_REPORTED, Kind.SCRIPT_TRANSFERRED})

_NONE: Final[frozenset[Label]] = frozenset()


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
    refused_on_another_basis: bool = False
    """The same was refused in the last thirty days, and is sent now on another basis (B7)."""
    restricted: bool = False
    """She objected to this, or a restriction is open (H2)."""
    acts: tuple[Act, ...] = ()
    """What officers decided on this message."""
    glass: Broken | None = None
    """Somebody broke the glass for it (G4)."""


class Asked:
    """One question, ready to be judged. What several clauses look up is looked up once."""

    def __init__(
        self, header: Header, part: ToConsent, context: Context, protocol: Protocol, consents: Consents, now: int
    ) -> None:
        assert context.sender is not None, "an unknown sender proves nothing"
        assert context.recipient is not None, "an unknown recipient is told nothing"
        self.header: Final = header
        self.facts: Final = part.facts
        self.purpose: Final = part.facts.purpose
        self.openings: Final = part.openings
        self.labels: Final = frozenset([opening.label for opening in part.openings])
        self.sender: Final = context.sender
        self.recipient: Final = context.recipient
        self.context: Final = context
        self.protocol: Final = protocol
        self.consents: Final = consents
        self.now: Final = now
        self.telling: Final = Telling(self.purpose, self.sender.id, self.recipient.id)
        self.need: Final[Need | None] = protocol.need_of(self.recipient.kind, self.purpose, now)
        self.shares: Final = self._shares()
        sent, grace = header.created, protocol.grace
        self.standing_shares: Final = [one for one in self.shares if one.in_force(sent, now) and sent < one.review + grace]
        self.agreed: Final = frozenset[Label]().union(*[share.labels for share in self.standing_shares])
        self.yeses: list[tuple[frozenset[Label], str]] | None = None
        """Each yes that stands for this way and purpose, and what makes it doubtful (``reading.her_yes``)."""
        self._where: dict[Test, frozenset[Label]] = {}
        self._values: dict[Callable[..., Any], list[tuple[Label, Any]]] = {}
        self._standings: Final = {
            label: standing(label, self.telling, consents, protocol.separate, now) for label in self.labels
        }

    def labels_where(self, test: "Test") -> frozenset[Label]:
        """The labels of the message for which a factor has one of the values that a test wants; found once."""
        found = self._where.get(test)
        if found is None:
            read, wanted = test.read, test.wanted
            values = self._values.get(read)
            if values is None:
                values = self._values[read] = [(label, read(self, label)) for label in self.labels]
            found = self._where[test] = frozenset([label for label, value in values if value in wanted])
        return found

    def fixed(self, test: "Test") -> Any:
        """The value of a factor that who, to whom and what for settle."""
        return test.read(self)

    def fixed_of(self, test: "Test", label: Label) -> Any:
        """The same of one label, in the message or not."""
        return test.read(self, label)

    def standing(self, label: Label) -> Standing:
        """What she said about a label of the message, for this purpose and this recipient."""
        return self._standings[label]

    def parties(self) -> Parties:
        """Between whom, and who asked (I2)."""
        asked_for = {(self.sender.id, self.facts.actor)}
        if self.context.glass is not None and self.context.glass.by is not None:
            asked_for.add((self.context.glass.by.agency, self.context.glass.by.person))
        return Parties(self.sender.id, self.recipient.id, frozenset(asked_for))

    @staticmethod
    def spoke(clause: str, reason: Reason, labels: frozenset[Label] = _NONE) -> "Spoke":
        """A finding."""
        return Spoke(clause, reason, labels)

    def _shares(self) -> list[Share]:
        """Every line of an agreement that speaks of this way and purpose, in force or not."""
        # A check is told something by whoever holds her; each holder's own agreement is judged when it is named (E3).
        if self.header.kind is Kind.CASELOAD_CHECK:
            return self.protocol.shares_towards(self.recipient, self.purpose)
        return self.protocol.shares_between(self.sender, self.recipient, self.purpose)


@dataclass(frozen=True, slots=True)
class Spoke:
    """A clause applies: why, and to which labels; to the whole message when it names none."""

    clause: str
    reason: Reason
    labels: frozenset[Label] = frozenset()


Function = Callable[[Asked, frozenset[Label]], Spoke | None]


@dataclass(frozen=True, slots=True)
class Judge:
    """One clause as the program judges it. Officers may make it more severe than ``floor``, never less."""

    clause: str
    floor: Verdict
    codes: frozenset[Reason]
    judge: Function
    """Given the question and the labels that no clause before it withheld."""
