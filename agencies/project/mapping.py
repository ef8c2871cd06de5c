"""What a specialist project sends and takes (design.md §5): its clinic may prescribe, its outreach reports violence."""

from agencies.mapping import LEAD_STEPS, REFERRAL_ANSWERS, Mapping
from contracts.kinds import Kind
from contracts.vocabulary import AgencyKind, Label, Purpose

MAPPING = Mapping(
    kind=AgencyKind.PROJECT,
    name="specialist project",
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
            "script",
            "attendance",
            "incident",
        }
    ),
    purposes=frozenset(
        {
            Purpose.SUPPORT_REFERRAL,
            Purpose.TREATMENT_REFERRAL,
            Purpose.HOUSING_REFERRAL,
            Purpose.SEXUAL_VIOLENCE_REFERRAL,
            Purpose.INCIDENT_INTELLIGENCE,
            Purpose.CRIME_REPORT,
            Purpose.SAFEGUARDING,
        }
    ),
    answers_for=Purpose.SUPPORT_REFERRAL,
    receives=frozenset({Kind.REFERRAL_MADE, Kind.SCRIPT_TRANSFERRED, Kind.ATTENDANCE_REPORTED, Kind.INCIDENT_REPORTED})
    | REFERRAL_ANSWERS
    | LEAD_STEPS,
    never_sends={Label.OFFENDING: "a project holds no offence detail to pass on."},
)
