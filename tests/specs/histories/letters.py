"""What is sent in a history, sealed once: every cohort of histories plays with the same letters in another order."""

from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from typing import Any, Final

from contracts.envelope import Received, read_submission
from contracts.kinds import Kind
from contracts.messages.compartments import Request, Safety
from contracts.messages.consents import ConsentWithdrawn
from contracts.messages.referrals import ReferralMade
from contracts.statements import Glass, sign_statement
from contracts.steps import RegisterStep
from contracts.vocabulary import ConsentAnswer, Label, Purpose
from tests.factories import MINUTE, consent_given, letter, partnership, person, seal_letter
from tests.specs.consent.emergency import AT_RISK, BREAKER, broken, hers, second_for

CJIT, PROJECT = "cjit-ashby", "project-ashby"
BEGIN: Final = partnership().now + 5 * MINUTE
# When each word of hers was said: a later word counts, in whatever order they arrive.
SAID_AT: Final = {"yes": 1 * MINUTE, "no": 2 * MINUTE, "yes again": 3 * MINUTE, "no, though at risk": 1 * MINUTE}
TO_AGENCY: Final = ("refer", "at risk", "glass alone", "glass with a second")
_LABELS: Final = (Label.REQUEST, Label.IDENTITY, Label.SAFETY)


@dataclass(frozen=True)
class Sealed:
    """One letter: its bytes as the agency would send them."""

    name: str
    body: bytes
    received: Received

    @property
    def id(self) -> str:
        return self.received.header.id


@dataclass(frozen=True)
class Hers:
    """The letters of one history."""

    number: int
    letters: dict[str, Sealed]

    def named(self, message: str) -> str:
        return next(name for name, one in self.letters.items() if one.id == message)


@cache
def hers_of(number: int) -> Hers:
    """The letters of the history of that number: the same in every cohort of this process."""
    about, base = person(number), partnership().now
    reference = _id(number, "reference")
    consents = {name: _id(number, f"consent {name}") for name in SAID_AT}
    letters: dict[str, Sealed] = {}

    def add(name: str, kind: Kind, **changes: Any) -> None:
        ids: dict[str, Any] = {"id": _id(number, name), "conversation": _id(number, f"conversation {name}")}
        body = seal_letter(letter(kind, CJIT, about=about, created=base, reference=reference, **ids, **changes))
        letters[name] = Sealed(name, body, read_submission(body))

    add("register", Kind.PERSON_REGISTERED, step=RegisterStep(tokens=about.tokens))
    for name, at in SAID_AT.items():
        risk = name == "no, though at risk"
        said = consent_given(
            consent=consents[name], taken_at=base + at, labels=_LABELS,
            answer=ConsentAnswer.GIVEN if name.startswith("yes") else ConsentAnswer.REFUSED,
            purpose=Purpose.SAFEGUARDING if risk else Purpose.SUPPORT_REFERRAL,
        )  # fmt: skip
        add(name, Kind.CONSENT_RECORDED, said=said, facts_changes={"consents": ()})
    for name, taken in (("take back", "yes"), ("take back again", "yes again")):
        back = ConsentWithdrawn(consent=consents[taken], withdrawn_at=base + 4 * MINUTE, taken_by="worker_7")
        add(name, Kind.CONSENT_WITHDRAWN, said=back, facts_changes={"consents": ()})
    referral = ReferralMade(
        request=Request(needs=("support",)), identity=about.identity,
        safety=Safety(risks=("violence_from_partner",), safe_to_contact=True),
    )  # fmt: skip
    glass, alone = (broken(base, id=_id(number, f"glass {name}")) for name in ("with a second", "alone"))
    add("refer", Kind.REFERRAL_MADE, said=referral, not_after=base + 6 * 24 * 60 * MINUTE, facts_changes={"consents": ()})
    for name, made in (
        ("at risk", None),
        ("glass alone", Glass(statement=sign_statement(alone, hers(BREAKER)))),
        ("glass with a second", Glass(statement=sign_statement(glass, hers(BREAKER)), second=second_for(glass, base))),
    ):
        risky = {**AT_RISK, "glass": made}
        add(name, Kind.REFERRAL_MADE, said=referral, not_after=base + 3 * 24 * 60 * MINUTE, facts_changes=risky)
    return Hers(number, letters)


def _id(number: int, name: str) -> str:
    """The same in every process, so that a seed plays the same wherever it is played."""
    return sha256(f"{number} {name}".encode()).hexdigest()[:32]
