"""What officers sign of the protocol: an agreement between their agencies, word for word, or the tables that all of them share.

Each signature is one statement under the officer's own key of the key directory; a file of them (``agreements.json``) lies
beside the directory. Leaves out: whose signatures are needed, and what follows without them (``consent/clauses/signing``).
"""

from dataclasses import dataclass
from typing import Annotated, Final, Literal

from pydantic import Field, StringConstraints

from contracts.canonical import to_base64
from contracts.directory import Directory, Officer
from contracts.frozen import Frozen
from contracts.hashes import domain_hash
from contracts.identifiers import AgencyId, Base64, Digest, KeyId, MessageId, Moment
from contracts.keys import SigningKey
from contracts.statements import Name, Words, who_signed
from contracts.vocabulary import Reason

APPROVALS_FILE: Final = "agreements.json"
"""Beside the key directory, unless a setting says otherwise."""

AgreementName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{1,40}$")]


class AgreementApproved(Frozen):
    """Her agency agrees to this version of an agreement: to the words that ``terms`` is the hash of, and to no others."""

    approved: Literal["agreement"] = "agreement"
    id: MessageId
    agreement: AgreementName
    version: Annotated[int, Field(ge=1)]
    terms: Digest
    reason: Words
    agency: AgencyId
    person: Name
    rank: Name
    made: Moment


class TablesApproved(Frozen):
    """She agrees to everything in the protocol that is not an agreement: clauses, needs, bases, the list for the police."""

    approved: Literal["tables"] = "tables"
    id: MessageId
    tables: Digest
    reason: Words
    agency: AgencyId
    person: Name
    rank: Name
    made: Moment


AnyApproved = AgreementApproved | TablesApproved


class Approval(Frozen):
    """What one officer signed, and her signature."""

    said: Annotated[AnyApproved, Field(discriminator="approved")]
    key: KeyId
    signature: Base64


class Approvals(Frozen):
    """The file: every signature that was given, in the order in which they were."""

    v: Literal[1] = 1
    approvals: Annotated[tuple[Approval, ...], Field(max_length=10_000)] = ()


@dataclass(frozen=True, slots=True)
class Signer:
    """One signature that fits, and whose it is."""

    officer: Officer
    made: int

    @property
    def name(self) -> str:
        """Her agency and her name in the key directory."""
        return f"{self.officer.agency}/{self.officer.person}"


_DOMAIN: Final = "relay-1 approval"


def sign_approval(said: AnyApproved, key: SigningKey) -> Approval:
    """The approval under an officer's own key."""
    return Approval(said=said, key=key.id, signature=to_base64(key.sign(approval_hash(said))))


def prove_approval(approval: Approval, directory: Directory) -> Signer | Reason:
    """Whose signature it is, or what is wrong with it."""
    said = approval.said
    officer, fault = who_signed(said, approval_hash(said), approval.key, approval.signature, directory)
    if officer is None or fault is not None:
        return fault or Reason.UNKNOWN_KEY
    return Signer(officer, said.made)


def approval_hash(said: AnyApproved) -> bytes:
    """What an officer signs."""
    return domain_hash(_DOMAIN, said.wire())
