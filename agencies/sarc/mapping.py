"""What a sexual assault referral centre sends and takes (design.md §5): referrals on, named or without a name.

It has no caseload to ask about: who came there is nobody's business (W43, clause E3). So it opens no cases and asks nothing.
"""

from agencies.mapping import REFERRAL_ANSWERS, Mapping
from contracts.kinds import Kind
from contracts.vocabulary import AgencyKind, Label, Purpose

MAPPING = Mapping(
    kind=AgencyKind.SARC,
    name="sexual assault referral centre",
    sends=frozenset(
        {"need", "person", "consent", "consent_withdrawal", "correction", "referral", "referral_answer", "new_reference"}
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
    # Confidence is never implied where an assault was disclosed, and an answer discloses none: so it goes as support.
    answers_for=Purpose.SUPPORT_REFERRAL,
    receives=frozenset({Kind.REFERRAL_MADE}) | REFERRAL_ANSWERS,
    never_sends={
        Label.OFFENDING: "a referral centre holds no offence detail to pass on.",
        Label.PRESCRIBING: "only a prescriber tells another prescriber about a prescription.",
    },
)
