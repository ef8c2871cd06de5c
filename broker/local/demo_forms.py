"""The forms that workers fill in during the demonstration: one small function a form, as ``agencies/simulated`` reads them.

Leaves out who fills in which, and when (``demo_week``, ``demo_trouble``).
"""

from collections import Counter
from typing import Any, Final

from broker.local.demo_cast import Woman

Record = dict[str, Any]

CJIT: Final = "cjit-ashby"
DRUGS: Final = "drugs-ashby"
HOUSING: Final = "housing-ashby"
SARC: Final = "sarc-ashby"
POLICE: Final = "police-ashby"
PROJECT: Final = "project-ashby"

# What each kind of referral carries, and to whom it goes.
NEEDS: Final = {
    "drug_treatment": (DRUGS, "treatment_referral", ("request", "identity", "contact", "drug_treatment")),
    "housing": (HOUSING, "housing_referral", ("request", "identity", "contact", "housing")),
    "counselling": (SARC, "sexual_violence_referral", ("request", "identity", "contact", "sexual_assault")),
    "support": (PROJECT, "support_referral", ("request", "identity", "contact", "safety")),
}

# A word in every compartment that stands nowhere else: the canary search looks for each of them.
_PARTS: Final[dict[str, Record]] = {
    "drug_treatment": {
        "substances": ["heroin", "crack"],
        "injecting": True,
        "in_treatment": False,
        "risks": ["overdose", "canary_drug_treatment"],
    },
    "housing": {"status": "no_fixed_abode", "needs": ["ground_floor", "canary_housing"], "risk_assessed": True},
    "sexual_assault": {
        "support_wanted": ["counselling", "canary_sexual_assault"],
        "forensic_window_open": False,
        "report_wanted": "undecided",
    },
    "safety": {"risks": ["violence_by_customers", "canary_safety"], "safe_to_contact": True},
    "involvement": {"basis": "her_own_account", "believed_by": "canary_involvement"},
    "offending": {"offence": "loitering", "drug_test": "positive"},
}


