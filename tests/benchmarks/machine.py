"""Where the figures were measured: cores, versions, how long one fsync takes, and how busy it was besides."""

import os
import platform
import sqlite3
import statistics
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

from broker.local.installed import postgres_folder
from broker.local.rabbitmq import PrivateNode

_LIBRARIES = ("aio-pika", "aiormq", "faststream", "cryptography", "pydantic", "sqlalchemy", "psycopg", "uvloop")


def describe(node: PrivateNode | None, folder: Path) -> dict[str, Any]:
    """What a reader must know before comparing these figures with others."""
    return {
        "cores": os.cpu_count(),
        "processor": _processor(),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "rabbitmq": node.control("version").strip() if node else "not used",
        "postgresql": _postgres(),
        "sqlite": sqlite3.sqlite_version,
        "libraries": {name: version(name) for name in _LIBRARIES},
        "fsync_ms": round(fsync_ms(folder), 3),
        "load_before": [round(each, 2) for each in os.getloadavg()],
    }


def fsync_ms(folder: Path, times: int = 100) -> float:
    """The median time to make 4 KiB durable where the databases lie."""
    path = folder / "fsync-probe"
    spent = []
    with path.open("wb") as file:
        for _ in range(times):
            file.write(bytes(4096))
            file.flush()
            began = time.perf_counter()
            os.fsync(file.fileno())
            spent.append(time.perf_counter() - began)
    path.unlink()
    return statistics.median(spent) * 1000


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def _postgres() -> str | None:
    folder = postgres_folder()
    return folder.parent.name if folder else None
