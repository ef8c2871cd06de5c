"""What must hold on every row of the table, whoever writes its clauses: each statement in words, with where it comes from.

They are said again here, apart from the clauses and from other sources where there are any, so that a clause that is loosened
by a word breaks one. Leaves out: looking for rows where they do not hold (``properties``).
"""

from dataclasses import dataclass
from typing import Final

from consent.protocol import Condition

HELD, STOPPED = 1, 2
MINORS: Final = ("under_13", "13_to_15", "16_to_17", "unknown")
PROTECT: Final = ("safeguarding", "statutory_report")
TO_PROTECT: Final = ("safeguarding", "risk_conference", "statutory_report")
MOST_HERS: Final = ("involvement", "sexual_assault", "immigration", "drug_treatment", "prescribing", "health", "counselling")
SPECIAL: Final = (*MOST_HERS, "offending")
UNSOUND: Final = ("not_alone", "not_in_her_words", "to_the_recipient", "pressed", "limits_not_shown", "under_16")
NOT_STANDING: Final = ("not_asked", "doubted", "refused", "withdrawn", "may_be_refused")


@dataclass(frozen=True, slots=True)
class Property:
    """On every row where it applies, unless it is lifted, what becomes of it is at least so severe."""

    says: str
    source: str
    where: Condition
    least: int
    unless: tuple[Condition, ...] = ()


A_CHILD_AT_RISK: Final[Condition] = {"purpose": PROTECT, "age_band": MINORS}
"""G1 and R33: nobody waits for a yes to protect a child."""
A_DUTY_TO_REPORT: Final[Condition] = {"purpose": ("statutory_report",)}
"""G5: the duty is the worker's own, whatever she was told."""

