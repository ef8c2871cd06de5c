"""Broken glass for any test: whole, or with one part missing, blank, wrong, over its limit or past its time."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from contracts.assurances import Told
from contracts.identifiers import new_id
from contracts.keyring import PEOPLE, load_signing_key
from contracts.keys import SigningKey
from contracts.statements import AnySaid, BreakGlass, Glass, HoldAct, Second, Statement, said_hash, sign_statement
from contracts.vocabulary import (
    AgeBand,
    Article6,
    Article9Or10,
    Confidence,
    Emergency,
    Gateway,
    Label,
    Purpose,
    Reason,
    Threshold,
)
from tests.factories import MINUTE, Partnership, partnership

HOUR: Final = 60 * MINUTE
BREAKER, SECOND, GOVERNANCE = "m_quill", "j_tolland", "r_ellery"
"""Of the CJIT: its duty lead, its safeguarding lead, its governance officer."""

# What a worker states about an adult at risk who said no: so it waits for two safeguarding leads, or the glass is broken.
AT_RISK: Final[dict[str, Any]] = {
    "purpose": Purpose.SAFEGUARDING,
    "article_6": Article6.VITAL_INTERESTS,
    "article_9_or_10": Article9Or10.SAFEGUARDING,
    "confidence": Confidence.PUBLIC_INTEREST,
    "gateway": Gateway.CARE_ACT,
    "age_band": AgeBand.ADULT,
    "consents": (),
    "threshold": Threshold.MET,
    "told": Told.UNSAFE_TO_TELL,
}
LABELS: Final = (Label.REQUEST, Label.IDENTITY, Label.SAFETY)


def hers(person: str, keys: Partnership | None = None) -> SigningKey:
    """A named person's own key."""
    return load_signing_key((keys or partnership()).folder / PEOPLE / person)


def posted(person: str, keys: Partnership | None = None) -> dict[str, Any]:
    """Her agency, name and rank, as the key directory has them."""
    found = (keys or partnership()).directory.officer(hers(person, keys).id)
    assert found is not None
    officer, _ = found
    return {"agency": officer.agency, "person": officer.person, "rank": officer.rank}


def broken(now: int, person: str = BREAKER, recipient: str = "project-ashby", **changes: Any) -> BreakGlass:
    """What whoever breaks the glass says."""
    said = BreakGlass(
        id=new_id(), emergency=Emergency.VIOLENCE_NOW, reason="he is at the door and she cannot be reached",
        recipient=recipient, labels=LABELS, made=now, until=now + HOUR, **posted(person),
    )  # fmt: skip
    return said.model_copy(update=changes)


def second_for(said: AnySaid, now: int, person: str = SECOND, **changes: Any) -> Statement:
    """A second person, beside that statement."""
    beside = Second(id=new_id(), of=said_hash(said).hex(), made=now, **posted(person))
    return sign_statement(beside.model_copy(update=changes), hers(person))


def glass(now: int, *, second: str | None = SECOND, person: str = BREAKER, **changes: Any) -> Glass:
    """Broken glass, whole unless something is changed; signed by the person it names, whatever she says."""
    claimed = {"person": changes.pop("person_is")} if "person_is" in changes else {}
    said = broken(now, person, **{"recipient": "project-ashby", **changes}).model_copy(update=claimed)
    return Glass(statement=sign_statement(said, hers(person)), second=second_for(said, now, second) if second else None)


def act(about: str, hashed: str, now: int, who: str, decision: str = "approve", **changes: Any) -> Statement:
    """A named person's decision on a message that waits."""
    said = HoldAct(
        id=new_id(), message=about, header=hashed, act="approve", reason="looked at with her keyworker", made=now,
        **posted(who),
    )  # fmt: skip
    return sign_statement(said.model_copy(update={"act": decision, **changes}), hers(who))


@dataclass(frozen=True)
class Part:
    """One part of G4 that is not right, and why the sender is told it did not pass."""

    make: Callable[[int], Glass]
    why: Reason


def _unsigned(now: int) -> Glass:
    whole = glass(now)
    return Glass(statement=whole.statement.model_copy(update={"signature": "AAAA"}), second=whole.second)


