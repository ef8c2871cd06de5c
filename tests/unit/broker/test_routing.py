"""Which message answers which, and which step stands once in a conversation."""

from dataclasses import replace

import pytest

from broker.routing import ANSWERS, Answered, misplaced, step_key, takes_back
from contracts.envelope import Header, read_submission
from contracts.kinds import Kind
from contracts.vocabulary import Reason
from tests.factories import letter, seal_letter

CJIT, PROJECT, HOUSING = "cjit-ashby", "project-ashby", "housing-ashby"
TALK = "a0" * 16
MADE = Answered(CJIT, PROJECT, Kind.REFERRAL_MADE, TALK, "delivered")


def header(kind: Kind, sender: str = PROJECT, recipient: str = CJIT) -> Header:
    made = letter(kind, sender, recipient=recipient, role="intake", conversation=TALK, in_reply_to="ab" * 16)
    return read_submission(seal_letter(made)).header


CASES: dict[str, tuple[Kind, Answered | None, bool]] = {
    "the recipient answers": (Kind.REFERRAL_ACCEPTED, MADE, True),
    "before its receipt came": (Kind.REFERRAL_ACCEPTED, replace(MADE, state="sent"), True),
    "after it was thought expired": (Kind.REFERRAL_ACCEPTED, replace(MADE, state="expired"), True),
    "not what was never sent": (Kind.REFERRAL_ACCEPTED, replace(MADE, state="held"), False),
    "not what was refused": (Kind.REFERRAL_ACCEPTED, replace(MADE, state="refused"), False),
    "not what went to another": (Kind.REFERRAL_ACCEPTED, replace(MADE, recipient=HOUSING), False),
    "not to another than who asked": (Kind.REFERRAL_ACCEPTED, replace(MADE, sender=HOUSING), False),
    "not in another conversation": (Kind.REFERRAL_ACCEPTED, replace(MADE, conversation="b0" * 16), False),
    "not what nobody sent": (Kind.REFERRAL_ACCEPTED, None, False),
    "a lead is not accepted by answering a referral": (Kind.LEAD_ACCEPTED, MADE, False),
    "nor a referral by answering a proposal": (Kind.REFERRAL_ACCEPTED, replace(MADE, kind=Kind.LEAD_PROPOSED), False),
    "one takes back one's own": (Kind.REFERRAL_WITHDRAWN, replace(MADE, sender=PROJECT, recipient=CJIT), True),
    "not one's own that was refused": (
        Kind.REFERRAL_COMPLETED,
        replace(MADE, sender=PROJECT, recipient=CJIT, state="refused"),
        False,
    ),
    "and not another's": (Kind.REFERRAL_WITHDRAWN, replace(MADE, sender=HOUSING), False),
    "what begins a conversation answers nothing": (Kind.REFERRAL_MADE, None, True),
}


@pytest.mark.parametrize("case", CASES)
def test_a_message_has_its_place(case: str) -> None:
    kind, answered, fits = CASES[case]
    assert misplaced(header(kind), answered) == (None if fits else Reason.NO_CONVERSATION)


OWN = replace(MADE, sender=PROJECT, recipient=CJIT, state="held")
STILL_HERE: dict[str, tuple[Kind, Answered, bool, Reason | None]] = {
    "held for an officer": (Kind.REFERRAL_WITHDRAWN, OWN, True, Reason.NOT_ITS_TURN),
    "waiting for a check": (Kind.REFERRAL_WITHDRAWN, replace(OWN, state="waiting"), True, Reason.NOT_ITS_TURN),
    "waiting for room": (Kind.REFERRAL_WITHDRAWN, replace(OWN, state="queued"), True, Reason.NOT_ITS_TURN),
    "on its way": (Kind.REFERRAL_WITHDRAWN, replace(OWN, state="sent"), False, None),
    "arrived": (Kind.REFERRAL_WITHDRAWN, replace(OWN, state="delivered"), False, None),
    "ended": (Kind.REFERRAL_WITHDRAWN, replace(OWN, state="refused"), False, Reason.NO_CONVERSATION),
    "completed and not withdrawn": (Kind.REFERRAL_COMPLETED, OWN, False, Reason.NOT_ITS_TURN),
    "an answer and not a referral": (
        Kind.REFERRAL_WITHDRAWN, replace(OWN, kind=Kind.REFERRAL_ACCEPTED), False, Reason.NOT_ITS_TURN,
    ),
    "another's": (Kind.REFERRAL_WITHDRAWN, replace(OWN, sender=HOUSING), False, Reason.NO_CONVERSATION),
    "of another conversation": (
        Kind.REFERRAL_WITHDRAWN, replace(OWN, conversation="b0" * 16), False, Reason.NO_CONVERSATION,
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", STILL_HERE)
def test_what_has_not_left_is_taken_back_here_and_nothing_overtakes_it(case: str) -> None:
    kind, answered, taken_back, place = STILL_HERE[case]
    assert (takes_back(header(kind), answered), misplaced(header(kind), answered)) == (taken_back, place)


def test_a_step_is_known_by_conversation_kind_and_both_agencies() -> None:
    made = header(Kind.REFERRAL_MADE)
    others = [
        made.model_copy(update=change)
        for change in (
            {"conversation": "b0" * 16},
            {"kind": Kind.REFERRAL_ACCEPTED},
            {"sender": HOUSING},
            {"recipient": HOUSING},
        )
    ]
    assert len({step_key(each) for each in (made, *others)}) == 5
    assert step_key(made) == step_key(made.model_copy(update={"id": "b0" * 16}))


def test_what_happens_again_by_its_nature_is_no_step() -> None:
    assert step_key(header(Kind.ATTENDANCE_REPORTED)) is None
    assert step_key(header(Kind.INCIDENT_REPORTED)) is None
    assert all(step_key(header(kind)) for kind in ANSWERS)
