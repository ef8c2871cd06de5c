"""Whose key it is that a command was given: the folder of her key is the lock, and the key directory says who she is.

Leaves out: what she does with it.
"""

from pathlib import Path
from typing import Any

from contracts.directory import Directory, Officer
from contracts.keyring import load_signing_key
from contracts.keys import SigningKey
from contracts.sentences import sentence
from contracts.vocabulary import Reason


class NotHersError(Exception):
    """What was asked cannot be done by this person, or not at all."""


def her_key(people: Path, person: str, directory: Directory) -> tuple[Officer, SigningKey]:
    """Who the directory says that she is, and her key; NotHersError where the directory does not know the key."""
    key = load_signing_key(people / person)
    found = directory.officer(key.id)
    if found is None:
        raise NotHersError(sentence(Reason.NOT_WHO_SHE_SAYS))
    return found[0], key


def by_name(officer: Officer) -> dict[str, Any]:
    """What every statement of hers says of her."""
    return {"agency": officer.agency, "person": officer.person, "rank": officer.rank}
