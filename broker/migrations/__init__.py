"""The steps that bring a store's tables from any earlier state to the present one, on both databases."""

from importlib.resources import files

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine

_LOCK = "SELECT pg_advisory_xact_lock(7265108)"


def upgrade(url: str) -> None:
    """Bring the tables up to date, wholly or not at all. Processes that start at once take turns."""
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            # SQLite's driver would otherwise commit every statement by itself, and a crash leave half the tables.
            connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.dialect.name == "sqlite" else _LOCK)
            config = Config()
            config.set_main_option("script_location", str(files("broker.migrations")).replace("%", "%%"))
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.commit()
    finally:
        engine.dispose()
