"""``./run holds``, ``dead``, ``directory``, ``keys progress`` and ``keys retire``: what waits for people, what they look up.

Leaves out: starting anything, and the pages that officers will use for the same acts.
"""

import argparse
import asyncio
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError
from rich.console import Console
from rich.table import Table

from broker import find, rekeying
from broker.dead_letters import list_dead, send_back
from broker.rabbit import LINE_LOST
from broker.settings import Settings
from broker.store import BudgetsError, Store, StoreUnavailableError, load_budgets, open_store
from contracts.directory import DirectoryError, load_directory
from contracts.identifiers import new_id
from contracts.keyring import KeyringError, load_signing_key
from contracts.offers import ServiceDocument, load_services
from contracts.reasons import Reason
from contracts.sentences import sentence


def main(arguments: Sequence[str] | None = None) -> int:
    """0 done; 1 could not be done, with the reason; 2 asked wrongly."""
    chosen = _parser().parse_args(arguments)
    try:
        settings = Settings()
        return int(chosen.run(chosen, settings, Console()))
    except ValidationError:
        print("There is no running system to ask. Start one: ./run up", file=sys.stderr)
    except (BudgetsError, KeyringError, DirectoryError, StoreUnavailableError) as error:
        print(f"It could not be done: {error}", file=sys.stderr)
    except LINE_LOST as error:
        print(f"RabbitMQ does not answer ({type(error).__name__}). ./run doctor says more.", file=sys.stderr)
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="./run", description="What waits for a person, and what could not be handed over.")
    subjects = parser.add_subparsers(dest="subject", required=True)
    holds = subjects.add_parser("holds", help="messages that wait for a person").add_subparsers(dest="act", required=True)
    listed = holds.add_parser("list", help="who must act, on what, by when")
    listed.add_argument("--owner", help="only what waits for this office or person, such as governance_officer")
    listed.add_argument("--agency", help="only what this agency sends or would receive")
    listed.set_defaults(run=_holds_list)
    ask = holds.add_parser("ask", help="ask again now; the answer decides, not who asked")
    ask.add_argument("message", help="the message's id, as ./run holds list shows it")
    ask.set_defaults(run=_holds_ask)
    back = subjects.add_parser("recall", help="call back what is on its way about records whose sharing was restricted")
    back.add_argument("index", type=int, help="the log's entry of the restriction")
    back.add_argument("records", nargs="+")
    back.set_defaults(run=_recall)
    # Named here so that ./run holds --help is whole; ./run gives it to the consent service, which takes the signature.
    holds.add_parser(
        "act", help="approve or refuse what waits, with a key of one's own; it is then asked again", add_help=False
    )
    dead = subjects.add_parser("dead", help="messages nobody could take").add_subparsers(dest="act", required=True)
    dead.add_parser("list", help="what is there, and why").set_defaults(run=_dead_list)
    show = dead.add_parser("show", help="where one came from and was going; never its content")
    show.add_argument("message")
    show.set_defaults(run=_dead_show)
    back = dead.add_parser("return", help="send one back to where it was going; it is decided anew")
    back.add_argument("message", help="the message's id, or all")
    back.set_defaults(run=_dead_return)
    find.add_commands(subjects)
    rekeying.add_commands(subjects, _beside)
    return parser


def open_running_store(settings: Settings) -> Store:
    """The store of the running broker, beside it."""
    directory = load_directory(settings.directory, now=now(), demonstration=settings.demonstration)
    return open_store(
        settings.database_url,
        signing=load_signing_key(settings.keys),
        directory=directory,
        credit=settings.inbox_credit,
        process=new_id(),
        budgets=load_budgets(settings.check_budgets),
        services=_offered(settings),
    )


def _offered(settings: Settings) -> ServiceDocument | None:
    """What the agencies offer. A list that cannot be trusted today is none: it must not keep an officer from her desk."""
    try:
        return load_services(settings.directory.parent, now=now())
    except DirectoryError:
        return None


