"""The log, hashed again from what its rows say, by the auditor's own arithmetic (V7, and half of V8).

Written from RFC 6962, C2SP and the paper alone: no line of the programs that wrote the log is used, so a mistake in those
is not made twice. Leaves out what a decision should have been (``releases``).
"""

import base64
import json
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tests.integration.audit.stores import Row, Store

KIND_WORDS = """decision refusal hold hold_closed outcome receipt consent withdrawal query reading override
    review protocol_change key_event checkpoint witness_alarm erasure correction right
    act_refused guard_act"""
KINDS = KIND_WORDS.split()


@dataclass
class Entry:
    """One entry, with its three groups read; ``subject`` is None when its key was destroyed."""

    index: int
    kind: str
    shown: dict[str, Any]
    skeleton: dict[str, Any]
    subject: dict[str, Any] | None
    leaf: bytes

    @property
    def message(self) -> str | None:
        """The message it is about."""
        return self.shown.get("message") or self.skeleton.get("message")

    @property
    def attempt(self) -> int:
        """The attempt it is about; 0 where it names none."""
        return int(self.shown.get("attempt") or self.skeleton.get("attempt") or 0)


@dataclass
class Log:
    """The whole log, and everything that does not add up in it."""

    entries: list[Entry] = field(default_factory=list)
    roots: dict[int, bytes] = field(default_factory=dict)
    """The root of the tree at every size it ever had."""
    checkpoints: int = 0
    broken: list[str] = field(default_factory=list)

    def of_kind(self, kind: str) -> list[Entry]:
        """The entries of one kind, oldest first."""
        return [entry for entry in self.entries if entry.kind == kind]


def read(consent: Store, name: str, key: Ed25519PublicKey) -> Log:
    """Every row of the log, hashed again."""
    log = Log()
    leaf_rows, key_rows, rows, heads = consent.snapshot(
        "SELECT leaf_index, hash FROM leaf",
        "SELECT leaf_index, key FROM subject_key",
        "SELECT * FROM entry ORDER BY leaf_index",
        "SELECT * FROM checkpoint ORDER BY size",
    )
    leaves = {row["leaf_index"]: bytes(row["hash"]) for row in leaf_rows}
    keys = {row["leaf_index"]: bytes(row["key"]) for row in key_rows}
    stack: list[bytes] = []
    for number, row in enumerate(rows):
        entry = _entry(row, keys.get(number), log)
        if row["leaf_index"] != number or leaves.get(number) != entry.leaf:
            log.broken.append(f"entry {number}: what it says is not what its leaf was made of")
        log.entries.append(entry)
        _grow(stack, entry.leaf, number)
        log.roots[number + 1] = _root(stack)
    if len(leaves) != len(rows):
        log.broken.append(f"{len(leaves)} leaves for {len(rows)} entries")
    _check_erasures(log, keys)
    _check_heads(heads, name, key, log)
    return log


def check_note(note: str, name: str, key: Ed25519PublicKey, log: Log) -> str | None:
    """What is wrong with a checkpoint note that somebody holds, or None."""
    size, root = _open_note(note, name, key)
    if root is None:
        return "is not signed by the log's key"
    return None if log.roots.get(size) == root else f"shows another log of {size} entries"


def _entry(row: Row, key: bytes | None, log: Log) -> Entry:
    number = row["leaf_index"]
    shown, skeleton = json.loads(row["shown"]), json.loads(row["skeleton"])
    digests = [
        _group("shown", bytes(row["shown_salt"]), row["shown"].encode()),
        _group("skeleton", bytes(row["skeleton_salt"]), row["skeleton"].encode()),
        bytes(row["subject_commitment"]),
    ]
    record = sha256(_framed(b"relay-record/v1", *digests)).digest()
    kind = shown.get("entry")
    if kind not in KINDS or kind != row["kind"]:
        log.broken.append(f"entry {number}: of a kind the log does not have")
    if (shown.get("message") or skeleton.get("message")) != row["message_id"]:
        log.broken.append(f"entry {number}: is found under another message than it is about")
    leaf = sha256(b"\x00relay-log/v1\n" + record).digest()
    return Entry(number, str(kind), shown, skeleton, _subject(row, key, log), leaf)


def _subject(row: Row, key: bytes | None, log: Log) -> dict[str, Any] | None:
    if key is None:
        return None
    commitment = bytes(row["subject_commitment"])
    try:
        plain = AESGCM(key).decrypt(bytes(12), bytes(row["subject_ciphertext"]), commitment)
    except InvalidTag:
        log.broken.append(f"entry {row['leaf_index']}: its subject part does not open with its own key")
        return None
    if _group("subject", plain[:32], plain[32:]) != commitment:
        log.broken.append(f"entry {row['leaf_index']}: its subject part is not what was committed to")
    value: dict[str, Any] = json.loads(plain[32:])
    return value


def _check_erasures(log: Log, keys: dict[int, bytes]) -> None:
    told = {index for entry in log.of_kind("erasure") for index in entry.skeleton.get("erased", [])}
    gone = {entry.index for entry in log.entries if entry.index not in keys}
    log.broken += [f"entry {index}: its key is gone and no entry says why, or the other way round" for index in told ^ gone]


def _check_heads(rows: list[Row], name: str, key: Ed25519PublicKey, log: Log) -> None:
    """Every signed head: by the log's key, over these leaves, each continuing the one before it."""
    log.checkpoints = len(rows)
    before = 0
    for row in rows:
        size, root = _open_note(row["note"], name, key)
        if root is None or (size, root) != (row["size"], bytes(row["root"])):
            log.broken.append(f"checkpoint {row['size']}: is not what the log's key signed")
        if log.roots.get(row["size"]) != bytes(row["root"]):
            log.broken.append(f"checkpoint {row['size']}: was signed over other entries than these")
        if row["previous_size"] != before:
            log.broken.append(f"checkpoint {row['size']}: does not continue the one before it")
        before = row["size"]
    if before != len(log.entries):
        log.broken.append(f"{len(log.entries) - before} entries stand behind the newest checkpoint")


def _open_note(note: str, name: str, key: Ed25519PublicKey) -> tuple[int, bytes | None]:
    text, _, signatures = note.partition("\n\n")
    lines = text.split("\n")
    if len(lines) != 3 or lines[0] != name or not lines[1].isdigit():
        return 0, None
    key_id = sha256(name.encode() + b"\n\x01" + key.public_bytes_raw()).digest()[:4]
    for line in signatures.splitlines():
        who, _, encoded = line.removeprefix("\u2014 ").partition(" ")
        payload = base64.b64decode(encoded)
        if who != name or payload[:4] != key_id:
            continue
        try:
            key.verify(payload[4:], f"{text}\n".encode())
        except InvalidSignature:
            return int(lines[1]), None
        return int(lines[1]), base64.b64decode(lines[2])
    return int(lines[1]), None


def _grow(stack: list[bytes], leaf: bytes, number: int) -> None:
    """The stack holds the complete subtrees, largest first; a new leaf closes as many as its number ends in ones."""
    while number & 1:
        leaf = sha256(b"\x01" + stack.pop() + leaf).digest()
        number >>= 1
    stack.append(leaf)


def _root(stack: list[bytes]) -> bytes:
    value = stack[-1]
    for left in reversed(stack[:-1]):
        value = sha256(b"\x01" + left + value).digest()
    return value


def _group(name: str, salt: bytes, fields: bytes) -> bytes:
    return sha256(_framed(b"group", name.encode(), salt, fields)).digest()


def _framed(*parts: bytes) -> bytes:
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)
