"""Turn a draft that is in the log into what the broker is told. The only place where shares are released.

Leaves out: writing it down, which has happened before any of this is called (``answers``).
"""

from consent.draft import Draft, Place
from consent.store import AnswerKind
from contracts.canonical import to_base64
from contracts.consent_check import Answer, Held, NotYet, Permitted, Recorded, Refused, Stale
from contracts.epoch_keys import EpochKeys
from contracts.keys import SigningKey
from contracts.opening import seal_shares
from contracts.permit import Permit, permit_hash, shares_context
from contracts.vocabulary import Reason

_UNSIGNED = "AA=="


def told(draft: Draft, signing: SigningKey, epoch_keys: EpochKeys, now: int) -> Answer:
    """The answer to one question."""
    message, attempt = draft.asked.key
    reason = draft.reason or Reason.CHECK_NOT_AVAILABLE
    match draft.answer:
        case AnswerKind.PERMITTED:
            broken = draft.asked.part is not None and draft.asked.part.facts.glass is not None
            return Permitted(
                message=message, attempt=attempt, permit=_permit(draft, signing, epoch_keys, now), broken_glass=broken
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


def _permit(draft: Draft, signing: SigningKey, epoch_keys: EpochKeys, now: int) -> Permit:
    asked, decision, place = draft.asked, draft.decision, draft.place
    assert decision is not None, "only a decision releases anything"
    assert place is not None, "only what is in the log is released"
    assert asked.part is not None, "only what was opened is sealed again"
    assert asked.role_key is not None, "only an agency's role is sealed to"
    epoch = epoch_keys.of(decision.recipient, decision.role, asked.role_key, now)
    context = shares_context(asked.header_hash, decision.attempt, place.salt)
    permit = Permit(
        decision=decision,
        salt=place.salt.hex(),
        skeleton=place.skeleton.hex(),
        subject=place.subject.hex(),
        index=place.index,
        proof=tuple(one.hex() for one in place.proof),
        checkpoint=place.checkpoint,
        wrap=epoch.wrap,
        shares=to_base64(seal_shares(asked.part, decision.slots, epoch.key, context)),
        signature=_UNSIGNED,
    )
    return permit.model_copy(update={"signature": to_base64(signing.sign(permit_hash(permit)))})


__all__ = ["Place", "told"]
