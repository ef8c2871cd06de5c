"""The first half of the week in Ashby: the caseloads as they stand, a night in custody, referrals, court day.

Each scene writes forms at desks, waits for what the workers there are told, and notes which promise it saw kept.
Leaves out the second half, when things go wrong on purpose (``demo_trouble``).
"""

from broker.local.demo_cast import Woman
from broker.local.demo_forms import CJIT, DRUGS, HOUSING, NEEDS, POLICE, PROJECT, part
from broker.local.demo_notes import Week
from broker.local.demo_stage import Record


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
    joining = led[: sizes["drugs_supplementary"]]
    asked = [forms.check(woman, woman.known_at.get(DRUGS, "same"), presentation="walk_in") for woman in joining]
    stage.play(DRUGS, *asked)
    supplementary = [forms.open(woman, "supplementary", check["id"]) for woman, check in zip(joining, asked, strict=True)]
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
    """What may not be told: anything after a no, anything she was never asked about, anything to the police."""
    forms, stage = week.forms, week.stage
    _involvement(week, told)
    week.said_no, week.never_asked = said_no, doubted
    waits = forms.referral(doubted, "housing", week.consented(PROJECT, doubted, "housing")) | {"capacity": "doubted"}
    stage[PROJECT].write([waits])
    refusal = forms.consent(said_no, NEEDS["drug_treatment"][1], DRUGS, NEEDS["drug_treatment"][2], answer="refused")
    stage.play(PROJECT, refusal)
    refused = {
        "CON-02": (
            forms.referral(said_no, "drug_treatment", (refusal["consent"],)),
            "A referral after she said no was refused",
        ),
        "CON-01": (forms.referral(doubted, "drug_treatment"), "A referral that she was never asked about was refused"),
        "POL-01": (forms.referral(doubted, "support") | {"to": POLICE}, "A message about her to the police was refused"),
    }
    stage.play(PROJECT, *[form for form, _ in refused.values()])
    for code, (form, text) in refused.items():
        state, reason = week.verdict(PROJECT, form["id"])
        week.promise(text, state == "refused" and reason.startswith(code), reason or state)
    held = stage[PROJECT].receipt(waits["id"]) or {}
    week.promise("Where her capacity was in doubt it waits for a worker, by a deadline", bool(held.get("owner")), held)
    week.say(f"housing hears nothing of {told.name}'s involvement; {said_no.name} said no; the police hear nothing at all")


def _involvement(week: Week, woman: Woman) -> None:
    """Her involvement is hers to tell: to the drug service she said yes, to housing nobody asked her."""
    forms, stage = week.forms, week.stage
    to_housing = forms.referral(woman, "housing", week.consented(PROJECT, woman, "housing"))
    to_drugs = forms.referral(woman, "drug_treatment", week.consented(PROJECT, woman, "drug_treatment", ("involvement",)))
    stage.play(PROJECT, *[form | {"involvement": part("involvement")} for form in (to_housing, to_drugs)])

    def parts(agency: str, record: str) -> set[str]:
        return {name for one in stage[agency].arrived if one["id"] == stage[PROJECT].message_of(record) for name in one}

    housing, drugs = parts(HOUSING, to_housing["id"]), parts(DRUGS, to_drugs["id"])
    minimised = "housing" in housing and "involvement" not in housing
    week.promise("Housing was told what it needs to place her, and not her involvement", minimised, sorted(housing))
    week.promise("The drug service was told of it, on a yes to exactly that", "involvement" in drugs, sorted(drugs))


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
    week.kept = staying
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
