"""From an opened message, or a notice of the broker, to the record that a local system is handed: plain words, no keys."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from contracts.directory import Agency, Directory
from contracts.kinds import Kind
from contracts.notices import AlertItem, AskedItem, CaseloadAnswer, GuardItem, ReceiptItem, ReviewItem
from contracts.opening import Opened
from contracts.reasons import Reason
from contracts.sentences import sentence
from contracts.vocabulary import CaseloadStatus, GuardAnswer, ReceiptState, ReviewState, Strength

TYPES: Final[dict[Kind, dict[str, str]]] = {
    Kind.REFERRAL_MADE: {"type": "referral"},
    Kind.REFERRAL_RECEIVED: {"type": "referral_answer", "answer": "received"},
    Kind.REFERRAL_ACCEPTED: {"type": "referral_answer", "answer": "accepted"},
    Kind.REFERRAL_DECLINED: {"type": "referral_answer", "answer": "declined"},
    Kind.REFERRAL_WITHDRAWN: {"type": "referral_answer", "answer": "withdrawn"},
    Kind.REFERRAL_COMPLETED: {"type": "referral_answer", "answer": "completed"},
    Kind.LEAD_PROPOSED: {"type": "lead_propose"},
    Kind.LEAD_ACCEPTED: {"type": "lead_accept"},
    Kind.LEAD_DECLINED: {"type": "lead_decline"},
    Kind.SCRIPT_TRANSFERRED: {"type": "script", "move": "transfer"},
    Kind.ATTENDANCE_REPORTED: {"type": "attendance"},
    Kind.INCIDENT_REPORTED: {"type": "incident"},
}

RECEIPTS: Final[dict[ReceiptState, str]] = {
    ReceiptState.RECEIVED: "The broker has it.",
    ReceiptState.DELIVERED: "It is with the recipient, or in force.",
    ReceiptState.REFUSED: "It was not passed on.",
    ReceiptState.HELD: "It waits. Nothing is lost.",
    ReceiptState.EXPIRED: "Its time ran out before it could be passed on. Send it again if it is still wanted.",
}
ANSWERS: Final[dict[CaseloadStatus, str]] = {
    CaseloadStatus.NOT_KNOWN: "She is not on a caseload of the agencies named in covers.",
    CaseloadStatus.KNOWN_NOT_ACTIVE: "She is known, with no open case. Ring the agency before you open one.",
    CaseloadStatus.ACTIVE: "She has an open case. Ring the agency that holds it.",
    CaseloadStatus.CANNOT_SAY: "This cannot be said. It is not the same as not known: ring the agencies you would ask.",
}
GUARDS: Final[dict[GuardAnswer, str]] = {
    GuardAnswer.CLEARED: "Cleared.",
    GuardAnswer.NOT_CLEARED: "Not cleared.",
    GuardAnswer.POSSIBLE_MATCH: "This may be someone another prescriber treats. Ring them before you start.",
    GuardAnswer.NOT_CHECKED: "Not checked: the check could not be made. This is not a clearance.",
    GuardAnswer.OVERRIDDEN: "Your override is recorded, and the other prescriber is told.",
}
ALERTS: Final[dict[str, str]] = {
    "check_was_made": "Another agency made a caseload check on a person of yours.",
    "script_in_conflict": "Two live prescriptions were found for a person of yours. Ring the other prescriber now.",
    "script_overridden": "Another prescriber went on in spite of your live prescription. Ring them now.",
    "script_transferred": "A prescription was transferred.",
    "script_lapsed": "Nobody confirmed a reservation of yours in time: the place is free. Reserve again if it is wanted.",
    "transfer_fell": "A transfer did not come about. You hold the prescription, as before.",
    "lead_changed": "The lead of a case of yours has changed.",
    "lead_fell_to_you": "A case of yours was left without a lead. You lead it now; hand it over if another is better placed.",
    "case_opened": "An agency has joined a case of yours.",
    "case_closed": "An agency has left a case of yours, or it has ended.",
    "she_appeared": "Someone you asked to hear of has come to another agency. Ring them.",
    "watch_ended": "You no longer hear when she comes to another agency: the time is over, or she does not want it.",
    "service_closed": "The service you referred to is closed just now. Your referral lies there until it opens.",
    "service_full": "The service you referred to has no place just now. Your referral lies there; ring them about a place.",
    "lead_in_conflict": "Two leads were found for a person of yours. Ring the other agency.",
    "lead_unanswered": "Nobody answered in time whether they take the lead. You lead on: ask again, or ask another.",
    "lead_nobody_takes": "Every agency that could lead has declined or let the question lapse. You lead on. The CJIT keeps"
    " her if you cannot: propose it with the reason nobody_can_take. If you are the CJIT, you keep her.",
    "lead_question_open": "A service has come into the directory, or has a place again. Where you lead for want of another,"
    " think again who should: ./run directory list.",
    "conflict_over": "The two were not one person after all: your lead or prescription stands as it did before.",
    "possible_match": "A person of yours may be known to another agency. The two of you are asked to look.",
    "consent_withdrawn": "She took back her consent to what this message told you. Stop using it, and say so to her worker.",
    "value_corrected": "Something in this message was wrong. Do not rely on it: its sender will tell you what is right.",
    "sequence_gap": "Some messages of this adapter never reached the broker. Ask whoever looks after it.",
    "checks_on_hold": "The caseload checks of a worker at that agency wait: an officer of another agency must look at them.",
    "presentation_unexplained": "A person came, no check was made, and nobody said why. Send a presentation_closed record.",
    "glass_broken": "Someone of your agency broke the glass for this message, and it went. A governance officer reviews it"
    " within 72 hours.",
    "second_person_wanted": "Someone of your agency breaks the glass alone for this message. Let a second person stand by now:"
    " ./run holds act. After 15 minutes it goes on one person's word.",
}
STRENGTHS: Final[dict[Strength, str]] = {
    Strength.SLIGHT: "A few details agree. They may well be two people.",
    Strength.FAIR: "Much agrees, and something differs or is missing.",
    Strength.STRONG: "Nearly everything agrees.",
}
REVIEWS: Final[dict[ReviewState, str]] = {
    ReviewState.OPEN: "A person of yours and a person of another agency may be one. Look at your own file, ask her if you can,"
    " and answer: same, different, or cannot_tell.",
    ReviewState.SAME: "Both agencies say that they are one person. If that is wrong, answer dispute.",
    ReviewState.DIFFERENT: "They are taken for two people. If that is wrong, answer dispute.",
    ReviewState.UNSETTLED: "The two answers do not settle it: they may be one person, and checks go on saying that they cannot"
    " say. You may answer again.",
    ReviewState.LAPSED: "Nobody answered in time: they may be one person, and checks go on saying that they cannot say. You may"
    " still answer.",
}


ASKED: Final = (
    "For your governance officer: the caseload checks of this week that found people of yours. Ring an agency whose worker"
    " asked about many of them, or about one again and again."
)
NOBODY_ASKED: Final = "For your governance officer: no caseload check of this week told of a person of yours."


def when(moment: int) -> str:
    """A moment as local systems read it."""
    return datetime.fromtimestamp(moment / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def arrived_fields(
    opened: Opened, *, person: str | None, reference: str | None, answers: str | None, sender: Agency | None, now: int
) -> dict[str, Any]:
    """The record of a message that arrived: its type, who sent it, about whom as this agency knows her, and its parts."""
    header = opened.header
    parts = {label.value: part.model_dump(mode="json") for label, part in opened.compartments.items()}
    return {
        **TYPES[header.kind],
        "id": header.id,
        "from": header.sender,
        "from_name": sender.neutral_name if sender else header.sender,
        "from_kind": sender.kind.value if sender else None,
        "to_role": header.role,
        "conversation": header.conversation,
        "answers": answers,
        "person": person,
        "reference": reference,
        "sent": when(header.created),
        "arrived": when(now),
        **parts,
    }


def receipt_fields(item: ReceiptItem, record: str | None, at: int) -> dict[str, Any]:
    """What became of a record, in words and codes."""
    told = RECEIPTS[item.state] if item.reason is None else f"{RECEIPTS[item.state]} {sentence(item.reason)}"
    return {
        "type": "receipt",
        "record": record,
        "message": item.message,
        "at": when(at),
        "state": item.state.value,
        "reason": item.reason.value if item.reason else None,
        "sentence": told,
        "owner": item.owner,
        "deadline": when(item.deadline) if item.deadline else None,
    }


def guard_fields(item: GuardItem, record: str | None, person: str | None, at: int) -> dict[str, Any]:
    """What a guard says to a step."""
    told = GUARDS[item.answer] if item.reason is None else f"{GUARDS[item.answer]} {sentence(item.reason)}"
    return {
        "type": "guard",
        "record": record,
        "message": item.message,
        "at": when(at),
        "answer": item.answer.value,
        "reason": item.reason.value if item.reason else None,
        "sentence": told,
        "agency": item.agency,
        "person": person,
    }


def caseload_fields(
    answer: CaseloadAnswer, record: str | None, message: str, at: int, directory: Directory | None = None
) -> dict[str, Any]:
    """The answer to a caseload check, and where to ring whom it names: a contact point, and nothing of her case."""
    found = [one for agency in answer.agencies if directory and (one := directory.agency(agency))]
    return {
        "type": "caseload_answer",
        "record": record,
        "message": message,
        "at": when(at),
        "status": answer.status.value,
        "agencies": list(answer.agencies),
        "ring": [{"agency": one.id, "name": one.neutral_name, "contact": one.contact} for one in found],
        "covers": list(answer.covers),
        "made": when(answer.made),
        "sentence": ANSWERS[answer.status],
    }


def unreadable_answer(record: str | None, message: str, at: int) -> dict[str, Any]:
    """An answer that does not open says nothing: so it is told as cannot say, with the reason."""
    return {
        **caseload_fields(CaseloadAnswer(status=CaseloadStatus.CANNOT_SAY, made=at), record, message, at),
        "reason": Reason.CANNOT_OPEN.value,
    }


def review_fields(item: ReviewItem, person: str | None, at: int) -> dict[str, Any]:
    """Two records may be one person: our own person, how strongly it is said, and what stands."""
    told = REVIEWS[item.state]
    return {
        "type": "review",
        "record": None,
        "message": item.review,
        "at": when(at),
        "review": item.review,
        "person": person,
        "strength": item.strength.value,
        "state": item.state.value,
        "sentence": f"{STRENGTHS[item.strength]} {told}" if item.state is ReviewState.OPEN else told,
        "deadline": when(item.deadline) if item.deadline else None,
    }


def alert_fields(item: AlertItem, person: str | None, at: int) -> dict[str, Any]:
    """Something to know without having asked."""
    return {
        "type": "alert",
        "record": None,
        "message": item.message,
        "at": when(at),
        "alert": item.alert,
        "sentence": ALERTS[item.alert],
        "person": person,
        "agency": item.agency,
        "acknowledge": item.telling,
        "first": item.first,
        "last": item.last,
    }


def asked_fields(item: AskedItem, person_of: Callable[[str | None], str | None], at: int) -> dict[str, Any]:
    """Who was asked about: check by check, and counted by worker, whoever asked about one most often first."""
    by_worker: dict[tuple[str, str], Counter[str]] = {}
    for one in item.checks:
        by_worker.setdefault((one.agency, one.worker), Counter())[one.reference] += 1
    counted = [
        {"agency": agency, "worker": worker, "checks": people.total(), "people": len(people), "most": max(people.values())}
        for (agency, worker), people in by_worker.items()
    ]
    return {
        "type": "asked_about",
        "record": None,
        "at": when(at),
        "since": when(item.since),
        "until": when(item.until),
        "part": item.part,
        "parts": item.parts,
        "askers": sorted(counted, key=lambda one: (-one["most"], -one["checks"], one["agency"], one["worker"])),
        "checks": [
            {"person": person_of(one.reference), "reference": one.reference, "agency": one.agency, "worker": one.worker,
             "at": when(one.at)}
            for one in item.checks
        ],
        "sentence": ASKED if item.checks else NOBODY_ASKED,
    }  # fmt: skip
