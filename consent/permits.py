"""Turn a draft that is in the log into what the broker is told. The only place where shares are released.

Leaves out: writing it down, which has happened before any of this is called (``answers``).
"""

from collections.abc import Mapping, Sequence

from consent.draft import Draft, Place
from consent.store import AnswerKind
from contracts.canonical import to_base64
from contracts.consent_check import Answer, Held, NotYet, Permitted, Recorded, Refused, Stale
from contracts.epoch_keys import EpochKeys
from contracts.keys import SigningKey
from contracts.opening import lock_shares
from contracts.permit import Permit, permit_hash, shares_context
from contracts.vocabulary import Reason

_UNSIGNED = "AA=="


def told(drafts: Sequence[Draft], signing: SigningKey, epoch_keys: EpochKeys, now: int) -> tuple[Answer, ...]:
    """The answer to each question of a batch."""
    permits = _permits([draft for draft in drafts if draft.answer is AnswerKind.PERMITTED], signing, epoch_keys, now)
    return tuple(_answer(draft, permits) for draft in drafts)


def _answer(draft: Draft, permits: Mapping[tuple[str, int], Permit]) -> Answer:
    message, attempt = key = draft.asked.key
    reason = draft.reason or Reason.CHECK_NOT_AVAILABLE
    match draft.answer:
        case AnswerKind.PERMITTED:
            broken = draft.asked.part is not None and draft.asked.part.facts.glass is not None
            return Permitted.put_together(
                answer="permitted", attempt=attempt, broken_glass=broken, message=message, permit=permits[key]
            )
        case AnswerKind.RECORDED:
            return Recorded(
                message=message,
                attempt=attempt,
                index=draft.index,
                holders=draft.holders,
                withdrawn=draft.withdrawn,
                tellings=draft.tellings,
            )
        case AnswerKind.HELD:
            assert draft.owner is not None, "a hold names its owner"
            assert draft.deadline is not None, "a hold has a deadline"
            return Held(
                message=message,
                attempt=attempt,
                reason=reason,
                clauses=draft.clauses,
                owner=draft.owner,
                deadline=draft.deadline,
                index=draft.index,
            )
        case AnswerKind.REFUSED:
            return Refused(message=message, attempt=attempt, reason=reason, index=draft.index)
        case AnswerKind.NOT_YET:
            return NotYet(message=message, attempt=attempt, reason=reason)
        case AnswerKind.STALE:
            return Stale(message=message, attempt=attempt)


def _permits(drafts: Sequence[Draft], signing: SigningKey, epoch_keys: EpochKeys, now: int) -> dict[tuple[str, int], Permit]:
    """The permits of a batch, by message and attempt. Each step is taken for all before the next, as in ``opening``."""
    released = [_released(draft, epoch_keys, now) for draft in drafts]
    unsigned = [_unsigned(draft, wrap, shares) for draft, (wrap, shares) in zip(drafts, released, strict=True)]
    hashes = [permit_hash(permit) for permit in unsigned]
    signatures = [to_base64(signing.sign(hashed)) for hashed in hashes]
    return {
        draft.asked.key: permit.model_copy(update={"signature": signature})
        for draft, permit, signature in zip(drafts, unsigned, signatures, strict=True)
    }


def _released(draft: Draft, epoch_keys: EpochKeys, now: int) -> tuple[str, bytes]:
    """The wrap of the epoch key, and the shares locked under it."""
    asked, decision, place = draft.asked, draft.decision, draft.place
    assert decision is not None, "only a decision releases anything"
    assert place is not None, "only what is in the log is released"
    assert asked.part is not None, "only what was opened is sealed again"
    assert asked.role_key is not None, "only an agency's role is sealed to"
    epoch = epoch_keys.of(decision.recipient, decision.role, asked.role_key, now)
    context = shares_context(asked.header_hash, decision.attempt, place.salt)
    return epoch.wrap, lock_shares(asked.part, decision.slots, epoch.key, context)


def _unsigned(draft: Draft, wrap: str, shares: bytes) -> Permit:
    decision, place = draft.decision, draft.place
    assert decision is not None, "only a decision releases anything"
    assert place is not None, "only what is in the log is released"
    return Permit.put_together(
        checkpoint=place.checkpoint,
        decision=decision,
        index=place.index,
        proof=tuple([one.hex() for one in place.proof]),
        release="epoch-1",
        salt=place.salt.hex(),
        shares=to_base64(shares),
        signature=_UNSIGNED,
        skeleton=place.skeleton.hex(),
        subject=place.subject.hex(),
        v=1,
        wrap=wrap,
    )


__all__ = ["Place", "told"]
