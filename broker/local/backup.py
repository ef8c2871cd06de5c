"""``./run backup DIR`` and ``./run restore DIR``: consistent copies of every store, and what a restore finds left behind.

Copies are made while everything runs. Adapters come first, then the broker, then the consent service, so that no copy knows
of something that the next one lacks: a message is then sent twice and counted once, never lost. Private keys stay where
they are unless asked for. RabbitMQ's own files are not copied: what is in its queues is newer than any backup, and
``findings`` says what does not fit.
"""

import argparse
import hashlib
import json
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from broker.local import state
from broker.local.findings import findings
from broker.local.installed import postgres_folder
from broker.local.stores import Store, StoreAwayError, Stores, at, of

MANIFEST: Final = "manifest.json"
_PUBLIC: Final = ("directory.json", "root.json")


class BackupError(Exception):
    """It cannot be done, with the reason and what to do."""


def main(arguments: list[str]) -> int:
    """``backup DIR`` or ``restore DIR``."""
    command, *rest = arguments
    parser = argparse.ArgumentParser(prog=f"./run {command}", description=(back_up if command == "backup" else restore).__doc__)
    parser.add_argument("folder", type=Path, help="where the copies go, or where they are")
    parser.add_argument("--name", help="which system (default: the one that runs, else the latest)")
    if command == "backup":
        parser.add_argument("--with-keys", action="store_true", help="private keys too: keep such a copy like the keys")
    chosen = parser.parse_args(rest)
    try:
        if command == "backup":
            back_up(state.current(chosen.name), chosen.folder, with_keys=chosen.with_keys)
        else:
            restore(_where(chosen.folder, chosen.name), chosen.folder)
    except (BackupError, StoreAwayError, state.NoSystemError, OSError, sqlite3.Error) as error:
        print(f"It could not be done: {error}", file=sys.stderr)
        return 1
    return 0


def back_up(system: Path, folder: Path, *, with_keys: bool = False) -> None:
    """Copy every store of a system, running or not."""
    if (folder / MANIFEST).exists():
        raise BackupError(f"{folder} holds a backup already; name another folder")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    stores, began = of(system), time.time_ns() // 1_000_000
    copied: dict[str, Any] = {}
    for store in stores.all:
        if store.there():
            file = folder / (f"{store.name}.sqlite" if store.file else f"{store.name}.dump")
            _copy(store, file)
            place = str(store.file.relative_to(system)) if store.file and store.file.is_relative_to(system) else None
            copied[store.name] = {
                "file": file.name, "sha256": _digest(file), "bytes": file.stat().st_size, "place": place,
            }  # fmt: skip
            print(f"  {store.name}: {file.stat().st_size / 1e6:.1f} MB")
    keys = _copy_keys(system / "keys", folder / "keys", private=with_keys)
    manifest = {
        "system": system.name,
        "began": began,
        "stores": copied,
        "keys": keys,
        "private_keys": with_keys,
        "log_entries": stores.consent.number("SELECT MAX(size) FROM checkpoint"),
    }
    # Last: a folder without it is not a backup.
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=2))
    size = manifest["log_entries"] or 0
    print(f"{len(copied)} stores are in {folder}, with a log of {size:,} entries. Put them back: ./run restore {folder}")
    if not with_keys:
        print("Private keys are not in it. Keep them apart: without them nothing of this can be opened again.")


def restore(system: Path, folder: Path) -> None:
    """Put the copies back into a stopped system, or into none at all, and say what does not fit together afterwards."""
    remembered = state.read(system)
    if remembered and state.running(remembered):
        raise BackupError("the system runs; stop it first: ./run down")
    manifest = _manifest(folder)
    for name, copied in manifest["stores"].items():
        file = folder / copied["file"]
        if not file.exists() or _digest(file) != copied["sha256"]:
            raise BackupError(f"the copy of {name} is missing or was changed; nothing was touched")
    stores = of(system) if remembered else _laid_out(system, manifest)
    aside = f"before-restore-{time.time_ns() // 1_000_000}"
    known = {store.name: store for store in stores.all}
    for name, copied in manifest["stores"].items():
        if name in known:
            _put_back(known[name], folder / copied["file"], aside)
    if manifest["private_keys"]:
        _put_keys_back(folder / "keys", system / "keys")
    print(f"{len(manifest['stores'])} stores are put back into {system}. What was there before is beside each, in {aside}.")
    _say(stores)


