"""A question that was asked before: the written answer if it still stands, or ``Stale``; never a second opinion.

An answer stands while its time runs, and while the protocol and what she said are what they were (design.md D5).
Leaves out: a first answer (``answers``).
"""

from sqlalchemy import Connection

from consent.draft import Draft, Place
from consent.log.entry import EntryKind
from consent.log.read import LogDamagedError, entries_between, inclusion_now
from consent.protocol import Protocol
from consent.questions import Opened
from consent.releases import tellings_of
from consent.store import Answered, AnswerKind
from contracts.canonical import canonical
from contracts.kinds import SHAPES, Goes
from contracts.permit import Decision
from contracts.proofs import SKELETON, group_commitment
from contracts.vocabulary import Reason


def answer_again(
    one: Opened, before: dict[int, Answered], consents: str, protocol: Protocol, connection: Connection, now: int
) -> Draft | None:
    """The answer to a message that was asked about before, or None if this attempt is a new one.

    1. One id is one message: another header under it is a replay.
    2. An attempt that was passed over, or whose answer no longer stands, is stale.
    3. Otherwise it is the answer that was written.
    """
    # (1) A refused one does not count: whoever forges a message must not be able to use up its id.
    known, ours = before.get(one.question.attempt), one.header_hash.hex()
    if any(row.header != ours for row in before.values() if row.answer is not AnswerKind.REFUSED):
        index = max(row.index for row in before.values())
        return Draft(asked=one, answer=AnswerKind.REFUSED, reason=Reason.REPLAYED, index=index)

    # (2) The broker counts attempts, so an old number is a question that overtook itself.
    if known is None:
        newer = max(before) > one.question.attempt
        return Draft(asked=one, answer=AnswerKind.STALE) if newer else None
    recorded_for_good = known.answer is AnswerKind.RECORDED and SHAPES[one.question.header.kind].goes is Goes.TO_CONSENT
    stands = (
        known.header == ours and now <= known.valid_until and known.protocol == protocol.hash and known.consents == consents
    )
    # A fault of the message itself (it expired meanwhile) is a reason to look again, never to release.
    if not recorded_for_good and (not stands or one.fault is not None or known.reference != one.question.reference):
        return Draft(asked=one, answer=AnswerKind.STALE)

    # (3) Sealed again, since the first sealing may never have left.
    return _as_written(one, known, connection)


def _as_written(one: Opened, known: Answered, connection: Connection) -> Draft:
    draft = Draft(
        asked=one,
        answer=known.answer,
        reason=known.reason,
        clauses=known.clauses,
        owner=known.owner,
        deadline=known.deadline,
        slots=known.slots,
        holders=known.holders,
        withdrawn=known.withdrawn,
        index=known.index,
    )
    if known.answer is AnswerKind.RECORDED and SHAPES[one.question.header.kind].goes is Goes.TO_CONSENT:
        draft.tellings = tellings_of(connection, known.message)
    if known.answer is AnswerKind.PERMITTED:
        draft.decision, draft.place = _from_log(known, connection)
    return draft


def _from_log(known: Answered, connection: Connection) -> tuple[Decision, Place]:
    """The decision as the log has it, and its proof in the log as it stands now."""
    (entry,) = entries_between(connection, known.index, known.index + 1)
    if entry.kind is not EntryKind.DECISION or entry.message_id != known.message:
        raise LogDamagedError(f"entry {known.index} is not the decision it should be")
    decision = Decision.model_validate({**entry.shown, "slots": tuple(entry.shown["slots"])})
    newest, proof = inclusion_now(connection, known.index)
    skeleton = group_commitment(SKELETON, entry.skeleton_salt, canonical(entry.skeleton))
    place = Place(known.index, entry.shown_salt, skeleton, entry.subject_commitment, proof, newest.note)
    return decision, place
