"""The signed head of the log, as a C2SP checkpoint note, and the cosignature of a witness who saw it.

The text form is public (c2sp.org/tlog-checkpoint, signed-note, tlog-cosignature), so that someone else's tool
can check us. We read one spelling only: what opens is byte for byte what we would have written.
Leaves out: which keys to trust (``directory``), proofs under the root (``proofs``), and when to cosign.
"""

import re
from base64 import b64encode
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from contracts.canonical import MalformedError, from_base64
from contracts.proofs import HASH_BYTES

_ED25519: Final = b"\x01"
_COSIGNATURE: Final = b"\x04"
_SIGNATURE_BYTES: Final = 64
_KEY_ID_BYTES: Final = 4
_MAX_NOTE_CHARACTERS: Final = 16_384
_MAX_SIGNATURES: Final = 32
_MAX_SIZE: Final = 2**63 - 1

_BODY = re.compile(r"([^\n]+)\n(0|[1-9][0-9]{0,18})\n([A-Za-z0-9+/]{43}=)\n", re.ASCII)
_LINE = re.compile(r"\u2014 ([^ \n]+) ([A-Za-z0-9+/]+={0,2})\n", re.ASCII)
# Letters, digits and a little punctuation: a name is part of a line of text and of the key's own text form.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,127}", re.ASCII)


class CheckpointError(Exception):
    """The note is not a checkpoint in its one spelling, or not signed by the key it was checked against."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """One state of one log: whose, how many leaves, and the hash over all of them."""

    origin: str
    size: int
    root: bytes


@dataclass(frozen=True, slots=True)
class Cosigned:
    """A checkpoint and the second at which a witness saw it."""

    checkpoint: Checkpoint
    seen_at_seconds: int


def body(checkpoint: Checkpoint) -> str:
    """The signed text: three lines."""
    if not _NAME.fullmatch(checkpoint.origin):
        raise CheckpointError("the origin is not a plain name")
    if not 0 <= checkpoint.size <= _MAX_SIZE or len(checkpoint.root) != HASH_BYTES:
        raise CheckpointError("the size or the root is out of range")
    return f"{checkpoint.origin}\n{checkpoint.size}\n{b64encode(checkpoint.root).decode()}\n"


def sign(checkpoint: Checkpoint, name: str, key: Ed25519PrivateKey) -> str:
    """Write the checkpoint as a note with one signature, of ``key`` under ``name``."""
    text = body(checkpoint)
    signature = key.sign(text.encode())
    return f"{text}\n{_signature_line(name, _key_id(name, _ED25519, key.public_key()) + signature)}"


def open_note(note: str, name: str, key: Ed25519PublicKey) -> Checkpoint:
    """Read a note signed by ``key`` under ``name``, or raise CheckpointError.

    1. Three lines of body, an empty line, then signature lines and nothing after them.
    2. Exactly one of the lines is by this name and key; it verifies.
    3. Lines by other keys are other people's business: witnesses add theirs after the log.
    """
    checkpoint, text, lines = _read(note)
    payload = _only_line_of(lines, name, _key_id(name, _ED25519, key), _SIGNATURE_BYTES)
    _verify(key, payload, text.encode())
    return checkpoint


def cosign(note: str, name: str, key: Ed25519PrivateKey, at_seconds: int) -> str:
    """Add a witness's line to a note that the witness has already opened and found consistent."""
    _, text, lines = _read(note)
    if len(lines) >= _MAX_SIGNATURES:
        raise CheckpointError("the note carries too many signatures")
    signature = key.sign(_cosigned_bytes(text, at_seconds))
    key_id = _key_id(name, _COSIGNATURE, key.public_key())
    return note + _signature_line(name, key_id + at_seconds.to_bytes(8, "big") + signature)


