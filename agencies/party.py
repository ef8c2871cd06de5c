"""Who this adapter is: its agency in the directory, its private keys, its token maker. Checked whole before anything starts."""

from dataclasses import dataclass
from pathlib import Path

from agencies.identity import Epochs, KeyedTokens, TokenMaker
from agencies.mapping import Mapping
from contracts.directory import Agency, Directory, load_directory
from contracts.keyring import KeyringError, load_open_key, load_signing_key, refuse_demonstration_keys
from contracts.keys import OpenKey, SigningKey
from contracts.offers import Service, load_services


class PartyError(Exception):
    """This adapter cannot act for that agency, with the reason in plain words."""


@dataclass(frozen=True, slots=True)
class Party:
    """One agency, able to act."""

    agency: Agency
    mapping: Mapping
    directory: Directory
    signing: SigningKey
    roles: dict[str, OpenKey]
    tokens: TokenMaker | None
    """None for an agency that registers nobody."""
    offered: tuple[Service, ...] = ()
    """What the partnership's agencies offer, where it keeps a directory of that."""

    @property
    def id(self) -> str:
        """The agency's id."""
        return self.agency.id


def load_party(agency: str, mapping: Mapping, keys: Path, directory: Path, *, now: int, demonstration: bool) -> Party:
    """Load and check. DirectoryError, KeyringError or PartyError say what is wrong.

    1. The directory is signed and in force, and demonstration keys are only for a demonstration.  2. The agency is in it and
    is of this adapter's kind.  3. Its private keys are those of the directory.
    """
    refuse_demonstration_keys(keys, demonstration=demonstration)
    known = load_directory(directory, now=now, demonstration=demonstration)
    ours = known.agency(agency)
    if ours is None:
        raise PartyError(f"the key directory names no agency {agency}; check ADAPTER_AGENCY")
    if ours.kind is not mapping.kind:
        raise PartyError(
            f"{agency} is a {ours.kind.value} in the key directory, and this is the adapter of a {mapping.kind.value}"
        )
    signing = load_signing_key(keys)
    if known.signing_key(agency, signing.id) is None:
        raise PartyError("the private signing key is not the one in the key directory, or it was revoked; check ADAPTER_KEYS")
    roles = {role.name: load_open_key(keys, role.name) for role in ours.roles}
    for name, key in roles.items():
        public = known.role_key(agency, name)
        if public is None or public.id != key.id:
            raise PartyError(f"the private key of the role {name} is not the one in the key directory; check ADAPTER_KEYS")
    services = load_services(directory.parent, now=now)
    return Party(ours, mapping, known, signing, roles, _tokens(mapping, keys), services.services if services else ())


def _tokens(mapping: Mapping, keys: Path) -> TokenMaker | None:
    """The token maker of the linkage keys that lie here: ``linkage.key`` is the first epoch, ``linkage-2.key`` the second."""
    if not mapping.knows_people:
        return None
    found = sorted(keys.glob("linkage.key")) + sorted(keys.glob("linkage-*.key"))
    try:
        makers = [KeyedTokens(file.read_bytes(), epoch=_epoch(file)) for file in found]
    except (OSError, ValueError):
        raise KeyringError(f"cannot read a linkage key in {keys}") from None
    if not makers:
        raise KeyringError(f"there is no linkage key in {keys}")
    return Epochs(makers)


def _epoch(file: Path) -> int:
    return int(file.stem.removeprefix("linkage").removeprefix("-") or "1")
