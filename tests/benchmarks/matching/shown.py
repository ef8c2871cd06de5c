"""The figures of ``./run bench matching`` as a person reads them, and whether the bars of issue 4 were reached."""

from typing import Any, Final

from rich import box
from rich.table import Table

from tests.benchmarks import table

BAR_PEOPLE: Final = 1_000_000
BAR_P50_MS: Final = 3.0
BAR_P99_MS: Final = 15.0
BAR_MB: Final = 1_536.0


def reached(figures: dict[str, Any]) -> bool | None:
    """Whether a million people on SQLite kept to the bars; None where no million was measured."""
    for each in figures["ours"]:
        if (each["people"], each["database"]) == (BAR_PEOPLE, "sqlite"):
            looked_up = each["looked_up"]
            return looked_up["p50_ms"] <= BAR_P50_MS and looked_up["p99_ms"] <= BAR_P99_MS and bool(_peak(each) <= BAR_MB)
    return None


def print_matching(figures: dict[str, Any]) -> None:
    """Two tables: how fast and how large, and what was found."""
    fast = Table(title="One look-up, one at a time; peak memory of the program that looks up or registers", box=box.SIMPLE)
    right = Table(title="Half were registered before, half never: who was found", box=box.SIMPLE)
    for name in ("people", "", "p50 ms", "p99 ms", "highest", "registered a second", "bytes a person", "peak MB"):
        fast.add_column(name, justify="right" if name else "left")
    for name in ("people", "", "found", "or in review", "wrong of found", "sent to review"):
        right.add_column(name, justify="right" if name else "left")
    for each in figures["ours"]:
        looked_up, size = each["looked_up"], f"{each['people']:,}"
        fast.add_row(
            size, f"tokens on {each['database']}", *(f"{looked_up[name]:.2f}" for name in ("p50_ms", "p99_ms", "highest_ms")),
            f"{each['registered']['per_second']:,.0f}", f"{each['filled']['bytes'] / each['people']:,.0f}",
            f"{_peak(each):,.0f}",
        )  # fmt: skip
        right.add_row(
            size, f"tokens on {each['database']}", *_shares(looked_up, "found", "found_with_review", "wrong", "review")
        )
    for each in figures["splink"]:
        size = f"{each['people']:,}"
        if "failed" in each:
            fast.add_row(size, "Splink", "did not manage")
            continue
        fast.add_row(
            size, "Splink", *(f"{each[name]:,.0f}" for name in ("p50_ms", "p99_ms")), "", "", "", f"{each['peak_mb']:,.0f}"
        )
        right.add_row(size, "Splink (sees names)", *_shares(each, "found"), "", *_shares(each, "wrong"), "")
    table.show(fast)
    table.show(right)
    if figures["token_ms"] is not None:
        print(f"Making one person's tokens: {figures['token_ms']:.2f} ms of CPU, at the agency.")
    _say_bars(figures)


def _say_bars(figures: dict[str, Any]) -> None:
    verdict = reached(figures)
    if verdict is None:
        print("The bars are for a million people on SQLite, which was not measured.")
    else:
        print(
            f"A million people on SQLite, bars: p50 {BAR_P50_MS:g} ms, p99 {BAR_P99_MS:g} ms, {BAR_MB:,.0f} MB: "
            f"{'reached' if verdict else 'NOT reached'}."
        )


def _peak(each: dict[str, Any]) -> float:
    return float(max(each["looked_up"]["peak_mb"], each["registered"]["peak_mb"]))


def _shares(figures: dict[str, Any], *names: str) -> list[str]:
    return [f"{figures[name]:.1%}" for name in names]
