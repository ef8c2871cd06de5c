"""``./run protocol``: the officer's commands on the protocol. Check it, compare two, explain a decision, try one out, draw it.

Explaining and comparing read what is about a person, so each is written into the log before a line is shown. It ends with
0: all is well; 1: it could not be done, or something was found; 2: something was not given; 3: ``diff`` found what would flip.
"""

import argparse
import sys
from collections import Counter
from pathlib import Path
from typing import Any, Final

import yaml
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from consent.at_the_log import CannotStartError, Settings, directory_of, record, snapshot, where_the_log_is, who_reads_it
from consent.check import Decided
from consent.clauses.fitting import ProtocolError
from consent.log.append import LogClockError, LogConflictError
from consent.log.read import LogDamagedError, NotInLogError, entries_about
from consent.officer.looking import look_at_signatures, where_the_signatures_are
from consent.protocol import Protocol
from consent.protocol_file import load_protocol
from consent.table.bar import Bar
from consent.table.cases import Ready, read_chapter
from consent.table.example import EXAMPLE
from consent.table.explain import explain
from consent.table.flows import checkers, flows
from consent.table.matter import Matter
from consent.table.picture import HEADINGS, draw, page, rows
from consent.table.proof import prove
from consent.table.recorded import DECISIONS
from consent.table.replay import Made, again, decisions, decisions_about, protocol_kept
from consent.table.report import page as page_of
from consent.table.rules import page as page_of_rules
from consent.table.unsent import UnsentError, matter_of, read_unsent
from consent.table.words import (
    as_table,
    became,
    clauses_that_spoke,
    listed,
    moment,
    paragraph,
    plain,
    what_is_withheld,
    what_the_sender_is_told,
)
from contracts.directory import DirectoryError
from contracts.keyring import KeyringError
from contracts.vocabulary import Verdict

ASHBY: Final = Path(__file__).parents[1] / "clauses" / "ashby.yaml"
FLIPPED: Final = 3


def main(arguments: list[str] | None = None) -> int:
    """``python -m consent.table.cli check | diff | explain | simulate | picture | rules``."""
    given = _parser().parse_args(arguments)
    try:
        return int(given.run(given))
    except CannotStartError as error:
        print(error, file=sys.stderr)
        return 2
    except (ProtocolError, UnsentError) as error:
        print(f"It cannot be read: {error}", file=sys.stderr)
    except BrokenPipeError:
        # Nobody reads any more (`| head`).
        return 0
    except (NotInLogError, LogDamagedError, DirectoryError, KeyringError, OSError) as error:
        print(f"It could not be done: {error}", file=sys.stderr)
    except (LogConflictError, LogClockError) as error:
        print(f"The reading could not be written down, so nothing is shown: {error}", file=sys.stderr)
    except SQLAlchemyError as error:
        print(f"The log's database does not answer: {type(error).__name__}", file=sys.stderr)
    return 1


def _parser() -> argparse.ArgumentParser:
    settings = Settings()
    usual = Path(settings.protocol) if settings.protocol else ASHBY
    parser = argparse.ArgumentParser(
        prog="./run protocol", description="The information-sharing protocol, at an officer's desk."
    )
    actions = parser.add_subparsers(dest="action", required=True)
    proof = actions.add_parser("check", help="prove the table: every row, every property, every mutant")
    proof.add_argument(
        "file", nargs="?", type=Path, default=usual, help="which protocol (default: the one in use, else Ashby's)"
    )
    proof.add_argument("--cases", type=Path, metavar="FOLDER", help="golden cases, a chapter a file")
    proof.add_argument(
        "--full", action="store_true", help="each word by itself, where blocks of words are enough; takes minutes"
    )
    proof.set_defaults(run=_check)
    where_the_signatures_are(proof, settings)
    diff = actions.add_parser("diff", help="replay recorded decisions by two protocols; show every one that would flip")
    diff.add_argument("old", help="a protocol's file, or the first digits of the hash of one that was in force")
    diff.add_argument("new", help="the same, of the other")
    diff.add_argument("--most", type=int, default=50, help="how many flips to show (default 50; all are counted)")
    told = actions.add_parser("explain", help="tell the decisions about one message as a person would")
    told.add_argument("message", metavar="MESSAGE-ID", help="as a receipt, ./run holds list or ./run log show names it")
    told.add_argument("--protocol", type=Path, default=usual, help="the protocol of today, for then and now")
    for one, run in ((diff, _diff), (told, _explain)):
        one.set_defaults(run=run)
        where_the_log_is(one, settings)
        who_reads_it(one, settings)
    trial = actions.add_parser("simulate", help="what would become of a message that nobody sent")
    trial.add_argument("file", nargs="?", help="the message, in YAML; - reads it from the terminal")
    trial.add_argument("--example", action="store_true", help="print one, to begin with")
    drawn = actions.add_parser("picture", help="who may share what with whom: a table here, and a picture in a file")
    drawn.add_argument("--svg", type=Path, metavar="FILE", help="write the picture")
    drawn.add_argument("--html", type=Path, metavar="FILE", help="write a page with the picture and the table")
    rules = actions.add_parser("rules", help="what becomes of each rule of the sources: judged, kept elsewhere, outside")
    for one, run in ((trial, _simulate), (drawn, _picture), (rules, _rules)):
        one.set_defaults(run=run)
        one.add_argument("--protocol", type=Path, default=usual, help="which protocol (default: the one in use, else Ashby's)")
    return parser


