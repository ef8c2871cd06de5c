"""Check an export of the log offline: python verify.py EXPORT --key KEYFILE [--remember FILE]

This one file needs Python and ``cryptography`` and nothing of the program that wrote the log: it hashes everything
again, from what the entries say up to each signed head. Exit 0: whole. Exit 1: it is not, and the first bad place is
named. Exit 2: it could not start. It cannot tell whether what was written was right, only that it is unchanged.
"""

import argparse
import base64
import json
import re
import sys
from collections import Counter
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

KIND_WORDS = """decision refusal hold hold_closed outcome receipt consent withdrawal query reading override
    review protocol_change key_event checkpoint witness_alarm erasure correction right
    act_refused guard_act"""
KINDS = KIND_WORDS.split()
HEADER_FIELDS = ["checkpoints", "export", "origin", "size", "subjects"]
ENTRY_FIELDS = "erased index leaf shown shown_salt skeleton skeleton_salt subject subject_commitment subject_salt"
CLOCK_SLACK_MS = 60_000
SIGNATURE = re.compile(r"\u2014 (\S+) (\S+)\n")
NOTE = re.compile(r"((\S+)\n([1-9][0-9]{0,18})\n(\S+)\n)\n((?:\u2014 \S+ \S+\n)+)")


class NotWholeError(Exception):
    """The export is not what the log wrote; the message names the first place."""


class LogKey(NamedTuple):
    """The log's name and public key, and the four bytes by which a signature line names the key."""

    name: str
    key: Ed25519PublicKey
    id: bytes


class Head(NamedTuple):
    """A signed head: size, root, and the note that says so."""

    size: int
    root: bytes
    note: str


@dataclass
class Walk:
    """What is known after the lines read so far."""

    key: LogKey
    remembered: Head | None
    header: dict[str, Any] = field(default_factory=dict)
    size: int = 0
    stack: list[bytes] = field(default_factory=list)
    heads: list[Head] = field(default_factory=list)
    written: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    erased: set[int] = field(default_factory=set)
    erasures: set[int] = field(default_factory=set)


def verify(lines: list[bytes], key: LogKey, remembered: Head | None) -> Walk:
    """Read the export from the first line to the last, or raise NotWholeError."""
    walk = Walk(key, remembered)
    for number, raw in enumerate(lines, start=1):
        line = parse(raw, number)
        if number == 1:
            is_header = list(line) == HEADER_FIELDS and line["subjects"] in ("opened", "withheld")
            if not is_header or line["export"] != "relay-log-export/v1" or line["origin"] != key.name:
                bad("line 1", "this is not the beginning of an export of the log that the key belongs to")
            walk.header = line
        elif "checkpoint" in line:
            take_checkpoint(walk, line, number)
        else:
            take_entry(walk, line, f"entry {walk.size} (line {number})")
        if remembered and walk.size == remembered.size and root(walk.stack) != remembered.root:
            bad(f"entry {walk.size - 1} or one before it", "the log you remember had something else here")
    finish(walk)
    return walk


def parse(raw: bytes, number: int) -> dict[str, Any]:
    """One line: one JSON object, in the only spelling that is allowed."""
    try:
        value = json.loads(raw)
        spelled = canonical(value) + b"\n"
    except (ValueError, RecursionError):
        value = spelled = None
    if spelled != raw or not isinstance(value, dict):
        bad(f"line {number}", "this is not a line of an export, or is cut short")
    return value


def take_entry(walk: Walk, line: dict[str, Any], where: str) -> None:
    """Hash one entry again from what it says, and put its leaf on the tree."""
    if " ".join(line) != ENTRY_FIELDS:
        bad(where, "an entry has other fields")
    if repr(line["index"]) != repr(walk.size):
        bad(where, "another entry is here: one is missing, doubled or moved")
    shown = group("shown", line["shown"], line["shown_salt"], where)
    skeleton = group("skeleton", line["skeleton"], line["skeleton_salt"], where)
    record = framed(b"relay-record/v1", shown, skeleton, digest(line["subject_commitment"], where))
    leaf = sha256(b"\x00relay-log/v1\n" + sha256(record).digest()).digest()
    if leaf != digest(line["leaf"], where):
        bad(where, "what it says is not what was written")
    take_subject(walk, line, where)
    take_meaning(walk, line["shown"], line["skeleton"], where)
    grow(walk.stack, leaf, walk.size)
    walk.size += 1


