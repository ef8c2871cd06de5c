"""`./run bench gate`: its arguments, its set-up, and what it prints. Leaves out the runs themselves (``gate``)."""

import argparse
import tempfile
from pathlib import Path
from typing import Any

from broker.local.progress import Progress
from tests.benchmarks import prepared, table
from tests.benchmarks.audited import protocol_file
from tests.benchmarks.children import Choices
from tests.benchmarks.gate import INBOXES, Course, Load
from tests.benchmarks.letters import Clerk, Scribes, subjects
from tests.benchmarks.machine import describe
from tests.benchmarks.parts import measure_parts
from tests.benchmarks.prepared import Stores
from tests.benchmarks.queues import Parcel
from tests.benchmarks.town import Town, town

WARM = 200
DATABASES = ("sqlite", "postgresql")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may be chosen."""
    parser.add_argument("--rounds", type=int, default=5, help="how often each is measured (default: 5)")
    parser.add_argument("--messages", type=int, default=4000, help="referrals in each run (default: 4,000)")
    parser.add_argument("--people", type=int, default=10_000, help="registered beforehand (default: 10,000)")
    parser.add_argument("--databases", default=",".join(DATABASES), help="sqlite, postgresql or both with a comma (default)")
    parser.add_argument("--json", type=Path, help="also write every figure to this file")
    parser.add_argument("--batch-size", type=int, help="instead of the broker's own default")
    parser.add_argument("--prefetch", type=int, help="instead of the broker's own default")
    parser.add_argument("--in-flight", type=int, help="batches at once, instead of the broker's own default")
    parser.add_argument("--profile", type=Path, help="run both services under a profiler and write to this folder")
    parser.add_argument("--no-parts", action="store_true", help="leave out the table of the parts")


async def run(chosen: argparse.Namespace, command: str) -> int:
    """Set up, run every round, print, and say whether everything was whole."""
    databases = [each for each in DATABASES if each in chosen.databases.split(",")]
    progress = Progress()
    with tempfile.TemporaryDirectory(prefix="relay-bench-") as folder:
        place = Path(folder)
        progress.say("Setting up:")
        with town(place, progress, postgres="postgresql" in databases) as made:
            machine = describe(made.rabbit.node, place)
            choices = _choices(chosen)
            load, templates = await _prepare(made, chosen, databases, choices)
            progress.say(_what_is_measured(chosen, load, choices))
            course = Course(made, load, choices, templates, chosen.rounds)
            runs = await course.run()
            figures = table.gate_figures(runs, databases)
            parts = [] if chosen.no_parts else await measure_parts(made, load, templates["sqlite"], choices)
    progress.say("")
    table.print_machine(machine, command)
    table.print_gate(figures)
    if parts:
        table.print_parts(parts)
    result = _result(chosen, command, machine, load, choices, figures, parts)
    _print_verdict(result)
    table.write_json(chosen.json, result)
    return 1 if figures["failures"] else 0


def _choices(chosen: argparse.Namespace) -> Choices:
    return Choices(
        credit=chosen.messages + WARM + 1000,
        protocol=protocol_file(),
        batch_size=chosen.batch_size,
        prefetch=chosen.prefetch,
        batches_in_flight=chosen.in_flight,
        profiles=chosen.profile.absolute() if chosen.profile else None,
    )


async def _prepare(
    made: Town, chosen: argparse.Namespace, databases: list[str], choices: Choices
) -> tuple[Load, dict[str, Stores]]:
    """Seal everything once; fill one pair of stores for each database."""
    wanted = chosen.messages + WARM
    clerk = Clerk(made.keys)
    people = subjects(max(chosen.people, wanted))
    with made.progress.step(f"sealing {len(people):,} registrations, {wanted:,} consents and {wanted:,} referrals"):
        letters = [clerk.registration(her) for her in people]
        letters += [clerk.consent(her) for her in people[:wanted]]
        letters += [clerk.referral(her) for her in people[:wanted]]
        with Scribes(made.keys) as scribes:
            parcels = scribes.seal(letters)
    registrations, rest = parcels[: len(people)], parcels[len(people) :]
    consents, referrals = rest[:wanted], rest[wanted:]
    templates: dict[str, Stores] = {}
    for database in databases:
        stores = templates[database] = prepared.empty_stores(made, database, f"template_{database}")
        await _fill(made, stores, registrations, consents, choices, database)
    return Load(referrals[:WARM], referrals[WARM:]), templates


async def _fill(
    made: Town,
    stores: Stores,
    registrations: list[Parcel],
    consents: list[Parcel],
    choices: Choices,
    database: str,
) -> None:
    registering = made.progress.step(f"{database}: registering {len(registrations):,} people")
    with registering, prepared.open_for_filling(made, stores) as filling:
        filling.take(registrations)
    with made.progress.step(f"{database}: recording {len(consents):,} consents through both programs"):
        await prepared.record(made, stores, consents, choices)
    prepared.settle_down(made, stores)


def _what_is_measured(chosen: argparse.Namespace, load: Load, choices: Choices) -> str:
    size = sum(len(each.body) for each in load.measured) // len(load.measured)
    set_by_hand = {
        "batch size": choices.batch_size,
        "prefetch": choices.prefetch,
        "batches in flight": choices.batches_in_flight,
    }
    changed = ", ".join(f"{name} {value}" for name, value in set_by_hand.items() if value is not None)
    return (
        f"\nMeasuring: {len(load.measured):,} referrals of four compartments, {size:,} bytes each, every check and both\n"
        f"locks on, consents relied on; the inboxes' credit is set to {choices.credit:,}, above the number of messages,\n"
        f"because nobody collects while it runs. The relays pass on the same bytes with prefetch 200. "
        f"{'Broker: ' + changed + '.' if changed else 'The broker runs with its own defaults.'}\n"
    )


def _result(
    chosen: argparse.Namespace,
    command: str,
    machine: dict[str, Any],
    load: Load,
    choices: Choices,
    figures: dict[str, Any],
    parts: list[tuple[str, str, float]],
) -> dict[str, Any]:
    return figures | {
        "command": command,
        "messages": len(load.measured),
        "people": max(chosen.people, len(load.measured) + WARM),
        "rounds": chosen.rounds,
        "compartments": 4,
        "inbox_credit": choices.credit,
        "inboxes": len(INBOXES),
        "bytes_per_message": sum(len(each.body) for each in load.measured) // len(load.measured),
        "broker": {
            "batch_size": choices.batch_size,
            "prefetch": choices.prefetch,
            "batches_in_flight": choices.batches_in_flight,
        },
        "machine": machine,
        "parts_microseconds": [{"where": where, "what": what, "microseconds": one} for where, what, one in parts],
    }


def _print_verdict(result: dict[str, Any]) -> None:
    for key, value in result.items():
        if "." in key:
            print(f"{key} = {value:.3f}")
    if result["failures"]:
        print(f"NOT WHOLE: {result['failures']} things were not as they must be; see the lines above.")
    else:
        print("After every gate run: all delivered once, all receipts sent, nothing left over, every opened delivery sound.")
