"""What she said reaches us: a consent recorded, a refusal recorded, a consent taken back; or what was told of her wrongly.

A withdrawal never fails for a reason she could not know of, and the same one told twice is one. Leaves out: writing it.
"""

from dataclasses import replace

from sqlalchemy import Connection

from consent.book import Book
from consent.check import Decided
from consent.clauses.asked import Spoke
from consent.consents import Circumstances, Consent
from consent.draft import Draft, not_yet, refusal
from consent.entries import consent_entry, correction_entry, decision_entry, withdrawal_entry
from consent.protocol import Protocol
from consent.questions import Opened
from consent.releases import Told, release_of, releases_about, rests_on, tellings_of, to_tell, told_of
from consent.store import AnswerKind, Recording
from contracts.kinds import SKEW, Kind
from contracts.messages.consents import ASKED_ALONE, ConsentRecorded, ConsentWithdrawn, CorrectionRecorded
from contracts.vocabulary import AgeBand, ConsentAnswer, Reason, Verdict

_MAYBE = "C2-maybe"


def take_down(one: Opened, book: Book, protocol: Protocol, connection: Connection, now: int) -> Draft:
    """Answer a message that is meant for us, and put what it says into the book."""
    said = one.part.said if one.part else None
    kind = one.question.header.kind
    if one.fault is not None:
        return _refuse(one, one.fault, protocol, now)
    if isinstance(said, ConsentRecorded) and kind is Kind.CONSENT_RECORDED:
        return _record(one, said, book, protocol, connection, now)
    if isinstance(said, ConsentWithdrawn) and kind is Kind.CONSENT_WITHDRAWN:
        return _withdraw(one, said, book, protocol, connection, now)
    if isinstance(said, CorrectionRecorded) and kind is Kind.CORRECTION_RECORDED:
        return _correct(one, said, protocol, connection, now)
    return _refuse(one, Reason.PARTS_DO_NOT_FIT, protocol, now)


def _record(one: Opened, said: ConsentRecorded, book: Book, protocol: Protocol, connection: Connection, now: int) -> Draft:
    known, record = book.find(said.consent), one.question.records.own
    no = said.answer is ConsentAnswer.REFUSED
    if known is not None:
        # Told again after a crash, it is the same consent; in another message the id was used before.
        if known.message != one.question.message:
            return _refuse(one, Reason.REPLAYED, protocol, now)
        tellings = tellings_of(connection, known.message)
        return Draft(asked=one, answer=AnswerKind.RECORDED, index=known.index, withdrawn=no, tellings=tellings)
    if record is None:
        return not_yet(one, Reason.UNKNOWN_REFERENCE)
    if said.taken_at > now + SKEW:
        return _refuse(one, Reason.WRONG_TIME, protocol, now)
    if not no and len(said.labels) > 1 and not (ASKED_ALONE | protocol.separate).isdisjoint(said.labels):
        # Told at once, while the worker still has her there to ask: it would never have counted (C3).
        return _refuse(one, Reason.SEPARATE_CONSENT_NEEDED, protocol, now, "C3")
    consent = _consent(one, said, record)
    recording = Recording(consent, one.question.message, index=-1, evidence=said.evidence, replaces=said.replaces)
    book.add(recording)
    told = _who_was_told(one, consent, protocol, connection) if no else ()
    return Draft(
        asked=one,
        answer=AnswerKind.RECORDED,
        withdrawn=no,
        told=told,
        tellings=tuple(each.telling for each in told),
        entry=consent_entry(one, said, _named(told), now),
        valid_until=now + protocol.valid_for,
        recording=recording,
    )


def _consent(one: Opened, said: ConsentRecorded, record: str) -> Consent:
    return Consent(
        id=said.consent,
        record=record,
        taker=one.question.header.sender,
        answer=said.answer,
        purpose=said.purpose,
        recipient=said.recipient,
        labels=frozenset(said.labels),
        taken_at=said.taken_at,
        review=said.review,
        capacity=said.capacity,
        circumstances=_circumstances(one, said),
    )


def _circumstances(one: Opened, said: ConsentRecorded) -> Circumstances:
    return Circumstances(
        wording=said.wording,
        language=said.language,
        interpreter=said.interpreter,
        taken_by=said.taken_by,
        how=said.how,
        setting=said.setting,
        alone=said.alone,
        freely=said.freely,
        limits_shown=said.limits_shown,
        age_band=one.part.facts.age_band if one.part else AgeBand.UNKNOWN,
        gillick=said.gillick,
        notice=said.notice,
        no_notice=said.no_notice,
    )


