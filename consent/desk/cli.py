"""What a named person decides, from the terminal: on a message that waits, on breaking the glass, on a review of that.

Each decision is signed with her own key and counts only as hers; the folder of her key is the lock. Her reason is written into
the log, where its key can be destroyed. Leaves out: asking the broker to ask again (``broker.cli``).
"""

import argparse
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy.exc import SQLAlchemyError

from consent.acts import take_act, waiting
from consent.broken import take_review, unreviewed
from consent.clauses.fitting import ProtocolError
from consent.desk.hers import NotHersError, by_name, her_key
from consent.log.append import LogClockError, LogConflictError, LogSigner
from consent.protocol_file import load_in_force
from consent.store import alone, open_store
from contracts.approvals import APPROVALS_FILE
from contracts.directory import Directory, DirectoryError, Officer, load_directory
from contracts.identifiers import new_id
from contracts.keyring import PEOPLE, KeyringError, load_signing_key
from contracts.keys import SigningKey
from contracts.reasons import Reason
from contracts.sentences import sentence
from contracts.statements import BreakGlass, Glass, HoldAct, Review, Second, said_hash, sign_statement
from contracts.vocabulary import Emergency, Finding, Label

_HOUR = 3_600_000


class Settings(BaseSettings):
    """Where the consent service keeps its database, its keys, the directory and the protocol."""

    model_config = SettingsConfigDict(env_prefix="CONSENT_", frozen=True, extra="ignore")

    database_url: str
    directory: Path
    keys: Path
    protocol: Path = Path(__file__).parents[1] / "clauses" / "ashby.yaml"
    agreements: Path | None = None
    demonstration: bool = Field(default=False, validation_alias="DEMONSTRATION")

    @property
    def approvals(self) -> Path:
        """Where the officers' signatures are."""
        return self.agreements or self.directory.parent / APPROVALS_FILE


def main(arguments: list[str] | None = None) -> int:
    """0 done; 1 it does not count, or glass waits for its review; 2 asked wrongly."""
    chosen = _parser().parse_args(arguments)
    try:
        return int(chosen.run(chosen, Settings()))
    except ValidationError as error:
        if error.title != "Settings":
            print("A name, id or label is not in its agreed form.", file=sys.stderr)
            return 2
        print("There is no running system to ask. Start one: ./run up", file=sys.stderr)
    except (NotHersError, KeyringError, DirectoryError, ProtocolError) as error:
        print(f"It does not count: {error}", file=sys.stderr)
    except (SQLAlchemyError, LogConflictError, LogClockError) as error:
        print(f"It was not written down, so it does not count ({type(error).__name__}). Try again.", file=sys.stderr)
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="./run", description="What a named person decides, under her own key.")
    subjects = parser.add_subparsers(dest="subject", required=True)
    holds = subjects.add_parser("holds", help="a message that waits").add_subparsers(dest="what", required=True)
    act = holds.add_parser("act", help="approve or refuse what waits; either way it is decided again")
    act.add_argument("message", help="the message's id, as ./run holds list shows it")
    act.add_argument("decision", choices=["approve", "refuse"])
    _by(act)
    act.set_defaults(run=_act)
    glass = subjects.add_parser("glass", help="breaking the glass, and its review").add_subparsers(dest="what", required=True)
    glass.add_parser("list", help="what waits for its review; no month closes before").set_defaults(run=_list)
    review = glass.add_parser("review", help="say what a review found")
    review.add_argument("message", help="the message's id, as ./run glass list shows it")
    review.add_argument("finding", choices=[one.value for one in Finding])
    _by(review)
    review.set_defaults(run=_review)
    breaking = glass.add_parser("break", help="sign for one message; goes into its record as the field glass")
    breaking.add_argument("--to", required=True, help="the one agency that may receive it")
    breaking.add_argument("--labels", required=True, help="what may go, such as request,identity,safety")
    breaking.add_argument("--emergency", required=True, choices=[one.value for one in Emergency])
    breaking.add_argument("--hours", type=float, default=1.0, help="how long it stands, at most 24 (default: 1)")
    breaking.add_argument("--second", metavar="NAME", help="who stands by, with her own key")
    _by(breaking)
    breaking.set_defaults(run=_break)
    return parser


def _by(command: argparse.ArgumentParser) -> None:
    command.add_argument("--person", required=True, help="who decides, by her name in the key directory")
    command.add_argument("--reason", required=True, help="why, without any detail of the person it is about")
    command.add_argument("--people", type=Path, help="the folder that holds her folder, with her key")


