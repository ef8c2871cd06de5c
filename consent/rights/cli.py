"""The officer's commands on a person's rights: her history, her own copy, and the signed acts; and how a withdrawal travelled.

Whoever reads about her is written into the log first. Leaves out: which records are hers (``./run records``), and her request.
"""

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from pydantic import ValidationError
from sqlalchemy.exc import SQLAlchemyError

from consent.at_the_log import (
    CannotStartError,
    Settings,
    database_of,
    directory_of,
    record,
    snapshot,
    where_the_log_is,
    who_reads_it,
)
from consent.log.append import LogClockError, LogConflictError, LogSigner
from consent.log.read import LogDamagedError, NotInLogError
from consent.rights import travelled
from consent.rights.about_her import entries_about_her
from consent.rights.access import access_file
from consent.rights.acts import NotDone, stopped_by, take
from consent.rights.history import History, history
from consent.rights.paper import Paper, propose, stand_beside
from consent.rights.words import of_day
from consent.store import alone, open_store
from contracts.directory import Directory, DirectoryError
from contracts.keyring import KeyringError, load_signing_key
from contracts.vocabulary import Exemption, Ground, Purpose, Right

_RIGHTS: Final = [right.value for right in Right]


def main(arguments: list[str] | None = None) -> int:
    """``python -m consent.rights.cli report | history | access | sign | second | take``."""
    given = _parser().parse_args(arguments)
    try:
        return int(given.run(given))
    except CannotStartError as error:
        print(error, file=sys.stderr)
        return 2
    except (NotInLogError, LogDamagedError, DirectoryError, KeyringError, OSError) as error:
        print(f"It could not be read: {error}", file=sys.stderr)
    except ValidationError:
        print("That file is not a statement of this partnership.", file=sys.stderr)
    except (LogConflictError, LogClockError) as error:
        print(f"It could not be written into the log, so nothing was done: {error}", file=sys.stderr)
    except SQLAlchemyError as error:
        print(f"The log's database does not answer: {type(error).__name__}", file=sys.stderr)
    return 1


def _parser() -> argparse.ArgumentParser:
    settings = Settings()
    parser = argparse.ArgumentParser(prog="./run rights", description="Her rights, and what an officer does about them.")
    actions = parser.add_subparsers(dest="action", required=True)

    def action(name: str, run: Callable[[argparse.Namespace], int], words: str) -> argparse.ArgumentParser:
        one = actions.add_parser(name, help=words)
        where_the_log_is(one, settings)
        one.set_defaults(run=run)
        return one

    said = action("report", _report, "how far a withdrawal or correction has come: who was told, what cannot be recalled")
    said.add_argument("names", nargs="+", help="a consent's id, or the message that took it back or corrected something")
    told = action("history", _history, "her history in plain words")
    copy = action("access", _access, "the file she is given when she asks what is known about her")
    copy.add_argument("--to", type=Path, required=True, help="the zip file to write")
    for one in (told, copy):
        one.add_argument("records", nargs="+", help="her records, as ./run records shows them")
    for one in (said, told, copy):
        who_reads_it(one, settings)
    _signing(action("sign", _sign, "sign an act on a right of hers"))
    beside = action("second", _second, "stand beside an act as the second person")
    beside.add_argument("--person", type=Path, required=True, metavar="FOLDER", help="the folder with the second person's key")
    carry = action("take", _take, "carry out a signed act")
    carry.add_argument("--then", type=Path, help="write to this file what the broker must call back (./run rights does it)")
    carry.add_argument("--keys", default=settings.keys, help="default: CONSENT_KEYS; the log signs what was done")
    for one in (beside, carry):
        one.add_argument("file", type=Path)
    return parser


def _signing(sign: argparse.ArgumentParser) -> None:
    sign.add_argument("right", choices=_RIGHTS)
    sign.add_argument("records", nargs="+", help="her records, as ./run records shows them")
    sign.add_argument("--person", type=Path, required=True, metavar="FOLDER", help="the folder with the officer's own key")
    sign.add_argument("--ground", choices=[ground.value for ground in Ground], required=True)
    sign.add_argument("--exemption", choices=[each.value for each in Exemption], help="for erase: what was looked at")
    sign.add_argument("--purpose", choices=[purpose.value for purpose in Purpose], help="for object: only this purpose")
    sign.add_argument("--why", required=True, help="in words")
    sign.add_argument("--to", type=Path, required=True, help="the file to write the signed statement to")


