"""How the adapter feels, for its operator: why it is not ready, in plain words, and its counters for Prometheus."""

from dataclasses import dataclass
from typing import Final, Protocol

from prometheus_client import Counter, Gauge

COLLECTED: Final = Counter("adapter_records_collected_total", "Local records taken or rejected.", ["outcome"])
OUT: Final = Counter("adapter_messages_sent_total", "Messages that RabbitMQ confirmed.")
IN: Final = Counter("adapter_messages_arrived_total", "Messages from the inbox, by what became of them.", ["outcome"])
HANDED_OVER: Final = Counter("adapter_records_handed_over_total", "Records the local system took or refused.", ["outcome"])
TOLD: Final = Counter("adapter_notices_told_total", "Notices the local system was told.")
WAITING: Final = Gauge("adapter_waiting", "What waits in the adapter.", ["for_what"])

_MANY: Final = 1000


class HasLine(Protocol):
    """Whatever knows whether RabbitMQ is there."""

    connected: bool
    slow: bool


@dataclass(slots=True)
class Condition:
    """Written by the loops, read by the health page's own thread: single values only."""

    line: HasLine
    alarm: str | None = None
    case_system: str | None = "the local system has not been asked yet"
    """Why the local system does not answer; None when it does."""
    refused: int = 0
    """Deliveries that were not sound since the start: each is an alarm to look at in the program's log."""
    to_send: int = 0
    to_give_again: int = 0
    """People whom the local system was, or will be, asked to give again under a new linkage key."""

    def notes(self) -> list[str]:
        """What is under way and nobody's fault."""
        if not self.to_give_again:
            return []
        return [f"people still to be given again under the new linkage key: {self.to_give_again:,}"]

    def ready(self) -> list[str]:
        """Why not, if not. What waits to be sent is a reason only when it is much: an outage is what the outbox is for."""
        reasons = []
        if self.alarm:
            reasons.append(f"stopped: {self.alarm}. The log of the consent service tells two stories; call your IG officer")
        if not self.line.connected:
            reasons.append("RabbitMQ cannot be reached; what is sent waits here")
        elif self.line.slow:
            reasons.append("RabbitMQ does not take what is sent (./run doctor tells its alarms); it waits here")
        if self.case_system:
            reasons.append(self.case_system)
        if self.to_send >= _MANY:
            reasons.append(f"{self.to_send} messages wait for RabbitMQ")
        return reasons
