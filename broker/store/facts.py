"""Everything that bears on the decision of a message, asked inside the transaction that will write it down.

One question for the whole batch where every message needs it; one for a message where only a guard does. Leaves out: the
decision (``broker/decide.py``).
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from broker.caseloads import Taker
from broker.decide import NO_FACTS, Facts, Row
from broker.incoming import Examined, Who
from broker.prescriptions import Prescribers, Scripts
from broker.registering import asks_under_all
from broker.routing import ANSWERS, Answered, step_key
from broker.store import cases, checks, epochs, former, messages, records, reviews, scripts, watching
from broker.store.database import Work
from broker.store.house import House
from broker.store.records import Record
from contracts.consent_check import Recorded
from contracts.envelope import Header
from contracts.kinds import Kind
from contracts.steps import (
    CaseStep,
    CheckStep,
    ForBroker,
    LeadStep,
    PresentationStep,
    ReferenceStep,
    ReviewStep,
    ScriptStep,
    WatchStep,
)

_WITH_TOKENS: Final = frozenset({Kind.PERSON_REGISTERED, Kind.CASELOAD_CHECK})
_NOT_REGISTERED_YET: Final = frozenset({Kind.PERSON_REGISTERED, Kind.RECEIPTS})


class Knowledge:
    """What the store knows about the messages of one batch, kept up as the batch is settled."""

    def __init__(self, work: Work, house: House, batch: Sequence[Examined], now: int) -> None:
        self._work = work
        self._house = house
        self._now = now
        readable = [each.incoming.received for each in batch if each.incoming.received is not None]
        ids = [received.header.id for received in readable]
        self._references = {
            (r.header.sender, r.submission.for_broker.reference or "")
            for r in readable
            if r.header.kind not in _NOT_REGISTERED_YET
        }
        # The references too, before they are looked up: a merge locks them, so that none of these moves after it was read.
        work.lock([*ids, *(reference for _, reference in self._references if reference)])
        self._records = self._load_records()
        # Who was asked for by a former reference is locked by the present one, like everybody, and read again.
        if present := [one.reference for (_, asked), one in self._records.items() if one.reference != asked]:
            work.lock(present)
            self._records = self._load_records()
        work.lock([record.person for record in self._records.values()])
        self._rows = messages.standing(work, ids)
        self.step_keys = {r.header.id: key for r in readable if (key := step_key(r.header)) is not None}
        self._steps = messages.steps_taken(work, list(self.step_keys.values()))
        replies = [r.header.in_reply_to for r in readable if r.header.kind in ANSWERS]
        self._replies = {reply for reply in replies if reply is not None}
        self._answered = messages.answered(work, self._replies)
        self._recalls = _recalls(batch)
        keyed = any(r.header.kind in _WITH_TOKENS for r in readable)
        self._retired: frozenset[int] = epochs.retired(work) if keyed else frozenset()

    def about(self, examined: Examined) -> Facts:
        """The facts for one message, as they are now."""
        received = examined.incoming.received
        if received is None:
            return NO_FACTS if not examined.incoming.known else Facts(row=self._row_of_unreadable(examined))
        header, part = received.header, received.submission.for_broker
        record = self._records.get((header.sender, part.reference)) if part.reference else None
        taken_by = self._steps.get(self.step_keys.get(header.id, ""))
        facts = Facts(
            row=self._rows.get(header.id),
            taker=_taker(record) if record else None,
            answered=self._answered.get(header.in_reply_to) if header.in_reply_to else None,
            step_taken=taken_by is not None and taken_by != header.id,
            recalled=max(record.recalled or -1, self._recalls.get(record.id, -1)) if record else -1,
            retired=self._retired,
        )
        if part.step is None or header.kind in _NOT_REGISTERED_YET:
            return facts
        return self._for_guard(facts, header, part, examined)

    def settled(self, header: Header, row: Row) -> None:
        """A message stands here now, for whatever comes after it in the batch."""
        self._rows[header.id] = row
        if header.id in self._replies:
            where = header.sender, header.recipient, header.kind, header.conversation
            self._answered[header.id] = Answered(*where, row.state)
        key = self.step_keys.get(header.id)
        if key is not None and row.state != "refused":
            self._steps[key] = header.id

    def registered(self) -> None:
        """Records and people have changed."""
        self._records = self._load_records()

    def _load_records(self) -> dict[tuple[str, str], Record]:
        found = records.by_reference(self._work, {reference for _, reference in self._references if reference})
        return {key: record for key, record in found.items() if key in self._references}

    def _row_of_unreadable(self, examined: Examined) -> Row | None:
        message = examined.incoming.message
        return messages.standing(self._work, [message]).get(message) if message else None

    def _for_guard(self, facts: Facts, header: Header, part: ForBroker, examined: Examined) -> Facts:
        """What only the steps of a guard need: asked for each, because the step before may have changed it."""
        work, house, taker = self._work, self._house, facts.taker
        who, known = examined.who, examined.incoming.known
        if header.kind is Kind.CASELOAD_CHECK:
            return self._for_check(facts, header, part, who)
        match part.step:
            case PresentationStep():
                closed = checks.presented(work, part.step.closes) if part.step.closes else None
                return replace(facts, presented=closed, presentation_stands_for=house.budgets.presentation_ms)
            case ReviewStep():
                # Two answers in one moment: the second must see the first, or each would wait for the other.
                work.lock([part.step.review])
                return replace(facts, review=reviews.review_of(work, part.step.review))
            case _ if taker is None:
                return facts
            case ReferenceStep():
                return replace(facts, fresh_taken=former.taken(work, header.sender, part.step.fresh))
            case WatchStep():
                return replace(facts, caseload=cases.caseload(work, taker.person))
            case CaseStep():
                named = part.step.check
                check = cases.check_for(work, named, taker.person, house.weights) if named else None
                caseload = cases.caseload(work, taker.person)
                return replace(facts, caseload=caseload, check=check, partners=house.partners)
            case LeadStep():
                stands = known and cases.step_stands(work, header.id)
                caseload = cases.caseload(work, taker.person)
                return replace(facts, caseload=caseload, partners=house.partners, effect_stands=stands)
            case ScriptStep():
                stands = known and scripts.transfer_began(work, header.id)
                own = scripts.current(work, [taker.person])
                possible = scripts.current(work, records.possible_people(work, taker.person))
                may = house.prescribers
                prescribers = Prescribers(may.get(header.sender, False), may.get(header.recipient, False))
                return replace(facts, scripts=Scripts(own, possible), prescribers=prescribers, effect_stands=stands)
            case _:
                return facts

    def _for_check(self, facts: Facts, header: Header, part: ForBroker, who: Who) -> Facts:
        assert isinstance(part.step, CheckStep)
        work, house, row = self._work, self._house, facts.row
        person = records.person_of(work, who.same[0]) if who.same else None
        until = row.deadline if row and row.state == "held" else None
        asked = checks.facts(work, house, header, part.step, who, held_until=until, now=self._now)
        under = frozenset(each.epoch for each in part.step.keyed())
        asked = replace(asked, outdated=under <= self._retired, every_key=asks_under_all(under, self._retired))
        caseload = facts.caseload
        if person:
            caseload = replace(cases.caseload(work, person), watched=watching.watching(work, person, self._now))
        return replace(facts, caseload=caseload, partners=house.partners, asked=asked)


def _taker(record: Record) -> Taker:
    return Taker(record.agency, record.id, record.person, record.reference, bool(record.minted))


def _recalls(batch: Iterable[Examined]) -> dict[str, int]:
    """Withdrawals that came in this very batch, before or after what they stop: the latest log index for each record."""
    latest: dict[str, int] = {}
    for each in batch:
        if isinstance(each.answer, Recorded) and each.answer.withdrawn:
            own = (each.who.own,) if each.who.own else ()
            for record in (*own, *each.who.same):
                latest[record] = max(latest.get(record, -1), each.answer.index)
    return latest
