"""A delivery's bytes, cut out of the submission's: never a ciphertext that the permit does not name.

Both are canonical, so what lies between two keys is already in the form the recipient wants; parsing and writing 8 KB again
for every message is what a lean gate cannot afford. A test holds the result to ``contracts.permit.Delivery``.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from pydantic_core import from_json

_START: Final = len(b'{"compartments":')


def compose(submission: bytes, permit: bytes, slots: Collection[int]) -> bytes:
    """The canonical Delivery of a submission under a permit, both in canonical bytes."""
    # Base64 and slot numbers hold no brace and no quote, so the first brace ends the compartments; the same goes for the
    # signature. "header" is a key once: for_broker, before it, has none of that name.
    end = submission.index(b"}", _START) + 1
    header = submission.index(b',"header":{', end) + 10
    header_end = submission.index(b',"signature":"', header)
    signature = header_end + 14
    signature_end = submission.index(b'"', signature)
    recipient = submission.rindex(b'"to_recipient":"') + 16
    given = from_json(submission[_START:end])
    chosen = ",".join([f'"{slot}":"{given[str(slot)]}"' for slot in sorted(slots)])
    return b"".join(
        (
            b'{"compartments":{', chosen.encode(), b'},"header":', submission[header:header_end], b',"permit":', permit,
            b',"signature":"', submission[signature:signature_end], b'","to_recipient":"', submission[recipient:-2],
            b'","v":1}',
        )
    )  # fmt: skip


def compose_stored(submission: bytes, permit: bytes) -> bytes:
    """The same, for a permit that was kept."""
    return compose(submission, permit, from_json(permit)["decision"]["slots"])


@dataclass(frozen=True, slots=True)
class Trust:
    """Which kept permits are still sent on: given after this moment, by this protocol where one is known (V6)."""

    since: int = -1
    protocol: str | None = None

    def holds_for(self, permit: bytes) -> bool:
        """Whether a kept permit may be sent on; otherwise its message is asked about again."""
        decision = from_json(bytes(permit))["decision"]
        return decision["decided"] > self.since and self.protocol in (None, decision["protocol"])
