"""A Saturday night in Ashby: life is in danger, nobody can ask her, and a duty lead breaks the glass (clause G4).

It is signed by two named people, told to their agency at once, and reviewed; while two wait for review a third is not broken.
Leaves out: every way in which it does not count, which the tests have.
"""

import json
from typing import Final

from broker.local.demo_commands import DESK, said, typed, typed_at_once
from broker.local.demo_forms import DRUGS, PROJECT
from broker.local.demo_notes import Week
from broker.local.demo_officers import DUTY_LEAD, GOVERNANCE_OFFICER, SAFEGUARDING_LEAD
from broker.local.demo_stage import Record

HEADING: Final = "The broken glass"
_LABELS: Final = "request,identity,drug_treatment"
_WHY: Final = ("found unconscious on the stairs", "hardly breathes; took something unknown", "fell; nobody knows what she took")


def saturday_night(week: Week) -> None:
    """Three times in one night: two go, the third waits for the reviews of the first two."""
    stage, her = week.stage, week.said_no
    assert her is not None, "she said no on Tuesday"
    others = [woman for woman in week.women if PROJECT in woman.known_at and DRUGS not in woman.known_at and woman != her]
    women = [her, *others[:2]]
    glasses = [done.stdout for done in typed_at_once(week.system, DESK, [_breaking(why) for why in _WHY])]
    broken: list[Record] = [
        week.forms.referral(woman, "drug_treatment") | {"glass": _read(glass)}
        for woman, glass in zip(women, glasses, strict=True)
    ]
    stage.play(PROJECT, *broken[:2])
    stage.play(PROJECT, broken[2])
    went = [week.verdict(PROJECT, record["id"]) for record in broken]
    messages = [stage[PROJECT].message_of(record["id"]) or "" for record in broken[:2]]
    stage.until("the project to be told that its glass was broken", lambda: set(messages) <= _told(week))
    stopped = [state for state, _ in went] == ["delivered", "delivered", "refused"] and went[2][1].startswith("BRK-07")
    bare = [one for one in stage[PROJECT].alerts if one["alert"] == "glass_broken" and not one.get("person")]
    week.promise("What two named people broke the glass for went, and their agency was told, without a word of her",
                 went[0][0] == "delivered" and len(bare) == 2, went)  # fmt: skip
    week.promise("While two wait for their review nobody there breaks the glass again", stopped, went)
    _reviews(week, messages)
    week.say(f"{women[0].name} is found unconscious; two people sign, and the drug service is told what will save her")


def _breaking(why: str) -> list[str]:
    return [
        "glass", "break", "--to", DRUGS, "--labels", _LABELS, "--emergency", "overdose", "--hours", "2",
        "--person", DUTY_LEAD, "--second", SAFEGUARDING_LEAD, "--reason", why,
    ]  # fmt: skip


def _reviews(week: Week, messages: list[str]) -> None:
    """A governance officer who took no part looks at both; until then no month closes."""
    before = typed(week.system, DESK, "glass", "list")
    findings = zip(messages, ("justified", "not_justified"), strict=True)
    review = ("--person", GOVERNANCE_OFFICER, "--reason", "read with both who signed")
    reviewed = typed_at_once(week.system, DESK, [["glass", "review", message, found, *review] for message, found in findings])
    after = typed(week.system, DESK, "glass", "list")
    kept = before.returncode == 1 and after.returncode == 0 and not any(done.returncode for done in reviewed)
    week.promise("Every broken glass was reviewed by somebody who took no part, and no month closes before", kept,
                 (said(before), *map(said, reviewed), said(after)))  # fmt: skip
    for line in before.stdout.splitlines():
        week.tell(HEADING, line)
    week.tell(HEADING, "A third was refused while these two waited. Then a governance officer who took no part reviewed both.")


def _told(week: Week) -> set[str | None]:
    return {one["message"] for one in week.stage[PROJECT].alerts if one["alert"] == "glass_broken"}


def _read(printed: str) -> Record:
    """What the command printed, as a worker pastes it into her form."""
    glass: Record = json.loads(printed)
    return glass
