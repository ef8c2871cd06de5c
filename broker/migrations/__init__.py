"""The steps that bring a store's tables from any earlier state to the present one, on both databases."""

from importlib.resources import files

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, text

_LOCK = 7_265_108


def upgrade(url: str) -> None:
    """Bring the tables up to date. Several processes may start at once: on PostgreSQL they take turns."""
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _LOCK})
                connection.commit()
            config = Config()
            config.set_main_option("script_location", str(files("broker.migrations")).replace("%", "%%"))
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.commit()
    finally:
        engine.dispose()