def _signed_by_the_agency(now: int) -> Glass:
    said = broken(now)
    return Glass(statement=sign_statement(said, partnership().signing("cjit-ashby")), second=second_for(said, now))


def _another_second(now: int) -> Glass:
    said = broken(now)
    return Glass(statement=sign_statement(said, hers(BREAKER)), second=second_for(broken(now), now))


def _forged_second(now: int) -> Glass:
    said = broken(now)
    theirs = second_for(said, now)
    return Glass(statement=sign_statement(said, hers(BREAKER)), second=theirs.model_copy(update={"key": hers(BREAKER).id}))


def _not_a_broken_glass(now: int) -> Glass:
    return Glass(statement=act("a1" * 16, "b2" * 32, now, BREAKER))


_R = Reason
PARTS: Final[dict[str, Part]] = {
    "no reason code": Part(lambda now: glass(now, emergency=None), _R.BREAK_GLASS_PART_MISSING),
    "no reason in words": Part(lambda now: glass(now, reason=""), _R.BREAK_GLASS_PART_MISSING),
    "blanks for a reason": Part(lambda now: glass(now, reason="   "), _R.BREAK_GLASS_PART_MISSING),
    "no person": Part(lambda now: glass(now, person_is=""), _R.BREAK_GLASS_PART_MISSING),
    "no rank": Part(lambda now: glass(now, rank=""), _R.BREAK_GLASS_PART_MISSING),
    "a rank that is not hers": Part(lambda now: glass(now, rank="chief_constable"), _R.BREAK_GLASS_NOT_PROVEN),
    "a person who is not her": Part(lambda now: glass(now, person_is=SECOND), _R.BREAK_GLASS_NOT_PROVEN),
    "no scope: no recipient": Part(lambda now: glass(now, recipient=None), _R.BREAK_GLASS_PART_MISSING),
    "no scope: no labels": Part(lambda now: glass(now, labels=()), _R.BREAK_GLASS_PART_MISSING),
    "another recipient": Part(lambda now: glass(now, recipient="housing-ashby"), _R.BREAK_GLASS_OUT_OF_SCOPE),
    "labels that are not sent": Part(lambda now: glass(now, labels=(Label.HEALTH,)), _R.BREAK_GLASS_OUT_OF_SCOPE),
    "more than a day": Part(lambda now: glass(now, until=now + 24 * HOUR + 1), _R.BREAK_GLASS_OUT_OF_TIME),
    "past its end": Part(lambda now: glass(now, made=now - 2 * HOUR, until=now - HOUR), _R.BREAK_GLASS_OUT_OF_TIME),
    "not begun": Part(lambda now: glass(now, made=now + HOUR, until=now + 2 * HOUR), _R.BREAK_GLASS_OUT_OF_TIME),
    "an end before its beginning": Part(lambda now: glass(now, until=now - 1), _R.BREAK_GLASS_OUT_OF_TIME),
    "no signature": Part(_unsigned, _R.BREAK_GLASS_NOT_PROVEN),
    "signed by the agency alone": Part(_signed_by_the_agency, _R.BREAK_GLASS_NOT_PROVEN),
    "signed at another agency": Part(lambda now: glass(now, person="w_tilling", second=None), _R.BREAK_GLASS_NOT_PROVEN),
    "by an office that may not": Part(lambda now: glass(now, person=GOVERNANCE), _R.BREAK_GLASS_NOT_PROVEN),
    "herself as the second person": Part(lambda now: glass(now, second=BREAKER), _R.BREAK_GLASS_NOT_PROVEN),
    "a second person elsewhere": Part(lambda now: glass(now, second="w_tilling"), _R.BREAK_GLASS_NOT_PROVEN),
    "a second person for another glass": Part(_another_second, _R.BREAK_GLASS_NOT_PROVEN),
    "a second person's forged name": Part(_forged_second, _R.BREAK_GLASS_NOT_PROVEN),
    "another statement in its place": Part(_not_a_broken_glass, _R.BREAK_GLASS_PART_MISSING),
}