def _withdraw(one: Opened, said: ConsentWithdrawn, book: Book, protocol: Protocol, connection: Connection, now: int) -> Draft:
    known, records = book.find(said.consent), one.question.records
    if (taken := book.find(one.question.message)) is not None:
        # A part, told again after a crash.
        tellings = tellings_of(connection, taken.message)
        return Draft(asked=one, answer=AnswerKind.RECORDED, index=taken.index, withdrawn=True, tellings=tellings)
    if known is None:
        return not_yet(one, Reason.UNKNOWN_CONSENT)
    if known.consent.withdrawn_at is not None:
        if known.withdrawn_index is None:
            # Taken back by another message of this very batch: its place in the log is known when this is asked again.
            return not_yet(one, Reason.CHECK_NOT_AVAILABLE)
        return Draft(asked=one, answer=AnswerKind.RECORDED, index=known.withdrawn_index, withdrawn=True)
    hers = known.consent.record == records.own or (records.own is not None and known.consent.record in records.same)
    if known.consent.taker != one.question.header.sender and not hers:
        if known.consent.record in records.possible:
            return _hold(one, protocol, now)
        return _refuse(one, Reason.VALUE_NOT_ALLOWED, protocol, now)
    # A clock that is wrong does not keep her consent standing.
    at = min(said.withdrawn_at, now)
    if said.labels and not known.consent.labels <= set(said.labels):
        return _withdraw_part(one, said, known.consent, at, book, protocol, connection, now)
    book.withdraw(said.consent, at)
    told = _who_was_told(one, known.consent, protocol, connection)
    return Draft(
        asked=one,
        answer=AnswerKind.RECORDED,
        withdrawn=True,
        told=told,
        tellings=tuple(each.telling for each in told),
        entry=withdrawal_entry(one, said, _named(told), now),
        valid_until=now + protocol.valid_for,
        withdrawal=(said.consent, at),
    )


def _withdraw_part(
    one: Opened,
    said: ConsentWithdrawn,
    consent: Consent,
    at: int,
    book: Book,
    protocol: Protocol,
    connection: Connection,
    now: int,
) -> Draft:
    """Some labels of a yes are taken back: kept as a no to these, under the id of the message that said so. The rest stands."""
    part = consent.labels.intersection(said.labels)
    if not part:
        return _refuse(one, Reason.VALUE_NOT_ALLOWED, protocol, now)
    no = replace(consent, id=one.question.message, answer=ConsentAnswer.REFUSED, labels=part, taken_at=at)
    recording = Recording(no, one.question.message, index=-1)
    book.add(recording)
    records = dict.fromkeys((consent.record, *one.question.records.same))
    found = releases_about(connection, records)
    told = to_tell(each for each in found if told_of(each, consent, part))
    return Draft(
        asked=one,
        answer=AnswerKind.RECORDED,
        withdrawn=True,
        told=told,
        tellings=tuple(each.telling for each in told),
        entry=withdrawal_entry(one, said, _named(told), now, sorted(part)),
        valid_until=now + protocol.valid_for,
        recording=recording,
    )


def _correct(one: Opened, said: CorrectionRecorded, protocol: Protocol, connection: Connection, now: int) -> Draft:
    """H6. Everyone whom this agency told the same of her is told that it was wrong."""
    wrong, records = release_of(connection, said.message), one.question.records
    if wrong is None:
        # It is on its way, or never was: what is not released yet cannot be called back from anyone.
        return not_yet(one, Reason.NO_CONVERSATION)
    if wrong.sender != one.question.header.sender:
        return _refuse(one, Reason.VALUE_NOT_ALLOWED, protocol, now)
    hers = [record for record in (wrong.record, records.own, *records.same) if record]
    same = (each for each in releases_about(connection, hers) if each.sender == wrong.sender)
    found = {each.message: each for each in (wrong, *same) if not each.labels.isdisjoint(said.labels)}
    told = to_tell(found.values())
    return Draft(
        asked=one,
        answer=AnswerKind.RECORDED,
        told=told,
        tellings=tuple(each.telling for each in told),
        entry=correction_entry(one, said, _named(told), now),
        valid_until=now + protocol.valid_for,
    )


def _who_was_told(one: Opened, consent: Consent, protocol: Protocol, connection: Connection) -> tuple[Told, ...]:
    """Every release that this consent named, from any record that is the same person."""
    records = dict.fromkeys((consent.record, *one.question.records.same))
    found = releases_about(connection, records)
    return to_tell(each for each in found if rests_on(each, consent, protocol.separate))


def _named(told: tuple[Told, ...]) -> list[dict[str, str]]:
    return [{"telling": one.id, "message": one.release.message, "recipient": one.release.recipient} for one in told]


def _refuse(one: Opened, reason: Reason, protocol: Protocol, now: int, clause: str = "A1") -> Draft:
    decided = Decided(Verdict.REFUSE, (), (Spoke(clause, reason),), reason)
    return refusal(one, reason, decision_entry(one, decided, protocol, now), now + protocol.valid_for)


def _hold(one: Opened, protocol: Protocol, now: int) -> Draft:
    clause, header = protocol.clauses[_MAYBE], one.question.header
    spoke = Spoke(_MAYBE, Reason.MAY_BE_ANOTHER_PERSON)
    deadline = min(now + clause.within, header.not_after - 1)
    decided = Decided(Verdict.HOLD, (), (spoke,), spoke.reason, clause.owner, deadline)
    return Draft(
        asked=one,
        answer=AnswerKind.HELD,
        reason=spoke.reason,
        clauses=(_MAYBE.lower(),),
        owner=clause.owner,
        deadline=deadline,
        entry=decision_entry(one, decided, protocol, now),
        valid_until=now + protocol.valid_for,
    )
