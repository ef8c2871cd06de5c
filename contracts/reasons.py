"""Why a message was refused or held: the closed list of codes, and what each says to a sender.

A sentence here is fit for the sender's eyes: it says whose fault it is and what to do next, and never more about a person
than the sender already knows (trust.md T14). Codes begin with the family of trust.md §3.3.
"""

from enum import StrEnum
from typing import Final


class Reason(StrEnum):
    """One code for each way that something does not go through. Retired codes stay, marked."""

    # Form: the bytes are not a message of ours (A4).
    TOO_LARGE = "FRM-01:too-large"
    NOT_UTF8 = "FRM-02:not-utf8"
    NOT_JSON = "FRM-03:not-json"
    NOT_AN_OBJECT = "FRM-04:not-an-object"
    DUPLICATE_KEY = "FRM-05:duplicate-key"
    BAD_NUMBER = "FRM-06:bad-number"
    NOT_CANONICAL = "FRM-07:not-canonical"
    TOO_DEEP = "FRM-08:too-deep"
    FORBIDDEN_CHARACTER = "FRM-09:forbidden-character"
    BAD_BASE64 = "FRM-10:bad-base64"
    UNKNOWN_VERSION = "FRM-11:unknown-version"
    UNKNOWN_SUITE = "SIG-02:unknown-suite"
    UNKNOWN_KIND = "FRM-12:unknown-kind"
    UNKNOWN_FIELD = "FRM-13:unknown-field"
    MISSING_FIELD = "FRM-14:missing-field"
    WRONG_TYPE = "FRM-15:wrong-type"
    VALUE_NOT_ALLOWED = "FRM-16:value-not-allowed"
    PARTS_DO_NOT_FIT = "FRM-17:parts-do-not-fit"
    # Signature, keys, order (A1-A3).
    SENDER_NOT_PROVEN = "SIG-01:sender-not-proven"
    SENDER_MISMATCH = "SIG-05:sender-mismatch"
    BAD_SIGNATURE = "SIG-06:bad-signature"
    REPLAYED = "SIG-03:replayed"
    EXPIRED = "SIG-04:expired"
    WRONG_TIME = "SIG-07:wrong-time"
    UNKNOWN_KEY = "KEY-01:unknown-key"
    REVOKED_KEY = "KEY-03:revoked-key"
    WRONG_RECIPIENT_KEY = "KEY-02:wrong-recipient-key"
    CANNOT_OPEN = "KEY-04:cannot-open"
    # Directory.
    UNKNOWN_RECIPIENT = "DIR-01:unknown-recipient"
    UNKNOWN_ROLE = "DIR-02:unknown-role"
    NOT_A_PRESCRIBER = "DIR-03:not-a-prescriber"
    # Agreement, purpose, label (A5, B1).
    NO_AGREEMENT = "AGR-01:no-agreement"
    AGREEMENT_UNDER_REVIEW = "AGR-02:agreement-under-review"
    PURPOSE_NOT_COVERED = "LAW-01:purpose-not-covered"
    LABEL_NOT_COVERED = "LAW-07:label-not-covered"
    BASIS_NOT_ALLOWED = "LAW-06:basis-not-allowed"
    # Consent.
    NO_CONSENT = "CON-01:no-consent"
    CONSENT_REFUSED = "CON-02:consent-refused"
    CONSENT_WITHDRAWN = "CON-03:consent-withdrawn"
    SEPARATE_CONSENT_NEEDED = "CON-04:separate-consent-needed"
    CAPACITY_DOUBTED = "CON-06:capacity-doubted"
    MAY_BE_ANOTHER_PERSON = "CON-10:may-be-another-person"
    UNKNOWN_CONSENT = "CON-11:unknown-consent"
    # Police, court, children (R11, R22, R23, R30).
    NOT_FOR_POLICE = "POL-01:not-for-police"
    OUTCOME_ONLY = "POL-06:outcome-only"
    VOLUNTARY_IS_NOT_COMPLIANCE = "POL-09:voluntary-is-not-compliance"
    IDENTIFIES_HER = "POL-05:identifies-her"
    UNDER_18 = "SAF-06:under-18"
    # Minimum (withheld compartments; never told to the recipient).
    NOT_NEEDED_BY_RECIPIENT = "MIN-01:not-needed-by-recipient"
    ROLE_IN_CASE = "MIN-05:role-in-case"
    INVOLVEMENT_WITHHELD = "MIN-06:involvement-withheld"
    # Caseload and scripts.
    NO_PRESENTATION = "DUP-01:no-presentation"
    POLICE_NEVER_ASK = "DUP-02:police-never-ask"
    CHECK_NEEDED_FIRST = "DUP-07:check-needed-first"
    UNKNOWN_REFERENCE = "DUP-08:unknown-reference"
    CASE_ALREADY_OPEN = "CAS-01:case-already-open"
    NO_OPEN_CASE = "CAS-02:no-open-case"
    NOT_THE_LEAD = "CAS-03:not-the-lead"
    LEAD_ELSEWHERE = "CAS-04:lead-elsewhere"
    NO_PROPOSAL = "CAS-05:no-proposal"
    PROPOSAL_OPEN = "CAS-06:proposal-open"
    LEAD_MUST_HAND_OVER = "CAS-07:lead-must-hand-over"
    STEP_ALREADY_TAKEN = "CAS-08:step-already-taken"
    NO_LEAD = "CAS-09:no-lead"
    SCRIPT_ELSEWHERE = "SCR-01:script-elsewhere"
    SCRIPT_POSSIBLE_MATCH = "SCR-02:possible-match"
    NO_SCRIPT = "SCR-03:no-script"
    SCRIPT_IN_CONFLICT = "SCR-04:in-conflict"
    NO_CONVERSATION = "REF-01:no-such-conversation"
    # Waiting and time.
    CHECK_NOT_AVAILABLE = "SYS-01:check-not-available"
    RECIPIENT_NOT_COLLECTING = "SYS-03:recipient-not-collecting"
    HOLD_DEADLINE_PASSED = "HLD-01:deadline-passed"
    OFFICER_REFUSED = "HLD-02:officer-refused"
    NOTHING_WAITS = "HLD-03:nothing-waits"
    NO_APPROVAL_HELPS = "HLD-04:no-approval-helps"
    # Who may decide (I2), and breaking the glass (G4).
    NOT_WHO_SHE_SAYS = "KEY-05:not-who-she-says"
    APPROVER_NOT_ALLOWED = "INS-02:approver-not-allowed"
    BREAK_GLASS = "BRK-01:break-glass"
    BREAK_GLASS_PART_MISSING = "BRK-02:part-missing"
    BREAK_GLASS_NOT_PROVEN = "BRK-03:not-proven"
    BREAK_GLASS_OUT_OF_TIME = "BRK-04:out-of-time"
    BREAK_GLASS_OUT_OF_SCOPE = "BRK-05:out-of-scope"
    SECOND_PERSON_AWAITED = "BRK-06:second-person-awaited"
    BREAK_GLASS_UNREVIEWED = "BRK-07:unreviewed"
    BREAK_GLASS_USED = "BRK-08:used-before"
    RECIPIENT_COULD_NOT_OPEN = "RCP-01:recipient-could-not-open"
    RECIPIENT_SYSTEM_REFUSED = "RCP-02:recipient-system-refused"
    PERMIT_STALE = "RCP-03:permit-stale"


