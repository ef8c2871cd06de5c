"""The first half of the week in Ashby: the caseloads as they stand, a night in custody, referrals, court day.

Each scene writes forms at desks, waits for what the workers there are told, and notes which promise it saw kept.
Leaves out the second half, when things go wrong on purpose (``demo_trouble``).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from broker.local.demo_cast import Woman
from broker.local.demo_forms import CJIT, DRUGS, HOUSING, NEEDS, POLICE, PROJECT, Forms, part
from broker.local.demo_stage import Desk, Record, Stage
from broker.local.stores import Stores
from broker.local.system import System

LIKE_ANY: Final = ("same", "alias", "swapped_date", "no_date", "misspelt")


@dataclass
class Promise:
    """Something that had to be so, and whether it was."""

    text: str
    kept: bool
    seen: str = ""


@dataclass
class Week:
    """What the scenes share: the desks, the women, and what was seen so far."""

    stage: Stage
    women: list[Woman]
    story: Mapping[str, Any]
    system: System
    stores: Stores
    say: Callable[[str], None]
    forms: Forms = field(default_factory=Forms)
    promises: list[Promise] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    """What the guards stopped, in sentences, for the report."""
    leaders: dict[str, str] = field(default_factory=dict)
    """Woman to the agency that leads, as the desks were told."""
    followed: tuple[str, str] | None = None
    """The referral whose way the report tells: agency and record."""
    dark_since: float = 0.0
    late: tuple[list[Woman], list[str]] = field(default_factory=lambda: ([], []))
    """Who was referred while the housing office was dark, and the referrals."""
    attacks: list[tuple[str, str]] = field(default_factory=list)
    """What was tried on Friday, and the code that answered it."""

    def __post_init__(self) -> None:
        self._taken: set[int] = set()

    def promise(self, text: str, kept: bool, seen: object = "") -> None:
        """Note a promise and whether it was kept."""
        self.promises.append(Promise(text, kept, str(seen)))

    def pick(self, count: int, *, at: tuple[str, ...] = (), not_at: tuple[str, ...] = ()) -> list[Woman]:
        """Women whom these agencies know by the same spelling and those do not know, each in one set piece only."""
        fits = [
            woman
            for woman in self.women
            if woman.number not in self._taken
            and all(woman.known_at.get(agency) == "same" for agency in at)
            and not any(agency in woman.known_at for agency in not_at)
        ]
        if len(fits) < count:
            raise ValueError(f"the cast has only {len(fits)} of the {count} women this scene needs: choose another seed")
        self._taken |= {woman.number for woman in fits[:count]}
        return fits[:count]

    def verdict(self, agency: str, record: str) -> tuple[str, str]:
        """State and reason of the last word on a record."""
        last = self.stage[agency].receipt(record) or {}
        return str(last.get("state") or last.get("type", "")), str(last.get("reason") or last.get("code") or "")

    def consented(self, desk: Desk, woman: Woman, need: str, **more: Any) -> str:
        """Her yes to one referral, recorded at this desk; the consent's own id."""
        to, purpose, labels = NEEDS[need]
        form = self.forms.consent(woman, purpose, to, labels, **more)
        self.stage.play(desk.agency, form)
        return str(form["consent"])

    def referred(self, agency: str, pairs: list[tuple[Woman, str]], **more: Any) -> list[str]:
        """Ask each woman, then refer her; the referrals' ids, not waited for."""
        consents = [self.forms.consent(woman, NEEDS[need][1], NEEDS[need][0], NEEDS[need][2]) for woman, need in pairs]
        self.stage.play(agency, *consents)
        forms = [
            self.forms.referral(woman, need, (form["consent"],)) | more
            for (woman, need), form in zip(pairs, consents, strict=True)
        ]
        return self.stage[agency].write(forms)


