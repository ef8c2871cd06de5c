"""`./run bench`: the benchmarks, by name. Without a name it lists them."""

import argparse
import asyncio
import shlex
import signal
import sys

from tests.benchmarks import run_caseload, run_decide, run_gate, run_matching

NAMES = {
    "gate": "the full gate beside a bare aio-pika relay and a bare FastStream relay, on SQLite and PostgreSQL",
    "caseload": "the caseload check through RabbitMQ end to end: how long until the worker has her answer",
    "decide": "one decision with the whole protocol table, in process",
    "matching": "looking a person up among 10,000, 100,000 and a million, on SQLite and PostgreSQL, beside Splink",
}


def main(arguments: list[str]) -> int:
    """0 when every run was whole; 1 when something was lost, doubled or did not open."""
    if not arguments:
        print("Benchmarks, each with --help:\n")
        for name, what in NAMES.items():
            print(f"  ./run bench {name:10} {what}")
        return 0
    parser = argparse.ArgumentParser(prog="./run bench", description="How fast it is, beside relays that check nothing.")
    commands = parser.add_subparsers(dest="name", required=True, metavar="NAME")
    run_gate.add_arguments(commands.add_parser("gate", help=NAMES["gate"]))
    run_caseload.add_arguments(commands.add_parser("caseload", help=NAMES["caseload"]))
    run_decide.add_arguments(commands.add_parser("decide", help=NAMES["decide"]))
    run_matching.add_arguments(commands.add_parser("matching", help=NAMES["matching"]))
    chosen = parser.parse_args(arguments)
    command = shlex.join(["./run", "bench", *arguments])
    programs = {"gate": run_gate.run, "caseload": run_caseload.run, "decide": run_decide.run, "matching": run_matching.run}
    program = programs[chosen.name]
    try:
        return asyncio.run(program(chosen, command))
    except KeyboardInterrupt:
        print("Stopped. Nothing of it is left running.", file=sys.stderr)
        return 130


if __name__ == "__main__":
    # A stop from outside ends it as Ctrl-C does: what was started is stopped, and no folder is left.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(main(sys.argv[1:]))