def open_cosigned(note: str, name: str, key: Ed25519PublicKey) -> Cosigned:
    """Read the cosignature of one witness on a note, or raise CheckpointError."""
    checkpoint, text, lines = _read(note)
    payload = _only_line_of(lines, name, _key_id(name, _COSIGNATURE, key), 8 + _SIGNATURE_BYTES)
    at_seconds = int.from_bytes(payload[:8], "big")
    _verify(key, payload[8:], _cosigned_bytes(text, at_seconds))
    return Cosigned(checkpoint, at_seconds)


def verifier_key(name: str, key: Ed25519PublicKey) -> str:
    """The public key of a log in C2SP text: name, key id, key. What the offline verifier is given."""
    _require_name(name)
    encoded = b64encode(_ED25519 + key.public_bytes_raw()).decode()
    return f"{name}+{_key_id(name, _ED25519, key).hex()}+{encoded}"


def open_verifier_key(text: str) -> tuple[str, Ed25519PublicKey]:
    """Read a log's public key from C2SP text, or raise CheckpointError."""
    parts = text.split("+", 2)
    if len(parts) != 3:
        raise CheckpointError("not a verifier key")
    raw = _decoded(parts[2])
    if raw[:1] != _ED25519 or len(raw) != 33:
        raise CheckpointError("not an Ed25519 verifier key")
    key = Ed25519PublicKey.from_public_bytes(raw[1:])
    if verifier_key(parts[0], key) != text:
        raise CheckpointError("the verifier key's id does not belong to it")
    return parts[0], key


def _key_id(name: str, kind: bytes, key: Ed25519PublicKey) -> bytes:
    return sha256(name.encode() + b"\n" + kind + key.public_bytes_raw()).digest()[:_KEY_ID_BYTES]


def _signature_line(name: str, payload: bytes) -> str:
    _require_name(name)
    return f"\u2014 {name} {b64encode(payload).decode()}\n"


def _require_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise CheckpointError("the key's name is not a plain name")


def _cosigned_bytes(text: str, at_seconds: int) -> bytes:
    if not 0 < at_seconds <= _MAX_SIZE:
        raise CheckpointError("a cosignature carries the time at which it was made")
    return f"cosignature/v1\ntime {at_seconds}\n{text}".encode()


def _read(note: str) -> tuple[Checkpoint, str, list[tuple[str, bytes]]]:
    """Split a note into its checkpoint, its signed text, and its signature lines."""
    if len(note) > _MAX_NOTE_CHARACTERS:
        raise CheckpointError("the note is too long")
    found = _BODY.match(note)
    if found is None or not _NAME.fullmatch(found[1]) or int(found[2]) > _MAX_SIZE:
        raise CheckpointError("the note does not begin with a checkpoint")
    checkpoint = Checkpoint(found[1], int(found[2]), _decoded(found[3]))
    rest = note[found.end() :]
    if not rest.startswith("\n"):
        raise CheckpointError("no empty line before the signatures")
    lines: list[tuple[str, bytes]] = []
    position = 1
    while position < len(rest):
        line = _LINE.match(rest, position)
        if line is None or len(lines) == _MAX_SIGNATURES:
            raise CheckpointError("not a signature line, or one too many")
        lines.append((line[1], _decoded(line[2])))
        position = line.end()
    if not lines:
        raise CheckpointError("the note is not signed")
    return checkpoint, found[0], lines


def _only_line_of(lines: list[tuple[str, bytes]], name: str, key_id: bytes, length: int) -> bytes:
    ours = [payload for who, payload in lines if who == name and payload[:_KEY_ID_BYTES] == key_id]
    if len(ours) != 1 or len(ours[0]) != _KEY_ID_BYTES + length:
        raise CheckpointError("not signed once by this key")
    return ours[0][_KEY_ID_BYTES:]


def _verify(key: Ed25519PublicKey, signature: bytes, signed: bytes) -> None:
    try:
        key.verify(signature, signed)
    except InvalidSignature:
        raise CheckpointError("the signature is not of this key over this text") from None


def _decoded(text: str) -> bytes:
    try:
        return from_base64(text)
    except MalformedError:
        raise CheckpointError("base64 in another spelling than ours") from None