_FORM = "The message was not in the agreed form. Ask whoever looks after your adapter; nothing was passed on."

SENTENCES: Final[dict[Reason, str]] = {
    Reason.TOO_LARGE: "The message is larger than 64 KiB. Send less in one message; nothing was passed on.",
    Reason.UNKNOWN_VERSION: "The message is of a version this partnership does not use. Update your adapter, then send again.",
    Reason.UNKNOWN_SUITE: (
        "The message is sealed in a way this partnership does not allow. Update your adapter, then send again."
    ),
    Reason.UNKNOWN_KIND: "This kind of message is not known here. Update your adapter, then send again.",
    Reason.SENDER_NOT_PROVEN: "The connection did not prove who sent this. Ask whoever looks after your adapter.",
    Reason.SENDER_MISMATCH: "The message names another agency as its sender. It was not passed on, and this was recorded.",
    Reason.BAD_SIGNATURE: "The signature does not fit the message. It was not passed on, and this was recorded.",
    Reason.REPLAYED: "This message was sent before. The first one stands; nothing more is needed.",
    Reason.EXPIRED: "The message was past its time when it came. Send it again if it is still wanted.",
    Reason.WRONG_TIME: (
        "The message carries a time that cannot be right. Check the clock of the sending machine, then send again."
    ),
    Reason.UNKNOWN_KEY: (
        "A key named in the message is not in the key directory. Your adapter will take the current directory and seal "
        "it again."
    ),
    Reason.REVOKED_KEY: (
        "A key named in the message was revoked. Your adapter will take the current directory and seal it again."
    ),
    Reason.WRONG_RECIPIENT_KEY: (
        "The message was sealed to a key that is not that recipient's. Take the current key directory and send again."
    ),
    Reason.CANNOT_OPEN: "The sealed part does not fit the message. It was not passed on, and this was recorded.",
    Reason.UNKNOWN_RECIPIENT: "No agency of that id takes part. Check the directory.",
    Reason.UNKNOWN_ROLE: "That agency has no such role. Check the directory.",
    Reason.NOT_A_PRESCRIBER: "Only a prescriber in the directory may take this step.",
    Reason.NO_AGREEMENT: "There is no agreement in force between the two agencies. Ask your information governance officer.",
    Reason.AGREEMENT_UNDER_REVIEW: "The agreement is past its review date. An information governance officer must act.",
    Reason.PURPOSE_NOT_COVERED: "The agreement does not cover this purpose. Ask your information governance officer.",
    Reason.LABEL_NOT_COVERED: "The agreement does not cover everything in this message.",
    Reason.BASIS_NOT_ALLOWED: "The lawful basis given does not fit this message. Ask your information governance officer.",
    Reason.NO_CONSENT: (
        "No consent is recorded that covers this purpose and recipient. Ask her, record what she says, and send again."
    ),
    Reason.CONSENT_REFUSED: "She refused this. It was not passed on.",
    Reason.CONSENT_WITHDRAWN: "Her consent was withdrawn. It was not passed on.",
    Reason.SEPARATE_CONSENT_NEEDED: "Part of this needs a consent of its own. Ask her about that part separately.",
    Reason.CAPACITY_DOUBTED: "Her capacity to consent was in doubt. It waits until a worker has asked her again.",
    Reason.MAY_BE_ANOTHER_PERSON: "It is not certain which person this is about. The two agencies concerned are asked to look.",
    Reason.UNKNOWN_CONSENT: "The consent named in the message is not recorded yet. It waits for it.",
    Reason.NOT_FOR_POLICE: "The police may not receive this. It was not passed on.",
    Reason.OUTCOME_ONLY: "Only attended, not attended or completed may be passed on here.",
    Reason.VOLUNTARY_IS_NOT_COMPLIANCE: "She takes part of her own choice, so nothing is reported about attendance.",
    Reason.IDENTIFIES_HER: "An anonymous report may not carry anything that points to her.",
    Reason.UNDER_18: "She is, or may be, under 18. Use the safeguarding route.",
    Reason.NO_PRESENTATION: "A caseload check is asked while a person is with you: say where she came to you.",
    Reason.POLICE_NEVER_ASK: "The police do not ask this.",
    Reason.CHECK_NEEDED_FIRST: "Make a caseload check first, then open the case with its number.",
    Reason.UNKNOWN_REFERENCE: "This person has not been registered by your agency yet. It waits for the registration.",
    Reason.CASE_ALREADY_OPEN: "Your agency already has this case open.",
    Reason.NO_OPEN_CASE: "Your agency has no open case for this person.",
    Reason.NOT_THE_LEAD: "Only the lead may do this.",
    Reason.LEAD_ELSEWHERE: "Another agency leads. Open the case as supplementary, or ask for the lead.",
    Reason.NO_PROPOSAL: "There is no open proposal of this lead to your agency.",
    Reason.PROPOSAL_OPEN: "A proposal of this lead is open already.",
    Reason.LEAD_MUST_HAND_OVER: "While others have the case open, the lead hands over before closing.",
    Reason.STEP_ALREADY_TAKEN: "This step was taken before. The first one stands.",
    Reason.NO_LEAD: "Nobody leads yet, and no case is open without a lead. Open it as lead.",
    Reason.SCRIPT_ELSEWHERE: "Another prescriber has a live prescription or reservation. Ring them before you start.",
    Reason.SCRIPT_POSSIBLE_MATCH: "This may be someone with a live prescription. Ring the other prescriber before you start.",
    Reason.NO_SCRIPT: "Your agency has no such reservation or prescription.",
    Reason.SCRIPT_IN_CONFLICT: "Two live prescriptions were found. Ring the other prescriber now.",
    Reason.NO_CONVERSATION: "This answers a message that your agency did not receive.",
    Reason.CHECK_NOT_AVAILABLE: "The check cannot be made just now. Nothing is lost: it is tried again by itself.",
    Reason.RECIPIENT_NOT_COLLECTING: "The recipient's system has not collected yet. It waits.",
    Reason.HOLD_DEADLINE_PASSED: (
        "Nobody acted before the deadline, so it was not passed on. Send it again if it is still wanted."
    ),
    Reason.OFFICER_REFUSED: "An officer looked at it and decided that it is not passed on.",
    Reason.NOTHING_WAITS: "No message of that id waits for anyone.",
    Reason.NO_APPROVAL_HELPS: "What this waits for is not a person's approval. ./run holds list says what it is.",
    Reason.NOT_WHO_SHE_SAYS: "The key directory names another person, agency or rank for that key.",
    Reason.APPROVER_NOT_ALLOWED: (
        "This needs another person: not the one who asked, of the right office, and of another agency where it says so."
    ),
    Reason.BREAK_GLASS: "Passed on to save life or limb. Your governance officer was told, and reviews it within 72 hours.",
    Reason.BREAK_GLASS_PART_MISSING: (
        "Breaking the glass needs a reason code, a reason in words, a named person with her rank, a scope and an end."
    ),
    Reason.BREAK_GLASS_NOT_PROVEN: "It is not proven that the person named broke the glass, or she may not. She signs it.",
    Reason.BREAK_GLASS_OUT_OF_TIME: "Breaking the glass lasts at most 24 hours, and this was not within its time.",
    Reason.BREAK_GLASS_OUT_OF_SCOPE: "The glass was broken for another recipient, or for nothing that is sent here.",
    Reason.SECOND_PERSON_AWAITED: "A second person is asked. If nobody answers in 15 minutes, it goes on one person's word.",
    Reason.BREAK_GLASS_UNREVIEWED: "Earlier broken glass was not reviewed. Ring your governance officer.",
    Reason.BREAK_GLASS_USED: "That break-glass statement was used for another message. Each one counts once.",
    Reason.RECIPIENT_COULD_NOT_OPEN: "The recipient's adapter could not open it. Ask whoever looks after your adapter.",
    Reason.RECIPIENT_SYSTEM_REFUSED: "The recipient's own system did not take it. Ring them.",
    Reason.PERMIT_STALE: "It came too late to be opened and is decided again.",
}


def sentence(reason: Reason) -> str:
    """What the sender is told for a reason: one or two sentences, without any detail of a person."""
    return SENTENCES.get(reason, _FORM)
