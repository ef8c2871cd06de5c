"""What the broker has to say after a batch: one signed notice for each agency, one batch of outcomes for the log.

Collected while the batch is settled and written once, so that fifty receipts cost one signature. Leaves out: sending it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, TypeVar

from broker.outcome import Alert, GuardReply
from broker.store.database import new_token
from contracts import topology
from contracts.consent_check import GuardAct, Outcome, OutcomeBatch
from contracts.directory import Directory
from contracts.envelope import Header
from contracts.keys import SigningKey
from contracts.notices import (
    AlertItem,
    AskedItem,
    CaseloadAnswer,
    CaseloadItem,
    GuardItem,
    Item,
    Notice,
    ReceiptItem,
    ReviewItem,
    seal_caseload_answer,
    write_notice,
)
from contracts.vocabulary import Reason, ReceiptState

_T = TypeVar("_T")
TICK: Final = 50
"""Answers to caseload checks leave on this tick, in milliseconds, so that their time tells nothing."""
AFTER_ARRIVAL: Final = 60
"""The tick is the first one so long after the question arrived: what the look-up took does not move it to another."""
WHAT_OUTCOME: Final = "outcome"
_ITEMS: Final = 500
_ACTS: Final = 100
_CHECKS_ROLE: Final = "intake"


@dataclass(frozen=True, slots=True)
class Mail:
    """One thing to publish that is not a delivery."""

    exchange: str
    routing_key: str
    what: str
    body: bytes
    not_before: int


class Notices:
    """Everything to be told after one batch."""

    def __init__(self, directory: Directory, now: int) -> None:
        self._directory = directory
        self._now = now
        self._items: defaultdict[str, list[Item]] = defaultdict(list)
        # By check: each answer is a notice of its own, of one size, however many are answered in this moment.
        self._on_tick: defaultdict[tuple[str, int, str | None], list[Item]] = defaultdict(list)
        self._apart: list[tuple[str, AskedItem]] = []
        self._outcomes: list[Outcome] = []
        self._acts: list[GuardAct] = []

    def receipt(
        self, to: str, message: str | None, conversation: str | None, state: ReceiptState, reason: Reason | None = None,
        *, owner: str | None = None, deadline: int | None = None, asked: int | None = None,
    ) -> None:  # fmt: skip
        """Tell a sender what became of its message; ``asked``: when the check arrived whose answer leaves on the tick."""
        box = self._items[to] if asked is None else self._on_tick[to, self._tick(asked), message]
        box.append(
            ReceiptItem(message=message, conversation=conversation, state=state, reason=reason, owner=owner, deadline=deadline)
        )

    def guard(self, header: Header, reply: GuardReply, reference: str | None) -> None:
        """Tell the agency that took a step what the guard says."""
        self._items[header.sender].append(
            GuardItem(
                message=header.id, conversation=header.conversation, kind=header.kind, answer=reply.answer,
                reason=reply.reason, agency=reply.ring, reference=reference,
            )
        )  # fmt: skip

    def review(self, to: str, item: ReviewItem) -> None:
        """Tell an agency where a review stands."""
        self._items[to].append(item)

    def alert(self, alert: Alert) -> None:
        """Tell an agency something it did not ask for."""
        item = AlertItem(
            alert=alert.alert, reference=alert.reference, agency=alert.about, message=alert.message, telling=alert.telling
        )
        if item not in self._items[alert.to]:
            self._items[alert.to].append(item)

    def asked(self, to: str, item: AskedItem) -> None:
        """Tell an agency who was asked about. It is long, and goes in a notice of its own."""
        self._apart.append((to, item))

    def gap(self, to: str, first: int, last: int) -> None:
        """Tell a sender that some of its messages never came."""
        self._items[to].append(AlertItem(alert="sequence_gap", first=first, last=last))

    def caseload(self, to: str, message: str, conversation: str, answer: CaseloadAnswer, *, asked: int) -> None:
        """Seal the answer to a caseload check that arrived then; it leaves on the tick."""
        agency = self._directory.agency(to)
        key = self._directory.role_key(to, _CHECKS_ROLE)
        if agency is None:
            return
        if key is None:
            key = self._directory.role_key(to, agency.roles[0].name)
        assert key is not None, "every agency of a directory has a role, and every role a key"
        sealed = seal_caseload_answer(answer, message, key)
        item = CaseloadItem(message=message, conversation=conversation, sealed=sealed)
        self._on_tick[to, self._tick(asked), message].append(item)

    def outcome(
        self, message: str, attempt: int, state: str, reason: Reason | None, sender: str, recipient: str, kind: str
    ) -> None:
        """Tell the log what became of a message after the decision."""
        self._outcomes.append(
            Outcome(
                message=message, attempt=attempt, state=state, reason=reason, sender=sender, recipient=recipient, kind=kind,
                at=self._now,
            )
        )  # fmt: skip

    def outcome_of(self, header: Header, attempt: int, state: str, reason: Reason | None) -> None:
        """The same, for a message that can be read."""
        self.outcome(header.id, attempt, state, reason, header.sender, header.recipient, header.kind.value)

    def act(self, act: GuardAct) -> None:
        """Tell the log what a named person did at a guard."""
        self._acts.append(act)

    def mail(self, signing: SigningKey) -> list[Mail]:
        """Everything, written and signed. Agencies that left the directory are told nothing."""
        out = [self._notice(agency, items, signing, 0) for agency, items in self._boxed(self._items)]
        for (agency, tick, _), waiting in self._on_tick.items():
            out += [self._notice(to, items, signing, tick) for to, items in self._boxed({agency: waiting})]
        out += [self._notice(to, items, signing, 0) for one in self._apart for to, items in self._boxed({one[0]: [one[1]]})]
        told = [
            *(OutcomeBatch(id=new_token(), outcomes=each) for each in _pieces(self._outcomes, _ITEMS)),
            *(OutcomeBatch(id=new_token(), acts=each) for each in _pieces(self._acts, _ACTS)),
        ]
        out += [Mail(topology.ASK, topology.OUTCOME_KEY, WHAT_OUTCOME, batch.wire(), 0) for batch in told]
        return out

    def _tick(self, asked: int) -> int:
        return (max(self._now, asked + AFTER_ARRIVAL) // TICK + 1) * TICK

    def _boxed(self, boxes: dict[str, list[Item]]) -> Iterator[tuple[str, list[Item]]]:
        for agency, items in boxes.items():
            if self._directory.agency(agency) is not None:
                yield from ((agency, items[start : start + _ITEMS]) for start in range(0, len(items), _ITEMS))

    def _notice(self, agency: str, items: Iterable[Item], signing: SigningKey, not_before: int) -> Mail:
        notice = Notice(notice=new_token(), to=agency, created=self._now, items=tuple(items))
        return Mail(topology.INBOX, agency, topology.WHAT_NOTICE, write_notice(notice, signing), not_before)


def _pieces(every: list[_T], most: int) -> Iterator[tuple[_T, ...]]:
    return (tuple(every[start : start + most]) for start in range(0, len(every), most))