def _act(chosen: argparse.Namespace, settings: Settings) -> int:
    directory, now = _directory(settings), _now()
    officer, key = _hers(chosen, settings, directory, chosen.person)
    protocol, _ = load_in_force(settings.protocol, settings.approvals, directory)
    engine = open_store(settings.database_url)
    try:
        with alone(engine) as connection:
            held = waiting(connection, chosen.message, protocol, now)
            if held is None:
                raise NotHersError(sentence(Reason.NOTHING_WAITS))
            said = HoldAct(
                id=new_id(), message=chosen.message, header=held.header, act=chosen.decision, reason=chosen.reason,
                made=now, **by_name(officer),
            )  # fmt: skip
            done = take_act(connection, sign_statement(said, key), directory, protocol, _signer(settings, directory), now)
    finally:
        engine.dispose()
    print(f"Written down as entry {_counted(done)} of the log. It is decided again now, with this beside it.")
    return 0


def _list(chosen: argparse.Namespace, settings: Settings) -> int:
    del chosen
    engine = open_store(settings.database_url)
    with engine.begin() as connection:
        found = unreviewed(connection)
    engine.dispose()
    for one in found:
        alone_or_not = "alone" if one.alone else "with a second person"
        print(f"{one.message}  {one.agency} to {one.recipient}: {one.emergency}, by {one.person} ({one.rank}), {alone_or_not}")
        print(f"{'':32}  gone {_at(one.released)}, to be reviewed by {_at(one.due)}{' - LATE' if one.due <= _now() else ''}")
    print(f"{len(found)} wait for review; the month cannot be closed." if found else "Nothing waits for review.")
    return 1 if found else 0


def _review(chosen: argparse.Namespace, settings: Settings) -> int:
    directory = _directory(settings)
    officer, key = _hers(chosen, settings, directory, chosen.person)
    said = Review(
        id=new_id(),
        message=chosen.message,
        finding=Finding(chosen.finding),
        reason=chosen.reason,
        made=_now(),
        **by_name(officer),
    )
    engine = open_store(settings.database_url)
    try:
        with alone(engine) as connection:
            done = take_review(connection, sign_statement(said, key), directory, _signer(settings, directory), _now())
    finally:
        engine.dispose()
    print(f"The review is entry {_counted(done)} of the log.")
    return 0


def _break(chosen: argparse.Namespace, settings: Settings) -> int:
    """Prints the field, and nothing else: it is read by a program as often as by a person."""
    directory, now = _directory(settings), _now()
    officer, key = _hers(chosen, settings, directory, chosen.person)
    labels = tuple(Label(label) for label in chosen.labels.split(",")) if _are_labels(chosen.labels) else ()
    if not labels:
        raise NotHersError("the labels are written as in the glossary, with commas between")
    said = BreakGlass(
        id=new_id(), emergency=Emergency(chosen.emergency), reason=chosen.reason, recipient=chosen.to, labels=labels,
        made=now, until=now + int(chosen.hours * _HOUR), **by_name(officer),
    )  # fmt: skip
    second = None
    if chosen.second:
        other, hers = _hers(chosen, settings, directory, chosen.second)
        second = sign_statement(Second(id=new_id(), of=said_hash(said).hex(), made=now, **by_name(other)), hers)
    print(Glass(statement=sign_statement(said, key), second=second).model_dump_json())
    return 0


def _are_labels(text: str) -> bool:
    return set(text.split(",")) <= {label.value for label in Label}


def _counted(done: int | Reason) -> int:
    if isinstance(done, Reason):
        raise NotHersError(sentence(done))
    return done


def _hers(chosen: argparse.Namespace, settings: Settings, directory: Directory, person: str) -> tuple[Officer, SigningKey]:
    return her_key(chosen.people or settings.keys.parent / PEOPLE, person, directory)


def _directory(settings: Settings) -> Directory:
    return load_directory(settings.directory, now=_now(), demonstration=settings.demonstration)


def _signer(settings: Settings, directory: Directory) -> LogSigner:
    return LogSigner(directory.log_name, load_signing_key(settings.keys, "log").ed25519)


def _at(moment: int) -> str:
    return datetime.fromtimestamp(moment / 1000, UTC).strftime("%d %b %H:%M UTC")


def _now() -> int:
    return time.time_ns() // 1_000_000


if __name__ == "__main__":
    sys.exit(main())
