"""A second opinion on what may be delivered, written apart from the clauses and much more simply: a ledger and five rules.

It answers one way only: what it forbids must not have been delivered. It knows nothing of how anything is decided or stored.
"""

from collections import defaultdict
from dataclasses import dataclass, field

from contracts.vocabulary import Office
from tests.specs.histories.letters import BEGIN, SAID_AT, Hers

_DAY = 24 * 60 * 60_000
QUARTER = 15 * 60_000
# The glass was broken five minutes before a history begins, for an hour.
_GLASS_ENDS = BEGIN + 55 * 60_000
# How long a recipient may open what was released, as the partnership's protocol says.
_STANDS = 10 * 60_000
# Whose releases rest on what she said: its recipient is told when she says no or takes it back.
_RESTS_ON = {
    "no": ("refer",), "take back": ("refer",), "take back again": ("refer",),
    "no, though at risk": ("at risk", "glass alone", "glass with a second"),
}  # fmt: skip


def lapsed(name: str, decided: int, now: int) -> bool:
    """Whether what was permitted then may no longer be put into an inbox, or opened, now."""
    return now > decided + _STANDS or (name.startswith("glass") and now > _GLASS_ENDS)


@dataclass(frozen=True)
class Word:
    """An officer's act that was taken in."""

    person: str
    office: Office
    decision: str


@dataclass
class Ledger:
    """What is known for certain of one history, from what was answered."""

    hers: Hers
    recorded: set[str] = field(default_factory=set)
    taken_back: dict[str, int] = field(default_factory=dict)
    words: defaultdict[str, list[Word]] = field(default_factory=lambda: defaultdict(list))
    waits: set[str] = field(default_factory=set)
    """What was held when it was last answered."""
    second_wanted: dict[str, int] = field(default_factory=dict)
    published: set[str] = field(default_factory=set)
    """What was put into the recipient's inbox, and lies there or was opened."""
    opened: set[str] = field(default_factory=set)
    owed: dict[str, set[str]] = field(default_factory=dict)
    """By letter: why its recipient must still be told that it was taken back."""

    def record(self, name: str, now: int) -> None:
        """What she said, or took back, was written down: whoever has what rested on it is owed a word."""
        if name in self.recorded:
            return
        self.recorded.add(name)
        if name.startswith("take back"):
            self.taken_back["yes again" if "again" in name else "yes"] = now
        for letter in self.published.intersection(_RESTS_ON.get(name, ())):
            self.owed.setdefault(letter, set()).add(name)

    def unopened(self, letter: str) -> None:
        """It came too late and stayed shut: of what she never had, the recipient need not be told."""
        if letter not in self.opened:
            self.published.discard(letter)
            self.owed.pop(letter, None)

    def tell(self, letter: str) -> None:
        """The recipient was told that this letter was taken back."""
        self.owed.pop(letter, None)

    def untold(self) -> list[tuple[str, str]]:
        """Letters whose recipient was never told, and what she had said."""
        return sorted((letter, ", ".join(sorted(causes))) for letter, causes in self.owed.items())

    def why_not(self, name: str, now: int, protocol: str, revoked: frozenset[str]) -> str | None:
        """Why this letter must not be delivered now; None when it may."""
        words = [word for word in self.words[name] if word.person not in revoked]
        approvals = {word.person: word.office for word in words if word.decision == "approve"}
        if "r_cjit" in revoked:
            return "its sender's key is revoked"
        if now >= self.hers.letters[name].received.header.not_after:
            return "it is past its time"
        if any(word.decision == "refuse" for word in words):
            return "an officer refused it"
        if name == "refer":
            return self._refer(protocol, approvals)
        if name == "at risk":
            leads = [person for person, office in approvals.items() if office is Office.SAFEGUARDING_LEAD]
            said_no = "no, though at risk" in self.recorded
            return "she said no, and two leads have not both approved" if said_no and len(leads) < 2 else None
        return self._glass(name, now, approvals)

    def _refer(self, protocol: str, approvals: dict[str, Office]) -> str | None:
        yes = [SAID_AT[name] for name in ("yes", "yes again") if name in self.recorded and name not in self.taken_back]
        no = [SAID_AT["no"]] if "no" in self.recorded else []
        # Taken back four minutes in, whatever was said before that is taken back with it.
        no += [4 * 60_000 for _ in self.taken_back]
        if not yes or (no and max(no) >= max(yes)):
            return "she did not agree, or said no after she agreed"
        if protocol == "tightened":
            return "no agreement covers it any more"
        if protocol == "under review" and Office.GOVERNANCE_OFFICER not in approvals.values():
            return "the agreement is under review, and no governance officer approved"
        return None

    def _glass(self, name: str, now: int, approvals: dict[str, Office]) -> str | None:
        if now >= _GLASS_ENDS:
            return "the glass was broken for an hour, which is over"
        asked = self.second_wanted.get(name)
        silent = asked is not None and now >= asked + QUARTER
        if name == "glass alone" and not (set(approvals) - {"m_quill"}) and not silent:
            return "a second person was not asked, or still has time to answer"
        return None
