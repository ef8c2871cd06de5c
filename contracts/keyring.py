"""Private keys on disk, one folder a party, and the command that makes them: ``./run keys init``.

Each file is readable by its owner alone. Demonstration keys carry a mark in their folder and in the directory, and every
program refuses them unless DEMONSTRATION=1 is set. Leaves out: rotation and revocation, which come later.
"""

import argparse
import os
import secrets
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from contracts.canonical import to_base64
from contracts.directory import (
    Agency,
    Document,
    Officer,
    OfficerSignature,
    Role,
    Root,
    Services,
    SignedDirectory,
    document_hash,
)
from contracts.keys import OpenKey, SigningKey
from contracts.vocabulary import AgencyKind, Office

DIRECTORY_FILE: Final = "directory.json"
MARK: Final = "DEMONSTRATION-KEYS"
PEOPLE: Final = "people"
"""The folder with one folder for each named person of an agency who decides with a key of her own."""
_YEAR_MS: Final = 365 * 24 * 3_600_000


class KeyringError(Exception):
    """A key file cannot be used, with the reason in plain words."""


@dataclass(frozen=True, slots=True)
class Post:
    """One named person of a new partnership, who will decide with a key of her own."""

    person: str
    office: Office
    rank: str


@dataclass(frozen=True, slots=True)
class Party:
    """One agency of a new partnership, before it has keys."""

    id: str
    kind: AgencyKind
    neutral_name: str
    roles: tuple[str, ...] = ("intake",)
    prescriber: bool = False
    officers: tuple[Post, ...] = ()
    contact: str = ""


def _posts(governance: str, safeguarding: str, duty: str) -> tuple[Post, ...]:
    return (
        Post(governance, Office.GOVERNANCE_OFFICER, "head_of_governance"),
        Post(safeguarding, Office.SAFEGUARDING_LEAD, "service_manager"),
        Post(duty, Office.DUTY_LEAD, "duty_manager"),
    )


ASHBY: Final = (
    Party(
        "cjit-ashby",
        AgencyKind.CJIT,
        "Ashby Advice Team",
        officers=_posts("r_ellery", "j_tolland", "m_quill"),
        contact="01632 960001",
    ),
    Party(
        "drugs-ashby",
        AgencyKind.DRUG_SERVICE,
        "Ashby Health Partnership",
        ("intake", "prescribing"),
        prescriber=True,
        officers=_posts("c_varley", "s_okapi", "t_brandling"),
        contact="01632 960002",
    ),
    Party(
        "housing-ashby",
        AgencyKind.HOUSING,
        "Ashby Homes",
        officers=_posts("l_dunmore", "a_festing", "k_ormsley"),
        contact="01632 960003",
    ),
    Party(
        "sarc-ashby",
        AgencyKind.SARC,
        "Ashby Wellbeing Centre",
        officers=_posts("n_harcastle", "e_winslade", "b_pellow"),
        contact="01632 960004",
    ),
    Party(
        "police-ashby",
        AgencyKind.POLICE,
        "Ashby Police",
        ("intake", "public_protection"),
        officers=_posts("g_thornby", "d_lacewing", "p_arkell"),
        contact="01632 960005",
    ),
    Party(
        "project-ashby",
        AgencyKind.PROJECT,
        "Ashby Link",
        ("intake", "prescribing"),
        prescriber=True,
        officers=_posts("v_marchmont", "f_osgodby", "w_tilling"),
        contact="01632 960006",
    ),
)
"""The fictional partnership of the demonstration."""


def load_signing_key(folder: Path, name: str = "signing") -> SigningKey:
    """The private signing key of that name in a party's folder."""
    return SigningKey(_read(folder, name))


def load_open_key(folder: Path, name: str) -> OpenKey:
    """The private sealing key of that name (a role, or ``sealing``) in a party's folder."""
    return OpenKey(_read(folder, name))


def refuse_demonstration_keys(folder: Path, *, demonstration: bool) -> None:
    """Raise KeyringError if the folder holds demonstration keys and this program is not a demonstration."""
    if (folder / MARK).exists() and not demonstration:
        raise KeyringError("these are demonstration keys; they are refused unless DEMONSTRATION=1 is set")