def monday(week: Week) -> None:
    """Every agency registers whom it knows, under the spelling it has; then the caseloads are opened, each after its check."""
    forms, stage, sizes = week.forms, week.stage, week.story["caseloads"]
    people: dict[str, list[Record]] = {}
    for woman in week.women:
        for agency, variant in woman.known_at.items():
            people.setdefault(agency, []).append(forms.person(woman, variant))
    stage.play_all(people)
    week.say(f"{sum(map(len, people.values()))} registrations at {len(people)} agencies, of {len(week.women)} women")

    led = week.pick(sizes["drugs_supplementary"], at=(PROJECT, DRUGS))
    led += week.pick(sizes["project_leads"] - len(led), at=(PROJECT,), not_at=(DRUGS, HOUSING))
    in_treatment = week.pick(sizes["drugs_leads"], at=(DRUGS,), not_at=(PROJECT,))
    closed = week.pick(sizes["project_closed"], at=(PROJECT,), not_at=(DRUGS,))
    opened = opened_as_lead(week, {PROJECT: led + closed, DRUGS: in_treatment})
    supplementary = [forms.open(woman, "supplementary") for woman in led[: sizes["drugs_supplementary"]]]
    stage.play(DRUGS, *supplementary)
    stage.play(PROJECT, *[forms.close(woman) for woman in closed])
    for woman in closed:
        week.leaders.pop(woman.id)
    week.say(f"{len(opened)} cases opened, {len(supplementary)} of them joined by the drug service, {len(closed)} closed again")
    unchecked = stage.play(PROJECT, forms.open(week.pick(1, at=(PROJECT,), not_at=(DRUGS,))[0], "lead"))[0]
    state, reason = week.verdict(PROJECT, unchecked)
    week.promise("No case is opened as lead without a caseload check before it", reason.startswith("DUP-07"), reason or state)


def opened_as_lead(week: Week, by_agency: dict[str, list[Woman]], presentation: str = "drop_in") -> list[str]:
    """Check, then open as lead with the check's number."""
    checks = {
        agency: [week.forms.check(woman, woman.known_at.get(agency, "same"), presentation=presentation) for woman in women]
        for agency, women in by_agency.items()
    }
    week.stage.play_all(checks)
    opens = {
        agency: [week.forms.open(woman, "lead", check["id"]) for woman, check in zip(women, checks[agency], strict=True)]
        for agency, women in by_agency.items()
    }
    records = week.stage.play_all(opens)
    for agency, women in by_agency.items():
        for woman, form in zip(women, opens[agency], strict=True):
            if week.verdict(agency, form["id"])[0] == "delivered":
                week.leaders[woman.id] = agency
    return records


def monday_night(week: Week) -> None:
    """Arrests: the police refer to the CJIT, the CJIT asks who holds her, and opens or joins as the answer says."""
    forms, stage = week.forms, week.stage
    stage[CJIT].habit(answer_referrals="ignore")
    newcomer = week.pick(1, not_at=(PROJECT, DRUGS, HOUSING, CJIT))[0]
    led_by_project = [woman for woman in week.women if week.leaders.get(woman.id) == PROJECT and CJIT not in woman.known_at]
    closed = [
        woman
        for woman in week.women
        if any(one["type"] == "case_close" and one["person"] == woman.id for one in stage[PROJECT].put)
    ]
    says_no = led_by_project[1]
    refusal = forms.consent(says_no, "caseload_check", CJIT, ("request",), answer="refused")
    stage.play(PROJECT, refusal)
    arrested = [newcomer, led_by_project[0], says_no, *closed[:1], *led_by_project[2:3]][: week.story["arrests"]]
    came = [forms.arrest(woman) for woman in arrested]
    stage.play(POLICE, *came)
    stage.play(CJIT, *[forms.person(woman, "same") for woman in arrested if CJIT not in woman.known_at])
    checks = [forms.check(woman) for woman in arrested]
    stage.play(CJIT, *checks)
    stage.until("the answers", lambda: all(stage[CJIT].said(check["id"], "caseload_answer") for check in checks))
    answers = [str((stage[CJIT].said(check["id"], "caseload_answer") or {})["status"]) for check in checks]
    heard = [f"{woman.name} {answer.replace('_', ' ')}" for woman, answer in zip(arrested, answers, strict=True)]
    week.say(f"{len(arrested)} arrests; the CJIT asks, and hears: {', '.join(heard)}")
    week.promise("All four answers to a caseload check were given", len(set(answers)) == 4, ", ".join(sorted(set(answers))))
    week.promise("Who said no to being named is 'cannot say', not 'not known'", answers[2] == "cannot_say", answers[2])
    _open_after_custody(week, arrested, checks, answers)