def take_subject(walk: Walk, line: dict[str, Any], where: str) -> None:
    """The subject part: opened and right, withheld, or erased."""
    if type(line["erased"]) is not bool:
        bad(where, "an entry is erased or it is not")
    walk.erased.update({walk.size} if line["erased"] else ())
    if line["erased"] or walk.header["subjects"] == "withheld":
        if line["subject"] is not None or line["subject_salt"] is not None:
            bad(where, "its subject part should not be here")
        return
    commitment = group("subject", line["subject"], line["subject_salt"], where)
    if commitment != digest(line["subject_commitment"], where):
        bad(where, "its subject part is not what was written")


def take_meaning(walk: Walk, shown: dict[str, Any], skeleton: dict[str, Any], where: str) -> None:
    """Kind and times, and what an erasure says it erased."""
    kind, at, written = shown.get("entry"), skeleton.get("at"), skeleton.get("written")
    if kind not in KINDS:
        bad(where, "it is of a kind that the log does not have")
    if type(at) is not int or type(written) is not int or at > written + CLOCK_SLACK_MS:
        bad(where, "it does not say when it happened and when it was written")
    if written < walk.written:
        bad(where, "it says it was written before the entry in front of it")
    walk.written = written
    walk.kinds[kind] += 1
    if kind == "erasure":
        named = skeleton.get("erased")
        if not isinstance(named, list) or any(type(i) is not int or not 0 <= i < walk.size for i in named):
            bad(where, "it does not say which earlier entries were erased")
        walk.erasures.update(named)


def take_checkpoint(walk: Walk, line: dict[str, Any], number: int) -> None:
    """A signed head: it must say exactly what the entries before it add up to."""
    where = f"the checkpoint on line {number}, after entry {walk.size - 1}"
    if set(line) != {"checkpoint"} or not isinstance(line["checkpoint"], str):
        bad(where, "this is not a checkpoint")
    head = open_note(line["checkpoint"], walk.key, where)
    if head.size != walk.size or head.root != root(walk.stack):
        bad(where, "it was signed over other entries than these")
    walk.heads.append(head)


def finish(walk: Walk) -> None:
    """What can only be known at the end: nothing is missing there, and erasures and erased entries match."""
    told, found = [walk.header.get("size"), walk.header.get("checkpoints")], [walk.size, len(walk.heads)]
    if not walk.heads or walk.heads[-1].size != walk.size or repr(told) != repr(found):
        bad(f"after entry {walk.size - 1}", "the file ends before the log does, or lacks a checkpoint")
    for index in sorted(walk.erased ^ walk.erasures):
        bad(f"entry {index}", "its subject part is gone and no entry says it was erased, or the other way round")
    if walk.remembered and walk.remembered.size > walk.size:
        bad(f"after entry {walk.size - 1}", "the log you remember was longer")


def open_note(note: str, key: LogKey, where: str) -> Head:
    """A C2SP checkpoint note, signed once by the log's key; other signers' lines are not our concern."""
    found = NOTE.fullmatch(note)
    if found is None or found[2] != key.name:
        bad(where, "this is not a checkpoint of this log")
    signatures = [unbase64(text, where) for name, text in SIGNATURE.findall(found[5]) if name == key.name]
    ours = [one[4:] for one in signatures if one[:4] == key.id]
    if len(ours) != 1:
        bad(where, "it is not signed once by the log's key")
    try:
        key.key.verify(ours[0], found[1].encode())
    except InvalidSignature:
        bad(where, "its signature is false")
    return Head(int(found[3]), unbase64(found[4], where), note)


def group(name: str, fields: object, salt: object, where: str) -> bytes:
    """The commitment to one group of fields."""
    if not isinstance(fields, dict):
        bad(where, f"its {name} part is missing")
    return sha256(framed(b"group", name.encode(), digest(salt, where), canonical(fields))).digest()


