"""The officer's commands on the log: verify it, export it, show entries.

Showing and exporting are readings, so each is written into the log before a line is printed; a check that shows
nothing of anyone is not. Leaves out: who may read what, which is for the pages; here the keys' folder is the lock.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy import Connection, create_engine
from sqlalchemy.exc import SQLAlchemyError

from consent.log.append import LogClockError, LogConflictError, LogSigner
from consent.log.export import export
from consent.log.read import (
    LogDamagedError,
    LoggedEntry,
    NotInLogError,
    entries_about,
    newest_entries,
    record_reading,
)
from consent.store import alone, open_store
from contracts.checkpoint import verifier_key
from contracts.directory import Directory, DirectoryError, load_directory
from contracts.keyring import KeyringError, load_signing_key


class Settings(BaseSettings):
    """Where the consent service keeps its log and its keys; each can be given on the command line instead."""

    model_config = SettingsConfigDict(env_prefix="CONSENT_", frozen=True, extra="ignore")

    database_url: str = ""
    directory: str = ""
    keys: str = ""
    demonstration: bool = Field(default=False, validation_alias="DEMONSTRATION")


class CannotStartError(Exception):
    """Something the command needs was not given."""


def main(arguments: list[str] | None = None) -> int:
    """``python -m consent.cli log verify | export FILE | show``."""
    given = _parser().parse_args(arguments)
    command = {"verify": _verify, "export": _export, "show": _show}[given.action]
    try:
        return command(given)
    except CannotStartError as error:
        print(error, file=sys.stderr)
        return 2
    except (NotInLogError, LogDamagedError, DirectoryError, KeyringError, OSError) as error:
        print(f"The log could not be read: {error}", file=sys.stderr)
        return 1
    except (LogConflictError, LogClockError) as error:
        print(f"The reading could not be written down, so nothing is shown: {error}", file=sys.stderr)
        return 1
    except SQLAlchemyError as error:
        print(f"The log's database does not answer: {type(error).__name__}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    settings = Settings()
    parser = argparse.ArgumentParser(prog="./run", description="The consent service's log.")
    log = parser.add_subparsers(dest="command", required=True).add_parser("log", help="verify, export or show it")
    actions = log.add_subparsers(dest="action", required=True)
    verify = actions.add_parser("verify", help="check the whole log offline, with a program that trusts none of it")
    verify.add_argument("--remember", type=Path, help="file with the newest checkpoint you saw; kept up to date")
    take = actions.add_parser("export", help="write the whole log to a file that anyone can check")
    take.add_argument("file", type=Path)
    show = actions.add_parser("show", help="show entries in words")
    show.add_argument("--message", help="only what is about this message")
    show.add_argument("--last", type=int, default=20, help="how many entries (default 20)")
    for one in (verify, take, show):
        one.add_argument("--database", default=settings.database_url, help="default: CONSENT_DATABASE_URL")
        one.add_argument("--directory", default=settings.directory, help="default: CONSENT_DIRECTORY")
        one.set_defaults(demonstration=settings.demonstration)
    for one in (take, show):
        one.add_argument("--subjects", action="store_true", help="with the parts that are about a person")
        one.add_argument("--keys", default=settings.keys, help="default: CONSENT_KEYS; a reading is signed too")
        one.add_argument("--reader", default="operator", help="who reads; written into the log")
        one.add_argument("--reason", default="command line", help="why; written into the log")
    return parser


def _verify(given: argparse.Namespace) -> int:
    """Export to a file of our own, and have it checked by a separate program that gets the file and the key."""
    directory = _directory(given)
    with tempfile.TemporaryDirectory(prefix="log-verify-") as folder:
        taken, key = Path(folder) / "export.jsonl", Path(folder) / "log.vkey"
        key.write_text(verifier_key(directory.log_name, directory.log_signing.ed25519) + "\n")
        with _snapshot(given) as connection, taken.open("wb") as file:
            file.writelines(export(connection))
        program = str(Path(__file__).parent / "log" / "verify.py")
        remember = ["--remember", str(given.remember)] if given.remember else []
        # Our own interpreter, our own file, and paths made here; nothing of it passes a shell.
        command = [sys.executable, program, str(taken), "--key", str(key), *remember]
        done = subprocess.run(command, check=False)  # noqa: S603 - see above
    print(f"verified offline: {'yes' if done.returncode == 0 else 'NO'}")
    return done.returncode


def _export(given: argparse.Namespace) -> int:
    directory = _directory(given)
    _record_reading(given, directory, {"export": "all", "subjects": given.subjects})
    key_file = given.file.with_name(given.file.name + ".vkey")
    with _snapshot(given) as connection, given.file.open("wb") as file:
        file.writelines(export(connection, subjects=given.subjects))
    key_file.write_text(verifier_key(directory.log_name, directory.log_signing.ed25519) + "\n")
    print(f"Written to {given.file}. Check it anywhere, with Python and the cryptography package:")
    print(f"  python verify.py {given.file} --key {key_file}")
    print("Take the key from your own key directory when you can: a key that comes with the file proves less.")
    return 0


def _show(given: argparse.Namespace) -> int:
    scope: dict[str, Any] = {"subjects": given.subjects}
    scope |= {"message": given.message} if given.message else {"last": given.last}
    _record_reading(given, _directory(given), scope)
    with _snapshot(given) as connection:
        if given.message:
            entries = entries_about(connection, given.message, subjects=given.subjects)
        else:
            entries = newest_entries(connection, given.last, subjects=given.subjects)
    for entry in entries:
        print(_in_words(entry))
    print(f"{len(entries)} entries. This reading is in the log too.")
    return 0


def _in_words(entry: LoggedEntry) -> str:
    at = datetime.fromtimestamp(entry.at / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    lines = [f"{entry.index:>8}  {at}  {entry.kind.value}"]
    groups = {"shown": entry.shown, "skeleton": entry.skeleton, "subject": {}}
    if entry.subject:
        groups["subject"] = entry.subject.fields
    for name, fields in groups.items():
        told = {key: value for key, value in fields.items() if key not in ("entry", "at", "written")}
        if told:
            said = ", ".join(f"{key} {_plain(value)}" for key, value in told.items())
            lines.append(f"{'':10}{name:<10}{said}")
    if entry.erased:
        lines.append(f"{'':10}subject   erased")
    return "\n".join(lines)


def _plain(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _directory(given: argparse.Namespace) -> Directory:
    if not given.directory:
        raise CannotStartError("Say where the key directory is: --directory, or CONSENT_DIRECTORY.")
    now = time.time_ns() // 1_000_000
    return load_directory(Path(given.directory), now=now, demonstration=given.demonstration)


def _record_reading(given: argparse.Namespace, directory: Directory, scope: dict[str, Any]) -> None:
    if not given.keys:
        raise CannotStartError("A reading is written into the log first: --keys, or CONSENT_KEYS.")
    signer = LogSigner(directory.log_name, load_signing_key(Path(given.keys), "log").ed25519)
    engine = open_store(_database(given))
    try:
        with alone(engine) as connection:
            now = time.time_ns() // 1_000_000
            record_reading(connection, given.reader, given.reason, scope, signer, now)
    finally:
        engine.dispose()


def _database(given: argparse.Namespace) -> str:
    if not given.database:
        raise CannotStartError("Say where the log is: --database, or CONSENT_DATABASE_URL.")
    return str(given.database)


@contextmanager
def _snapshot(given: argparse.Namespace) -> Iterator[Connection]:
    """One state of the log from the first line to the last, while the service goes on writing: it takes no lock."""
    engine = create_engine(_database(given))
    try:
        with engine.connect() as connection:
            if connection.dialect.name == "postgresql":
                connection.execution_options(isolation_level="REPEATABLE READ")
            else:
                connection.exec_driver_sql("BEGIN")
            yield connection
    finally:
        engine.dispose()


if __name__ == "__main__":
    sys.exit(main())
