"""What she said about sharing, and what was told of her wrongly: drafts of letters that only the consent service opens.

Leaves out: whether it counts, which the consent service says each time that something is to be shared.
"""

from typing import Final

from agencies.drafts import Draft, Known, Rejected, facts_for, lifetime
from agencies.local_fields import milliseconds
from agencies.local_records import Consent, ConsentWithdrawal, Correction
from agencies.outgoing import NOT_HEARD, Result
from agencies.presenting import NOT_REGISTERED
from contracts.identifiers import CONSENT
from contracts.kinds import SHAPES, Goes, Kind
from contracts.messages.consents import ASKED_ALONE, ConsentRecorded, ConsentWithdrawn, CorrectionRecorded
from contracts.vocabulary import ConsentAnswer, Purpose

_HALF_YEAR_MS: Final = 183 * 86_400_000

UNKNOWN_CONSENT: Final = Rejected("unknown-consent", "There is no consent record of that id at this agency. Check the id.")
ASK_ALONE: Final = Rejected(
    "ask-separately",
    "Involvement and sexual assault are each asked about alone. Ask her again, and send one consent record for each.",
)


def write_consent(record: Consent, known: Known) -> Result:
    """Record what she said, for the consent service alone."""
    if known.reference is None:
        return NOT_REGISTERED
    facts = facts_for(record, record.purpose, known)
    if isinstance(facts, Rejected):
        return facts
    if record.answer is ConsentAnswer.GIVEN and len(record.labels) > 1 and not ASKED_ALONE.isdisjoint(record.labels):
        return ASK_ALONE
    if record.replaces and record.replaces not in known.consents:
        return UNKNOWN_CONSENT
    return Draft(
        kind=Kind.CONSENT_RECORDED,
        recipient=CONSENT,
        role=CONSENT,
        facts=facts,
        reference=known.reference,
        said=_said(record, known),
        lifetime=lifetime(record, Kind.CONSENT_RECORDED),
        consent=(record.consent, known.fresh, record.purpose, known.reference),
    )


def _said(record: Consent, known: Known) -> ConsentRecorded:
    taken = milliseconds(record.taken_at) if record.taken_at else known.now
    return ConsentRecorded(
        consent=known.fresh,
        answer=record.answer,
        purpose=record.purpose,
        recipient=record.to,
        labels=record.labels,
        wording=record.wording,
        language=record.language,
        interpreter=record.interpreter,
        taken_at=taken,
        taken_by=record.worker,
        how=record.how,
        setting=record.setting,
        alone=record.alone,
        freely=record.freely,
        capacity=record.capacity,
        gillick=record.gillick,
        limits_shown=record.limits_shown,
        notice=record.notice,
        no_notice=record.no_notice,
        evidence=record.evidence,
        replaces=known.consents[record.replaces][0] if record.replaces else None,
        review=milliseconds(record.review) if record.review else taken + _HALF_YEAR_MS,
    )


def write_withdrawal(record: ConsentWithdrawal, known: Known) -> Result:
    """Take a consent back, or a part of it."""
    found = known.consents.get(record.consent)
    if found is None:
        return UNKNOWN_CONSENT
    consent, purpose, reference = found
    facts = facts_for(record, purpose, known)
    if isinstance(facts, Rejected):
        return facts
    at = milliseconds(record.withdrawn_at) if record.withdrawn_at else known.now
    return Draft(
        kind=Kind.CONSENT_WITHDRAWN,
        recipient=CONSENT,
        role=CONSENT,
        facts=facts,
        reference=reference,
        said=ConsentWithdrawn(consent=consent, labels=record.labels, withdrawn_at=at, taken_by=record.worker, how=record.how),
        lifetime=lifetime(record, Kind.CONSENT_WITHDRAWN),
    )


def write_correction(record: Correction, known: Known, usual: Purpose) -> Result:
    """Say that something in one's own message was wrong. What is right goes out as a record of its own, decided anew."""
    wrong = known.heard
    if wrong is None or SHAPES[wrong.kind].goes is not Goes.TO_AGENCY:
        return NOT_HEARD
    facts = facts_for(record, wrong.purpose or usual, known)
    if isinstance(facts, Rejected):
        return facts
    found = milliseconds(record.found_at) if record.found_at else known.now
    return Draft(
        kind=Kind.CORRECTION_RECORDED,
        recipient=CONSENT,
        role=CONSENT,
        facts=facts,
        reference=wrong.reference,
        said=CorrectionRecorded(
            message=wrong.message, labels=record.labels, why=record.why, found_at=found, taken_by=record.worker
        ),
        lifetime=lifetime(record, Kind.CORRECTION_RECORDED),
    )
