"""The commands that start, stop and look at a whole system. Each imports what it needs, when it is asked for."""

import argparse
import importlib
import os
import sys
from collections.abc import Callable
from pathlib import Path

# Written by hand beside the code that each needs: `main(arguments)` returns the exit code.
ELSEWHERE = {
    "trace": "broker.local.trace",
    "records": "broker.local.records",
    "backup": "broker.local.backup",
    "restore": "broker.local.backup",
}


def up(arguments: list[str]) -> int:
    """Start the whole system and leave it running."""
    from broker.local import state
    from broker.local.messaging import NoRabbitError
    from broker.local.processes import ProgramDiedError
    from broker.local.programs import NotReadyError
    from broker.local.system import KINDS, System

    parser = argparse.ArgumentParser(prog="./run up", description=up.__doc__)
    parser.add_argument("--name", default="main", help="keeps its files in var/NAME (default: main)")
    parser.add_argument(
        "--drop-folder",
        metavar="AGENCY",
        action="append",
        default=[],
        choices=list(KINDS),
        help="let this agency exchange JSON files in a folder, where the others have a simulated case system",
    )
    parser.add_argument("--broker-database", metavar="URL", help="instead of SQLite: postgresql+psycopg://…")
    parser.add_argument("--consent-database", metavar="URL", help="the same for the consent service")
    chosen = parser.parse_args(arguments)
    folder = state.VAR / chosen.name
    drops = {each: folder / "agencies" / each / "drop" for each in chosen.drop_folder}
    databases = {"broker": chosen.broker_database, "consent": chosen.consent_database}
    system = System(
        folder,
        databases={name: url for name, url in databases.items() if url},
        case_systems={agency: f"drop-folder:{drop}" for agency, drop in drops.items()},
    )
    try:
        system.start()
    except (NoRabbitError, ProgramDiedError, NotReadyError, TimeoutError) as error:
        print(f"It did not start, and what was started is stopped again. {error}", file=sys.stderr)
        return 1
    for agency, drop in drops.items():
        print(f"{agency} exchanges files in {drop}")
    print("It runs. Look around: ./run status, ./run ask, ./run doctor.  Stop it: ./run down")
    return 0


def down(arguments: list[str]) -> int:
    """Stop a system that `up` or the demonstration left running."""
    from broker.local import state
    from broker.local.system import System

    parser = argparse.ArgumentParser(prog="./run down", description=down.__doc__)
    parser.add_argument("--name", help="which one (default: the one that runs)")
    folder = state.current(parser.parse_args(arguments).name, alone=True)
    remembered = state.read(folder)
    if remembered is None or not state.running(remembered):
        print("Nothing of it is running.")
        return 0
    System.open(folder).stop()
    return 0


def status(arguments: list[str]) -> int:
    """Say what runs, and how it feels."""
    from broker.local import state
    from broker.local.status import show

    parser = argparse.ArgumentParser(prog="./run status", description=status.__doc__)
    parser.add_argument("--name", help="which one (default: the one that runs)")
    return show(state.current(parser.parse_args(arguments).name))


def doctor(arguments: list[str]) -> int:
    """Say what is present, what is missing, and what to do about it."""
    from broker.local.doctor import examine

    argparse.ArgumentParser(prog="./run doctor", description=doctor.__doc__).parse_args(arguments)
    return examine()


def within(arguments: list[str]) -> int:
    """Become `python -m MODULE` with the settings of the running broker, consent service and adapters.

    After `--if-any`, without them where nothing was started here.
    """
    from broker.local import state

    needs_one = arguments[0] != "--if-any"
    module, *rest = arguments if needs_one else arguments[1:]
    settings: dict[str, str] = {}
    # Help needs no system to help with.
    if not {"-h", "--help"} & set(rest) and (needs_one or state.any_here()):
        remembered = state.read(folder := state.current(os.environ.get("RELAY_SYSTEM")))
        assert remembered is not None
        settings = {"RELAY_FOLDER": str(folder)}
        # Later ones win, and the prefixes differ; so of the adapters it is the CJIT's, the one who asks at night.
        for each in reversed(remembered["programs"].values()):
            settings |= each["env"]
    os.execve(sys.executable, [sys.executable, "-m", module, *rest], os.environ | settings)  # noqa: S606  # replaces this process


def linkage(arguments: list[str]) -> int:
    """The linkage key's epochs, of the system that was started here where no other folder is named."""
    from broker.local import state
    from contracts import keyring_epochs

    here = state.current(os.environ.get("RELAY_SYSTEM")) if state.any_here() else state.VAR
    return keyring_epochs.main(arguments, usual=here / "keys")


def prepare(arguments: list[str]) -> int:
    """Make the keys, certificates and passwords of docker-compose.yml: FOLDER [CONTAINER=USER-NUMBER ...]."""
    from broker.local.prepare import prepare as make

    folder, *owners = arguments
    numbers = {name: int(number) for name, number in (each.split("=") for each in owners)}
    made = make(Path(folder), {"*": os.getuid()} | numbers)
    print("Keys, certificates and passwords are made." if made else "They were made before; nothing is changed.")
    return 0


COMMANDS: dict[str, Callable[[list[str]], int]] = {
    each.__name__: each for each in (up, down, status, doctor, within, linkage, prepare)
}


def main(arguments: list[str]) -> int:
    if not arguments or arguments[0] not in COMMANDS | ELSEWHERE:
        print(f"usage: python -m {Path(__file__).parent.name} {'|'.join([*COMMANDS, *ELSEWHERE])}", file=sys.stderr)
        return 2
    command, *rest = arguments
    if command in ELSEWHERE:
        found: int = importlib.import_module(ELSEWHERE[command]).main(
            [command, *rest] if command in {"backup", "restore"} else rest
        )
        return found
    from broker.local.state import NoSystemError

    try:
        return COMMANDS[command](rest)
    except NoSystemError as error:
        print(error, file=sys.stderr)
    except PermissionError as error:
        print(f"{error.filename} belongs to another user. Work as that user, or in a clone of your own.", file=sys.stderr)
    except BrokenPipeError:
        # Nobody reads any more (`| head`); these commands only look, so there is nothing to finish.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
