"""What an adapter is told when it starts, from the environment; read once."""

from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """``ADAPTER_AGENCY`` and so on; ``DEMONSTRATION=1`` allows demonstration keys and simulated case systems."""

    model_config = SettingsConfigDict(env_prefix="ADAPTER_", frozen=True, extra="ignore")

    agency: str
    amqp_url: str
    """One address, or several with spaces between them, tried in turn."""
    data: Path
    keys: Path
    directory: Path
    case_system: str
    """``drop-folder:PATH`` or ``simulated:PATH``."""
    health_port: int = Field(ge=0, le=65_535)
    prefetch: int = Field(default=200, ge=1, le=1000)
    poll_ms: int = Field(default=50, ge=5, le=60_000)
    answer_patience_seconds: int = Field(default=15, ge=1, le=600)
    """How long a check or a reservation may go without an answer before its worker is told that there is none."""
    demonstration: bool = Field(default=False, validation_alias="DEMONSTRATION")

    @field_validator("amqp_url")
    @classmethod
    def _has_an_address(cls, value: str) -> str:
        if not value.split():
            raise ValueError("no address")
        return value

    @property
    def urls(self) -> tuple[str, ...]:
        """The addresses of RabbitMQ."""
        return tuple(self.amqp_url.split())

    @property
    def case_system_kind(self) -> Literal["drop-folder", "simulated"]:
        """Which sort of local system this adapter speaks to."""
        kind, _, path = self.case_system.partition(":")
        if kind not in ("drop-folder", "simulated") or not path:
            raise ValueError("ADAPTER_CASE_SYSTEM is drop-folder:PATH or simulated:PATH")
        return "simulated" if kind == "simulated" else "drop-folder"

    @property
    def case_system_path(self) -> Path:
        """Where that system is."""
        return Path(self.case_system.partition(":")[2])


class AskSettings(BaseSettings):
    """What ``./run ask`` is told of the running system, by ``./run`` itself."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore")

    relay_folder: Path
    adapter_agency: str
    adapter_directory: Path
    demonstration: bool = False


class ReferencesSettings(BaseSettings):
    """What ``./run references`` is told of the running system, by ``./run`` itself."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore")

    relay_folder: Path
