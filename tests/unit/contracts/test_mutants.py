"""One byte changed, anywhere: of a submission ten thousand times, of a delivery and its permit five thousand; none accepted.

The seed is fixed, so that a mutant which once got through can be looked at again by its number. Every change is tried over
again on a few different messages, because what is sealed differs each time.
"""

import random
from collections import Counter
from contextlib import suppress

from contracts.canonical import MalformedError
from contracts.envelope import check_signature, read_submission
from contracts.kinds import SHAPES, Goes, Kind
from contracts.opening import OpeningError, check_permit, open_delivery, read_delivery
from tests.factories import delivery_bytes, delivery_of, partnership, sealed

SEED = 20261121
SUBMISSIONS, DELIVERIES = 10_000, 5_000


def changed(body: bytes, dice: random.Random) -> bytes:
    at = dice.randrange(len(body))
    # Half of the changes stay within what base64 and hexadecimal are made of, to get past the first doors.
    byte = dice.choice(b"0123456789abcdefABCXYZ+/=") if dice.random() < 0.5 else dice.randrange(256)
    return body[:at] + bytes([byte if byte != body[at] else byte ^ 1]) + body[at + 1 :]


def test_no_changed_submission_is_accepted() -> None:
    dice, directory = random.Random(SEED), partnership().directory
    messages = [sealed(kind) for kind in Kind]
    met: Counter[str] = Counter()
    accepted = []
    for number in range(SUBMISSIONS):
        body = changed(dice.choice(messages), dice)
        try:
            reason = check_signature(read_submission(body), directory)
        except MalformedError as error:
            reason = error.reason
        met[reason.value if reason else "accepted"] += 1
        if reason is None:
            accepted.append(number)
    assert accepted == []
    assert sum(met.values()) == SUBMISSIONS
    # They got as far as the last door.
    assert met["SIG-06:bad-signature"] > 50


def test_no_changed_delivery_is_opened() -> None:
    dice, keys = random.Random(SEED), partnership()
    kinds = [kind for kind in Kind if SHAPES[kind].goes is Goes.TO_AGENCY]
    deliveries = [delivery_of(sealed(kind)) for kind in kinds]
    bodies = [(delivery_bytes(one), one.header.recipient, one.header.role) for one in deliveries]
    met: Counter[str] = Counter()
    opened = []
    for number in range(DELIVERIES):
        body, agency, role = dice.choice(bodies)
        try:
            delivery = read_delivery(changed(body, dice))
            check_permit(delivery, keys.directory, agency=agency, now=keys.now)
            open_delivery(delivery, keys.opener(agency, role))
        except (MalformedError, OpeningError) as error:
            met[error.reason.value] += 1
        else:
            opened.append(number)
    assert opened == []
    assert sum(met.values()) == DELIVERIES
    # Signatures, permits and the sealed parts themselves were each what stopped some.
    assert {"SIG-06:bad-signature", "FRM-17:parts-do-not-fit", "KEY-04:cannot-open"} < set(met)


def test_no_mutant_of_one_position_after_another_is_accepted() -> None:
    """Every position once, not only those that the dice fall on."""
    body, directory = sealed(Kind.PERSON_REGISTERED), partnership().directory
    for at in range(len(body)):
        mutant = body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]
        with suppress(MalformedError):
            assert check_signature(read_submission(mutant), directory) is not None, at
