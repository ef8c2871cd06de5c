"""``./run officer``: agreements between agencies, proposed by an officer of one and approved by one of each other.

A change is written into the protocol's file as a new version, by hand; here it is read beside the version before, and signed.
The service decides by it when every signature that it needs is there. Leaves out: acts on messages and people (``desk/cli``).
"""

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy.exc import SQLAlchemyError

from consent.clauses.compile import Documents
from consent.clauses.fitting import ProtocolError
from consent.clauses.signing import TABLES, Signed, Standing, signed_as
from consent.desk.hers import NotHersError, by_name, her_key
from consent.officer.book import add, take_out
from consent.officer.demonstration import sign_demonstration
from consent.officer.words import counted, in_words
from consent.protocol_file import load_approvals, load_written
from consent.store import open_store
from consent.taking_over import may_take_over
from contracts.approvals import APPROVALS_FILE, AgreementApproved, AnyApproved, TablesApproved, sign_approval
from contracts.directory import Directory, DirectoryError, Officer, load_directory
from contracts.identifiers import new_id
from contracts.keyring import PEOPLE, KeyringError
from contracts.vocabulary import Office

_ALL = "all"
_ENOUGH_DIGITS = 8


class Settings(BaseSettings):
    """Where the protocol, the signatures and the keys are."""

    model_config = SettingsConfigDict(env_prefix="CONSENT_", frozen=True, extra="ignore")

    directory: Path = Path("var/keys/directory.json")
    keys: Path = Path("var/keys/consent")
    protocol: Path = Path(__file__).parents[1] / "clauses" / "ashby.yaml"
    agreements: Path | None = None
    database_url: str = ""
    demonstration: bool = Field(default=False, validation_alias="DEMONSTRATION")


def main(arguments: list[str] | None = None) -> int:
    """0 done, or all is signed; 1 it does not count, or something is missing; 2 asked wrongly."""
    given = _parser(Settings()).parse_args(arguments)
    try:
        return int(given.run(given))
    except ValidationError:
        print("A name or a reason is not in its agreed form.", file=sys.stderr)
        return 2
    except (NotHersError, KeyringError, DirectoryError, ProtocolError, OSError) as error:
        print(f"It does not count: {error}", file=sys.stderr)
    except SQLAlchemyError as error:
        print(f"The log's database does not answer ({type(error).__name__}).", file=sys.stderr)
    return 1


def _parser(settings: Settings) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="./run officer", description="Agreements between agencies, signed by their officers.")
    actions = parser.add_subparsers(dest="action", required=True)

    def action(name: str, run: Callable[[argparse.Namespace], int], words: str) -> argparse.ArgumentParser:
        one = actions.add_parser(name, help=words)
        one.add_argument("--protocol", type=Path, default=settings.protocol, help="its file (default: CONSENT_PROTOCOL)")
        one.add_argument("--directory", type=Path, default=settings.directory, help="default: CONSENT_DIRECTORY")
        one.add_argument("--agreements", type=Path, default=settings.agreements, metavar="FILE", help="the signatures")
        one.set_defaults(run=run, demonstration=settings.demonstration)
        return one

    show = action("show", _show, "every agreement: its parties, what the newest version changes, who signed, who has not")
    show.add_argument("name", nargs="?", default=_ALL, help="such as support, support/2, or tables (default: all)")
    for name, run, words in (
        ("propose", _propose, "sign a new version as the first officer"),
        ("approve", _approve, "sign it for your own agency, after reading what it changes"),
    ):
        one = action(name, run, words)
        one.add_argument("name", help="such as support, support/2, tables; all: everything your agency has yet to sign")
        one.add_argument("--person", required=True, help="who signs, by her name in the key directory")
        one.add_argument("--people", type=Path, default=settings.keys.parent / PEOPLE, help="the folder that holds her folder")
        one.add_argument("--reason", default="read and agreed", help="why; it stands beside her signature")
        one.add_argument("--terms", default="", help="the first digits of the hash that show gave: sign those words or none")
    verify = action("verify", _verify, "look at every signature as the service does; exit 1 where one is missing")
    verify.add_argument("--database", default=settings.database_url, help="default: CONSENT_DATABASE_URL; what it must follow")
    forget = action("forget", _forget, "take a broken signature out of the file")
    forget.add_argument("statement", help="its id, as verify says it")
    made = action("demonstrate", _demonstrate, "let the demonstration's officers sign all of it; refused for real keys")
    made.add_argument("--keys", type=Path, default=settings.directory.parent, help="the folder of the demonstration's keys")
    return parser


def _show(given: argparse.Namespace) -> int:
    directory, _, signed = _standing(given)
    for one in _chosen(given.name, signed):
        print("\n".join([*in_words(one, directory), ""]))
    for text in signed.wrong:
        print(f"Wrong: {text}")
    return 1 if signed.problems else 0


def _propose(given: argparse.Namespace) -> int:
    return _sign(given, proposes=True)


