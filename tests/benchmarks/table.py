"""The figures as a person reads them, and as a program does. Medians and ranges; a single ratio swings by a fifth."""

import json
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from tests.benchmarks.gate import AIO_PIKA, FASTSTREAM, Run, of, ratios_between


def spread(values: Sequence[float]) -> dict[str, float]:
    """Median and range."""
    if not values:
        return {}
    return {
        "median": round(statistics.median(values), 4),
        "lowest": round(min(values), 4),
        "highest": round(max(values), 4),
    }


def gate_figures(runs: Sequence[Run], databases: Sequence[str]) -> dict[str, Any]:
    """Medians of everything, with the names that the issue asks for both nested and spelled with a dot."""
    kinds = [AIO_PIKA, FASTSTREAM, *(f"gate {database}" for database in databases)]
    to_aio = {database: spread([run.ratio for run in of(runs, f"gate {database}")]) for database in databases}
    to_fast = {database: spread(ratios_between(runs, f"gate {database}", FASTSTREAM)) for database in databases}
    figures: dict[str, Any] = {
        "ratio_to_aio_pika": {each: found["median"] for each, found in to_aio.items()},
        "ratio_to_faststream": {each: found["median"] for each, found in to_fast.items()},
    }
    figures |= {f"{name}.{key}": value for name, inner in list(figures.items()) for key, value in inner.items()}
    return figures | {
        "ratio_to_aio_pika_range": to_aio,
        "ratio_to_faststream_range": to_fast,
        "faststream_to_aio_pika": spread([run.ratio for run in of(runs, FASTSTREAM)]),
        "messages_per_second": {what: spread([run.drained.rate for run in of(runs, what)]) for what in kinds},
        "cpu_seconds_per_1000": {what: _cpu(list(of(runs, what))) for what in kinds},
        "cores": {what: _cores(list(of(runs, what))) for what in kinds},
        "runs": [run.as_json() for run in runs],
        "failures": sum(len(run.complaints) for run in runs),
    }


def _cpu(runs: Sequence[Run]) -> dict[str, float]:
    names = {name: None for run in runs for name in run.drained.cpu}
    spent = {name: statistics.median(run.drained.cpu[name] for run in runs) for name in names}
    return {name: round(value, 3) for name, value in spent.items()} | {"together": round(sum(spent.values()), 3)}


def _cores(runs: Sequence[Run]) -> dict[str, float]:
    """What became of the cores' time while it ran: medians, as shares of all of it."""
    return {
        "idle": round(statistics.median(run.drained.idle for run in runs), 3),
        "stolen": round(statistics.median(run.drained.stolen for run in runs), 3),
    }


def print_gate(figures: dict[str, Any]) -> None:
    """Two tables: how fast, and what it costs."""
    speeds = Table(title="Messages a second and ratios, each run between two of the aio-pika relay", box=box.SIMPLE)
    for name in ("", "a second", "range", "of aio-pika", "range", "of FastStream"):
        speeds.add_column(name, justify="left" if not name else "right")
    for what, found in figures["messages_per_second"].items():
        speeds.add_row(
            what,
            f"{found['median']:,.0f}",
            f"{found['lowest']:,.0f} to {found['highest']:,.0f}",
            *_ratio_cells(figures, what),
        )
    costs = Table(title="CPU seconds for 1,000 messages", box=box.SIMPLE)
    columns = ("relay", "broker", "consent", "rabbitmq", "postgresql", "together")
    for name in ("", *columns, "cores idle", "stolen"):
        costs.add_column(name, justify="right" if name else "left")
    for what, spent in figures["cpu_seconds_per_1000"].items():
        cores = figures["cores"][what]
        spent_cells = (f"{spent[name]:.3f}" if name in spent else "" for name in columns)
        costs.add_row(what, *spent_cells, f"{cores['idle']:.0%}", f"{cores['stolen']:.0%}")
    show(speeds)
    show(costs)


def _ratio_cells(figures: dict[str, Any], what: str) -> tuple[str, str, str]:
    database = what.removeprefix("gate ")
    if what == AIO_PIKA:
        return "1", "", ""
    found = figures["faststream_to_aio_pika"] if what == FASTSTREAM else figures["ratio_to_aio_pika_range"][database]
    other = "1" if what == FASTSTREAM else f"{figures['ratio_to_faststream'][database]:.2f}"
    return f"{found['median']:.2f}", f"{found['lowest']:.2f} to {found['highest']:.2f}", other


def print_parts(parts: Sequence[tuple[str, str, float]]) -> None:
    """Where the time goes, one process at a time."""
    table = Table(title="The parts of the cost, each measured alone on the same messages", box=box.SIMPLE)
    table.add_column("where")
    table.add_column("what")
    table.add_column("µs a message", justify="right")
    for where, what, microseconds in parts:
        table.add_row(where, what, f"{microseconds:.1f}")
    show(table)


def print_machine(machine: dict[str, Any], command: str) -> None:
    """What the figures depend on."""
    libraries = ", ".join(f"{name} {number}" for name, number in machine["libraries"].items())
    lines = (
        f"command     {command}",
        (
            f"machine     {machine['cores']} cores, {machine['processor']}, {machine['system']}; load before"
            f" {machine['load_before'][0]}; fsync {machine['fsync_ms']} ms"
        ),
        (
            f"versions    Python {machine['python']}, RabbitMQ {machine['rabbitmq']}, PostgreSQL {machine['postgresql']},"
            f" SQLite {machine['sqlite']}"
        ),
        f"libraries   {libraries}",
    )
    for line in lines:
        print(line)


def show(table: Table) -> None:
    """On a terminal as wide as it is; anywhere else wide enough for the table."""
    Console(width=None if sys.stdout.isatty() else 130).print(table)


def write_json(path: Path | None, figures: dict[str, Any]) -> None:
    """Write the figures if a file was named."""
    if path is not None:
        path.write_text(json.dumps(figures, indent=2) + "\n")
        print(f"The same as JSON: {path}")
