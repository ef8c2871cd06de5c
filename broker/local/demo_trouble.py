"""The second half of the week in Ashby: lines go dark, two prescribers start at once, somebody tries the door, checks fail.

Everything that breaks here is really broken: programs are stopped and killed, forged bytes are really sent.
Leaves out the first half (``demo_week``) and the report (``demo_report``).
"""

import time
from collections import Counter
from typing import Final

from broker.local.demo_asked_again import a_service_is_new, the_lead_is_asked_again
from broker.local.demo_cast import Woman
from broker.local.demo_forms import CJIT, DRUGS, HOUSING, PROJECT, SARC, prescribing
from broker.local.demo_hostile import INSIDER, attacks, send_all
from broker.local.demo_notes import Week
from broker.local.demo_rotated import references_were_seen
from broker.local.demo_taken_back import after_it_arrived, takes_back
from broker.local.system import CONSENTS

# The demonstration's agreements let a permit stand for twenty seconds; what lies longer is decided again.
PERMIT_SECONDS: Final = 20.0
_CLEARED: Final = "cleared"


def wednesday_noon(week: Week) -> None:
    """Housing's adapter stops with referrals on their way to it; one of the women takes her consent back meanwhile."""
    stage = week.stage
    week.system.stop_one(HOUSING)
    week.dark_since = time.monotonic()
    # Not those whose consents Tuesday was about: what is taken back here would be taken back there, too.
    clients = [woman for woman in week.women if PROJECT in woman.known_at][20:]
    women = [woman for woman in clients if HOUSING not in woman.known_at][:4]
    week.late = (women, week.referred(PROJECT, [(woman, "housing") for woman in women]))
    stage.until("the broker to have them", lambda: all(stage[PROJECT].receipt(one) for one in week.late[1]))
    takes_back(week, PROJECT, women[0], HOUSING)
    week.say(f"housing's line is down with {len(women)} referrals on their way; {women[0].name} takes her consent back")


def thursday(week: Week) -> None:
    """Two prescribers start with one woman in the same moment; a planned transfer; one who goes on in spite of the guard."""
    both = week.pick(3, at=(PROJECT, DRUGS))
    _at_once(week, both[0])
    _planned(week, both[1])
    _in_spite(week, both[2])


