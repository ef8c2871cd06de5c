"""Everything that may be set for the broker, read from the environment once and passed in."""

from pathlib import Path
from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """The broker's settings: ``BROKER_…`` in the environment. Frozen; a value that cannot be right fails the start."""

    model_config = SettingsConfigDict(env_prefix="BROKER_", frozen=True, extra="ignore")

    amqp_url: Annotated[str, Field(repr=False)]
    """Where RabbitMQ is, with the broker's own account. Holds a password, so it is never printed."""
    database_url: Annotated[str, Field(repr=False)] = "sqlite:///var/broker.sqlite"
    keys: Path = Path("var/keys/broker")
    """The folder with the broker's private signing key."""
    directory: Path = Path("var/keys/directory.json")
    health_port: Annotated[int, Field(ge=0, le=65535)] = 8101
    health_host: str = "127.0.0.1"
    batch_size: Annotated[int, Field(ge=1, le=400)] = 100
    """The most messages taken in together. A batch is what is there, never a wait."""
    batches_in_flight: Annotated[int, Field(ge=1, le=16)] = 4
    prefetch: Annotated[int, Field(ge=1, le=2000)] = 700
    """How many messages RabbitMQ hands over unacknowledged: what the batches in flight hold, and the next ones, so that a
    batch that begins finds all of its messages there."""
    inbox_credit: Annotated[int, Field(ge=1, le=1_000_000)] = 64
    """How many deliveries may lie in one agency's inbox unreceipted; the rest wait here, where a withdrawal reaches them."""
    check_budgets: Path | None = None
    """How many caseload checks are usual, and how long people have to act; those that are shipped if there is no file."""
    answer_timeout_seconds: Annotated[float, Field(gt=0, le=60)] = 10.0
    demonstration: Annotated[bool, Field(validation_alias="DEMONSTRATION")] = False