def make_partnership(folder: Path, parties: tuple[Party, ...], *, now: int, demonstration: bool) -> None:
    """Write the private files of every party, the signed directory and the root that pins its officers.

    Refuses to write over keys that are there: losing a key loses what was sealed to it.
    """
    if (folder / DIRECTORY_FILE).exists():
        raise KeyringError(f"{folder} already holds a key directory; nothing was changed")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    agencies = tuple(_make_agency(folder / party.id, party, demonstration) for party in parties)
    document = Document(
        v=1,
        version=1,
        valid_from=now - 60_000,
        expires=now + _YEAR_MS,
        demonstration=demonstration,
        agencies=agencies,
        services=_make_services(folder, demonstration),
        officers=tuple(_make_officer(folder, party, post, demonstration) for party in parties for post in party.officers),
    )
    officers = [SigningKey(_write(folder / "officers", f"officer-{n}", 32, demonstration)) for n in (1, 2, 3)]
    signatures = tuple(
        OfficerSignature(officer=key.id, signature=to_base64(key.sign(document_hash(document)))) for key in officers[:2]
    )
    root = Root(v=1, officers=tuple(to_base64(key.public.raw) for key in officers), threshold=2)
    (folder / "root.json").write_bytes(root.wire())
    signed = SignedDirectory(document=document, signatures=signatures)
    (folder / DIRECTORY_FILE).write_bytes(signed.wire())


def _make_agency(folder: Path, party: Party, demonstration: bool) -> Agency:
    signing = SigningKey(_write(folder, "signing", 32, demonstration))
    roles = tuple(
        Role(name=role, key=to_base64(OpenKey(_write(folder, role, 96, demonstration)).public.raw)) for role in party.roles
    )
    # The linkage key is shared by the agencies that register people; police hold none (design.md D9).
    if party.kind is not AgencyKind.POLICE:
        shared = folder.parent / "linkage"
        seed = _read(shared, "linkage") if (shared / "linkage.key").exists() else _write(shared, "linkage", 32, demonstration)
        write_key(folder, "linkage", seed, demonstration=demonstration)
    return Agency(
        id=party.id,
        kind=party.kind,
        neutral_name=party.neutral_name,
        contact=party.contact,
        signing_keys=(to_base64(signing.public.raw),),
        roles=roles,
        prescriber=party.prescriber,
    )


def _make_officer(folder: Path, party: Party, post: Post, demonstration: bool) -> Officer:
    """Her key lies in a folder of her own: her agency's adapter signs for the agency, never for her."""
    key = SigningKey(_write(folder / PEOPLE / post.person, "signing", 32, demonstration))
    return Officer(
        person=post.person, agency=party.id, office=post.office, rank=post.rank, key=to_base64(key.public.raw)
    )  # fmt: skip


def _make_services(folder: Path, demonstration: bool) -> Services:
    broker = SigningKey(_write(folder / "broker", "signing", 32, demonstration))
    consent = SigningKey(_write(folder / "consent", "signing", 32, demonstration))
    log = SigningKey(_write(folder / "consent", "log", 32, demonstration))
    sealing = OpenKey(_write(folder / "consent", "sealing", 96, demonstration))
    return Services(
        broker_signing=to_base64(broker.public.raw),
        consent_signing=to_base64(consent.public.raw),
        consent_sealing=to_base64(sealing.public.raw),
        log_name="relay.ashby.example/consent/2026" if demonstration else "relay/consent",
        log_signing=to_base64(log.public.raw),
    )


def _read(folder: Path, name: str) -> bytes:
    try:
        return (folder / f"{name}.key").read_bytes()
    except OSError:
        raise KeyringError(f"cannot read the key {name} in {folder}") from None


def _write(folder: Path, name: str, size: int, demonstration: bool) -> bytes:
    return write_key(folder, name, secrets.token_bytes(size), demonstration=demonstration)


def write_key(folder: Path, name: str, seed: bytes, *, demonstration: bool) -> bytes:
    """Write a private key's file, readable by its owner alone. KeyringError when there is one of that name."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if demonstration:
        (folder / MARK).write_text("Keys for a demonstration. Never use them for real people.\n")
    try:
        handle = os.open(folder / f"{name}.key", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise KeyringError(f"{folder} already holds a key called {name}; it was not changed") from None
    with os.fdopen(handle, "wb") as file:
        file.write(seed)
        file.flush()
        os.fsync(file.fileno())
    return seed


def main(arguments: list[str] | None = None) -> int:
    """``keys init [--demonstration] FOLDER``: make a partnership's keys."""
    parser = argparse.ArgumentParser(
        prog="./run keys", description="Make the keys of every party and the signed key directory."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    init = commands.add_parser("init", help="make private files for each party and a signed key directory")
    init.add_argument("folder", type=Path, nargs="?", default=Path("var/keys"), help="where (default: var/keys)")
    init.add_argument("--demonstration", action="store_true", help="mark them as demonstration keys, refused in earnest")
    chosen = parser.parse_args(arguments)
    try:
        make_partnership(chosen.folder, ASHBY, now=time.time_ns() // 1_000_000, demonstration=chosen.demonstration)
    except (KeyringError, OSError) as error:
        print(f"No keys were made: {error}", file=sys.stderr)
        return 1
    print(f"Keys for {len(ASHBY)} agencies, the broker and the consent service are in {chosen.folder}.")
    print("Give each party its own folder and nothing else, and each person in people/ hers. Keep officers/ offline.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