def _open_after_custody(week: Week, arrested: list[Woman], checks: list[Record], answers: list[str]) -> None:
    opens = []
    for woman, check, answer in zip(arrested, checks, answers, strict=True):
        role = "supplementary" if answer == "active" else "lead"
        opens.append((woman, week.forms.open(woman, role, check["id"])))
    week.stage.play(CJIT, *[form for _, form in opens])
    for (woman, form), answer in zip(opens, answers, strict=True):
        state, reason = week.verdict(CJIT, form["id"])
        if form["role"] == "lead" and state == "delivered":
            week.leaders[woman.id] = CJIT
        if answer == "cannot_say":
            kept = reason.startswith("CAS-04")
            week.promise("Never two leads: the CJIT could not open as lead what another agency leads", kept, reason or state)
            week.told.append(
                f"The CJIT heard 'cannot say' about {woman.name} and tried to open her case as lead. Another agency leads; "
                "the guard refused, and the CJIT may join as supplementary or ask for the lead."
            )


def tuesday(week: Week) -> None:
    """Referrals as the numbers have them: asked first, then sent; one bed too few, one thing too many, one word too early."""
    stage = week.stage
    stage[HOUSING].habit(answer_referrals="by_needs", decline_needs=str(week.story["declines"]["housing_need"]))
    clients = [woman for woman in week.women if PROJECT in woman.known_at]
    pairs = [(woman, need) for woman in clients[:14] for need in woman.needs[:1]]
    written = week.referred(PROJECT, pairs)
    beds = clients[14:17]
    full = week.referred(
        PROJECT, [(woman, "housing") for woman in beds], request={"needs": ["housing", "crisis_bed"], "urgency": "now"}
    )
    stage.final({PROJECT: [*written, *full]})
    stage.answered(PROJECT, [*written, *full], {"accepted", "declined"})
    said = [record["answer"] for record in stage[PROJECT].arrived if record.get("answer") in {"accepted", "declined"}]
    week.say(f"{len(said)} referrals answered: {said.count('accepted')} accepted, {said.count('declined')} declined")
    week.followed = (PROJECT, written[0])
    _too_much(week, clients[17], clients[18], clients[19])


def _too_much(week: Week, told: Woman, said_no: Woman, doubted: Woman) -> None:
    """What may not be told: her involvement without a consent of its own, anything after a no, anything to the police."""
    forms, stage = week.forms, week.stage
    consents = [week.consented(stage[PROJECT], woman, "housing") for woman in (told, doubted)]
    refusal = forms.consent(said_no, NEEDS["drug_treatment"][1], DRUGS, NEEDS["drug_treatment"][2], answer="refused")
    stage.play(PROJECT, refusal)
    waits = forms.referral(doubted, "housing", (consents[1],)) | {"capacity": "doubted"}
    stage[PROJECT].write([waits])
    with_involvement = forms.referral(told, "housing", (consents[0],)) | {"involvement": part("involvement")}
    refused = {
        "CON-02": (
            forms.referral(said_no, "drug_treatment", (refusal["consent"],)),
            "A referral after she said no was refused",
        ),
        "CON-01": (forms.referral(doubted, "drug_treatment"), "A referral that she was never asked about was refused"),
        "POL-01": (forms.referral(doubted, "support") | {"to": POLICE}, "A message about her to the police was refused"),
    }
    stage.play(PROJECT, with_involvement, *[form for form, _ in refused.values()])
    arrived = [record for record in stage[HOUSING].arrived if record["id"] == stage[PROJECT].message_of(with_involvement["id"])]
    minimised = bool(arrived) and "involvement" not in arrived[0] and "housing" in arrived[0]
    week.promise("Housing was told what it needs to place her, and not her involvement", minimised)
    for code, (form, text) in refused.items():
        state, reason = week.verdict(PROJECT, form["id"])
        week.promise(text, state == "refused" and reason.startswith(code), reason or state)
    held = stage[PROJECT].receipt(waits["id"]) or {}
    week.promise("Where her capacity was in doubt it waits for a worker, by a deadline", bool(held.get("owner")), held)
    week.say(f"housing hears nothing of {told.name}'s involvement; {said_no.name} said no; the police hear nothing at all")