PROPERTIES: Final = (
    Property(
        "Nothing that is most hers reaches the police without her own yes, a court's order seen by an officer, or two agencies",
        "trust.md F1",
        {"recipient_kind": ("police",), "label": MOST_HERS},
        STOPPED,
        (
            {"she_said": ("given",), "confidence": ("explicit_consent",)},
            {"gateway": ("court_order",), "governance_officer_approved": ("yes",)},
            {"purpose": ("safeguarding", "risk_conference"), "threshold": ("met",), "approved": ("two_agencies",)},
        ),
    ),
    Property(
        "The police receive nothing that is not on their list",
        "R11",
        {"recipient_kind": ("police",), "listed_for_police": ("no",)},
        STOPPED,
    ),
    Property(
        "Nothing passes on a consent that does not stand", "trust.md 4.2 (2); R15",
        {"confidence": ("explicit_consent",), "she_said": NOT_STANDING}, HELD, (A_CHILD_AT_RISK, A_DUTY_TO_REPORT),
    ),
    Property(
        "What she refused or took back does not pass, whatever it rests on", "C2, C8",
        {"she_said": ("refused", "withdrawn")}, HELD, (A_CHILD_AT_RISK, A_DUTY_TO_REPORT),
    ),
    Property(
        "Involvement is told only on a yes to exactly that", "R16",
        {"label": ("involvement",), "she_said": NOT_STANDING}, STOPPED,
    ),
    Property(
        "What needs a yes of its own is told only on one", "C3",
        {"own_consent": ("yes",), "she_said": NOT_STANDING}, STOPPED,
    ),
    Property("A recipient is given nothing it does not need", "D1", {"needed": ("no",)}, STOPPED),
    Property("Nothing passes that no agreement covers", "A5, B1", {"agreement": ("none", "other_purpose")}, STOPPED),
    Property(
        "Nothing passes that the agreement does not name", "B1",
        {"agreement": ("in_force", "past_review"), "in_agreement": ("no",)}, STOPPED,
    ),
    Property("Nothing passes under an agreement past its review", "A5", {"agreement": ("past_review",)}, HELD),
    Property("Nothing passes on a basis that is not allowed", "B6", {"basis": ("not_allowed",)}, STOPPED),
    Property("Nobody under 18, or of unknown age, goes by an adult route", "R30",
             {"age_band": MINORS, "open_to_under_18": ("no",)}, STOPPED),
    Property("Nothing passes while the directory has run out", "A6", {"directory": ("run_out",)}, HELD),
    Property("Nothing passes that was kept too long", "H5", {"retention": ("passed",)}, STOPPED),
    Property("Nothing but protection moves while her capacity is in doubt", "C5",
             {"capacity": ("doubted", "fluctuating")}, HELD,
             ({"purpose": ("safeguarding", "risk_conference", "statutory_report")},)),
    Property("Nothing but protection moves while she objects", "H2", {"restricted": ("yes",)}, HELD, ({"purpose": PROTECT},)),
    Property("The police are told of no caseload", "E2",
             {"kind": ("caseload-check/1",), "recipient_kind": ("police",)}, STOPPED),
    Property("A prescription is told from prescriber to prescriber only", "E5",
             {"prescribers_only": ("yes",), "recipient_prescriber": ("no",)}, STOPPED),
    Property("A compliance message says whether she came and nothing else", "R22",
             {"outcome_only": ("yes",)}, STOPPED, ({"label": ("attendance",)},)),
    Property("Whether she came of her own choice is told to nobody", "R23",
             {"engagement": ("voluntary",), "label": ("attendance",)}, STOPPED),
    Property("Where she can be found is not told to who employs, houses or supervises him", "D4",
             {"recipient_and_him": ("employs", "houses", "supervises"),
              "label": ("contact", "housing", "safety", "age_and_area")}, STOPPED),
    Property("His provider hears nothing of her", "R38", {"recipient_and_him": ("treats",)}, STOPPED),
    Property("Prose that nobody read is not passed on", "D2", {"label": ("free_text",), "prose_read": ("no",)}, STOPPED),
    Property("Nobody acts on herself, a relation or a colleague", "I1",
             {"relation": ("herself", "related_to_her", "related_to_another", "colleague")}, STOPPED),
    Property("What was given for help is not used for enforcement", "F9",
             {"purpose": ("enforcement",)}, STOPPED, ({"given_for": ("enforcement",)},)),
    Property("Where she stays is told to the police on her yes, or to protect her where a threshold is met", "R26; 2.5",
             {"recipient_kind": ("police",), "label": ("contact", "housing")}, STOPPED,
             ({"she_said": ("given",)}, {"purpose": TO_PROTECT, "threshold": ("met",)})),
    Property("Of a missing woman the police hear that she was found safe, and nothing else", "D4, W46",
             {"purpose": ("missing_person",), "recipient_kind": ("police",)}, STOPPED, ({"label": ("outcome",)},)),
    Property("Her leave to stay moves by a court, for a victim of trafficking, or where she asks for advice", "F7, R21, W50",
             {"label": ("immigration",)}, STOPPED,
             ({"gateway": ("court_order",), "governance_officer_approved": ("yes",)},
              {"purpose": ("trafficking_referral",), "age_band": ("adult",), "she_said": ("given",)},
              {"purpose": ("trafficking_referral",), "age_band": ("under_13", "13_to_15", "16_to_17")},
              {"purpose": ("trafficking_referral",), "names_a_person": ("no",), "gateway": ("modern_slavery_act_52",),
               "sender_kind": ("police",)},
              {"purpose": ("support_referral",), "recipient_kind": ("project",), "she_said": ("given",)})),
    Property("A check is made for a check's purpose, of somebody who is there", "E1, W01",
             {"kind": ("caseload-check/1",)}, STOPPED,
             ({"purpose": ("caseload_check",), "presentation": ("custody", "court", "drop_in", "walk_in")},)),
    Property("Nothing else is told for a check's purpose", "E1", {"purpose": ("caseload_check",)}, STOPPED,
             ({"kind": ("caseload-check/1",)},)),
    Property("Only a report of attendance is sent for compliance", "R22, W13", {"outcome_only": ("yes",)}, STOPPED,
             ({"kind": ("attendance-reported/1",)},)),
    Property("A yes that was not soundly given carries nothing that rests on it", "C4, C6, R34",
             {"confidence": ("explicit_consent",), "her_yes": UNSOUND}, HELD, (A_CHILD_AT_RISK,)),
    Property("Nor what needs a yes of its own", "C4, T25", {"own_consent": ("yes",), "her_yes": UNSOUND}, HELD),
    Property("What happened to a child under 13 goes to child protection and nowhere else", "C6",
             {"age_band": ("under_13",), "label": ("sexual_assault", "involvement")}, STOPPED, ({"purpose": PROTECT},)),
    Property("What is about somebody else is not told but to protect somebody", "C7, R37", {"label": ("third_party",)}, STOPPED,
             ({"purpose": TO_PROTECT},)),
    Property("What housing was told to place her is not used against her", "R63",
             {"sender_kind": ("housing",), "given_for": ("housing_referral",)}, STOPPED,
             ({"purpose": ("housing_referral", *TO_PROTECT)},)),
    Property("Nobody is asked to act on her without the notice, or why she was not given it", "H7",
             {"asks_to_act": ("yes",), "names_a_person": ("yes",), "privacy_notice": ("not_stated",)}, HELD,
             ({"purpose": (*TO_PROTECT, "missing_person", "arrest_referral", "information_request", "police_request")},)),
    Property("Special things are shared on a condition of Article 9 or 10", "B3",
             {"article_9_or_10": ("not_special",), "label": SPECIAL}, STOPPED),
    Property("No condition of Schedule 1 counts without its policy document", "B3",
             {"article_9_or_10": ("safeguarding", "unlawful_acts", "statutory"), "policy_document": ("missing",)}, STOPPED),
    Property("Consent is never implied for involvement, assault, counselling and immigration", "B4, W29",
             {"confidence": ("implied_direct_care",), "label": ("involvement", "sexual_assault", "counselling", "immigration")},
             STOPPED, ({"she_said": ("given",)},)),
    Property("The serious violence duty carries nothing of a patient's", "B5",
             {"gateway": ("serious_violence_duty",),
              "label": ("health", "drug_treatment", "prescribing", "sexual_assault", "counselling")}, STOPPED),
    Property("Nor what those who care for her know", "B5",
             {"gateway": ("serious_violence_duty",), "sender_kind": ("drug_service", "sarc"), "names_a_person": ("yes",)},
             STOPPED),
    Property("What was refused does not pass on another basis by itself", "B7",
             {"refused_on_another_basis": ("yes",)}, HELD, ({"she_said": ("given",)},)),
    Property("Her health is no evidence against her, nor a condom, an alarm or a safe place", "R17; 2.5",
             {"purpose": ("enforcement",), "label": ("health", "safety", "contact", "sexual_assault", "counselling")}, STOPPED),
    Property("A drug test is no evidence for an order", "R18",
             {"purpose": ("enforcement",), "drug_test": ("incomplete", "complete")}, STOPPED),
    Property("Whether she takes up help is no evidence and no threat", "R48",
             {"purpose": ("enforcement",), "label": ("attendance", "outcome", "request", "drug_treatment", "prescribing")},
             STOPPED),
    Property("What she discloses on the way to court travels in a referral of its own", "R24, W17",
             {"label": ("sexual_assault",), "engagement": ("diversion", "condition", "order"),
              "purpose": ("support_referral", "treatment_referral", "housing_referral", "lead_allocation", "arrest_referral",
                          "compliance")}, STOPPED),
    Property("A child's drug test is not passed on but from a pilot area", "R31, W12",
             {"age_band": MINORS, "drug_test": ("incomplete", "complete")}, STOPPED, ({"test_in_pilot_area": ("yes",)},)),
    Property("A child's offence is passed on to nobody", "R32, W48", {"age_band": MINORS, "label": ("offending",)}, STOPPED),
    Property("A conditional caution is two agencies' word where the partnership says so", "R44, W19",
             {"caution_needs_two": ("yes",), "asks_to_act": ("yes",), "engagement": ("condition",)}, STOPPED,
             ({"approved": ("two_agencies",)},)),
    Property("A step against her comes after all that goes before one", "R47, W23",
             {"purpose": ("enforcement",), "names_a_person": ("yes",)}, STOPPED, ({"enforcement_step": ("complete",)},)),
    Property("No operation is told of as ready without a support plan", "R49, W53",
             {"purpose": ("enforcement",), "names_a_person": ("no",)}, HELD, ({"support_plan": ("yes",)},)),
    Property("Nobody is placed unseen", "R55, W38",
             {"kind": ("referral-completed/1",), "purpose": ("housing_referral",), "sender_kind": ("housing",)}, STOPPED,
             ({"place": ("assessed",)},)),
    Property("A residential place does not end into nothing", "R57, W32",
             {"kind": ("referral-completed/1",), "purpose": ("treatment_referral",), "sender_kind": ("drug_service",)}, STOPPED,
             ({"aftercare": ("agreed", "not_residential")},)),
    Property("An adult at risk is spoken of on her yes, a threshold or a lead's word", "G2",
             {"purpose": ("safeguarding",), "age_band": ("adult",), "threshold": ("unknown", "not_met", "not_relied_on")}, HELD,
             ({"she_said": ("given",)},)),
    Property("It is said whether she was told, or why not", "G2, R33",
             {"purpose": ("safeguarding", "risk_conference"), "age_band": ("adult",), "told": ("not_stated",)}, HELD),
    Property("A conference hears of her where its threshold is met and its decision recorded", "G3, W45",
             {"purpose": ("risk_conference",)}, HELD, ({"threshold": ("met",), "conference": ("recorded",)},)),
    Property("A statutory report goes to officers of public protection under its duty", "G5",
             {"purpose": ("statutory_report",)}, STOPPED,
             ({"recipient_kind": ("police",), "role_addressed": ("public_protection",),
               "duty": ("female_genital_mutilation", "child_sexual_abuse")},)),
)  # fmt: skip
