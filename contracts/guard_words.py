"""The closed lists of the guards: roles and moves of a case, of the lead and of a prescription, and the reasons for them.

Exported by ``vocabulary`` like every other list. Leaves out: what a move may change (``broker/leads.py``).
"""

from enum import StrEnum


class ScriptState(StrEnum):
    """Where a prescription stands (R05, design.md D10)."""

    NONE = "none"
    RESERVED = "reserved"
    ACTIVE = "active"
    TRANSFERRING = "transferring"
    ENDED = "ended"
    IN_CONFLICT = "in_conflict"
    UNCHECKED = "unchecked"
    """She refused the check: written down for the prescriber alone, held against nobody, and care goes on."""


class ScriptMove(StrEnum):
    """What a prescriber asks of the script guard."""

    RESERVE = "reserve"
    CONFIRM = "confirm"
    RELEASE = "release"
    BEGIN_TRANSFER = "begin_transfer"
    END = "end"


class OverrideReason(StrEnum):
    """Why a prescriber goes on in spite of the guard (design.md D10)."""

    WITHDRAWAL_RISK = "withdrawal_risk"
    OVERDOSE_RISK = "overdose_risk"
    PREGNANCY = "pregnancy"
    RELEASED_FROM_CUSTODY = "released_from_custody"
    OTHER_NOT_REACHED = "other_not_reached"
    AGREED_WITH_OTHER = "agreed_with_other"
    ANOTHER_PERSON = "another_person"


class CaseRole(StrEnum):
    """What an agency is to a case (W06). Informed: it carries nothing, and hears that something changed, not what."""

    LEAD = "lead"
    SUPPLEMENTARY = "supplementary"
    INFORMED = "informed"


class CaseMove(StrEnum):
    """What an agency tells the caseload guard."""

    OPEN = "open"
    CLOSE = "close"


class CloseReason(StrEnum):
    """Why a case is closed. That nobody would take her is not among them: then the lead keeps her (R04)."""

    HELP_NO_LONGER_NEEDED = "help_no_longer_needed"
    HER_CHOICE = "her_choice"
    MOVED_AREA = "moved_area"
    TAKEN_ON_OUTSIDE = "taken_on_outside"
    DIED = "died"
    OPENED_IN_ERROR = "opened_in_error"
    YIELDS_TO_OTHER_LEAD = "yields_to_other_lead"


class LeadMove(StrEnum):
    """The steps of a handover. The old lead stays until the new one accepts (R02)."""

    PROPOSE = "propose"
    ACCEPT = "accept"
    DECLINE = "decline"


class LeadReason(StrEnum):
    """Why the lead should change, or should not. Targets are not among them (R03)."""

    BETTER_PLACED = "better_placed"
    HER_CHOICE = "her_choice"
    MOVED_AREA = "moved_area"
    SPECIALIST_NEED = "specialist_need"
    SAFETY = "safety"
    RELATIONSHIP = "relationship"
    NO_CAPACITY = "no_capacity"
    NOT_ELIGIBLE = "not_eligible"
    CONFLICT_OF_INTEREST = "conflict_of_interest"
    NOBODY_CAN_TAKE = "nobody_can_take"


class GuardAnswer(StrEnum):
    """What a guard tells the agency that took a step."""

    CLEARED = "cleared"
    NOT_CLEARED = "not_cleared"
    POSSIBLE_MATCH = "possible_match"
    NOT_CHECKED = "not_checked"
    OVERRIDDEN = "overridden"


class WatchMove(StrEnum):
    """What an agency asks of a watch (W05)."""

    SET = "set"
    END = "end"


class WatchReason(StrEnum):
    """Why an agency wants to hear when she comes to another. Nothing of what she does is among them."""

    LOST_CONTACT = "lost_contact"
    SHE_ASKED = "she_asked"
    WORRIED_FOR_HER = "worried_for_her"
    FOLLOW_UP = "follow_up"
