"""From what a desk writes beside a check (she came, an answer to a review, a watch, a need) to the draft of a letter.

Only a watch and a new reference name a person. Leaves out: the check itself and everything else (``outgoing``).
"""

from dataclasses import replace
from typing import Final

from agencies.addressing import to_broker
from agencies.drafts import Draft, Known, Rejected, Renewal
from agencies.local_desk import Need, NewReference, PresentationClosed, PresentationOpened, Review, Watch
from contracts.kinds import Kind
from contracts.offers import eligible, why_not
from contracts.steps import GapStep, PresentationStep, ReferenceStep, ReviewStep, WatchStep
from contracts.vocabulary import WatchMove

DAY: Final = 86_400_000
NOT_REGISTERED: Final = Rejected(
    "not-registered", "This agency has not registered that person. Send a person record with her id first."
)
NOT_HERS: Final = Rejected(
    "not-her-reference", "The field reference is none that this agency has for that person now. Leave it out, or correct it."
)
ASKED_ALREADY: Final = Rejected(
    "asked-already", "A new reference for her was asked for, and the broker has not answered yet. Wait for its receipt."
)
NOT_OPENED: Final = Rejected(
    "not-opened", "The field opened names no presentation of this agency. Write the id of its presentation_opened record."
)


def write(
    record: PresentationOpened | PresentationClosed | Watch | NewReference | Need | Review, known: Known
) -> Draft | Rejected:
    """The draft for a record of the desk's, or why there is none."""
    match record:
        case PresentationOpened():
            return _presentation(record, known)
        case PresentationClosed():
            return _no_check(record, known)
        case Watch():
            return _watch(record, known)
        case NewReference():
            return _new_reference(record, known)
        case Need():
            return _need(record, known)
        case Review():
            return _review(record, known)


def _presentation(record: PresentationOpened, known: Known) -> Draft | Rejected:
    """Say that a person came: where, and by whom she was met."""
    step = PresentationStep(presentation=record.presentation, worker=record.worker)
    return to_broker(record, Kind.PRESENTATION_OPENED, step, known)


def _no_check(record: PresentationClosed, known: Known) -> Draft | Rejected:
    """Say why no check was made."""
    if known.opened is None:
        return NOT_OPENED
    step = PresentationStep(presentation=record.presentation, worker=record.worker, closes=known.opened, why_not=record.why_not)
    return to_broker(record, Kind.PRESENTATION_CLOSED, step, known)


def _review(record: Review, known: Known) -> Draft | Rejected:
    """Say whether two records are one person. Names nobody: the review knows which record is this agency's."""
    step = ReviewStep(review=record.review, answer=record.answer, worker=record.worker)
    return to_broker(record, Kind.REVIEW_ANSWERED, step, known)


def _watch(record: Watch, known: Known) -> Draft | Rejected:
    """Ask to hear when she comes to another agency, or to hear no more."""
    if known.reference is None:
        return NOT_REGISTERED
    until = known.now + record.days * DAY if record.move is WatchMove.SET else 0
    return to_broker(record, Kind.WATCH_SET, WatchStep(move=record.move, reason=record.reason, until=until), known)


def _new_reference(record: NewReference, known: Known) -> Draft | Rejected:
    """Ask for another reference in the place of hers, which names the message's person: the broker knows her by it alone."""
    former = record.reference or known.reference
    if known.reference is None or former is None:
        return NOT_REGISTERED
    if (asked_already := known.references.get(former)) is None:
        return NOT_HERS
    if asked_already:
        return ASKED_ALREADY
    draft = to_broker(record, Kind.REFERENCE_REPLACED, ReferenceStep(fresh=known.fresh), known)
    return replace(draft, reference=former, renewal=Renewal(record.person, former, known.fresh, known.age_band))


def _need(record: Need, known: Known) -> Draft | Rejected:
    """Look for a service for her; where there is none, the need is kept here and counted there."""
    asked = record.circumstances
    found = eligible(known.offered, asked, known.now)
    if found:
        names = "; ".join(f"{service.name} ({service.organization}, {service.id})" for service in found[:5])
        return Rejected("service-found", f"Nothing was sent, because there is a service for her: {names}. Refer her there.")
    offered = [why_not(service, asked, known.now) for service in known.offered]
    # What is for something else stands in nobody's way, unless there is nothing else.
    near = [reasons for reasons in offered if "another_need" not in reasons]
    why = tuple(dict.fromkeys(reason for reasons in near for reason in reasons)) or ("another_need",)
    return to_broker(record, Kind.NEED_UNMET, GapStep(needs=asked.needs, why=why), known)