def _approve(given: argparse.Namespace) -> int:
    return _sign(given, proposes=False)


def _sign(given: argparse.Namespace, *, proposes: bool) -> int:
    directory, _, signed = _standing(given)
    officer, key = her_key(given.people, given.person, directory)
    everything = given.name == _ALL
    chosen = [one for one in _chosen(given.name, signed) if not everything or _awaits_her(one, officer)]
    if not chosen:
        raise NotHersError(f"there is nothing that {officer.agency} has yet to sign")
    for one in chosen:
        _may_sign(one, officer, given.terms, proposes=proposes)
    made = [sign_approval(_said(one, officer, given.reason), key) for one in chosen]
    add(_approvals(given), made)
    _, _, after = _standing(given)
    for one in chosen:
        now = next(each for each in (*after.agreements, after.tables) if each.name == one.name)
        print("\n".join([*in_words(now, directory), ""]))
    print("It is signed." if not after.problems else f"Signed. {len(after.problems)} signatures are still missing in all.")
    return 0


def _may_sign(one: Standing, officer: Officer, terms: str, *, proposes: bool) -> None:
    """NotHersError, with why she may not, or not yet."""
    others = [signer.name for signer in one.signers if signer.officer.agency != officer.agency]
    if one.agreement is not None and officer.agency not in _parties(one):
        raise NotHersError(f"{officer.agency} is no party to {one.name}; its parties are {', '.join(one.agreement.parties)}")
    if officer.office is not Office.GOVERNANCE_OFFICER and not one.only_tighter:
        raise NotHersError(f"{one.name} takes a governance officer, and {officer.person} is {officer.office.replace('_', ' ')}")
    if any(signer.officer.agency == officer.agency for signer in one.signers):
        raise NotHersError(f"{officer.agency} has signed these words of {one.name} already")
    if terms and not (len(terms) >= _ENOUGH_DIGITS and one.terms.startswith(terms)):
        raise NotHersError(f"{one.name} says something else now than what you read: ./run officer show {one.name}")
    if proposes and others:
        raise NotHersError(f"{one.name} was proposed by {others[0]}: ./run officer approve {one.name}")
    if not proposes and not others and one.agreement is not None and one.missing:
        raise NotHersError(f"nobody has proposed these words of {one.name}: ./run officer propose {one.name}")


def _said(one: Standing, officer: Officer, reason: str) -> AnyApproved:
    by: dict[str, Any] = {"id": new_id(), "reason": reason, "made": _now(), **by_name(officer)}
    if one.agreement is None:
        return TablesApproved(tables=one.terms, **by)
    return AgreementApproved(agreement=one.agreement.id, version=one.agreement.version, terms=one.terms, **by)


def _verify(given: argparse.Namespace) -> int:
    directory = _directory(given)
    engine = open_store(given.database) if given.database else None
    try:
        protocol, _ = may_take_over(engine, given.protocol, _approvals(given), directory, _now())
    finally:
        if engine is not None:
            engine.dispose()
    _, _, signed = _standing(given)
    print(f"{protocol.title}\n{counted(signed)}")
    return 0


def _forget(given: argparse.Namespace) -> int:
    found = take_out(_approvals(given), given.statement)
    print("Taken out." if found else "There is no signature under that statement.")
    return 0 if found else 1


def _demonstrate(given: argparse.Namespace) -> int:
    made = sign_demonstration(given.keys, _approvals(given), [given.protocol], _directory(given), _now())
    print(f"{made} signatures were made with demonstration keys.")
    return 0


def _standing(given: argparse.Namespace) -> tuple[Directory, Documents, Signed]:
    directory, read = _directory(given), load_written(given.protocol)
    return directory, read, signed_as(read, load_approvals(_approvals(given)), directory)


def _chosen(name: str, signed: Signed) -> list[Standing]:
    """What was named: an agreement's newest version, or that version; the tables; or all of it."""
    if name == _ALL:
        return [*signed.agreements, signed.tables]
    if name == TABLES:
        return [signed.tables]
    found = [one for one in signed.agreements if name in (one.name, one.name.partition("/")[0])]
    if not found:
        raise NotHersError(f"there is no agreement {name} in the protocol; ./run officer show lists them")
    return found[-1:]


def _awaits_her(one: Standing, officer: Officer) -> bool:
    signed = any(signer.officer.agency == officer.agency for signer in one.signers)
    return bool(one.missing) and not signed and (one.agreement is None or officer.agency in _parties(one))


def _parties(one: Standing) -> tuple[str, ...]:
    return one.agreement.parties if one.agreement is not None else ()


def _approvals(given: argparse.Namespace) -> Path:
    return Path(given.agreements or given.directory.parent / APPROVALS_FILE)


def _directory(given: argparse.Namespace) -> Directory:
    return load_directory(given.directory, now=_now(), demonstration=given.demonstration)


def _now() -> int:
    return time.time_ns() // 1_000_000


if __name__ == "__main__":
    sys.exit(main())
