"""Who this adapter is: its agency in the directory, its private keys, its token maker. Checked whole before anything starts."""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from agencies.identity import Details, Epochs, KeyedTokens, TokenMaker
from agencies.mapping import Mapping
from contracts.directory import Agency, Directory, load_directory
from contracts.keyring import KeyringError, load_open_key, load_signing_key, refuse_demonstration_keys
from contracts.keyring_epochs import epochs_in
from contracts.keys import OpenKey, SigningKey
from contracts.offers import Service, load_services
from contracts.steps import Keyed


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
    tokens = KeyFolder(keys) if mapping.knows_people else None
    services = load_services(directory.parent, now=now)
    return Party(ours, mapping, known, signing, roles, tokens, services.services if services else ())


class KeyFolder:
    """The token maker of the linkage keys in a folder. A key that is handed over later is used from then on."""

    def __init__(self, folder: Path) -> None:
        """KeyringError when there is no key, or one that cannot be read."""
        self._folder = folder
        self._files: dict[int, Path] = {}
        self._epochs = self._read(epochs_in(folder))

    def keyed(self, details: Details) -> tuple[Keyed, ...]:
        """See ``TokenMaker``."""
        return self._now().keyed(details)

    def newest(self) -> int:
        """See ``TokenMaker``."""
        return self._now().newest()

    def _now(self) -> Epochs:
        files = epochs_in(self._folder)
        if files and files != self._files:
            # One that is still being written is read the next time.
            with suppress(KeyringError):
                self._epochs = self._read(files)
        return self._epochs

    def _read(self, files: dict[int, Path]) -> Epochs:
        if not files:
            raise KeyringError(f"there is no linkage key in {self._folder}")
        try:
            made = Epochs([KeyedTokens(file.read_bytes(), epoch=epoch) for epoch, file in files.items()])
        except (OSError, ValueError):
            raise KeyringError(f"cannot read a linkage key in {self._folder}") from None
        self._files = files
        return made
