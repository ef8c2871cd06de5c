"""What a criminal justice intervention team sends and takes (design.md §5): it asks first, then refers on."""

from agencies.mapping import LEAD_STEPS, REFERRAL_ANSWERS, Mapping
from contracts.kinds import Kind
from contracts.vocabulary import AgencyKind, Label, Purpose

MAPPING = Mapping(
    kind=AgencyKind.CJIT,
    name="criminal justice team",
    sends=frozenset(
        {
            "person",
            "consent",
            "consent_withdrawal",
            "correction",
            "caseload_check",
            "presentation_opened",
            "presentation_closed",
            "review_answer",
            "watch",
            "new_reference",
            "need",
            "case_open",
            "case_close",
            "lead_propose",
            "lead_accept",
            "lead_decline",
            "referral",
            "referral_answer",
            "attendance",
        }
    ),
    purposes=frozenset(
        {
            Purpose.SUPPORT_REFERRAL,
            Purpose.TREATMENT_REFERRAL,
            Purpose.HOUSING_REFERRAL,
            Purpose.SEXUAL_VIOLENCE_REFERRAL,
            Purpose.SAFEGUARDING,
        }
    ),
    answers_for=Purpose.SUPPORT_REFERRAL,
    receives=frozenset({Kind.REFERRAL_MADE, Kind.ATTENDANCE_REPORTED}) | REFERRAL_ANSWERS | LEAD_STEPS,
    never_sends={Label.PRESCRIBING: "only a prescriber tells another prescriber about a prescription."},
)
