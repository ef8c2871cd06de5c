"""What a housing agency sends and takes (design.md §5): it places her, says so, and learns no more than it needs for that."""

from agencies.mapping import LEAD_STEPS, REFERRAL_ANSWERS, Mapping
from contracts.kinds import Kind
from contracts.vocabulary import AgencyKind, Label, Purpose

_NOT_NEEDED = "housing is told no more than it needs to place her, so it has nothing to pass on."

MAPPING = Mapping(
    kind=AgencyKind.HOUSING,
    name="housing agency",
    sends=frozenset(
        {
            "person",
            "consent",
            "consent_withdrawal",
            "correction",
            "review_answer",
            "watch",
            "new_reference",
            "need",
            "case_open",
            "case_close",
            "lead_accept",
            "lead_decline",
            "referral",
            "referral_answer",
        }
    ),
    purposes=frozenset({Purpose.SUPPORT_REFERRAL, Purpose.TREATMENT_REFERRAL, Purpose.HOUSING_REFERRAL, Purpose.SAFEGUARDING}),
    answers_for=Purpose.HOUSING_REFERRAL,
    receives=frozenset({Kind.REFERRAL_MADE}) | REFERRAL_ANSWERS | LEAD_STEPS,
    never_sends={
        Label.DRUG_TREATMENT: _NOT_NEEDED,
        Label.PRESCRIBING: _NOT_NEEDED,
        Label.OFFENDING: _NOT_NEEDED,
        Label.INVOLVEMENT: _NOT_NEEDED,
        Label.SEXUAL_ASSAULT: _NOT_NEEDED,
    },
)
