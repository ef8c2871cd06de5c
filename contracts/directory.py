"""The key directory: who takes part, in which roles, with which public keys; signed by officers of two agencies.

Rules copied from The Update Framework: a threshold of offline officer keys, a version that never goes back, an expiry.
Demonstration directories are marked and refused by a program that was not told it is a demonstration (trust.md §2.3).
Leaves out: private keys (``keyring``).
"""

from functools import cached_property
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field, ValidationError

from contracts.canonical import MalformedError, from_base64, parse_canonical
from contracts.frozen import Frozen
from contracts.hashes import domain_hash
from contracts.identifiers import BROKER, CONSENT, AgencyId, Base64, KeyId, Moment, PersonName, RankName, RoleName
from contracts.keys import SealKey, SignatureError, VerifyKey
from contracts.vocabulary import AgencyKind, Office

MAX_DIRECTORY_BYTES: Final = 2**20


class DirectoryError(ValueError):
    """The directory cannot be trusted, with the reason in plain words."""


class Role(Frozen):
    """A role that messages are sealed to, for example ``intake``; not the whole agency."""

    name: RoleName
    key: Base64


class Agency(Frozen):
    """One agency that takes part. ``neutral_name`` is what other agencies' systems show (R16).

    ``contact`` is where another agency's worker rings (W01): a duty line, never a person's, and nothing about anyone.
    """

    id: AgencyId
    kind: AgencyKind
    neutral_name: Annotated[str, Field(min_length=1, max_length=80)]
    contact: Annotated[str, Field(max_length=80)] = ""
    signing_keys: Annotated[tuple[Base64, ...], Field(min_length=1, max_length=4)]
    roles: Annotated[tuple[Role, ...], Field(min_length=1, max_length=12)]
    prescriber: bool = False


class Officer(Frozen):
    """A named person of an agency who decides with a key of her own: on holds, on agreements, on breaking the glass (I2)."""

    person: PersonName
    agency: AgencyId
    office: Office
    rank: RankName
    key: Base64


class Services(Frozen):
    """The public keys of the broker and the consent service."""

    broker_signing: Base64
    consent_signing: Base64
    consent_sealing: Base64
    log_name: Annotated[str, Field(min_length=1, max_length=120)]
    log_signing: Base64


class Document(Frozen):
    """The directory itself, as the officers sign it."""

    v: Literal[1]
    version: Annotated[int, Field(ge=1)]
    valid_from: Moment
    expires: Moment
    demonstration: bool
    agencies: Annotated[tuple[Agency, ...], Field(min_length=1, max_length=500)]
    services: Services
    officers: Annotated[tuple[Officer, ...], Field(max_length=2000)] = ()
    revoked: tuple[KeyId, ...] = ()


class OfficerSignature(Frozen):
    """One officer's signature over the document."""

    officer: KeyId
    signature: Base64


class SignedDirectory(Frozen):
    """The file: the document and the officers' signatures."""

    document: Document
    signatures: Annotated[tuple[OfficerSignature, ...], Field(max_length=20)]


class Root(Frozen):
    """What each party pins when it joins: the officers' public keys and how many must sign."""

    v: Literal[1]
    officers: Annotated[tuple[Base64, ...], Field(min_length=1, max_length=20)]
    threshold: Annotated[int, Field(ge=1, le=20)]


def document_hash(document: Document) -> bytes:
    """What an officer signs."""
    return domain_hash("relay-1 directory", document.wire())


