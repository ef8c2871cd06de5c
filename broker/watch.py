"""What the operator sees of the broker: ready or why not, and counters. Never anything of a person.

Leaves out: the page itself (``contracts.health``).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from prometheus_client import Counter, Gauge, Histogram

_settled = Counter("broker_messages_settled", "Messages by what became of them.", ["state", "reason"])
_batch = Histogram("broker_batch_messages", "Messages taken in together.", buckets=(1, 2, 5, 10, 20, 50, 100, 200))
_seconds = Histogram(
    "broker_batch_seconds",
    "From parsed to stored, for a batch.",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
_published = Counter("broker_published", "Messages confirmed by RabbitMQ, by exchange.", ["exchange"])
_unanswered = Counter("broker_questions_unanswered", "Batches that the consent service did not answer in time.")
_overdue = Gauge("broker_overrides_overdue", "Prescribers' overrides that nobody looked at in time.")
_line = Gauge("broker_rabbitmq_connected", "1 while connected to RabbitMQ.")


@dataclass(slots=True)
class Watch:
    """The reasons why the broker is not ready, kept by whoever meets them."""

    _reasons: dict[str, str] = field(default_factory=lambda: {"rabbitmq": "RabbitMQ: not connected yet"})
    _store_waits: int = 0
    _overdue: int = 0
    _services: str = ""

    def reasons(self) -> list[str]:
        """Why not ready, in plain words; empty when ready."""
        return sorted(self._reasons.values())

    def notes(self) -> list[str]:
        """What somebody must look at, while the broker is as ready as ever."""
        overdue = f"overrides that nobody looked at in time: {self._overdue} (./run guards overrides)"
        return [*([overdue] if self._overdue else []), *([self._services] if self._services else [])]

    def overdue(self, overrides: int) -> None:
        """So many prescribers went on in spite of the guard, and nobody looked at it in time."""
        _overdue.set(overrides)
        self._overdue = overrides

    def services(self, why_not: str | None) -> None:
        """The list of services was taken in, or why it was not."""
        self._services = f"the list of services is not taken in: {why_not} (./run directory sign)" if why_not else ""

    def line_up(self) -> None:
        """Connected to RabbitMQ."""
        _line.set(1)
        self._reasons.pop("rabbitmq", None)

    def line_down(self, kind: str) -> None:
        """RabbitMQ is away. Nothing is lost: agencies keep what they could not send."""
        _line.set(0)
        self._reasons["rabbitmq"] = f"RabbitMQ: not connected ({kind}); trying again by itself"

    def store_away(self, reason: str, *, first: bool) -> None:
        """A piece of work waits for the database; ``first`` for its first try. Nothing is acknowledged meanwhile."""
        self._store_waits += first
        self._reasons["store"] = f"database: {reason}; trying again by itself, nothing is taken in meanwhile"

    def store_back(self) -> None:
        """A piece of work that waited is done. Ready again when none waits: a database may answer one and not the other."""
        self._store_waits -= 1
        if self._store_waits == 0:
            self._reasons.pop("store", None)

    def line_slow(self) -> None:
        """RabbitMQ has taken nothing for seconds, as it does under an alarm for memory or disk."""
        self._reasons["publish"] = "RabbitMQ: does not take what is published; see ./run doctor for alarms"

    def question_unanswered(self) -> None:
        """The consent service did not answer. Messages wait, nothing passes."""
        _unanswered.inc()
        self._reasons["consent"] = "consent service: no answer; messages wait and are asked again by themselves"

    def question_answered(self) -> None:
        """The consent service answers."""
        self._reasons.pop("consent", None)

    def unconfirmed(self) -> None:
        """RabbitMQ did not confirm a publish: full, an alarm, or a queue that is missing."""
        self.line_slow()

    def published(self, exchanges: Mapping[str, int]) -> None:
        """RabbitMQ confirmed."""
        self._reasons.pop("publish", None)
        for exchange, count in exchanges.items():
            _published.labels(exchange).inc(count)

    def settled(self, counts: Mapping[tuple[str, str], int], seconds: float) -> None:
        """A batch is stored."""
        _seconds.observe(seconds)
        _batch.observe(sum(counts.values()))
        for (state, reason), count in counts.items():
            _settled.labels(state, reason).inc(count)
