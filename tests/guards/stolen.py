"""The thief's side: all bytes of a stolen database, and what he can make of a person's details without the linkage key."""

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

from sqlalchemy import create_engine, inspect, text
from sqlalchemy.engine import make_url

from agencies.identity import Details, compounds
from contracts.hashes import framed

GUESSED_KEYS = (b"", bytes(32), b"secret", b"relay", b"ashby", b"linkage", b"relay-1 token")
_ENOUGH = 6
"""So many bytes alike are no chance."""


def everything_in(url: str) -> bytes:
    """Every value of every table, and, where the database is a file, its bytes as they lie on the disk."""
    place = make_url(url)
    if place.get_backend_name() == "sqlite":
        path = Path(place.database or "")
        return b"".join(file.read_bytes() for file in sorted(path.parent.glob(f"{path.name}*")))
    engine = create_engine(url)
    values: list[bytes] = []
    with engine.connect() as connection:
        for table in inspect(engine).get_table_names():
            for row in connection.execute(text(f'SELECT * FROM "{table}"')):
                values += [_bytes_of(value) for value in row if value is not None]
    engine.dispose()
    return b"\0".join(values)


def guesses(details: Details) -> list[bytes]:
    """Each compound of her details, hashed in every way that needs no key, or under a key that he guesses."""
    made: list[bytes] = []
    for parts in compounds(details):
        plain = [part.encode() for part in parts]
        for body in (b" ".join(plain), b"|".join(plain), b"".join(plain[1:]), framed(b"relay-1 token", b"1", *plain)):
            made.append(sha256(body).digest())
            made += [hmac.digest(key, body, sha256) for key in GUESSED_KEYS]
    return made


def found_by(made: Iterable[bytes], stolen: bytes) -> list[bytes]:
    """Which of them stand in what was stolen: as bytes, as text, or in hexadecimal digits."""
    # Cut into pieces once: ten thousand guesses, each searched through megabytes, would take minutes.
    pieces = {stolen[place : place + _ENOUGH] for place in range(len(stolen) - _ENOUGH + 1)}
    return [
        each
        for each in made
        if each[:_ENOUGH] in pieces
        or (urlsafe_b64encode(each[:9])[:_ENOUGH] in pieces and urlsafe_b64encode(each[:9]) in stolen)
        or (each.hex().encode()[:_ENOUGH] in pieces and each.hex().encode()[:24] in stolen)
    ]


def _bytes_of(value: object) -> bytes:
    if isinstance(value, bytes | memoryview):
        return bytes(value)
    if isinstance(value, int):
        # A token of the index is a number: its bytes are what a thief compares.
        return value.to_bytes(16, "big", signed=True)[8:]
    return str(value).encode()
