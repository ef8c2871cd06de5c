"""What a police force sends and takes (design.md §5): arrest referrals out; reports she chose to make, and attendance, in.

It holds no linkage key, registers nobody and asks nothing (R11, design.md D9), so its records never name a person of record.
"""

from agencies.mapping import REFERRAL_ANSWERS, Mapping
from contracts.kinds import Kind
from contracts.vocabulary import AgencyKind, Label, Purpose

_NOT_POLICE = "the police hold none of this to pass on."

MAPPING = Mapping(
    kind=AgencyKind.POLICE,
    name="police force",
    sends=frozenset({"referral", "referral_answer", "correction"}),
    purposes=frozenset({Purpose.ARREST_REFERRAL, Purpose.SAFEGUARDING}),
    answers_for=Purpose.ARREST_REFERRAL,
    receives=frozenset({Kind.REFERRAL_MADE, Kind.INCIDENT_REPORTED, Kind.ATTENDANCE_REPORTED}) | REFERRAL_ANSWERS,
    never_sends={
        Label.DRUG_TREATMENT: _NOT_POLICE,
        Label.PRESCRIBING: _NOT_POLICE,
        Label.HEALTH: _NOT_POLICE,
        Label.INVOLVEMENT: "involvement is hers to tell, and the police do not pass it on.",
    },
    knows_people=False,
)
