"""Every exchange, queue, routing key and right in RabbitMQ, as data. No other module spells one.

Limits and dead-letter routes are stated, so that RabbitMQ 3.10 and 4.x behave alike (messaging.md §4).
Leaves out: writing them into a node (``broker/definitions.py``).
"""

from dataclasses import dataclass, field
from typing import Final

VHOST: Final = "relay"
SUBMIT: Final = "submit"
INBOX: Final = "inbox"
ASK: Final = "ask"
DEAD: Final = "dead"

INTAKE_QUEUE: Final = "intake"
QUESTIONS_QUEUE: Final = "consent.questions"
OUTCOMES_QUEUE: Final = "consent.outcomes"
DEAD_QUEUE: Final = "dead"
QUESTION_KEY: Final = "question"
OUTCOME_KEY: Final = "outcome"
DIRECT_REPLY: Final = "amq.rabbitmq.reply-to"

BROKER_USER: Final = "broker"
CONSENT_USER: Final = "consent"

# A crash-looping consumer with prefetch 200 burns deliveries of messages it never looked at, so the limit is high and the
# dead queue has a command (messaging.md §4).
DELIVERY_LIMIT: Final = 100
# The dead queue has nowhere to pass a message on to, so it must never give up on one. Not -1: RabbitMQ 4 reads that as no
# limit, and 3.10 as a limit already reached, which drops the message when it is first put back (measured).
NO_LIMIT: Final = 2**31 - 1
QUESTION_LIFETIME_MS: Final = 30_000

# A message of ours is a delivery with its header "what"; receivers look there before they read the body.
WHAT_HEADER: Final = "what"
WHAT_DELIVERY: Final = "delivery"
WHAT_NOTICE: Final = "notice"

QUORUM: Final[dict[str, object]] = {
    "x-queue-type": "quorum",
    "x-delivery-limit": DELIVERY_LIMIT,
    "x-dead-letter-exchange": DEAD,
    "x-dead-letter-strategy": "at-least-once",
    "x-overflow": "reject-publish",
}


@dataclass(frozen=True, slots=True)
class Exchange:
    """A durable exchange."""

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class Queue:
    """A durable queue, its arguments, and where it is bound."""

    name: str
    exchange: str
    routing_key: str
    arguments: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rights:
    """What one RabbitMQ user may do: regular expressions as RabbitMQ takes them. Nobody may configure."""

    user: str
    write: str
    read: str
    submit_key: str | None = None
    max_connections: int = 8
    max_channels: int = 32


EXCHANGES: Final = (
    Exchange(SUBMIT, "topic"),
    Exchange(INBOX, "direct"),
    Exchange(ASK, "direct"),
    Exchange(DEAD, "fanout"),
)


def inbox(agency: str) -> str:
    """The name of an agency's inbox queue; its routing key on the inbox exchange is the agency's id."""
    return f"{INBOX}.{agency}"


def queues(agencies: tuple[str, ...]) -> tuple[Queue, ...]:
    """Every queue of a partnership."""
    own = tuple(Queue(inbox(agency), INBOX, agency, dict(QUORUM)) for agency in agencies)
    return (
        Queue(INTAKE_QUEUE, SUBMIT, "#", dict(QUORUM)),
        # A question is worth nothing after its asker stopped waiting, so it is not kept: classic, and it expires.
        Queue(QUESTIONS_QUEUE, ASK, QUESTION_KEY, {"x-message-ttl": QUESTION_LIFETIME_MS}),
        Queue(OUTCOMES_QUEUE, ASK, OUTCOME_KEY, dict(QUORUM)),
        Queue(DEAD_QUEUE, DEAD, "", {"x-queue-type": "quorum", "x-delivery-limit": NO_LIMIT}),
        *own,
    )


def rights(agencies: tuple[str, ...]) -> tuple[Rights, ...]:
    """One account for each agency and service, with nothing more than it needs (design.md D3)."""
    own = tuple(
        Rights(agency, rf"^{SUBMIT}$", rf"^{INBOX}\.{agency}$", submit_key=rf"^{agency}$", max_connections=4)
        for agency in agencies
    )
    return (
        Rights(BROKER_USER, rf"^({INBOX}|{ASK}|{SUBMIT})$", rf"^({INTAKE_QUEUE}|{DEAD_QUEUE})$"),
        # Replies go to the asker's direct reply-to address, which is the default exchange.
        Rights(CONSENT_USER, r"^amq\.default$", rf"^({QUESTIONS_QUEUE}|{OUTCOMES_QUEUE})$".replace(".", r"\.")),
        *own,
    )
