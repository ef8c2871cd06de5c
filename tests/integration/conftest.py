"""Real RabbitMQ and real databases for the tests below: one node, one PostgreSQL, fresh databases."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from broker.local.postgres import PrivatePostgres
from tests.integration.rabbitmq import Rabbit, start_rabbit


@pytest.fixture(scope="session")
def rabbitmq(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rabbit]:
    """A private node with the six agencies of the demonstration; urls by account: `rabbitmq.url("broker")`."""
    rabbit = start_rabbit(tmp_path_factory.mktemp("rabbitmq"))
    yield rabbit
    rabbit.node.stop()


@pytest.fixture(scope="session")
def postgres() -> Iterator[PrivatePostgres]:
    """One private server for the whole run."""
    server = PrivatePostgres()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def postgres_url(postgres: PrivatePostgres) -> Iterator[str]:
    """A fresh database of its own for one test."""
    url = postgres.create()
    yield url
    postgres.drop(url)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The same test on both databases."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'store.sqlite'}"
    url: str = request.getfixturevalue("postgres_url")
    return url
