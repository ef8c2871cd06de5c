"""The few questions an agency's own system must answer for the adapter: this is all that an integrator writes.

Everything is plain records (JSON-able mappings with the words of ``docs/adapter-guide.md``): no keys, no envelopes, no
RabbitMQ. Every method may be called again with the same arguments after a crash, and must then do nothing more.
Leaves out: how records become messages (``mapping``), and how those travel (``adapter``).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class LocalRecord:
    """Something a worker did, or something that arrived for her. ``id`` is in ``fields`` too."""

    id: str
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class LocalNotice:
    """Something to be told: a receipt, an answer of a guard, the answer to a caseload check, an alert."""

    id: str
    fields: Mapping[str, Any]


class CaseSystemDownError(Exception):
    """The system does not answer just now. The adapter keeps what it has and tries again."""


class CaseSystemRefusedError(Exception):
    """The system will never take this record, and says why in a code of its own. The sender is told to ring."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class CaseSystem(Protocol):
    """What the adapter asks of a local system. Any method may raise CaseSystemDownError."""

    def outgoing(self, limit: int) -> list[LocalRecord]:
        """What a worker did and the adapter has not yet taken, oldest first, at most ``limit``."""

    def taken(self, record_id: str, message_id: str) -> None:
        """The record is safe with the adapter, under this message id: do not give it out again."""

    def rejected(self, record_id: str, code: str, sentence: str) -> None:
        """The record cannot be sent as it stands; the sentence says what to do. Do not give it out again."""

    def hand_over(self, arrived: LocalRecord) -> None:
        """Take a record from another agency, once for each ``arrived.id`` however often it is handed over.

        CaseSystemDownError to be asked again later; CaseSystemRefusedError when it will never be taken.
        """

    def told(self, notice: LocalNotice) -> None:
        """Take a notice, once for each ``notice.id``."""
