"""How the consent service's tables came to be, step by step; brought up to date at every start."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine


def bring_up_to_date(engine: Engine) -> None:
    """Take every step that this database has not taken yet, in one transaction."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
