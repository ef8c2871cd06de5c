"""How the factors that are more than one field are read from a message: agreement, basis, approvals, forms, how she was asked.

Each is one small pure function of the question that gives one word of a closed list. Leaves out: the list itself (``factors``).
"""

from collections.abc import Callable
from typing import Final

from consent.clauses.asked import Asked
from consent.consents import Circumstances, Consent, Standing
from contracts.assurances import Aftercare, LinkToHim, Notice, VictimNotice
from contracts.vocabulary import AgeBand, AgencyKind, ConsentAnswer, Gillick, Interpreter, Label, Office

YES: Final = "yes"
NO: Final = "no"

AGREEMENT: Final = ("in_force", "past_review", "other_purpose", "none")
APPROVED: Final = ("nobody", "herself", "one", "two", "two_agencies")
DRUG_TEST: Final = ("none", "incomplete", "complete")
ENFORCEMENT_STEP: Final = ("none", "incomplete", "complete")
HER_YES: Final = (
    "none",
    "sound",
    "not_alone",
    "not_in_her_words",
    "to_the_recipient",
    "pressed",
    "limits_not_shown",
    "under_16",
)
REQUEST: Final = (
    "believed_held", "line_of_enquiry", "necessary_and_proportionate", "less_intrusive_considered", "victim_told",
    "senior_approval", "substantial_probative_value",
)  # fmt: skip

_MOST_CAREFUL_FIRST: Final = (LinkToHim.TREATS, LinkToHim.EMPLOYS, LinkToHim.HOUSES, LinkToHim.SUPERVISES)


def yes(fact: bool) -> str:
    """The word for a fact that is so or not."""
    return YES if fact else NO


def agreement(asked: Asked) -> str:
    """How the agreement stands. As of sending, so that a slow queue cannot bring a message under one that was signed later."""
    standing = asked.standing_shares
    if standing:
        sent = asked.header.created
        return "past_review" if all(share.review <= sent for share in standing) else "in_force"
    return "other_purpose" if not asked.shares and asked.protocol.binds(asked.sender, asked.recipient) else "none"


def basis(asked: Asked) -> str:
    """Whether the four fields beside the purpose are one row of the partnership's table for it (B6)."""
    facts = asked.facts
    for row in asked.protocol.bases_of(asked.purpose, asked.now):
        if (
            facts.article_6 in row.article_6
            and facts.article_9_or_10 in row.article_9_or_10
            and facts.confidence in row.confidence
            and facts.gateway in row.gateway
        ):
            return "allowed"
    return "not_allowed"


def policy_document(asked: Asked) -> str:
    """Whether the partnership's appropriate policy document is on file and not past its review."""
    review = asked.protocol.policy_document
    return "current" if review is not None and asked.now < review else "missing"


def approved(asked: Asked) -> str:
    """How many others approved it before it was sent: nobody approves what she sends herself, or without a name (I2)."""
    approvals = asked.facts.approvals
    if not approvals:
        return "nobody"
    own = (asked.sender.id, asked.facts.actor)
    if any((one.agency, one.by) == own for one in approvals):
        return "herself"
    people = {(one.agency, one.by) for one in approvals if one.by is not None}
    if len(people) < 2:
        return "one" if people else "nobody"
    return "two_agencies" if len({agency for agency, _ in people}) > 1 else "two"


def governance_officer_approved(asked: Asked) -> str:
    """Whether a governance officer, by name, saw what it rests on, for example a court's order."""
    return yes(any(one.role == Office.GOVERNANCE_OFFICER and one.by is not None for one in asked.facts.approvals))


def police_line(asked: Asked) -> str:
    """Whether the protocol lists anything for the police for this purpose, and whether it must be anonymous."""
    may = asked.protocol.police_may(asked.purpose, asked.now)
    if may is None or asked.recipient.kind is not AgencyKind.POLICE:
        return "none"
    return "anonymous" if may.anonymous else "named"


def police_terms(asked: Asked) -> str:
    """Whether role and threshold are those on which the police may receive it."""
    may = asked.protocol.police_may(asked.purpose, asked.now)
    if may is None:
        return "not_listed"
    role_fits = may.role is None or may.role == asked.header.role
    threshold_fits = may.threshold is None or may.threshold is asked.facts.threshold
    return "met" if role_fits and threshold_fits else "not_met"


def listed_for_police(asked: Asked, label: Label) -> str:
    """Whether the label is on the list of what the police may receive for this purpose."""
    may = asked.protocol.police_may(asked.purpose, asked.now)
    return yes(may is not None and label in may.labels)


def needed_beside_lead(asked: Asked, label: Label) -> str:
    """Whether the recipient needs the label when it works beside the lead (R29)."""
    return yes(asked.need is not None and label in asked.need.supplementary)


def request_says(field: str) -> Callable[[Asked], str]:
    """Whether the police request form says this. Without a form it says nothing."""

    def read(asked: Asked) -> str:
        form = asked.facts.police_request
        if form is None:
            return NO
        if field == "victim_told":
            return yes(form.victim_notice is not VictimNotice.NOT_STATED)
        return yes(getattr(form, field))

    return read


