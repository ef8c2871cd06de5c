"""Whom each message of a batch is about: reference to record to person to all records that are, or may be, the same.

This is what the consent service is told, before anything is decided. The only rows written are references minted for
recipients that have none. Leaves out: everything that can change until the decision (``facts``).
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from broker.caseloads import Case, CaseState
from broker.incoming import Incoming, Seen, Who
from broker.store import cases, merges, messages, records
from broker.store.database import Database, Work
from broker.store.house import House
from broker.store.records import Record
from contracts.kinds import SHAPES, Goes, Kind
from contracts.steps import CheckStep
from contracts.vocabulary import CaseRole

_NOBODY: Final = Who(None, None, None, (), (), False, None, None, ())


def who(database: Database, house: House, batch: Sequence[Incoming], now: int) -> list[Who]:
    """Say of each message whom it is about."""
    asking = database.read(lambda work: _Asking(work, house, batch))
    wanted = asking.wanted
    if wanted:
        minted = database.write(lambda work: records.mint(work, wanted, now))
        asking.minted.update(minted)
    return [asking.answer(place) for place in range(len(batch))]


class _Asking:
    """The batch and what the store says about it, one question for the whole batch at a time."""

    def __init__(self, work: Work, house: House, batch: Sequence[Incoming]) -> None:
        self._house = house
        self._batch = batch
        fresh = [i.received.header.id for i in batch if i.received is not None and not i.known]
        self._seen = messages.standing(work, fresh)
        self._own = self._own_records(work)
        self._found = {place: self._resolve(work, incoming) for place, incoming in enumerate(batch) if _is_check(incoming)}
        people = {record.person for record in self._own.values()} | {p for p, _, _ in self._found.values() if p}
        self._records = records.of_people(work, people)
        self._possible = records.possible_for(work, people)
        self._cases = cases.cases_of(work, people)
        self.minted: dict[tuple[str, str], Record] = {}
        self.wanted = {pair for pair in map(self._needed, batch) if pair is not None}

    def answer(self, place: int) -> Who:
        """What is known of one message's person."""
        incoming = self._batch[place]
        received = incoming.received
        if received is None:
            return _NOBODY
        header = received.header
        row = None if incoming.known else self._seen.get(header.id)
        seen = Seen(row.state, row.header, row.attempt) if row else None
        if not _concerns_person(incoming):
            return replace(_NOBODY, seen=seen) if seen else _NOBODY
        reference = received.submission.for_broker.reference
        own = self._own.get((header.sender, reference)) if reference else None
        if header.kind is Kind.CASELOAD_CHECK:
            return self._for_check(place, incoming, seen, own)
        if own is None:
            return replace(_NOBODY, seen=seen, unknown_reference=reference is not None)
        return Who(
            seen, own.id, own.person,
            same=tuple([record.id for record in self._records[own.person]]),
            possible=tuple(self._possible.get(own.person, ())),
            unknown_reference=False,
            recipient_reference=self._reference_for(own.person, header.recipient),
            recipient_role=_role(self._cases.get(own.person, ()), header.recipient),
            holders=(),
        )  # fmt: skip

    def _for_check(self, place: int, incoming: Incoming, seen: Seen | None, own: Record | None) -> Who:
        person, possible, canary = self._found[place]
        person = person or (own.person if own else None)
        of_person = self._records.get(person, []) if person else []
        doubtful = (*possible, *(self._possible.get(person, ()) if person else ()))
        mine = {record.id for record in of_person}
        cases_of_person = self._cases.get(person, ()) if person else ()
        holders = {case.agency for case in cases_of_person} - self._house.hidden - {incoming.sender}
        return Who(
            seen, own.id if own else None, person, tuple(record.id for record in of_person),
            tuple(dict.fromkeys(record for record in doubtful if record not in mine)), False, None, None,
            tuple(sorted(holders)), canary,
        )  # fmt: skip

    def _own_records(self, work: Work) -> dict[tuple[str, str], Record]:
        references = {
            i.received.submission.for_broker.reference for i in self._batch if i.received is not None and _concerns_person(i)
        }
        return records.by_reference(work, [reference for reference in references if reference is not None])

    def _resolve(self, work: Work, incoming: Incoming) -> tuple[str | None, tuple[str, ...], bool]:
        assert incoming.received is not None
        step = incoming.received.submission.for_broker.step
        assert isinstance(step, CheckStep)
        resolved = merges.resolve(work, step.keyed(), self._house.weights)
        found = resolved.found
        may_be = records.of_people(work, [each.person for each in found.possible])
        possible = tuple(record.id for every in may_be.values() for record in every)
        return (found.same.person if found.same else None), possible, resolved.canary

    def _needed(self, incoming: Incoming) -> tuple[str, str] | None:
        """The recipient that must have a reference of its own for this message, and has none."""
        received = incoming.received
        if received is None or not _concerns_person(incoming) or SHAPES[received.header.kind].goes is not Goes.TO_AGENCY:
            return None
        reference = received.submission.for_broker.reference
        own = self._own.get((received.header.sender, reference)) if reference else None
        if own is None or any(record.agency == received.header.recipient for record in self._records[own.person]):
            return None
        return own.person, received.header.recipient

    def _reference_for(self, person: str, agency: str) -> str | None:
        for record in self._records[person]:
            if record.agency == agency:
                return record.reference
        minted = self.minted.get((person, agency))
        return minted.reference if minted else None


def _concerns_person(incoming: Incoming) -> bool:
    """Whether the consent service will be asked about a person: not for what was refused, nor for steps of the broker's own."""
    return incoming.refused is None and incoming.received is not None and SHAPES[incoming.received.header.kind].asks_consent


def _is_check(incoming: Incoming) -> bool:
    return incoming.received is not None and incoming.refused is None and incoming.received.header.kind is Kind.CASELOAD_CHECK


def _role(found: Sequence[Case], agency: str) -> CaseRole | None:
    roles = [case.role for case in found if case.agency == agency and case.state is not CaseState.CLOSED]
    return None if not roles else CaseRole.LEAD if CaseRole.LEAD in roles else CaseRole.SUPPLEMENTARY
