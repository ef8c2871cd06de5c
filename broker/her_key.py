"""An officer's words at the broker's desk, signed with her own key: checks that go on, a merge taken back, what looking found,
an epoch of the linkage key that ends.

Leaves out: whether they count, which the store says (``store/checks``, ``store/correcting``, ``store/epochs``).
"""

from pathlib import Path
from typing import Any

from contracts.directory import Directory
from contracts.identifiers import new_id
from contracts.keyring import KeyringError, load_signing_key
from contracts.keys import SigningKey
from contracts.statements import LiftChecks, RetireEpoch, ReviewOverride, Statement, UndoMerge, sign_statement
from contracts.vocabulary import OverrideFinding


def lifting(folder: Path, directory: Directory, asker: str, worker: str, why: str, now: int) -> Statement:
    """She lets the checks of a worker go on, or of all of an agency's (an empty worker)."""
    key, by = _hers(folder, directory)
    return sign_statement(LiftChecks(id=new_id(), asker=asker, worker=worker, reason=why, made=now, **by), key)


def undoing(folder: Path, directory: Directory, merge: str, why: str, now: int) -> Statement:
    """She takes a merge back."""
    key, by = _hers(folder, directory)
    return sign_statement(UndoMerge(id=new_id(), merge=merge, reason=why, made=now, **by), key)


def reviewing(folder: Path, directory: Directory, message: str, finding: OverrideFinding, why: str, now: int) -> Statement:
    """She looked at a prescriber's override, and says what she found."""
    key, by = _hers(folder, directory)
    return sign_statement(ReviewOverride(id=new_id(), message=message, finding=finding, reason=why, made=now, **by), key)


def retiring(folder: Path, directory: Directory, epoch: int, why: str, now: int, *, leave_behind: bool = False) -> Statement:
    """She ends an epoch of the linkage key."""
    key, by = _hers(folder, directory)
    said = RetireEpoch(id=new_id(), epoch=epoch, leave_behind=leave_behind, reason=why, made=now, **by)
    return sign_statement(said, key)


def _hers(folder: Path, directory: Directory) -> tuple[SigningKey, dict[str, Any]]:
    key = load_signing_key(folder)
    found = directory.officer(key.id)
    if found is None:
        raise KeyringError("that key is no officer's of the directory")
    officer, _ = found
    return key, {"agency": officer.agency, "person": officer.person, "rank": officer.rank}
