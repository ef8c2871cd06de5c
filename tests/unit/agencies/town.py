"""One adapter's parts without RabbitMQ, and a log that grows: what the tests of the adapters share."""

from dataclasses import dataclass, field
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from typing import Any

from agencies.case_system import CaseSystemDownError, CaseSystemRefusedError, LocalNotice, LocalRecord
from agencies.checkpoints import Checkpoints
from agencies.drafts import Rejected
from agencies.inbox import Inbox
from agencies.mapping import Mapping
from agencies.outbox import Outbox
from agencies.party import Party, load_party
from agencies.receiving import Parcel, Receiving, Tally
from agencies.sending import Sending, Taken
from agencies.store import Store
from contracts.canonical import canonical
from contracts.checkpoint import Checkpoint, sign
from contracts.envelope import Received, read_submission
from contracts.identifiers import new_id
from contracts.notices import Item, Notice, write_notice
from contracts.permit import Delivery
from contracts.proofs import group_commitment, leaf_bytes, leaf_hash, node_hash, record_commitment
from contracts.topology import WHAT_DELIVERY, WHAT_NOTICE
from tests.factories import Partnership, delivery_bytes, delivery_of, partnership, sign_permit

KINDS = {
    "cjit-ashby": "cjit",
    "drugs-ashby": "drug_service",
    "housing-ashby": "housing",
    "sarc-ashby": "sarc",
    "police-ashby": "police",
    "project-ashby": "project",
}
IDENTITY = {"forename": "Marisol", "surname": "Quillfeather", "date_of_birth": "1984-03-09", "sex": "female"}


def mapping_of(agency: str) -> Mapping:
    mapping = import_module(f"agencies.{KINDS[agency]}.mapping").MAPPING
    assert isinstance(mapping, Mapping)
    return mapping


def party(agency: str, keys: Partnership | None = None) -> Party:
    keys = keys or partnership()
    return load_party(
        agency,
        mapping_of(agency),
        keys.folder / agency,
        keys.folder / "directory.json",
        now=keys.now,
        demonstration=True,
    )


@dataclass
class Clock:
    """A clock that moves when it is told to."""

    now: int

    def __call__(self) -> int:
        return self.now


class Desk:
    """The parts of one adapter on a store of its own."""

    def __init__(self, agency: str, folder: Path, keys: Partnership | None = None) -> None:
        self.clock = Clock((keys or partnership()).now)
        self.path = folder / agency / "adapter.sqlite"
        self.party = party(agency, keys)
        self.open()

    def open(self) -> None:
        self.store = Store(self.path, self.party.id)
        self.outbox, self.inbox = Outbox(self.store), Inbox(self.store)
        self.checkpoints = Checkpoints(self.store)
        self.sending = Sending(self.party, self.store, self.outbox, self.inbox, self.clock)
        self.receiving = Receiving(self.party, self.store, self.outbox, self.inbox, self.checkpoints, self.clock)

    def again(self) -> None:
        """As after a kill -9: what was committed is there, and nothing else."""
        self.store.close()
        self.open()

    def take(self, **fields: Any) -> Taken | Rejected:
        return self.sending.take(LocalRecord(fields["id"], fields))

    def sent(self, **fields: Any) -> Received:
        """Take a record that must be good; the message it became."""
        taken = self.take(**fields)
        assert isinstance(taken, Taken), taken
        return next(read_submission(one.body) for one in self.outbox.queued(1000) if one.id == taken.message)

    def receive(self, *deliveries: Delivery) -> Tally:
        return self.receiving.take([Parcel(WHAT_DELIVERY, delivery_bytes(one)) for one in deliveries])

    def hear(self, *items: Item, notice: str | None = None) -> Tally:
        body = Notice(notice=notice or new_id(), to=self.party.id, created=self.clock(), items=items)
        return self.receiving.take([Parcel(WHAT_NOTICE, write_notice(body, partnership().signing("broker")))])

    def register(self, person: str = "client-9", **changes: Any) -> Received:
        fields = {"type": "person", "id": f"p-{person}", "person": person, "identity": IDENTITY, **changes}
        return self.sent(**fields)


class GrowingLog:
    """A log of leaves: puts a permit's decision in, and anchors the permit under the new head."""

    def __init__(self, keys: Partnership | None = None) -> None:
        self.keys = keys or partnership()
        self.leaves = [sha256(b"the first entry").digest()]

    def deliver(self, body: bytes, **changes: Any) -> Delivery:
        """What arrives for a submission, under this log."""
        delivery = delivery_of(body, keys=self.keys, **changes)
        permit = delivery.permit
        shown = canonical(permit.decision.model_dump(mode="json"))
        commitment = record_commitment(
            group_commitment("shown", bytes.fromhex(permit.salt), shown),
            bytes.fromhex(permit.skeleton),
            bytes.fromhex(permit.subject),
        )
        self.leaves.append(leaf_hash(leaf_bytes(commitment)))
        index = len(self.leaves) - 1
        head = Checkpoint(self.keys.directory.log_name, len(self.leaves), _root(self.leaves))
        anchored = permit.model_copy(
            update={
                "index": index,
                "proof": tuple(one.hex() for one in _path(self.leaves, index)),
                "checkpoint": sign(head, self.keys.directory.log_name, self.keys.log_signing.ed25519),
            }
        )
        return delivery.model_copy(update={"permit": sign_permit(anchored, keys=self.keys)})


def _split(size: int) -> int:
    return 1 << (size - 1).bit_length() - 1


def _root(leaves: list[bytes]) -> bytes:
    if len(leaves) == 1:
        return leaves[0]
    half = _split(len(leaves))
    return node_hash(_root(leaves[:half]), _root(leaves[half:]))


def _path(leaves: list[bytes], index: int) -> list[bytes]:
    if len(leaves) == 1:
        return []
    half = _split(len(leaves))
    if index < half:
        return [*_path(leaves[:half], index), _root(leaves[half:])]
    return [*_path(leaves[half:], index - half), _root(leaves[:half])]


@dataclass
class Drawer:
    """A case system that keeps everything in lists, and can be down, or refuse."""

    out: list[LocalRecord] = field(default_factory=list)
    took: dict[str, str] = field(default_factory=dict)
    wrong: dict[str, tuple[str, str]] = field(default_factory=dict)
    handed: list[LocalRecord] = field(default_factory=list)
    heard: list[LocalNotice] = field(default_factory=list)
    down: bool = False
    refuses: str | None = None

    def do(self, **fields: Any) -> None:
        self.out.append(LocalRecord(fields["id"], fields))

    def outgoing(self, limit: int) -> list[LocalRecord]:
        self._check()
        done = self.took.keys() | self.wrong.keys()
        return [record for record in self.out if record.id not in done][:limit]

    def taken(self, record_id: str, message_id: str) -> None:
        self._check()
        self.took[record_id] = message_id

    def rejected(self, record_id: str, code: str, sentence: str) -> None:
        self._check()
        self.wrong[record_id] = (code, sentence)

    def hand_over(self, arrived: LocalRecord) -> None:
        self._check()
        if self.refuses:
            raise CaseSystemRefusedError(self.refuses)
        self.handed.append(arrived)

    def told(self, notice: LocalNotice) -> None:
        self._check()
        self.heard.append(notice)

    def _check(self) -> None:
        if self.down:
            raise CaseSystemDownError("closed for the night")
