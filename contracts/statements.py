"""What a named person decides, in her own words and under her own key: on a hold, a broken glass, a review, a right.

The key directory says who she is, what office she holds and of which rank; the statement says the same, so that it reads by
itself, and whoever relies on it compares the two. What travels is sealed to the
consent service; the broker is shown what it lifts, takes back or has looked at.
Fields that clause G4 asks for may be empty here: the clause refuses an empty one by name, and no reader fills one in.
Leaves out: what follows from a statement (``consent/statements.py``, ``consent/clauses/breaking_glass.py``).
"""

from dataclasses import dataclass
from typing import Annotated, Final, Literal, Protocol

from pydantic import Field, StringConstraints

from contracts.canonical import MalformedError, from_base64, to_base64
from contracts.directory import Directory, Officer
from contracts.frozen import Frozen
from contracts.hashes import domain_hash
from contracts.identifiers import AgencyId, Base64, Digest, KeyId, MessageId, Moment, Reference
from contracts.keys import SignatureError, SigningKey
from contracts.vocabulary import Emergency, Exemption, Finding, Ground, Label, OverrideFinding, Purpose, Reason, Right

Words = Annotated[str, StringConstraints(max_length=500)]
Name = Annotated[str, StringConstraints(pattern=r"^([a-z][a-z0-9_]{0,48})?$")]
"""As in the key directory, or empty."""


class HoldAct(Frozen):
    """A person decides on one message that waits: this header and no other."""

    statement: Literal["hold"] = "hold"
    id: MessageId
    message: MessageId
    header: Digest
    act: Literal["approve", "refuse"]
    reason: Words
    agency: AgencyId
    person: Name
    rank: Name
    made: Moment


class BreakGlass(Frozen):
    """Life or limb, now, and her consent cannot be had: one message, to one recipient, of these labels, for a day at most."""

    statement: Literal["break_glass"] = "break_glass"
    id: MessageId
    emergency: Emergency | None
    reason: Words
    agency: AgencyId
    person: Name
    rank: Name
    recipient: AgencyId | None
    labels: Annotated[tuple[Label, ...], Field(max_length=8)]
    made: Moment
    until: Moment


class Second(Frozen):
    """A second person stands beside the one who breaks the glass: beside this very statement (``of`` is its hash)."""

    statement: Literal["second"] = "second"
    id: MessageId
    of: Digest
    agency: AgencyId
    person: Name
    rank: Name
    made: Moment


class Review(Frozen):
    """An officer looked at a broken glass and says what she found."""

    statement: Literal["review"] = "review"
    id: MessageId
    message: MessageId
    finding: Finding
    reason: Words
    agency: AgencyId
    person: Name
    rank: Name
    made: Moment


class RightsAct(Frozen):
    """An officer acts on a right of hers, for these records: restriction, objection, its end, or erasure (H2, H4)."""

    statement: Literal["right"] = "right"
    id: MessageId
    right: Right
    records: Annotated[tuple[Reference, ...], Field(min_length=1, max_length=200)]
    purpose: Purpose | None = None
    """What she objects to; None for everything."""
    ground: Ground
    exemption: Exemption | None = None
    """For an erasure: what was looked at, and that nothing says to keep it."""
    reason: Words
    agency: AgencyId
    person: Name
    rank: Name
    made: Moment


class LiftChecks(Frozen):
    """An officer of another agency looked at the caseload checks of a worker, or of all of an agency, and lets them go on."""

    statement: Literal["lift_checks"] = "lift_checks"
    id: MessageId
    asker: AgencyId
    worker: Name
    """Empty: all of the agency's workers."""
    reason: Words
    agency: AgencyId
    person: Name
    rank: Name
    made: Moment


class UndoMerge(Frozen):
    """An officer of one of the agencies concerned looked: two records that were made one person are two."""

    statement: Literal["undo_merge"] = "undo_merge"
    id: MessageId
    merge: MessageId
    reason: Words
    agency: AgencyId
    person: Name
    rank: Name
    made: Moment


class ReviewOverride(Frozen):
    """An officer looked at a prescriber's going on in spite of the guard and says what she found."""

    statement: Literal["review_override"] = "review_override"
    id: MessageId
    message: MessageId
    finding: OverrideFinding
    reason: Words
    agency: AgencyId
    person: Name
    rank: Name
    made: Moment


class RetireEpoch(Frozen):
    """An officer ends an epoch of the linkage key: from then on nobody is filed or asked about under it."""

    statement: Literal["retire_epoch"] = "retire_epoch"
    id: MessageId
    epoch: Annotated[int, Field(ge=1, le=1_000_000)]
    leave_behind: bool
    """Although some carry nothing newer, whom their agency has no more: nobody meets them from then on."""
    reason: Words
    agency: AgencyId
    person: Name
    rank: Name
    made: Moment


AnySaid = HoldAct | BreakGlass | Second | Review | RightsAct | LiftChecks | UndoMerge | ReviewOverride | RetireEpoch
Said = Annotated[AnySaid, Field(discriminator="statement")]


class Statement(Frozen):
    """What a person said, and her signature."""

    said: Said
    key: KeyId
    signature: Base64


class Glass(Frozen):
    """A broken glass, as it goes with the facts of the one message it is for; ``second`` when another person stood by."""

    statement: Statement
    second: Statement | None = None


class SaidByName(Protocol):
    """Anything a person says with her agency, her name and her rank in it."""

    @property
    def agency(self) -> str: ...
    @property
    def person(self) -> str: ...
    @property
    def rank(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Proven:
    """A statement whose signature fits a person of the directory, or what was wrong with it."""

    said: AnySaid
    officer: Officer | None
    fault: Reason | None


_DOMAIN: Final = "relay-1 statement"


def sign_statement(said: AnySaid, key: SigningKey) -> Statement:
    """The statement under a person's own key."""
    return Statement(said=said, key=key.id, signature=to_base64(key.sign(said_hash(said))))


def prove(statement: Statement, directory: Directory) -> Proven:
    """Who really said it. A name, agency or rank that the directory gives otherwise is as good as no signature."""
    said = statement.said
    return Proven(said, *who_signed(said, said_hash(said), statement.key, statement.signature, directory))


def who_signed(
    said: SaidByName, signed: bytes, key: str, signature: str, directory: Directory
) -> tuple[Officer | None, Reason | None]:
    """The officer whose key that is, if the directory knows it; and what is wrong, if anything is."""
    found = directory.officer(key)
    if found is None:
        return None, Reason.REVOKED_KEY if directory.is_revoked(key) else Reason.UNKNOWN_KEY
    officer, public = found
    try:
        public.verify(from_base64(signature), signed)
    except (SignatureError, MalformedError):
        return None, Reason.BAD_SIGNATURE
    same = (said.agency, said.person, said.rank) == (officer.agency, officer.person, officer.rank)
    return officer, None if same else Reason.NOT_WHO_SHE_SAYS


def said_hash(said: AnySaid) -> bytes:
    """What a person signs, and what a second person names."""
    return domain_hash(_DOMAIN, said.wire())
