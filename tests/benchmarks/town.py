"""One private town for a benchmark: fresh keys, a RabbitMQ node and a PostgreSQL server of its own, and folders for stores."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from broker.definitions import OPERATOR
from broker.local.postgres import PrivatePostgres
from broker.local.progress import Progress
from tests.benchmarks.cpu import children_named
from tests.factories import Partnership, make_demonstration
from tests.integration.rabbitmq import Rabbit, start_rabbit


@dataclass
class Town:
    """What every run of one benchmark shares."""

    folder: Path
    keys: Partnership
    rabbit: Rabbit
    progress: Progress
    postgres: PrivatePostgres | None = None
    _kept: dict[str, int] = field(default_factory=dict)

    @property
    def operator(self) -> str:
        """The address under which queues are made, counted and emptied."""
        return self.rabbit.url(OPERATOR)

    def account(self, user: str) -> str:
        """The address of an agency's or a service's own account."""
        return self.rabbit.url(user)

    def rabbitmq_pid(self) -> int:
        assert self.rabbit.node.server is not None
        return self.rabbit.node.server.pid

    def postgres_pid(self) -> int | None:
        """The server's first process, below which it starts one for each connection."""
        return next(iter(children_named("postgres")), None)

    def copy_database(self, template: str) -> str:
        """A fresh copy of a PostgreSQL database that nobody is connected to."""
        assert self.postgres is not None
        number = self._kept["copies"] = self._kept.get("copies", 0) + 1
        server, name = template.rsplit("/", 1)
        with psycopg.connect(_plain(f"{server}/postgres"), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}_{number}" TEMPLATE "{name}"')
            # What was copied is on disk before anything is measured.
            connection.execute("CHECKPOINT")
        return f"{server}/{name}_{number}"

    def settle_database(self, url: str) -> None:
        """Statistics and a checkpoint, so that no run pays for what the filling left behind."""
        with psycopg.connect(_plain(url), autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")
            connection.execute("CHECKPOINT")


def _plain(url: str) -> str:
    return url.replace("postgresql+psycopg://", "postgresql://")


@contextmanager
def town(folder: Path, progress: Progress, *, postgres: bool) -> Iterator[Town]:
    """Start it, and leave nothing of it running."""
    with progress.step("making the keys of six agencies and both services"):
        keys = make_demonstration(folder / "keys", now=time.time_ns() // 1_000_000)
    with progress.step("starting a private RabbitMQ node"):
        rabbit = start_rabbit(folder / "rabbitmq")
    made = Town(folder, keys, rabbit, progress)
    try:
        if postgres:
            with progress.step("starting a private PostgreSQL, with fsync on"):
                made.postgres = PrivatePostgres()
                made.postgres.start()
        yield made
    finally:
        if made.postgres:
            made.postgres.stop()
        rabbit.node.stop()