def read_yaml(text: str) -> Any:
    """A document of YAML; UnsentError with the line where it is not."""
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise UnsentError(f"not YAML, at line {mark.line + 1}" if mark else "not YAML") from None


# --- the proof


def _check(given: argparse.Namespace) -> int:
    protocol, _ = load_protocol(given.file)
    golden: list[Ready] = []
    files = sorted(given.cases.glob("*.yaml")) if given.cases else []
    for file in files:
        try:
            golden += read_chapter(read_yaml(file.read_text()), protocol)
        except UnsentError as error:
            raise UnsentError(f"{file.name}: {error}") from None
    if given.cases and not golden:
        raise CannotStartError(f"There are no chapters of golden cases in {given.cases}.")
    with Bar("proving") as bar:
        found = prove(protocol, golden, bar.heard_of, whole=given.full)
    print(f"{protocol.title} ({protocol.hash[:12]})")
    print("\n".join(page_of(found, len(golden), len(files))))
    print(look_at_signatures(given))
    return 1 if found.wrong else 0


# --- a message that nobody sent


def _simulate(given: argparse.Namespace) -> int:
    if given.example:
        print(EXAMPLE, end="")
        return 0
    if not given.file:
        raise CannotStartError("Say which file the message is in, or --example to see how one is written.")
    text = sys.stdin.read() if given.file == "-" else Path(given.file).read_text()
    protocol, _ = load_protocol(given.protocol)
    unsent = read_unsent(read_yaml(text))
    matter = matter_of(unsent, protocol)
    print("\n".join([unsent.title or "A message that nobody sent", "", *_judged(matter, protocol)]))
    return 0


def _judged(matter: Matter, protocol: Protocol) -> list[str]:
    decided = matter.judged(protocol)
    verdict = decided.verdict if isinstance(decided, Decided) else None
    spoke = decided.spoke if isinstance(decided, Decided) else ()
    excused = dict(decided.excused) if isinstance(decided, Decided) else {}
    withheld = {clause: sorted(labels) for clause, labels in decided.withheld.items()} if isinstance(decided, Decided) else {}
    lines = [f"{became(verdict)[0].upper()}{became(verdict)[1:]}"]
    lines += paragraph(f"In it: {listed(matter.labels.values())}.", 2)
    lines += paragraph(f"Passed on: {listed(sorted(matter.released(decided)))}.", 2)
    lines += what_is_withheld(withheld, protocol, verdict)
    if isinstance(decided, Decided) and decided.owner and decided.deadline is not None:
        lines += paragraph(f"Who must act: {plain(decided.owner)}, by {moment(decided.deadline)}.", 2)
    if verdict is None or verdict >= Verdict.HOLD:
        lines += what_the_sender_is_told(decided.reason)
    spoken = [(one.clause, one.reason.value) for one in spoke]
    return [*lines, "  Clauses that spoke", *clauses_that_spoke(spoken, withheld, protocol, excused)]


# --- who may share what with whom


def _picture(given: argparse.Namespace) -> int:
    protocol, _ = load_protocol(given.protocol)
    with Bar("asking the protocol") as bar:
        found = flows(protocol, bar.heard)
    print(protocol.title)
    print(as_table(HEADINGS, rows(found)))
    print(f"Who may ask whether a person is on a caseload: {listed(checkers(protocol))}.")
    if given.svg:
        given.svg.write_text(draw(protocol.title, found) + "\n")
        print(f"The picture is in {given.svg}.")
    if given.html:
        given.html.write_text(page(protocol.title, found))
        print(f"Picture and table are in {given.html}.")
    return 0