def _beside(question: rekeying.Question) -> Callable[[argparse.Namespace, Settings, Console], int]:
    """A command that needs the store alone."""

    def run(chosen: argparse.Namespace, settings: Settings, console: Console) -> int:
        store = open_running_store(settings)
        try:
            return question(chosen, store, console)
        finally:
            store.close()

    return run


def _holds_list(chosen: argparse.Namespace, settings: Settings, console: Console) -> int:
    store = open_running_store(settings)
    rows = [row for row in store.holds() if _wanted(row, chosen.owner, chosen.agency)]
    store.close()
    if not rows:
        console.print("Nothing waits for a person.")
        return 0
    table = Table("message", "kind", "from", "to", "who must act", "by", "why", box=None, pad_edge=False)
    for row in rows:
        why = sentence(Reason(row["reason"])) if row.get("reason") else ""
        table.add_row(
            row["message"], row["kind"], row["sender"], row["recipient"], row["owner"] or "", _left(row["deadline"]), why
        )
    console.print(table)
    console.print("\nDecide on one: ./run holds act MESSAGE approve|refuse --person NAME --reason WHY")
    return 0


def _wanted(row: dict[str, Any], owner: str | None, agency: str | None) -> bool:
    return (owner is None or row["owner"] == owner) and (agency is None or agency in (row["sender"], row["recipient"]))


def _holds_ask(chosen: argparse.Namespace, settings: Settings, console: Console) -> int:
    store = open_running_store(settings)
    done = store.ask_now(chosen.message)
    store.close()
    if not done:
        console.print("No message of that id waits. ./run holds list shows those that do.")
        return 1
    console.print("It is asked about again now.")
    return 0


def _recall(chosen: argparse.Namespace, settings: Settings, console: Console) -> int:
    store = open_running_store(settings)
    stopped = store.call_back(chosen.index, chosen.records, now=now())
    store.close()
    console.print(f"{stopped} that were on their way are asked about again, and nothing of before goes any more.")
    return 0


def _dead_list(chosen: argparse.Namespace, settings: Settings, console: Console) -> int:
    del chosen
    letters = asyncio.run(list_dead(settings.amqp_url))
    if not letters:
        console.print("No dead letters.")
        return 0
    table = Table("message", "came from", "was going to", "why", "since", "bytes", box=None, pad_edge=False)
    for letter in letters:
        table.add_row(letter.id, letter.queue, letter.routing_key, letter.reason, letter.died, str(letter.size))
    console.print(table)
    console.print("\nSend one back: ./run dead return MESSAGE (or all)")
    return 0


def _dead_show(chosen: argparse.Namespace, settings: Settings, console: Console) -> int:
    for letter in asyncio.run(list_dead(settings.amqp_url)):
        if letter.id == chosen.message:
            facts: dict[str, Any] = {name: getattr(letter, name) for name in letter.__slots__}
            for name, value in facts.items():
                console.print(f"{name.replace('_', ' '):12} {value}")
            return 0
    console.print("No dead letter has that id. ./run dead list shows those there are.")
    return 1


def _dead_return(chosen: argparse.Namespace, settings: Settings, console: Console) -> int:
    count = asyncio.run(send_back(settings.amqp_url, chosen.message))
    console.print(f"{count} sent back to where they were going." if count else "No dead letter has that id.")
    return 0 if count else 1


def _left(deadline: int | None) -> str:
    if deadline is None:
        return ""
    seconds = (deadline - now()) // 1000
    if seconds < 0:
        return "now"
    return f"in {seconds} s" if seconds < 120 else f"in {seconds // 60} min" if seconds < 7200 else f"in {seconds // 3600} h"


def now() -> int:
    """This moment, in milliseconds."""
    return time.time_ns() // 1_000_000


def when(moment: int) -> str:
    """A moment in milliseconds, as an officer reads it: UTC, to the minute."""
    return f"{datetime.fromtimestamp(moment / 1000, UTC):%Y-%m-%d %H:%M}"


if __name__ == "__main__":
    sys.exit(main())
