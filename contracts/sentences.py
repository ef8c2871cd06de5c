"""What a refusal or a hold says to its sender: one sentence or two for each code.

Fit for the sender's eyes: whose fault it is and what to do next, and never more about a person than the sender already knows
(trust.md T14). Leaves out: the codes (``reasons``).
"""

from typing import Final

from contracts.reasons import Reason

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
    Reason.BASIS_NOT_FOR_AUTHORITY: "That Article 6 basis is not open to your agency here. Ask your governance officer.",
    Reason.NO_CONDITION: "Something in this needs an Article 9 or 10 condition, and none is given.",
    Reason.CONFIDENCE_NOT_IMPLIED: "Something in this is never shared on implied consent. Ask her, record it, and send again.",
    Reason.POWER_DOES_NOT_FIT: "The power to disclose that was given does not reach this recipient or this information.",
    Reason.SENT_ON_ANOTHER_BASIS: "The same was refused before on another basis. A governance officer must look first.",
    Reason.BASIS_NOT_ALLOWED: "The lawful basis given does not fit this message. Ask your information governance officer.",
    Reason.NO_CONSENT: (
        "No consent is recorded that covers this purpose and recipient. Ask her, record what she says, and send again."
    ),
    Reason.CONSENT_REFUSED: "She refused this. It was not passed on.",
    Reason.CONSENT_WITHDRAWN: "Her consent was withdrawn. It was not passed on.",
    Reason.SEPARATE_CONSENT_NEEDED: "Part of this needs a consent of its own. Ask her about that part separately.",
    Reason.CONSENT_NOT_SOUND: "It is not sure that she could answer freely. It waits until a worker has asked her again.",
    Reason.NOT_FOUND_COMPETENT: "She is under 16 and nobody recorded that she understands what she agrees to.",
    Reason.OTHER_PERSON: "Part of this is about somebody else, and her consent does not cover them.",
    Reason.CAPACITY_DOUBTED: "Her capacity to consent was in doubt. It waits until a worker has asked her again.",
    Reason.MAY_BE_ANOTHER_PERSON: "It is not certain which person this is about. The two agencies concerned are asked to look.",
    Reason.UNKNOWN_CONSENT: "The consent named in the message is not recorded yet. It waits for it.",
    Reason.NOT_FOR_POLICE: "The police may not receive this. It was not passed on.",
    Reason.OUTCOME_ONLY: "Only attended, not attended or completed may be passed on here.",
    Reason.VOLUNTARY_IS_NOT_COMPLIANCE: "She takes part of her own choice, so nothing is reported about attendance.",
    Reason.IDENTIFIES_HER: "An anonymous report may not carry anything that points to her.",
    Reason.NEEDS_HER_YES_OR_A_COURT: (
        "The police may have this only on her own yes, by a court's order, or where two agencies weighed a serious risk."
    ),
    Reason.REQUEST_INCOMPLETE: "A police request about a person states every field that the law asks for.",
    Reason.NO_REASON_TO_BELIEVE_HELD: "The request does not say why the information is believed to be held.",
    Reason.NO_LINE_OF_ENQUIRY: "The request does not say which reasonable line of enquiry it serves.",
    Reason.NOT_SHOWN_NECESSARY: "The request does not say why it is necessary and proportionate.",
    Reason.LESS_INTRUSIVE_NOT_CONSIDERED: "The request does not say that less intrusive means were considered.",
    Reason.VICTIM_NOT_TOLD: "The request does not say that she was told of it, or why she was not.",
    Reason.COUNSELLING_NEEDS_APPROVAL: (
        "Counselling records need a senior officer's approval and substantial value as evidence, both stated. It waits."
    ),
    Reason.POLICE_REQUEST_WAITS: "A police request of this sort waits for a governance officer. There is no duty to answer it.",
    Reason.ABOUT_A_THIRD_PARTY: "This is about somebody else. A governance officer looks at it first.",
    Reason.GIVEN_FOR_HELP: "What was given for help may not be used for an operation or a closure.",
    Reason.NOT_FOR_ENFORCEMENT: "This may not be used for enforcement. It was not passed on.",
    Reason.DISCLOSURE_IS_NO_OUTCOME: "What she disclosed travels in a referral of its own, if she agrees to one.",
    Reason.TEST_WITHOUT_AUTHORITY: "A test is passed on only with its area, the rank of its authoriser and its ground.",
    Reason.NO_TEST_UNDER_18: "No test of anybody under 18 is passed on outside a pilot area.",
    Reason.CAUTION_NEEDS_TWO: "A conditional caution is agreed by two agencies, both by name. Add the second, and send again.",
    Reason.STEP_NOT_PREPARED: (
        "Before such a step partners are consulted, help offered, children considered, and the breach is her own. Say so."
    ),
    Reason.NO_SUPPORT_PLAN: "An operation without a support plan is not ready. The strategic lead sees that it waits.",
    Reason.PLACE_NOT_ASSESSED: "Say that the place was risk-assessed before she moved in. Then send again.",
    Reason.NO_AFTERCARE: "A residential place ends with a plan for after and a way back. Agree both, say so, and send again.",
    Reason.IMMIGRATION_WITHHELD: "Immigration status moves only on its own route, on her own yes, or by a court's order.",
    Reason.NOT_SAID_WHETHER_TOLD: "Say whether she was told that this concern is shared, or why not. Then send again.",
    Reason.THRESHOLD_UNKNOWN: "Nobody has said whether the threshold is met. The safeguarding lead looks at it.",
    Reason.CONFERENCE_NOT_READY: "A risk conference needs its threshold met and its decision recorded. It waits.",
    Reason.NOT_THE_STATUTORY_RECIPIENT: "A statutory report goes to its statutory recipient and nobody else.",
    Reason.CONFERENCE_CONFLICT: "That agency has a conflict in this case and does not receive it.",
    Reason.ADDRESS_NOT_SAFE: "Where she is may not be told to that agency. It was not passed on.",
    Reason.HIS_PROVIDER: "That agency may not receive anything about her. It was not passed on.",
    Reason.FOUND_SAFE_ONLY: "A missing person is answered with found safe, and nothing else.",
    Reason.RETENTION_PASSED: "This was kept longer than it may be, so it is not passed on. Send it anew if it is still wanted.",
    Reason.NO_NOTICE: "Say whether she was given the privacy notice, or why not. Then send again.",
    Reason.OWN_APPROVAL: "Nobody approves what she sends herself. Ask somebody else, where it says so of another agency.",
    Reason.COMMUNITY_LINK: "Somebody without a link to her community deals with this. It waits.",
    # Where what is left would say nothing, the whole of it is refused.
    Reason.NOT_NEEDED_BY_RECIPIENT: "The recipient does not need this for the purpose given. It was not passed on.",
    Reason.PROSE_NOT_READ: "Nobody at your agency is named as having read the prose. It was not passed on.",
    Reason.COARSE_SUFFICES: "A coarser form is enough here: send that instead.",
    Reason.OFF_THE_RECORD: "What this tells is off the record. It was not passed on.",
    Reason.INVOLVEMENT_WITHHELD: "This is told only on her own yes to exactly that. Ask her, record it, and send again.",
    Reason.NOT_PASSED_ON: "It was not passed on, and this was recorded.",
    Reason.OFFICER_LOOKS: "A governance officer must look at this first. It waits.",
    Reason.UNDER_18: "She is, or may be, under 18. Use the safeguarding route.",
    Reason.NO_PRESENTATION: "A caseload check is asked while a person is with you: say where she came to you.",
    Reason.POLICE_NEVER_ASK: "The police do not ask this.",
    Reason.CHECKS_OVER_BUDGET: (
        "More checks were made than are usual in a day. An officer of another agency looks before any more are answered. "
        "Ring the agencies you would ask."
    ),
    Reason.CHECKS_ON_HOLD: (
        "An officer of another agency looks at these checks before any more are answered. Ring the agencies you would ask."
    ),
    Reason.REFERENCE_TAKEN: "The new reference is in use, or was in use before. Make another, and send it again.",
    Reason.LINKAGE_KEY_RETIRED: "Your adapter's linkage key is no longer used. Take the newest, and send it again.",
    Reason.NO_REVIEW: "There is no such review for your agency. Answer with the id that you were told.",
    Reason.REVIEW_ANSWERED: "This review is settled. If what was settled is wrong, answer dispute.",
    Reason.CHECK_NEEDED_FIRST: "Make a caseload check first, then open the case with its number.",
    Reason.UNKNOWN_REFERENCE: "This person has not been registered by your agency yet. It waits for the registration.",
    Reason.CASE_ALREADY_OPEN: "Your agency already has this case open.",
    Reason.NO_OPEN_CASE: "Your agency has no open case for this person.",
    Reason.NOT_THE_LEAD: "Only the lead may do this.",
    Reason.LEAD_ELSEWHERE: (
        "Another agency leads. Open the case as supplementary, or ask for the lead. A fresh check says whom to ring, where "
        "it may."
    ),
    Reason.NO_PROPOSAL: "There is no open proposal of this lead to your agency.",
    Reason.PROPOSAL_OPEN: "A proposal of this lead is open already.",
    Reason.LEAD_MUST_HAND_OVER: "While others have the case open, the lead hands over before closing.",
    Reason.STEP_ALREADY_TAKEN: "This step was taken before. The first one stands.",
    Reason.NO_LEAD: "Nobody leads yet, and no case is open without a lead. Open it as lead.",
    Reason.CLOSING_REASON_NEEDED: "The lead says why it closes. That nobody would take her is no reason: then it keeps her.",
    Reason.CJIT_KEEPS: "Nobody else can take her, so the CJIT keeps her: it may not decline this one.",
    Reason.NOT_FOR_THIS_AGENCY: "Only the CJIT is asked to keep someone whom nobody else can take, after another declined.",
    Reason.WATCH_TOO_LONG: "A watch ends within half a year. Give it an earlier end; it can be set again.",
    Reason.SCRIPT_ELSEWHERE: "Another prescriber has a live prescription or reservation. Ring them before you start.",
    Reason.SCRIPT_POSSIBLE_MATCH: "This may be someone with a live prescription. Ring the other prescriber before you start.",
    Reason.NO_SCRIPT: "Your agency has no such reservation or prescription.",
    Reason.SCRIPT_IN_CONFLICT: "Two live prescriptions were found. Ring the other prescriber now.",
    Reason.LAST_DOSE_MISSING: "A transfer begins with the date and the amount of the last dose. Add both and send it again.",
    Reason.SHE_REFUSED_THE_CHECK: "Not checked, at her choice. Care goes on; your own judgement decides.",
    Reason.NO_CONVERSATION: "This answers a message that your agency did not receive, or that was not passed on.",
    Reason.TAKEN_BACK: "You took it back before it left. Its recipient has heard of neither.",
    Reason.NOT_ITS_TURN: "What it answers has not left yet. It follows by itself.",
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


_TOLD_AS: Final[dict[Reason, Reason]] = {
    # A sender never learns that she objected, that a pattern was seen, or that the worker's own name was looked up.
    Reason.RESTRICTED: Reason.OFFICER_LOOKS,
    Reason.SENT_ON_ANOTHER_BASIS: Reason.OFFICER_LOOKS,
    Reason.ACTOR_RELATED: Reason.NOT_PASSED_ON,
    # Nor what the recipient is to her case.
    Reason.ROLE_IN_CASE: Reason.NOT_NEEDED_BY_RECIPIENT,
}


def told_as(reason: Reason) -> Reason:
    """The code a sender is given for a reason: one and the same where she may not tell two causes apart (T14)."""
    return _TOLD_AS.get(reason, reason)


def sentence(reason: Reason) -> str:
    """What the sender is told for a reason: one or two sentences, without any detail of a person."""
    return SENTENCES.get(told_as(reason), _FORM)
