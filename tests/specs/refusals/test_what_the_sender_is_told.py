"""A message that is not in order: which code, and in what words. The same table as officers and integrators read."""

import pytest

from contracts.canonical import MalformedError
from contracts.envelope import check_addressee, check_signature, check_times, read_submission
from contracts.kinds import Kind
from contracts.reasons import Reason
from contracts.sentences import sentence
from tests.factories import partnership
from tests.hostile.faults import FAULTS
from tests.hostile.messages import Bad, Workshop

title = "A message that is not in order is refused with its own code, and its sender is told what to do next"
rules: set[str] = set()

# The fault in plain words, as it stands in tests/hostile/faults.py; the code; what the sender reads.
ASK_WHOEVER = "The message was not in the agreed form. Ask whoever looks after your adapter; nothing was passed on."
AGAIN = "Take the current key directory and send again."
CASES: dict[str, tuple[str, Reason, str]] = {
    "it is larger than 64 KiB": (
        "64 KiB and one byte",
        Reason.TOO_LARGE,
        "The message is larger than 64 KiB. Send less in one message; nothing was passed on.",
    ),
    "it is not JSON": ("a word", Reason.NOT_JSON, ASK_WHOEVER),
    "it is nested a hundred levels deep": ("a field 100 levels deep", Reason.TOO_DEEP, ASK_WHOEVER),
    "a key stands in it twice": ("a key twice", Reason.DUPLICATE_KEY, ASK_WHOEVER),
    "it hides the direction of its text": ("a right-to-left override", Reason.FORBIDDEN_CHARACTER, ASK_WHOEVER),
    "a field is missing": ("header without created", Reason.MISSING_FIELD, ASK_WHOEVER),
    "a field is unknown": ("one field too many in header", Reason.UNKNOWN_FIELD, ASK_WHOEVER),
    "it is of a later version": (
        "version 2",
        Reason.UNKNOWN_VERSION,
        "The message is of a version this partnership does not use. Update your adapter, then send again.",
    ),
    "it is sealed in another way": (
        "suite 'none'",
        Reason.UNKNOWN_SUITE,
        "The message is sealed in a way this partnership does not allow. Update your adapter, then send again.",
    ),
    "it was changed on its way": (
        "changed after signing",
        Reason.BAD_SIGNATURE,
        "The signature does not fit the message. It was not passed on, and this was recorded.",
    ),
    "somebody sends in another agency's name": (
        "in another agency's name",
        Reason.SENDER_MISMATCH,
        "The message names another agency as its sender. It was not passed on, and this was recorded.",
    ),
    "its time is over": (
        "expired yesterday",
        Reason.EXPIRED,
        "The message was past its time when it came. Send it again if it is still wanted.",
    ),
    "the sending clock is wrong": (
        "from an hour ahead",
        Reason.WRONG_TIME,
        "The message carries a time that cannot be right. Check the clock of the sending machine, then send again.",
    ),
    "nobody of that id takes part": (
        "to nowhere-town",
        Reason.UNKNOWN_RECIPIENT,
        "No agency of that id takes part. Check the directory.",
    ),
    "it is sealed to a third agency's key": (
        "sealed to another agency's key",
        Reason.WRONG_RECIPIENT_KEY,
        f"The message was sealed to a key that is not that recipient's. {AGAIN}",
    ),
}


def judged(bad: Bad) -> Reason | None:
    directory, now = partnership().directory, partnership().now
    try:
        received = read_submission(bad.body)
    except MalformedError as error:
        return error.reason
    if bad.user != received.header.sender:
        return Reason.SENDER_MISMATCH
    header = received.header
    return check_signature(received, directory) or check_times(header, now) or check_addressee(header, directory)


@pytest.mark.parametrize("case", CASES)
def test_it_is_refused_and_its_sender_told(case: str) -> None:
    name, reason, words = CASES[case]
    fault = next(each for each in FAULTS if each.name == name)
    (bad,) = fault.make(Workshop(partnership(), partnership().now), Kind.REFERRAL_MADE)
    assert (judged(bad), sentence(reason)) == (reason, words)