def _at_once(week: Week, woman: Woman) -> None:
    forms, stage = week.forms, week.stage
    desks = (DRUGS, PROJECT)
    reserve = {agency: forms.script(woman, "reserve") for agency in desks}
    stage.play_all({agency: [form] for agency, form in reserve.items()}, due=time.time_ns() // 1_000_000 + 400)
    stage.until("both answers", lambda: all(stage[agency].said(reserve[agency]["id"], "guard") for agency in desks))
    said = {agency: stage[agency].said(reserve[agency]["id"], "guard") or {} for agency in desks}
    winners = [agency for agency in desks if said[agency]["answer"] == _CLEARED]
    week.promise("Two prescribers started at the same moment: exactly one was cleared", len(winners) == 1, len(winners))
    if len(winners) != 1:
        return
    loser = next(agency for agency in desks if agency not in winners)
    rings = said[loser].get("agency")
    week.promise("The other was told whom to ring", rings == winners[0], rings)
    stage.play(winners[0], forms.script(woman, "confirm", continues=reserve[winners[0]]["id"]))
    week.told.append(
        f"Two prescribers started with {woman.name} in the same moment. One was cleared; the other heard "
        f"'{said[loser]['answer'].replace('_', ' ')}' and was told to ring the first before starting."
    )
    week.say(f"two prescribers start with {woman.name} in the same moment: one is cleared, the other is told whom to ring")


def _planned(week: Week, woman: Woman) -> None:
    forms, stage = week.forms, week.stage
    start = forms.script(woman, "reserve")
    stage.play(PROJECT, start)
    stage.play(PROJECT, forms.script(woman, "confirm", continues=start["id"]))
    consent = forms.consent(woman, "prescribing_safety", DRUGS, ("prescribing", "identity"))
    stage.play(PROJECT, consent)
    transfer = forms.script(
        woman, "transfer", to=DRUGS, prescribing=prescribing(), identity=woman.identity(), continues=start["id"],
        consents=[consent["consent"]], age_band="adult",
    )  # fmt: skip
    stage.play(PROJECT, transfer)
    taken_over = forms.script(woman, "confirm")
    stage.play(DRUGS, taken_over)
    verdicts = [week.verdict(PROJECT, transfer["id"])[0], week.verdict(DRUGS, taken_over["id"])[0]]
    week.promise("A planned transfer of a prescription is not blocked", verdicts == ["delivered", "delivered"], verdicts)
    stage.play(DRUGS, forms.script(woman, "end"))


def _in_spite(week: Week, woman: Woman) -> None:
    forms, stage = week.forms, week.stage
    start = forms.script(woman, "reserve")
    stage.play(DRUGS, start)
    stage.play(DRUGS, forms.script(woman, "confirm", continues=start["id"]))
    override = forms.script(woman, "override", by="doctor_3", why="withdrawal_risk")
    stage.play(PROJECT, override)
    stage.until("the alert", lambda: any(one["alert"] == "script_overridden" for one in stage[DRUGS].alerts))
    answer = (stage[PROJECT].said(override["id"], "guard") or {}).get("answer")
    week.promise(
        "Care is never refused: an override goes on, named, and the other prescriber is told", answer == "overridden", answer
    )
    week.told.append(
        f"A doctor of the project went on with {woman.name} in spite of a live prescription: named, with a reason, written "
        "into the log, and the drug service was told at once."
    )


def friday(week: Week) -> None:
    """Somebody at the CJIT's machine forges and breaks messages, and sends them through its account."""
    tried = attacks(week.system.folder / "keys")
    wanted = Counter(reason.value for _, reason, _ in tried)
    refusals = "SELECT reason FROM refusal WHERE sender = ?"
    before = Counter(row["reason"] for row in week.stores.broker.rows(refusals, (INSIDER,)))
    send_all(week.system.url(INSIDER), [body for _, _, body in tried])

    def answered() -> Counter[str]:
        return Counter(row["reason"] for row in week.stores.broker.rows(refusals, (INSIDER,))) - before

    week.stage.until("a refusal for each forged or broken message", lambda: answered().total() >= len(tried))
    week.promise("Each forged or malformed message was refused, each with its own code", answered() == wanted, answered())
    week.attacks = [(words, reason) for words, reason, _ in tried]
    week.say(f"{len(tried)} forged and broken messages are sent from the CJIT's machine; {len(tried)} are refused")
    references_were_seen(week)


def friday_night(week: Week) -> None:
    """With the consent service gone nothing passes, everybody is told so, and all of it goes on when it is back."""
    forms, stage = week.forms, week.stage
    woman = next(woman for woman in week.women if PROJECT in woman.known_at and DRUGS not in woman.known_at)
    consents = week.consented(PROJECT, woman, "drug_treatment")
    for name in CONSENTS:
        week.system.kill(name)
    referral, check = forms.referral(woman, "drug_treatment", consents), forms.check(woman, within=5)
    stage[PROJECT].write([referral])
    stage[CJIT].write([check])

    def held() -> bool:
        last = stage[PROJECT].receipt(referral["id"]) or {}
        return last.get("state") == "held" and str(last.get("reason")).startswith("SYS-01")

    stage.until("the sender to hear that no check can be made", held)
    stage.until("the check's answer", lambda: stage[CJIT].said(check["id"], "caseload_answer") is not None)
    answer = str((stage[CJIT].said(check["id"], "caseload_answer") or {}).get("status"))
    passed = any(one["id"] == stage[PROJECT].message_of(referral["id"]) for one in stage[DRUGS].arrived)
    week.promise("While no check can be made nothing passes, and the sender is told", not passed)
    week.promise(
        "Silence is never 'not known': a check that cannot be made answers 'cannot say'", answer == "cannot_say", answer
    )
    for name in CONSENTS:
        week.system.restart(name, wait=name == CONSENTS[-1])
    stage.final({PROJECT: [referral["id"]]})
    state, reason = week.verdict(PROJECT, referral["id"])
    week.promise("When the consent service is back, what waited goes on by itself", state == "delivered", reason or state)
    stage.answered(PROJECT, [referral["id"]], {"accepted", "declined"})
    week.say("the consent service is killed: a referral waits, a check answers 'cannot say'; back again, it goes on by itself")


def saturday(week: Week) -> None:
    """The SARC refers on somebody without a name; the drug service's own system is down for a while, and catches up.

    The broker is started again meanwhile, with a newer list of services.
    """
    forms, stage = week.forms, week.stage
    a_service_is_new(week)
    anonymous = forms.nameless()
    stage.play(SARC, anonymous)
    message = stage[SARC].message_of(anonymous["id"])
    came = [one for one in stage[PROJECT].arrived if one["id"] == message]
    nameless = bool(came) and came[0]["person"] is None and "identity" not in came[0]
    week.promise("The SARC's referral arrived without anything that points to her", nameless)
    woman = next(woman for woman in reversed(week.women) if PROJECT in woman.known_at and DRUGS not in woman.known_at)
    stage[DRUGS].outage(2.5)
    written = week.referred(PROJECT, [(woman, "drug_treatment")])
    the_lead_is_asked_again(week)
    stage.final({PROJECT: written})
    stage.answered(PROJECT, written, {"accepted", "declined"})
    state, reason = week.verdict(PROJECT, written[0])
    after_it_arrived(week, woman, written[0])
    week.promise("An agency whose own system was down got everything when it came back", state == "delivered", reason or state)
    week.say("the SARC refers somebody on without a name; the drug service's system is down for a while, and catches up")


def sunday(week: Week) -> None:
    """Housing comes back to permits that no longer stand: each is decided again, and what she took back is not handed over."""
    stage, (women, records) = week.stage, week.late
    left = PERMIT_SECONDS + 1.0 - (time.monotonic() - week.dark_since)
    if left > 0:
        time.sleep(left)
    week.system.restart(HOUSING)
    stage.final({PROJECT: records})
    first, *others = [week.verdict(PROJECT, record) for record in records]
    arrived = {one["id"] for one in stage[HOUSING].arrived}
    kept = first[0] == "refused" and first[1].startswith("CON-03") and stage[PROJECT].message_of(records[0]) not in arrived
    week.promise("A consent taken back stopped a message that was already on its way", kept, first)
    delivered = all(state == "delivered" for state, _ in others)
    week.promise("What came too late to be opened was decided again and arrived", delivered, [state for state, _ in others])
    stage.answered(PROJECT, records[1:], {"accepted", "declined"})
    week.say(f"housing is back: {len(others)} referrals are decided again and arrive; {women[0].name}'s does not")
    _holds_end(week)


def _holds_end(week: Week) -> None:
    """A hold that nobody acted on ends as a refusal, never as a release."""
    stage = week.stage
    held = [record for record in stage[PROJECT].told if any(one.get("state") == "held" for one in stage[PROJECT].told[record])]
    stage.final({PROJECT: held})
    ends = Counter(" ".join(week.verdict(PROJECT, record)) for record in held)
    never_asked = [record for record in held if week.verdict(PROJECT, record)[1].startswith("HLD-01")]
    arrived = {one["id"] for desk in stage.desks.values() for one in desk.arrived}
    leaked = [record for record in never_asked if stage[PROJECT].message_of(record) in arrived]
    week.promise("A hold that nobody acted on ended as a refusal", bool(never_asked) and not leaked, dict(ends))
