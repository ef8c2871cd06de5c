"""CPU seconds of programs and all that they started, as the kernel counts them. Linux only."""

import os
from collections import defaultdict
from collections.abc import Collection, Mapping
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(programs: Mapping[str, Collection[int]]) -> dict[str, float]:
    """For each named program: user and system time of the whole tree below its processes, ended children included."""
    stats = _all_stats()
    children: dict[int, list[int]] = defaultdict(list)
    for pid, (parent, _) in stats.items():
        children[parent].append(pid)

    def tree(pid: int) -> float:
        own = stats[pid][1] if pid in stats else 0.0
        return own + sum(tree(each) for each in children[pid])

    return {name: sum(tree(pid) for pid in pids) for name, pids in programs.items()}


def machine_ticks() -> tuple[int, int, int]:
    """Of all cores since the start: everything, what was idle, and what the hypervisor gave to other machines."""
    with Path("/proc/stat").open() as file:
        fields = [int(each) for each in file.readline().split()[1:9]]
    return sum(fields), fields[3] + fields[4], fields[7]


def children_named(name: str) -> list[int]:
    """The children of this process that run a program of that name."""
    return [pid for pid, (parent, _) in _all_stats().items() if parent == os.getpid() and _name(pid) == name]


def _all_stats() -> dict[int, tuple[int, float]]:
    """For each process: its parent, and the CPU seconds of it and of its ended children."""
    found = {}
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            text = (folder / "stat").read_text()
        except OSError:
            continue  # it ended while we looked
        # The name in brackets may hold spaces and brackets, so count from the last one.
        fields = text[text.rindex(")") + 2 :].split()
        ticks = sum(int(each) for each in fields[11:15])
        found[int(folder.name)] = (int(fields[1]), ticks / _TICKS)
    return found


def _name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""
