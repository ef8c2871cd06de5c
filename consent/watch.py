"""What the operator sees of the consent service: ready or why not, and counters. Never anything of a person.

Leaves out: the page itself (``contracts.health``).
"""

from collections import Counter as Count
from collections.abc import Iterable
from dataclasses import dataclass, field

from prometheus_client import Counter, Gauge, Histogram

from consent.draft import Draft

_questions = Counter("consent_questions", "Questions answered, by answer and reason.", ["answer", "reason"])
_seconds = Histogram(
    "consent_batch_seconds",
    "From a batch of questions to its signed answers.",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
_unanswered = Counter("consent_batches_unanswered", "Batches that could not be answered, by what went wrong.", ["kind"])
_outcomes = Counter("consent_outcomes", "Outcomes written into the log.")
_line = Gauge("consent_rabbitmq_connected", "1 while connected to RabbitMQ.")


@dataclass(slots=True)
class Watch:
    """The reasons why the service is not ready, kept by whoever meets them."""

    _reasons: dict[str, str] = field(default_factory=lambda: {"rabbitmq": "RabbitMQ: not connected yet"})

    def reasons(self) -> list[str]:
        """Why not ready, in plain words; empty when ready."""
        return sorted(self._reasons.values())

    def line_up(self) -> None:
        """Connected to RabbitMQ."""
        _line.set(1)
        self._reasons.pop("rabbitmq", None)

    def line_down(self, kind: str) -> None:
        """RabbitMQ is away; nobody is answered meanwhile, and the broker's messages wait."""
        _line.set(0)
        self._reasons["rabbitmq"] = f"RabbitMQ: not connected ({kind}); trying again by itself"

    def answered(self, drafts: Iterable[Draft], seconds: float) -> None:
        """A batch is answered, so the database and the log work."""
        _seconds.observe(seconds)
        for (answer, reason), count in Count((d.answer.value, d.reason.value if d.reason else "") for d in drafts).items():
            _questions.labels(answer, reason).inc(count)
        self._reasons.pop("store", None)

    def not_answered(self, kind: str) -> None:
        """A batch could not be answered. The broker asks again; nothing passes meanwhile."""
        _unanswered.labels(kind).inc()
        self._reasons["store"] = f"log or database: {kind}; nothing passes meanwhile, and it is tried again by itself"

    def protocol_taken(self) -> None:
        """The protocol on the disk is the one in force."""
        self._reasons.pop("protocol", None)

    def protocol_refused(self, why: str) -> None:
        """What is on the disk may not take over; what is in force goes on."""
        self._reasons["protocol"] = f"protocol: what is on the disk may not take over, and the one in force goes on. {why}"

    def written(self, outcomes: int) -> None:
        """Outcomes are in the log."""
        _outcomes.inc(outcomes)
        self._reasons.pop("store", None)