def wednesday(week: Week) -> None:
    """Court day: attendance, as one word; the lead handed over, and not handed over; reports at the level she chose."""
    forms, stage = week.forms, week.stage
    bound = forms.attendance(POLICE, "condition")
    chosen = forms.attendance(POLICE, "voluntary")
    stage.play(CJIT, bound, chosen)
    state, reason = week.verdict(CJIT, chosen["id"])
    week.promise("A voluntary referral makes no compliance message", state == "refused" and reason.startswith("POL-09"), reason)
    _hand_over(week)
    _reports(week)


def _hand_over(week: Week) -> None:
    forms, stage = week.forms, week.stage
    stage[DRUGS].habit(answer_leads="decline")
    led = [woman for woman in week.women if week.leaders.get(woman.id) == CJIT]
    going, staying = led[0], led[1]
    consents = []
    for woman, to in ((going, PROJECT), (staying, DRUGS)):
        form = forms.consent(woman, "lead_allocation", to, ("request", "identity", "outcome"))
        stage.play(CJIT, form)
        consents.append(form["consent"])
    proposals = stage.play(
        CJIT,
        forms.proposal(going, PROJECT, "better_placed", (consents[0],)),
        forms.proposal(staying, DRUGS, "specialist_need", (consents[1],)),
    )
    stage.until(
        "the answers", lambda: len([one for one in stage[CJIT].arrived if one["type"] in {"lead_accept", "lead_decline"}]) == 2
    )
    answers = {one["answers"]: one["type"] for one in stage[CJIT].arrived if one["type"].startswith("lead_")}
    kept = answers.get(proposals[0]) == "lead_accept" and answers.get(proposals[1]) == "lead_decline"
    week.promise("The lead changes when the other agency accepts, and stays when it declines", kept, answers)
    if kept:
        week.leaders[going.id] = PROJECT
    week.say(f"the project takes the lead for {going.name}; the drug service declines, so the CJIT keeps {staying.name}")


def _reports(week: Week) -> None:
    forms, stage = week.forms, week.stage
    named = next(woman for woman in week.women if week.leaders.get(woman.id) == PROJECT and PROJECT in woman.known_at)
    consent = forms.consent(named, "crime_report", POLICE, ("incident", "identity", "contact"))
    stage.play(PROJECT, consent)
    anonymous = forms.incident("incident_intelligence")
    pointing = forms.incident("incident_intelligence", identity=named.identity())
    crime = forms.incident(
        "crime_report", person=named.id, identity=named.identity(), contact=named.contact(), consents=[consent["consent"]]
    )
    stage.play(PROJECT, anonymous, pointing, crime)
    verdicts = [week.verdict(PROJECT, form["id"]) for form in (anonymous, pointing, crime)]
    kept = [state for state, _ in verdicts] == ["delivered", "refused", "delivered"]
    week.promise(
        "An anonymous report passes, one that points to her does not, and a full one passes on her own word", kept, verdicts
    )
    week.say("three reports to the police: one without a name passes, one that points to her does not, one she wanted told")
