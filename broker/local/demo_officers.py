"""A Tuesday afternoon in Ashby about what officers decide: a concern that waits for a safeguarding lead, and a second try.

Each decides with a key of her own, through ``./run holds act``. Leaves out: the broken glass (``demo_glass``).
"""

from typing import Final

from broker.local.demo_cast import Woman
from broker.local.demo_commands import BROKER, DESK, said, typed_at_once
from broker.local.demo_forms import DRUGS, PROJECT
from broker.local.demo_notes import Week
from broker.local.demo_stage import Record

# Named people of the demonstration's key directory, of the project and of the drug service.
DUTY_LEAD: Final = "w_tilling"
SAFEGUARDING_LEAD: Final = "f_osgodby"
GOVERNANCE_OFFICER: Final = "v_marchmont"
HEADING: Final = "What officers decided"


def tuesday_afternoon(week: Week) -> None:
    """A concern for somebody who said no, and a second try with somebody whom nobody asked: an officer looks at each."""
    forms, stage, feared_for, unasked = week.forms, week.stage, week.said_no, week.never_asked
    assert feared_for is not None, "she said no on Tuesday morning"
    assert unasked is not None, "nobody asked her on Tuesday morning"
    concern = forms.concern(feared_for, DRUGS)
    again = forms.referral(unasked, "drug_treatment") | {"basis": {"confidence": "implied_direct_care"}}
    first, second = _wait(week, [concern, again])
    wrong, right, no = typed_at_once(week.system, DESK, [
        _act(first, "approve", DUTY_LEAD, "the worker is certain"),
        _act(first, "approve", SAFEGUARDING_LEAD, "read with the worker; the danger is real"),
        _act(second, "refuse", GOVERNANCE_OFFICER, "nobody asked her; ask her"),
    ])  # fmt: skip
    # The second half of ./run holds act: her act is written down, and now the broker asks again.
    typed_at_once(week.system, BROKER, [["holds", "ask", message] for message in (first, second)])
    stage.final({PROJECT: [concern["id"], again["id"]]})
    went, stayed = (week.verdict(PROJECT, record["id"]) for record in (concern, again))
    counted = (wrong.returncode, right.returncode) == (1, 0)
    week.promise("What waited for a safeguarding lead went on her signed word, and on nobody else's",
                 counted and went[0] == "delivered", (said(wrong), said(right), went))  # fmt: skip
    refused = no.returncode == 0 and stayed[0] == "refused" and stayed[1].startswith("HLD-02")
    week.promise("What was refused and came again on another basis waited for a governance officer, who refused it",
                 refused, (said(no), stayed))  # fmt: skip
    _tell(week, feared_for, unasked)


def _tell(week: Week, feared_for: Woman, unasked: Woman) -> None:
    week.tell(
        HEADING,
        f"A concern for {feared_for.name} waited. The duty lead's word did not count; the safeguarding lead's did, and it was "
        "decided anew with her act beside it, and went.",
    )
    week.tell(
        HEADING,
        f"A treatment referral about {unasked.name} was refused in the morning, because nobody had asked her, and came again "
        "in the afternoon on another basis. A governance officer looked, and refused it.",
    )
    week.say(f"a concern for {feared_for.name} waits; the duty lead may not let it go, the safeguarding lead may, and does")
    week.say(f"{unasked.name} was never asked; what was refused for it comes again on another basis, and an officer says no")


def _wait(week: Week, records: list[Record]) -> list[str]:
    """Send records that must wait; the messages they became."""
    desk = week.stage[PROJECT]
    desk.write(records)

    def held() -> bool:
        return all((desk.receipt(record["id"]) or {}).get("state") == "held" for record in records)

    week.stage.until("two messages to wait for an officer", held)
    return [desk.message_of(record["id"]) or "" for record in records]


def _act(message: str, decision: str, person: str, why: str) -> list[str]:
    return ["holds", "act", message, decision, "--person", person, "--reason", why]