def _where(folder: Path, name: str | None) -> Path:
    """The system that is meant; on a machine where nothing was started, the one that the backup is of."""
    try:
        return state.current(name)
    except state.NoSystemError:
        return state.VAR / (name or str(_manifest(folder)["system"]))


def _manifest(folder: Path) -> dict[str, Any]:
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text())
    except FileNotFoundError:
        raise BackupError(f"{folder} holds no finished backup") from None
    return manifest


def _laid_out(system: Path, manifest: dict[str, Any]) -> Stores:
    """Where the stores belong on a machine that lost them: as they lay on the one they are from."""
    places = {name: copied.get("place") for name, copied in manifest["stores"].items()}
    inside = system.resolve()

    def fits(place: str | None) -> bool:
        return place is not None and (inside / place).resolve().is_relative_to(inside)

    if elsewhere := sorted(name for name, place in places.items() if not fits(place)):
        raise BackupError(
            f"nothing was started here yet, and {', '.join(elsewhere)} did not lie in the system's own folder; "
            "start it with its databases (./run up), stop it (./run down) and restore then"
        )
    if not manifest["private_keys"] and not (system / "keys" / _PUBLIC[0]).exists():
        raise BackupError(
            f"nothing was started here yet, and this backup has no private keys; put the folder of keys at "
            f"{system / 'keys'} first"
        )
    stores = at(system, places)
    for store in stores.all:
        assert store.file is not None, "every one has a place"
        store.file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    return stores


def _say(stores: Stores) -> None:
    found = findings(stores)
    for finding in found:
        print(f"  ! {finding}")
    print("Look at these before you start it." if found else "The stores fit each other. Start it: ./run up")
    print("What RabbitMQ has in its queues is compared when it runs: ./run doctor")


def _copy(store: Store, file: Path) -> None:
    if store.file is None:
        _postgres("pg_dump", "--format=custom", "--no-owner", "--file", str(file), store.address)
        return
    with closing(sqlite3.connect(store.file, timeout=30)) as source, closing(sqlite3.connect(file)) as target:
        # One state of the store, however busy it is; SQLite copies the pages and what its log holds.
        source.backup(target)
        if target.execute("PRAGMA quick_check").fetchone()[0] != "ok":
            raise BackupError(f"the copy of {store.name} is damaged; is the disk full?")
    file.chmod(0o600)


def _put_back(store: Store, file: Path, aside: str) -> None:
    """Put a copy in its place. What was there stays beside it: an agency's store never leaves the agency's own folder."""
    if store.file is None:
        _postgres(
            "pg_restore", "--clean", "--if-exists", "--no-owner", "--single-transaction", "--dbname", store.address, str(file)
        )
        return
    kept = store.file.parent / aside
    for old in list(_files_of(store.file)):
        kept.mkdir(exist_ok=True, mode=0o700)
        shutil.move(old, kept / old.name)
    shutil.copyfile(file, store.file)
    store.file.chmod(0o600)


def _files_of(database: Path) -> Iterator[Path]:
    """The file and what SQLite keeps beside it: an old write-ahead log on a new file would be the end of both."""
    for each in (database, database.with_name(f"{database.name}-wal"), database.with_name(f"{database.name}-shm")):
        if each.exists():
            yield each


def _postgres(program: str, *arguments: str) -> None:
    folder = postgres_folder()
    command = str(folder / program) if folder else shutil.which(program)
    if command is None:
        raise BackupError(f"{program} is not installed here; it comes with the PostgreSQL client")
    done = subprocess.run([command, *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise BackupError(f"{program} ended with: {done.stderr.strip().splitlines()[-1:]}")


def _copy_keys(keys: Path, folder: Path, *, private: bool) -> list[str]:
    """The public directory always; of the private keys the names, or the files too."""
    folder.mkdir(exist_ok=True, mode=0o700)
    for name in _PUBLIC:
        if (keys / name).exists():
            shutil.copyfile(keys / name, folder / name)
    named = sorted(str(each.relative_to(keys)) for each in keys.rglob("*.key"))
    if private:
        shutil.copytree(keys, folder, dirs_exist_ok=True)
    return named


def _put_keys_back(folder: Path, keys: Path) -> None:
    """Only what is missing: a key that is there is never written over."""
    for each in sorted(folder.rglob("*")):
        target = keys / each.relative_to(folder)
        if each.is_file() and not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            shutil.copyfile(each, target)
            target.chmod(0o600)


def _digest(file: Path) -> str:
    digest = hashlib.sha256()
    with file.open("rb") as opened:
        while chunk := opened.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()