def canonical(value: object) -> bytes:
    """The one spelling of a value (RFC 8785, for text and whole numbers under plain names)."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def framed(*parts: bytes) -> bytes:
    """Each part behind its length."""
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def grow(stack: list[bytes], leaf: bytes, number: int) -> None:
    """Put leaf ``number`` on the tree: the stack holds its complete subtrees, largest first."""
    while number & 1:
        leaf = sha256(b"\x01" + stack.pop() + leaf).digest()
        number >>= 1
    stack.append(leaf)


def root(stack: list[bytes]) -> bytes:
    """The hash over all leaves so far."""
    value = stack[-1]
    for left in reversed(stack[:-1]):
        value = sha256(b"\x01" + left + value).digest()
    return value


def digest(text: object, where: str) -> bytes:
    """32 bytes in lower-case hexadecimal."""
    if not isinstance(text, str) or not re.fullmatch(r"[0-9a-f]{64}", text):
        bad(where, "a hash or salt is not spelled as one")
    return bytes.fromhex(text)


def unbase64(text: str, where: str) -> bytes:
    """Base64 in its one spelling."""
    try:
        value = base64.b64decode(text)
    except ValueError:
        value = b""
    return value if base64.b64encode(value).decode() == text else bad(where, "base64 in another spelling")


def bad(where: str, what: str) -> NoReturn:
    """Stop at the first place that is wrong."""
    raise NotWholeError(f"{where}: {what}")


def read_key(text: str) -> LogKey:
    """A C2SP verifier key: name+id+base64."""
    name, key_id, encoded = [*text.strip().split("+", 2), "", ""][:3]
    raw = unbase64(encoded, "the key file")
    own_id = sha256(name.encode() + b"\n" + raw).digest()[:4]
    if len(raw) != 33 or raw[0] != 1 or own_id.hex() != key_id:
        bad("the key file", "this is not a log's public key with its own id")
    return LogKey(name, Ed25519PublicKey.from_public_bytes(raw[1:]), own_id)


def report(walk: Walk) -> str:
    """What was found, in words."""
    since = f"continues the {walk.remembered.size:,} entries you remember" if walk.remembered else "not known"
    erased = len(walk.erased)
    opened = walk.size - erased if walk.header["subjects"] == "opened" else 0
    rows = [
        ("log", walk.key.name),
        ("entries", f"{walk.size:,}"),
        ("root", walk.heads[-1].root.hex()),
        ("signature", f"by the key you gave; {len(walk.heads):,} checkpoints, each over the entries before it"),
        ("leaves", f"{walk.size:,} of {walk.size:,} derived again from what the entries say"),
        ("by kind", ", ".join(f"{kind} {walk.kinds[kind]:,}" for kind in KINDS if walk.kinds[kind])),
        ("subject parts", f"{opened:,} opened, {erased:,} erased by an entry that says so"),
        ("since last time", since),
        ("whole", "yes"),
    ]
    return "".join(f"{name:<16}{value}\n" for name, value in rows)


def main(arguments: list[str]) -> int:
    """The command."""
    parser = argparse.ArgumentParser(description="Check an export of the log, offline.")
    parser.add_argument("export", type=Path)
    parser.add_argument("--key", type=Path, required=True, help="the log's public key: name+id+base64")
    parser.add_argument("--remember", type=Path, help="the newest checkpoint you saw; written when all is well")
    given = parser.parse_args(arguments)
    try:
        key_text = given.key.read_text()
        lines = given.export.read_bytes().splitlines(keepends=True)
        seen = given.remember.read_text() if given.remember and given.remember.exists() else ""
        key = read_key(key_text)
        walk = verify(lines, key, open_note(seen, key, "the remembered checkpoint") if seen else None)
    except NotWholeError as error:
        sys.stdout.write(f"NOT WHOLE       {error}\n")
        return 1
    except (OSError, UnicodeDecodeError) as error:
        sys.stderr.write(f"cannot read: {error}\n")
        return 2
    if given.remember:
        fresh = given.remember.with_name(given.remember.name + ".new")
        fresh.write_text(walk.heads[-1].note)
        fresh.replace(given.remember)
    sys.stdout.write(report(walk))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