class Forms:
    """One pad of forms: every record gets a number of its own, the same in every week of the same seed."""

    def __init__(self) -> None:
        self._numbers: Counter[str] = Counter()

    def _form(self, kind: str, **fields: Any) -> Record:
        self._numbers[kind] += 1
        number = self._numbers[kind]
        stated = {"worker": f"worker_{number % 7 + 1}", "privacy_notice": "given"}
        return {"type": kind, "id": f"{kind.replace('_', '-')}-{number:03}", **stated, **fields}

    def person(self, woman: Woman, variant: str, arrived: str | None = None) -> Record:
        """She is known here now."""
        form = self._form("person", person=woman.id, identity=woman.identity(variant), age_band="adult")
        return form | ({"arrived": arrived} if arrived else {})

    def check(self, woman: Woman, variant: str = "same", *, presentation: str = "custody", within: int | None = None) -> Record:
        """Is she on a caseload?"""
        form = self._form("caseload_check", identity=woman.identity(variant), presentation=presentation, age_band="adult")
        return form | ({"wanted_within_seconds": within} if within else {})

    def check_of(self, identity: Record, *, worker: str, within: int) -> Record:
        """The same, about somebody who is none of the cast, by a worker of this code."""
        form = self._form("caseload_check", identity=identity, presentation="custody", age_band="adult")
        return form | {"worker": worker, "wanted_within_seconds": within}

    def registered(self, identity: Record, person: str, *, canary: bool = False) -> Record:
        """Somebody who is none of the cast is known here now, or was planted."""
        return self._form("person", person=person, identity=identity, age_band="adult") | ({"canary": True} if canary else {})

    def presentation(self, place: str) -> Record:
        """Somebody came."""
        return self._form("presentation_opened", presentation=place)

    def no_check(self, opened: str, place: str, why: str) -> Record:
        """No check was made, and why."""
        return self._form("presentation_closed", opened=opened, presentation=place, why_not=why)

    def review(self, review: str, answer: str) -> Record:
        """Are two records one person?"""
        return self._form("review_answer", review=review, answer=answer)

    def open(self, woman: Woman, role: str, check: str | None = None) -> Record:
        """A case is opened."""
        return self._form("case_open", person=woman.id, role=role) | ({"check": check} if check else {})

    def close(self, woman: Woman, role: str = "lead") -> Record:
        """A case is closed."""
        return self._form("case_close", person=woman.id, role=role, reason="help_no_longer_needed")

    def watch(self, woman: Woman, reason: str) -> Record:
        """Tell us when she comes to another agency."""
        return self._form("watch", person=woman.id, reason=reason, days=30)

    def new_reference(self, woman: Woman) -> Record:
        """She is to have another reference: hers was seen where it should not have been."""
        return self._form("new_reference", person=woman.id)

    def need(self, need: str) -> Record:
        """Is there a service for someone who needs this? Of nobody."""
        return self._form("need", circumstances={"needs": [need], "age": 26, "gender": "women", "uses_now": True})

    def consent(self, woman: Woman, purpose: str, to: str, labels: tuple[str, ...], **more: Any) -> Record:
        """What she said about one purpose and one recipient."""
        form = self._form("consent", person=woman.id, answer="given", purpose=purpose, to=to, labels=list(labels))
        number = form["id"].removeprefix("consent-")
        return (
            form
            | {"consent": f"c{number}", "alone": True, "capacity": "present", "limits_shown": True, "age_band": "adult"}
            | {"freely": True, "setting": "drop_in", "notice": "ashby_notice_1"}
            | more
        )

    def withdrawal(self, consent: str) -> Record:
        """She takes it back."""
        return self._form("consent_withdrawal", consent=consent, age_band="adult")

    def referral(self, woman: Woman | None, need: str, consents: tuple[str, ...] = (), **more: Any) -> Record:
        """Please take her on."""
        to, purpose, labels = NEEDS[need]
        form = self._form("referral", to=to, purpose=purpose, request=request(need), age_band="adult")
        if woman:
            form |= {"person": woman.id, "identity": woman.identity(), "contact": woman.contact(), "consents": list(consents)}
            form |= {label: part(label) for label in labels if label in _PARTS}
        return form | more

    def concern(self, woman: Woman, to: str) -> Record:
        """The project fears for her and says so to another agency, whatever she said about treatment."""
        asked = {"needs": ["safety"], "urgency": "now"}
        form = self._form("referral", to=to, purpose="safeguarding", request=asked, age_band="adult", person=woman.id)
        return form | {"identity": woman.identity(), "safety": part("safety"), "told": "told"}

    def correction(self, record: str, label: str) -> Record:
        """Something in a record of ours was wrong."""
        return self._form("correction", corrects=record, labels=[label], why="mixed_up_with_another", age_band="adult")

    def arrest(self, woman: Woman) -> Record:
        """The police offer her name to the CJIT, which offers her help; she need not take it."""
        form = self._form("referral", to=CJIT, purpose="arrest_referral", request={"needs": ["support"], "urgency": "now"})
        basis = {
            "article_6": "public_task", "article_9_or_10": "unlawful_acts", "confidence": "public_interest",
            "gateway": "crime_and_disorder_act_115",
        }  # fmt: skip
        return form | {"identity": woman.identity(), "offending": part("offending"), "basis": basis, "age_band": "adult"}

    def nameless(self) -> Record:
        """Somebody asks for help and for nobody to know."""
        return self.referral(None, "support") | {"basis": {"confidence": "implied_direct_care"}}

    def proposal(self, woman: Woman, to: str, reason: str, consents: tuple[str, ...]) -> Record:
        """Will you lead?"""
        asked = request("case_management")
        form = self._form("lead_propose", person=woman.id, to=to, reason=reason, request=asked, age_band="adult")
        prose = {"text": f"{woman.forename} comes in the mornings and asks for the same worker.", "read_by": "worker_2"}
        return form | {"identity": woman.identity(), "free_text": prose, "consents": list(consents)}

    def script(self, woman: Woman, move: str, **more: Any) -> Record:
        """A step of a prescription."""
        return self.step(woman.id, move, **more)

    def step(self, person: str, move: str, **more: Any) -> Record:
        """The same, for a patient who is none of the cast."""
        return self._form("script", person=person, move=move, **more)

    def attendance(self, to: str, engagement: str, woman: Woman | None = None, **more: Any) -> Record:
        """Whether she came."""
        attendance = {"appointment": "2026-03-04", "result": "attended", "engagement": engagement, "session": 1}
        form = self._form("attendance", to=to, attendance=attendance, engagement=engagement, age_band="adult")
        return form | ({"person": woman.id} if woman else {}) | more

    def incident(self, purpose: str, **more: Any) -> Record:
        """A report of violence, at the level she chose."""
        incident = {"what": ["robbery", "threat"], "area": "station_quarter", "month": "2026-03", "vehicle": "dark van"}
        return self._form("incident", to=POLICE, purpose=purpose, incident=incident, age_band="adult") | more


def request(need: str) -> Record:
    """What is asked for."""
    return {"needs": [need, "canary_request"], "urgency": "soon"}


def part(label: str) -> Record:
    """A compartment as a form has it."""
    return dict(_PARTS[label])


def prescribing() -> Record:
    """What one prescriber tells another: drug, dose, dates."""
    return {
        "drug": "methadone", "daily_dose_milligrams": 40, "supervised": True, "started": "2026-02-16",
        "last_dose": "2026-03-04", "last_dose_milligrams": 40,
    }  # fmt: skip
