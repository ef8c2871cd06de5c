"""What somebody could try who sits at an agency's machine: messages forged, changed on the way, or in no form at all.

They are really sent, through the agency's own RabbitMQ account, and each must be refused with its own code. Leaves out the
thousands of such messages that the tests send (``tests/integration``).
"""

import asyncio
import secrets
import time
from pathlib import Path
from typing import Final

import aio_pika
from aio_pika import DeliveryMode, Message

from contracts import topology
from contracts.canonical import canonical, parse_canonical
from contracts.directory import Directory, load_directory
from contracts.facts import Facts
from contracts.identifiers import new_id
from contracts.keyring import DIRECTORY_FILE, load_signing_key
from contracts.keys import SigningKey
from contracts.kinds import Kind
from contracts.messages.compartments import Request
from contracts.messages.referrals import ReferralMade
from contracts.reasons import Reason
from contracts.seal import Letter, seal
from contracts.vocabulary import AgeBand, Article6, Article9Or10, Confidence, Purpose

INSIDER: Final = "cjit-ashby"
VICTIM: Final = "drugs-ashby"
TARGET: Final = "project-ashby"

Attack = tuple[str, Reason, bytes]
"""What it is in words, the code that must answer it, and the bytes."""


def attacks(keys: Path) -> list[Attack]:
    """One of each, made with the insider's own keys where that helps her."""
    now = time.time_ns() // 1_000_000
    directory = load_directory(keys / DIRECTORY_FILE, now=now, demonstration=True)
    own, stranger = load_signing_key(keys / INSIDER), SigningKey(secrets.token_bytes(32))
    honest = _referral(INSIDER, own, directory, now)
    return [
        ("a referral in the drug service's name, signed with another agency's key", Reason.SENDER_MISMATCH,
         _referral(VICTIM, own, directory, now)),
        ("a referral signed with a key that nobody knows", Reason.UNKNOWN_KEY, _referral(INSIDER, stranger, directory, now)),
        ("a referral whose header was changed after it was signed", Reason.BAD_SIGNATURE, _changed(honest)),
        ("a referral whose sealed part was exchanged for another's", Reason.PARTS_DO_NOT_FIT,
         _with_parts_of(honest, _referral(INSIDER, own, directory, now))),
        ("half a message", Reason.NOT_JSON, honest[: len(honest) // 2]),
        ("a message of 64 KiB and one byte", Reason.TOO_LARGE, honest.ljust(64 * 1024 + 1)),
        ("brackets, a hundred deep", Reason.TOO_DEEP, b'{"header":' + b"[" * 100 + b"]" * 100 + b"}"),
        ("a message with a field that no protocol permits", Reason.UNKNOWN_FIELD, _with_a_field(honest)),
    ]  # fmt: skip


def send_all(url: str, bodies: list[bytes]) -> None:
    """Publish each through the insider's own account, as RabbitMQ lets her."""
    asyncio.run(_send(url, bodies))


async def _send(url: str, bodies: list[bytes]) -> None:
    connection = await aio_pika.connect(url)
    async with connection:
        channel = await connection.channel(publisher_confirms=True)
        exchange = await channel.get_exchange(topology.SUBMIT, ensure=False)
        for body in bodies:
            message = Message(body, delivery_mode=DeliveryMode.PERSISTENT, user_id=INSIDER, message_id=new_id())
            await exchange.publish(message, INSIDER, mandatory=True, timeout=10)


def _referral(sender: str, signing: SigningKey, directory: Directory, now: int) -> bytes:
    letter = Letter(
        id=new_id(),
        conversation=new_id(),
        kind=Kind.REFERRAL_MADE,
        sender=sender,
        recipient=TARGET,
        role="intake",
        created=now,
        not_after=now + 600_000,
        sequence=1,
        said=ReferralMade(request=Request(needs=("counselling",))),
        facts=Facts(
            purpose=Purpose.SUPPORT_REFERRAL,
            article_6=Article6.PUBLIC_TASK,
            article_9_or_10=Article9Or10.NOT_SPECIAL,
            confidence=Confidence.EXPLICIT_CONSENT,
            actor="worker_0",
            age_band=AgeBand.ADULT,
        ),
    )
    return seal(letter, signing=signing, recipient=directory.role_key(TARGET, "intake"), consent=directory.consent_key)


def _changed(body: bytes) -> bytes:
    value = parse_canonical(body)
    value["header"]["sequence"] += 1
    return canonical(value)


def _with_parts_of(body: bytes, other: bytes) -> bytes:
    return canonical(parse_canonical(body) | {"to_recipient": parse_canonical(other)["to_recipient"]})


def _with_a_field(body: bytes) -> bytes:
    return canonical(parse_canonical(body) | {"note": "for the police"})


__all__ = ["INSIDER", "Attack", "attacks", "send_all"]
