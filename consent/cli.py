"""The officer's commands on the log: verify it, export it, show entries.

Showing and exporting are readings, so each is written into the log before a line is printed; a check that shows
nothing of anyone is not. Leaves out: who may read what, which is for the pages; here the keys' folder is the lock.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from consent.at_the_log import CannotStartError, Settings, directory_of, record, snapshot, where_the_log_is, who_reads_it
from consent.log.append import LogClockError, LogConflictError
from consent.log.export import export
from consent.log.read import LogDamagedError, LoggedEntry, NotInLogError, entries_about, newest_entries
from contracts.checkpoint import verifier_key
from contracts.directory import DirectoryError
from contracts.keyring import KeyringError


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
        where_the_log_is(one, settings)
    for one in (take, show):
        one.add_argument("--subjects", action="store_true", help="with the parts that are about a person")
        who_reads_it(one, settings)
    return parser


def _verify(given: argparse.Namespace) -> int:
    """Export to a file of our own, and have it checked by a separate program that gets the file and the key."""
    directory = directory_of(given)
    with tempfile.TemporaryDirectory(prefix="log-verify-") as folder:
        taken, key = Path(folder) / "export.jsonl", Path(folder) / "log.vkey"
        key.write_text(verifier_key(directory.log_name, directory.log_signing.ed25519) + "\n")
        with snapshot(given) as connection, taken.open("wb") as file:
            file.writelines(export(connection))
        program = str(Path(__file__).parent / "log" / "verify.py")
        remember = ["--remember", str(given.remember)] if given.remember else []
        # Our own interpreter, our own file, and paths made here; nothing of it passes a shell.
        command = [sys.executable, program, str(taken), "--key", str(key), *remember]
        done = subprocess.run(command, check=False)  # noqa: S603 - see above
    print(f"verified offline: {'yes' if done.returncode == 0 else 'NO'}")
    return done.returncode


def _export(given: argparse.Namespace) -> int:
    directory = directory_of(given)
    record(given, directory, {"export": "all", "subjects": given.subjects})
    key_file = given.file.with_name(given.file.name + ".vkey")
    with snapshot(given) as connection, given.file.open("wb") as file:
        file.writelines(export(connection, subjects=given.subjects))
    key_file.write_text(verifier_key(directory.log_name, directory.log_signing.ed25519) + "\n")
    print(f"Written to {given.file}. Check it anywhere, with Python and the cryptography package:")
    print(f"  python verify.py {given.file} --key {key_file}")
    print("Take the key from your own key directory when you can: a key that comes with the file proves less.")
    return 0


def _show(given: argparse.Namespace) -> int:
    scope: dict[str, Any] = {"subjects": given.subjects}
    scope |= {"message": given.message} if given.message else {"last": given.last}
    record(given, directory_of(given), scope)
    with snapshot(given) as connection:
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


if __name__ == "__main__":
    sys.exit(main())