def drug_test(asked: Asked) -> str:
    """Whether a drug test goes with it, and with everything that gives it its right (R41)."""
    test = asked.facts.drug_test
    if test is None:
        return "none"
    return "complete" if test.intensive_area and test.inspector_or_above and test.ground_stated else "incomplete"


def test_in_pilot_area(asked: Asked) -> str:
    """Whether a test of somebody under 18 was made in a pilot area (R31)."""
    test = asked.facts.drug_test
    return yes(test is not None and test.pilot_area_under_18)


def place(asked: Asked) -> str:
    """Whether the place she is given was risk-assessed first (R55)."""
    ending = asked.facts.ending
    return "assessed" if ending is not None and ending.place_assessed else "not_assessed"


def aftercare(asked: Asked) -> Aftercare:
    """What is ready for her after a residential place. What nobody says is not agreed (R57)."""
    ending = asked.facts.ending
    return Aftercare.NOT_AGREED if ending is None else ending.aftercare


def enforcement_step(asked: Asked) -> str:
    """Whether a step against her comes with all that goes before one (R47)."""
    step = asked.facts.enforcement
    if step is None:
        return "none"
    ready = step.partners_consulted and step.help_offered and step.children_considered and step.her_own_breach
    return "complete" if ready else "incomplete"


def support_plan(asked: Asked) -> str:
    """Whether an operation has a support plan (R49)."""
    step = asked.facts.enforcement
    return yes(step is not None and step.support_plan)


def conference(asked: Asked) -> str:
    """Whether a risk conference recorded its decision (G3)."""
    form = asked.facts.risk_conference
    if form is None:
        return "none"
    return "recorded" if form.decision_recorded else "not_recorded"


def recipient_conflicted(asked: Asked) -> str:
    """Whether the recipient has a conflict in this case (G3)."""
    form = asked.facts.risk_conference
    return yes(form is not None and asked.recipient.id in form.conflicted)


def recipient_and_him(asked: Asked) -> LinkToHim | None:
    """What the recipient is to the person she is at risk from (D4, R38). Whoever treats him may receive nothing at all."""
    linked = asked.facts.linked_to_him
    if not linked:
        return None
    links = {one.link for one in linked if one.agency == asked.recipient.id}
    return next((one for one in _MOST_CAREFUL_FIRST if one in links), None)


def privacy_notice(asked: Asked) -> Notice:
    """Whether she was given the notice: as this message says, or as it was noted when she was asked (H7)."""
    stated = asked.facts.privacy_notice
    if stated is not Notice.NOT_STATED:
        return stated
    for consent in asked.consents.same:
        if consent.circumstances.notice is not None:
            return Notice.GIVEN
    return stated


def retention(asked: Asked) -> str:
    """Whether what is still waiting has been kept longer than it may be (H5)."""
    return "passed" if asked.now - asked.header.created > asked.protocol.kept_for else "within"


def role_addressed(asked: Asked) -> str:
    """Whether it goes to officers of public protection."""
    return "public_protection" if asked.header.role == "public_protection" else "other"


def her_yes(asked: Asked, label: Label) -> str:
    """How she was asked for the yes that stands for a label: the first thing that makes it doubtful (C4, C6, R34)."""
    if asked.standing(label) is not Standing.GIVEN:
        return "none"
    if asked.yeses is None:
        asked.yeses = [(one.labels, _doubt(one, asked)) for one in asked.consents.same if _is_about(one, asked)]
    always = label in (Label.REQUEST, Label.OUTCOME)
    # One that was soundly given is enough.
    found = [doubt for labels, doubt in asked.yeses if always or label in labels]
    return "sound" if not found or "sound" in found else min(found, key=HER_YES.index)


def _is_about(consent: Consent, asked: Asked) -> bool:
    return (
        consent.purpose is asked.purpose
        and consent.recipient == asked.recipient.id
        and consent.answer is ConsentAnswer.GIVEN
        and consent.withdrawn_at is None
        and consent.review > asked.now
    )


def _doubt(consent: Consent, asked: Asked) -> str:
    how: Circumstances = consent.circumstances
    if not how.alone:
        return "not_alone"
    if how.interpreter in (Interpreter.FAMILY_OR_FRIEND, Interpreter.NEEDED_AND_ABSENT):
        return "not_in_her_words"
    if consent.taker == asked.recipient.id:
        return "to_the_recipient"
    if how.freely is False:
        return "pressed"
    if not how.limits_shown:
        return "limits_not_shown"
    young = how.age_band in (AgeBand.UNDER_13, AgeBand.AGED_13_TO_15) or asked.facts.age_band in (
        AgeBand.UNDER_13,
        AgeBand.AGED_13_TO_15,
    )
    return "under_16" if young and how.gillick is not Gillick.COMPETENT else "sound"
