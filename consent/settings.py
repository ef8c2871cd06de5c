"""Everything that may be set for the consent service, read from the environment once and passed in."""

from pathlib import Path
from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from contracts.approvals import APPROVALS_FILE


class Settings(BaseSettings):
    """``CONSENT_…`` in the environment. Frozen; a value that cannot be right fails the start."""

    model_config = SettingsConfigDict(env_prefix="CONSENT_", frozen=True, extra="ignore")

    amqp_url: Annotated[str, Field(repr=False)]
    """Where RabbitMQ is, with the consent service's own account. Holds a password, so it is never printed."""
    database_url: Annotated[str, Field(repr=False)] = "sqlite:///var/consent.sqlite"
    keys: Path = Path("var/keys/consent")
    """The folder with the keys that sign permits, sign the log, and open what is sealed to us."""
    directory: Path = Path("var/keys/directory.json")
    protocol: Path = Path(__file__).parent / "clauses" / "ashby.yaml"
    agreements: Path | None = None
    """The officers' signatures under the protocol; without it, the file beside the key directory."""
    reload_seconds: Annotated[float, Field(gt=0, le=3600)] = 2.0
    """How often to look whether officers put another protocol, or other signatures, in place."""
    health_port: Annotated[int, Field(ge=0, le=65535)] = 8102
    health_host: str = "127.0.0.1"
    demonstration: Annotated[bool, Field(validation_alias="DEMONSTRATION")] = False

    @property
    def approvals(self) -> Path:
        """Where the officers' signatures are."""
        return self.agreements or self.directory.parent / APPROVALS_FILE