def _rules(given: argparse.Namespace) -> int:
    print(page_of_rules(load_protocol(given.protocol)[0]), end="")
    return 0


# --- what was decided


def _explain(given: argparse.Namespace) -> int:
    directory = directory_of(given)
    names = {agency.id: agency.neutral_name for agency in directory.document.agencies}
    record(given, directory, {"explained": given.message, "subjects": True})
    today = load_protocol(given.protocol)[0]
    with snapshot(given) as connection:
        made = decisions_about(connection, given.message)
        if not made:
            print("Nothing was decided about a message of that id. This reading is in the log.", file=sys.stderr)
            return 1
        others = [one for one in entries_about(connection, given.message, subjects=True) if one.kind not in DECISIONS]
        kept: dict[str, Protocol | None] = {}
        for one in made:
            named = one.entry.skeleton["protocol"]
            kept.setdefault(named, today if today.hash == named else protocol_kept(connection, named))
        print("\n".join(explain(made, others, kept.get, today, names)))
    print("\nThis reading is in the log too.")
    return 0


def _diff(given: argparse.Namespace) -> int:
    record(given, directory_of(given), {"replayed": [given.old, given.new], "subjects": True})
    with snapshot(given) as connection:
        old, new = (_protocol(connection, named) for named in (given.old, given.new))
        if old.hash == new.hash:
            print("The two are the same, byte for byte.")
            return 0
        print("\n".join(_what_changed(old, new)))
        return _replay(connection, old, new, given.most)


def _protocol(connection: Connection, named: str) -> Protocol:
    if Path(named).is_file():
        return load_protocol(Path(named))[0]
    found = protocol_kept(connection, named)
    if found is None:
        raise CannotStartError(f"{named}: neither a file nor the beginning of one hash of a protocol that was in force.")
    return found


def _what_changed(old: Protocol, new: Protocol) -> list[str]:
    """The clauses that are not the same in both."""
    lines = [f"from  {old.title} ({old.hash[:12]})", f"to    {new.title} ({new.hash[:12]})", ""]
    for clause in sorted(old.clauses.keys() | new.clauses.keys()):
        before, after = old.clauses.get(clause), new.clauses.get(clause)
        if before is None or after is None:
            lines.append(f"  {clause}: {'new' if before is None else 'gone'}")
        elif before.verdict is not after.verdict:
            lines.append(f"  {clause}: {plain(before.verdict.name.lower())}, and now {plain(after.verdict.name.lower())}")
        elif before != after:
            lines.append(f"  {clause}: its words, conditions or dates are not the same")
    tables = ("shares", "needs", "bases", "police", "separate", "named", "essential", "informed")
    lines += [f"  {table}: not the same" for table in tables if getattr(old, table) != getattr(new, table)]
    return [*lines, ""]


def _replay(connection: Connection, old: Protocol, new: Protocol, most: int) -> int:
    counted, flips, unlike, not_again = 0, Counter[str](), 0, Counter[str]()
    with Bar("replaying decisions") as bar:
        for one in decisions(connection, bar.heard):
            counted += 1
            before, after = again(one, old), again(one, new)
            if before is None or after is None:
                not_again[getattr(one.matter, "why", "")] += 1
                continue
            unlike += one.entry.skeleton["protocol"] == old.hash and before != one.then
            if before != after:
                flip = f"{before.in_words} -> {after.in_words}"
                flips[flip] += 1
                if flips.total() <= most:
                    bar.say(f"  {_who(one)}: {flip}")
    print(f"\n{counted:,} decisions in the log, {counted - not_again.total():,} made again, {flips.total():,} would flip.")
    print("\n".join(f"  {number:>6,}  {flip}" for flip, number in flips.most_common()))
    for why, number in not_again.most_common():
        print(f"  {number:>6,}  could not be made again: {why}")
    if unlike:
        print(f"{unlike:,} decisions made under the first protocol come out otherwise now: that must not be. Report it.")
        return 1
    return FLIPPED if flips else 0


def _who(one: Made) -> str:
    skeleton = one.entry.skeleton
    return f"{one.message}, {skeleton['sender']} to {skeleton['recipient']}, {plain(skeleton.get('purpose', 'not opened'))}"


if __name__ == "__main__":
    sys.exit(main())
