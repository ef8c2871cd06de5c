"""Everything secret that docker-compose.yml needs, made once into one volume: `python -m broker.local prepare FOLDER`.

One folder for each container, so that each is given its own and no other. Leaves out real partnerships: these are
demonstration keys, and every program says so.
"""

import json
import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from broker.definitions import accounts, definitions
from broker.local.certificates import make_certificates
from broker.local.processes import ProgramDiedError
from broker.local.programs import ROOT
from contracts.approvals import APPROVALS_FILE
from contracts.keyring import ASHBY, DIRECTORY_FILE, make_partnership
from contracts.offers import SERVICES_FILE
from contracts.service_entries import sign_services

SERVER = "rabbitmq"
DATABASES = ("broker", "consent")
PROTOCOL = ROOT / "consent" / "clauses" / "ashby.yaml"
_DONE = "prepared"
_SIGN = ("-m", "consent.officer.cli", "demonstrate")


def prepare(folder: Path, owners: Mapping[str, int]) -> bool:
    """Make it all, or nothing if it is there already: a second start must find the same keys. True if made."""
    if (folder / _DONE).exists():
        return False
    agencies = [party.id for party in ASHBY]
    names = accounts(agencies)
    make_demonstration(folder / "keys")
    signed(sign_agreements(folder / "keys", PROTOCOL))
    public = folder / "public"
    public.mkdir()
    for name in (DIRECTORY_FILE, "root.json", SERVICES_FILE, APPROVALS_FILE):
        shutil.copy(folder / "keys" / name, public)
    make_certificates(folder / "tls", names, server=SERVER, names=[SERVER, "localhost", "127.0.0.1"])
    # No passwords in it: with client certificates nobody has one.
    (folder / "tls" / SERVER / "definitions.json").write_text(json.dumps(definitions(agencies)))
    _make_passwords(folder / "passwords")
    _give_away(folder, owners)
    (folder / _DONE).touch()
    return True


def make_demonstration(keys: Path) -> None:
    """The keys of the fictional partnership, and the directory of what its agencies offer."""
    now = time.time_ns() // 1_000_000
    make_partnership(keys, ASHBY, now=now, demonstration=True)
    entries = Path(__file__).parent / "story" / "services.yaml"
    sign_services(entries, keys, ("officer-1", "officer-2"), now=now, version=1)


def sign_agreements(keys: Path, protocol: Path) -> subprocess.Popen[str]:
    """Let the demonstration's officers sign what they have not signed of this protocol; ``signed`` waits until they have."""
    command = [
        sys.executable,
        *_SIGN,
        "--keys",
        str(keys),
        "--directory",
        str(keys / DIRECTORY_FILE),
        "--protocol",
        str(protocol),
    ]
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env=os.environ | {"DEMONSTRATION": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def signed(signing: subprocess.Popen[str]) -> None:
    """Return when it is done; ProgramDiedError with its own words when it failed."""
    _, why = signing.communicate()
    if signing.returncode:
        raise ProgramDiedError(f"The demonstration's agreements could not be signed. {why.strip()}")


def _make_passwords(folder: Path) -> None:
    """One for the server's owner, one for each service, and for each service the file from which it is read."""
    for name in ("postgres", *DATABASES):
        (folder / name).mkdir(parents=True, mode=0o700)
    _secret(folder / "postgres" / "owner", secrets.token_urlsafe(24))
    for name in DATABASES:
        password = secrets.token_urlsafe(24)
        _secret(folder / "postgres" / name, password)
        _secret(folder / name / "pgpass", f"postgres:5432:{name}:{name}:{password}")


def _secret(file: Path, text: str) -> None:
    file.touch(mode=0o600)
    file.write_text(f"{text}\n")


def _give_away(folder: Path, owners: Mapping[str, int]) -> None:
    """Hand each folder to the user its container runs as: by its name, else by `*`."""
    if os.geteuid() != 0:
        return
    for kind in ("keys", "tls", "passwords", "public"):
        for each in (folder / kind, *(folder / kind).rglob("*")):
            parts = each.relative_to(folder).parts
            owner = owners.get(parts[1] if len(parts) > 1 else "*", owners["*"])
            os.chown(each, owner, owner)
    # Looking into the folders that lead to one's own is no secret.
    for each in (folder, *(folder / kind for kind in ("keys", "tls", "passwords", "public"))):
        each.chmod(0o755)
