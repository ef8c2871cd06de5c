"""How the consent service's tables came to be, step by step; brought up to date at every start."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine

from consent.store import alone


def bring_up_to_date(engine: Engine) -> None:
    """Take every step that this database has not taken yet, in one transaction, alone: several of us may start at once."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    with alone(engine) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
