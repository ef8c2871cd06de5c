"""What a sender states beside purpose and basis, where a clause asks for it: closed lists, and forms with every field named.

"Not stated" is a value of its own, so that a clause can refuse or hold it. Nobody fills one in for the worker.
Leaves out: what follows from a statement (``consent/clauses``).
"""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from contracts.frozen import Frozen
from contracts.identifiers import AgencyId


class Notice(StrEnum):
    """Whether she was given the privacy notice, or why not (H7)."""

    GIVEN = "given"
    UNSAFE_TO_GIVE = "unsafe_to_give"
    NOT_MET_YET = "not_met_yet"
    EMERGENCY = "emergency"
    NOT_STATED = "not_stated"


class Told(StrEnum):
    """Whether she was told that a concern about her or a child is shared, or why not (G1, G2, R33)."""

    TOLD = "told"
    UNSAFE_TO_TELL = "unsafe_to_tell"
    CANNOT_BE_REACHED = "cannot_be_reached"
    NOT_STATED = "not_stated"


class Relation(StrEnum):
    """What the acting worker is to the people in the message (I1, R39)."""

    NONE = "none"
    HERSELF = "herself"
    RELATED_TO_HER = "related_to_her"
    RELATED_TO_ANOTHER = "related_to_another"
    COLLEAGUE = "colleague"
    COMMUNITY_LINK = "community_link"
    NOT_STATED = "not_stated"


class LinkToHim(StrEnum):
    """What an agency is to the person she is at risk from (D4, R38)."""

    EMPLOYS = "employs"
    HOUSES = "houses"
    SUPERVISES = "supervises"
    TREATS = "treats"


class VictimNotice(StrEnum):
    """Whether the victim was told of a police request about her, or why not (Police, Crime, Sentencing and Courts Act 3A)."""

    GIVEN = "given"
    EXCEPTED = "excepted"
    NOT_STATED = "not_stated"


class Duty(StrEnum):
    """A duty to report that a statute lays on the worker herself (G5)."""

    NONE = "none"
    FEMALE_GENITAL_MUTILATION = "female_genital_mutilation"
    CHILD_SEXUAL_ABUSE = "child_sexual_abuse"


class Linked(Frozen):
    """An agency that is close to the person she is at risk from, as far as the worker knows."""

    agency: AgencyId
    link: LinkToHim


class PoliceRequest(Frozen):
    """A police request for information about a victim, field by field (Chapter 3A, since 12 January 2026)."""

    believed_held: bool = False
    line_of_enquiry: bool = False
    necessary_and_proportionate: bool = False
    less_intrusive_considered: bool = False
    victim_notice: VictimNotice = VictimNotice.NOT_STATED
    senior_approval: bool = False
    substantial_probative_value: bool = False


class DrugTest(Frozen):
    """By what right a drug test was made (R41): the area, the rank of whoever authorised it, the ground."""

    intensive_area: bool = False
    inspector_or_above: bool = False
    ground_stated: bool = False
    pilot_area_under_18: bool = False


class Aftercare(StrEnum):
    """What is ready for her when a residential place ends (R57)."""

    AGREED = "agreed"
    """A plan for after, and a way back."""
    NOT_RESIDENTIAL = "not_residential"
    NOT_AGREED = "not_agreed"


class Ending(Frozen):
    """What stands behind an answer that a referral is completed: she was placed, or her treatment there is over (R55, R57)."""

    place_assessed: bool = False
    """The place was risk-assessed, and that was written down, before she moved in."""
    aftercare: Aftercare = Aftercare.NOT_AGREED


class EnforcementStep(Frozen):
    """What must come before an order against her, or an operation where she works (R47, R49)."""

    partners_consulted: bool = False
    help_offered: bool = False
    children_considered: bool = False
    her_own_breach: bool = False
    """It answers what she herself did, and is not one of many alike."""
    support_plan: bool = False
    """For an operation: what is ready for those it reaches."""


class RiskConference(Frozen):
    """What a risk conference decided, and on what (G3)."""

    decision_recorded: bool = False
    conflicted: Annotated[tuple[AgencyId, ...], Field(max_length=12)] = ()
    """Agencies that sit on the panel and have a conflict in this case."""