def _report(given: argparse.Namespace) -> int:
    directory = directory_of(given)
    record(given, directory, {"report": given.names})
    with snapshot(given) as connection:
        found = [(name, travelled.report(connection, name, _now())) for name in given.names]
    for name, one in found:
        if one is None:
            print(f"Nobody took back or corrected anything under {name}.", file=sys.stderr)
            return 1
        print("\n".join(travelled.in_words(one, _names(directory))))
    return 0 if all(one is not None and one.complete for _, one in found) else 3


def _history(given: argparse.Namespace) -> int:
    found = _found(given)
    print("\n".join(found.lines) or "The log says nothing about these records.")
    _say_what_is_kept_back(found)
    return 0


def _access(given: argparse.Namespace) -> int:
    found = _found(given)
    given.to.write_bytes(access_file(found, of_day(_now())))
    print(f"Written to {given.to}: {len(found.lines)} things. Give it to her only by the way she said is safe.")
    _say_what_is_kept_back(found)
    return 0


def _found(given: argparse.Namespace) -> History:
    directory = directory_of(given)
    record(given, directory, {given.action: sorted(given.records)})
    with snapshot(given) as connection:
        return history(entries_about_her(connection, given.records), _names(directory))


def _say_what_is_kept_back(found: History) -> None:
    # For the officer alone, beside the file and never in it.
    for why, count in sorted(found.kept_back.items()):
        print(f"Not in it, for you to look at: {count} that {why}.", file=sys.stderr)


def _sign(given: argparse.Namespace) -> int:
    key = load_signing_key(given.person)
    purpose, exemption = given.purpose and Purpose(given.purpose), given.exemption and Exemption(given.exemption)
    paper = propose(
        Right(given.right), tuple(given.records), Ground(given.ground), given.why, key, directory_of(given), _now(),
        purpose=purpose, exemption=exemption,
    )  # fmt: skip
    given.to.write_bytes(paper.wire())
    more = "another person signs beside it (second), then it is taken" if paper.takes_two else "it can be taken"
    print(f"Signed and written to {given.to}: {more}.")
    return 0


def _second(given: argparse.Namespace) -> int:
    paper = Paper.model_validate_json(given.file.read_bytes())
    both = stand_beside(paper, load_signing_key(given.person), directory_of(given), _now())
    given.file.write_bytes(both.wire())
    print("Signed beside it: it can be taken.")
    return 0


def _take(given: argparse.Namespace) -> int:
    paper, directory = Paper.model_validate_json(given.file.read_bytes()), directory_of(given)
    if not given.keys:
        raise CannotStartError("The log signs what was done: --keys, or CONSENT_KEYS.")
    signer = LogSigner(directory.log_name, load_signing_key(Path(given.keys), "log").ed25519)
    engine = open_store(database_of(given))
    try:
        with alone(engine) as connection:
            done = take(connection, paper.statement, paper.second, directory, signer, _now())
            stopped = stopped_by(connection, paper.statement.said.id)
    finally:
        engine.dispose()
    if stopped and given.then:
        # Also when it was carried out before: what is on its way is called back as often as anyone asks.
        given.then.write_text(" ".join((str(stopped[0]), *stopped[1])))
    if isinstance(done, NotDone):
        print(f"Nothing was done. {done.sentence} ({done.reason.value})", file=sys.stderr)
        return 1
    print(f"Done: entry {done.index} of the log.")
    if done.erased:
        print(
            f"{done.erased} entries can no longer be read. Copies in backups end when those expire; what agencies wrote down "
            "themselves, and the broker's tokens, are theirs to erase. What she refused is kept, so that it is obeyed."
        )
    return 0


def _names(directory: Directory) -> dict[str, str]:
    return {agency.id: agency.neutral_name for agency in directory.document.agencies}


def _now() -> int:
    return time.time_ns() // 1_000_000


if __name__ == "__main__":
    sys.exit(main())