class Directory:
    """A verified directory, with its keys ready for use. Build with ``verify_directory``."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self._agencies = {agency.id: agency for agency in document.agencies}
        self._revoked = frozenset(document.revoked)
        self._signing = {
            (agency.id, key.id): key
            for agency in document.agencies
            for key in (VerifyKey.from_bytes(from_base64(text)) for text in agency.signing_keys)
            if key.id not in self._revoked
        }
        self._roles = {
            (agency.id, role.name): SealKey.from_bytes(from_base64(role.key))
            for agency in document.agencies
            for role in agency.roles
        }
        self._roles = {place: key for place, key in self._roles.items() if key.id not in self._revoked}
        people = [(officer, VerifyKey.from_bytes(from_base64(officer.key))) for officer in document.officers]
        self._officers = {key.id: (officer, key) for officer, key in people if key.id not in self._revoked}

    def agency(self, agency: str) -> Agency | None:
        """The agency of that id, if it takes part."""
        return self._agencies.get(agency)

    @property
    def agencies(self) -> tuple[Agency, ...]:
        """All agencies, in the order of the document."""
        return self.document.agencies

    def signing_key(self, agency: str, key: str) -> VerifyKey | None:
        """The agency's signing key of that id, unless unknown or revoked."""
        return self._signing.get((agency, key))

    def role_key(self, agency: str, role: str) -> SealKey | None:
        """The key to seal to for a role of an agency, unless unknown or revoked."""
        return self._roles.get((agency, role))

    def officer(self, key: str) -> tuple[Officer, VerifyKey] | None:
        """The named person whose key has that id, and the key, unless unknown or revoked."""
        return self._officers.get(key)

    def holders(self, agency: str, office: Office) -> tuple[str, ...]:
        """The named people of an agency who hold an office."""
        return tuple(one.person for one, _ in self._officers.values() if (one.agency, one.office) == (agency, office))

    def is_revoked(self, key: str) -> bool:
        """Whether a key id was revoked."""
        return key in self._revoked

    @cached_property
    def consent_key(self) -> SealKey:
        """The key that is sealed to for the consent service."""
        return SealKey.from_bytes(from_base64(self.document.services.consent_sealing))

    @cached_property
    def consent_signing(self) -> VerifyKey:
        """The key that signs permits and answers."""
        return VerifyKey.from_bytes(from_base64(self.document.services.consent_signing))

    @cached_property
    def broker_signing(self) -> VerifyKey:
        """The key that signs notices."""
        return VerifyKey.from_bytes(from_base64(self.document.services.broker_signing))

    @cached_property
    def log_signing(self) -> VerifyKey:
        """The key that signs the log's checkpoints."""
        return VerifyKey.from_bytes(from_base64(self.document.services.log_signing))

    @property
    def log_name(self) -> str:
        """The log's origin line, also the name its key signs under."""
        return self.document.services.log_name


def verify_directory(body: bytes, root: Root, *, now: int, demonstration: bool) -> Directory:
    """Trust a directory file, or raise DirectoryError saying why not.

    1. Its form is right.  2. Enough officers of the root signed it.  3. It is in force at ``now``.
    4. A demonstration directory is accepted only by a program that was told it is a demonstration.
    """
    try:
        parse_canonical(body.strip(), limit=MAX_DIRECTORY_BYTES)
        signed = SignedDirectory.model_validate_json(body)
        _refuse_doubles(signed.document)
        officers = {key.id: key for key in (VerifyKey.from_bytes(from_base64(text)) for text in root.officers)}
    except (MalformedError, ValidationError, ValueError):
        raise DirectoryError("the key directory is not in its agreed form; take it again from your partnership") from None
    message = document_hash(signed.document)
    good: set[str] = set()
    for one in signed.signatures:
        if (key := officers.get(one.officer)) is None:
            continue
        try:
            key.verify(from_base64(one.signature), message)
        except (SignatureError, MalformedError):
            raise DirectoryError("an officer's signature on the key directory does not fit; do not use it") from None
        good.add(one.officer)
    if len(good) < root.threshold:
        raise DirectoryError(f"only {len(good)} of the {root.threshold} officers needed signed the key directory")
    if not signed.document.valid_from <= now < signed.document.expires:
        raise DirectoryError("the key directory is not in force today; take the current one from your partnership")
    if signed.document.demonstration and not demonstration:
        raise DirectoryError("these are demonstration keys; they are refused unless DEMONSTRATION=1 is set")
    return Directory(signed.document)


def _refuse_doubles(document: Document) -> None:
    """Two entries for one name would leave it to chance which of them counts."""
    ids = [BROKER, CONSENT, *(agency.id for agency in document.agencies)]
    roles = [(agency.id, role.name) for agency in document.agencies for role in agency.roles]
    people = [(officer.agency, officer.person) for officer in document.officers]
    # One key is one person: two names for it would let her be her own second.
    keys = [officer.key for officer in document.officers]
    if any(len(set(names)) < len(names) for names in (ids, roles, people, keys)):
        raise ValueError("one name stands twice in the directory")
    if not {agency for agency, _ in people} <= set(ids):
        raise ValueError("an officer belongs to no agency of the directory")


def load_directory(path: Path, *, now: int, demonstration: bool) -> Directory:
    """Read and verify ``path`` against ``root.json`` beside it. DirectoryError says what is wrong."""
    try:
        root = Root.model_validate_json((path.parent / "root.json").read_bytes())
        body = path.read_bytes()
    except (OSError, ValidationError):
        raise DirectoryError(f"cannot read {path.name} and root.json beside it; run ./run keys init") from None
    return verify_directory(body, root, now=now, demonstration=demonstration)
