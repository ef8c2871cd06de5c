"""What every officer's command does before it shows a line of the log: find it, and have the reading written down first.

Leaves out: what is shown (``cli``, ``table/cli``).
"""

import argparse
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy import Connection, create_engine

from consent.log.append import LogSigner
from consent.log.read import record_reading
from consent.store import alone, open_store
from contracts.directory import Directory, load_directory
from contracts.keyring import load_signing_key


class Settings(BaseSettings):
    """Where the consent service keeps its log and its keys; each can be given on the command line instead."""

    model_config = SettingsConfigDict(env_prefix="CONSENT_", frozen=True, extra="ignore")

    database_url: str = ""
    directory: str = ""
    keys: str = ""
    protocol: str = ""
    agreements: str = ""
    demonstration: bool = Field(default=False, validation_alias="DEMONSTRATION")


class CannotStartError(Exception):
    """Something the command needs was not given."""


def where_the_log_is(parser: argparse.ArgumentParser, settings: Settings) -> None:
    """The options that say where the log and the key directory are."""
    parser.add_argument("--database", default=settings.database_url, help="default: CONSENT_DATABASE_URL")
    parser.add_argument("--directory", default=settings.directory, help="default: CONSENT_DIRECTORY")
    parser.set_defaults(demonstration=settings.demonstration)


def who_reads_it(parser: argparse.ArgumentParser, settings: Settings) -> None:
    """The options of a reading: it is signed, and says who reads and why."""
    parser.add_argument("--keys", default=settings.keys, help="default: CONSENT_KEYS; a reading is signed too")
    parser.add_argument("--reader", default="operator", help="who reads; written into the log")
    parser.add_argument("--reason", default="command line", help="why; written into the log")


def directory_of(given: argparse.Namespace) -> Directory:
    """The key directory, checked."""
    if not given.directory:
        raise CannotStartError("Say where the key directory is: --directory, or CONSENT_DIRECTORY.")
    now = time.time_ns() // 1_000_000
    return load_directory(Path(given.directory), now=now, demonstration=given.demonstration)


def record(given: argparse.Namespace, directory: Directory, scope: dict[str, Any]) -> None:
    """Write down who is about to read what. Only then may anything be shown."""
    if not given.keys:
        raise CannotStartError("A reading is written into the log first: --keys, or CONSENT_KEYS.")
    signer = LogSigner(directory.log_name, load_signing_key(Path(given.keys), "log").ed25519)
    engine = open_store(database_of(given))
    try:
        with alone(engine) as connection:
            now = time.time_ns() // 1_000_000
            record_reading(connection, given.reader, given.reason, scope, signer, now)
    finally:
        engine.dispose()


def database_of(given: argparse.Namespace) -> str:
    """The database's address."""
    if not given.database:
        raise CannotStartError("Say where the log is: --database, or CONSENT_DATABASE_URL.")
    return str(given.database)


@contextmanager
def snapshot(given: argparse.Namespace) -> Iterator[Connection]:
    """One state of the log from the first line to the last, while the service goes on writing: it takes no lock."""
    engine = create_engine(database_of(given))
    try:
        with engine.connect() as connection:
            if connection.dialect.name == "postgresql":
                connection.execution_options(isolation_level="REPEATABLE READ")
            else:
                connection.exec_driver_sql("BEGIN")
            yield connection
    finally:
        engine.dispose()
