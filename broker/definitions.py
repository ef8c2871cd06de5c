"""What a RabbitMQ node must hold before anyone connects: exchanges, queues, accounts, and no more rights than needed.

Written from `contracts/topology.py` as the file a node reads at start, because nobody who connects afterwards may
configure anything. Leaves out: starting a node (`broker/local`).
"""

import base64
import hashlib
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from contracts import topology

OPERATOR = "operator"


def definitions(agencies: Sequence[str], *, passwords: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The definitions of a partnership.

    With passwords, one for each account and the operator (a private node). Without, accounts that only a
    client certificate opens, and no operator: nobody administers a shared node over the wire.
    """
    parties = tuple(agencies)
    accounts = topology.rights(parties)
    operator = passwords is not None
    return {
        "vhosts": [{"name": topology.VHOST}],
        "users": [_user(each.user, passwords, _limits(each)) for each in accounts]
        + ([_user(OPERATOR, passwords, {}, tags=["administrator"])] if operator else []),
        "permissions": [_permission(each) for each in accounts] + ([_everything(OPERATOR)] if operator else []),
        "topic_permissions": [_topic_permission(each) for each in accounts if each.submit_key],
        "exchanges": [_exchange(each) for each in topology.EXCHANGES],
        "queues": [_queue(each) for each in topology.queues(parties)],
        "bindings": [_binding(each) for each in topology.queues(parties)],
        "policies": [],
        "parameters": [],
        "global_parameters": [],
    }


def accounts(agencies: Sequence[str]) -> list[str]:
    """Every account that needs a password on a private node."""
    return [each.user for each in topology.rights(tuple(agencies))] + [OPERATOR]


def password_hash(password: str, salt: bytes | None = None) -> str:
    """RabbitMQ's own form: four bytes of salt, then SHA-256 over salt and password."""
    salt = secrets.token_bytes(4) if salt is None else salt
    return base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()


def _user(
    name: str, passwords: Mapping[str, str] | None, limits: dict[str, int], *, tags: Sequence[str] = ()
) -> dict[str, Any]:
    # An empty hash is a password that nothing matches.
    hashed = password_hash(passwords[name]) if passwords is not None else ""
    return {
        "name": name,
        "password_hash": hashed,
        "hashing_algorithm": "rabbit_password_hashing_sha256",
        "tags": list(tags),
        "limits": limits,
    }


def _limits(rights: topology.Rights) -> dict[str, int]:
    return {"max-connections": rights.max_connections, "max-channels": rights.max_channels}


def _permission(rights: topology.Rights) -> dict[str, str]:
    return {
        "user": rights.user,
        "vhost": topology.VHOST,
        "configure": "",
        "write": rights.write,
        "read": rights.read,
    }


def _everything(user: str) -> dict[str, str]:
    return {"user": user, "vhost": topology.VHOST, "configure": ".*", "write": ".*", "read": ".*"}


def _topic_permission(rights: topology.Rights) -> dict[str, str]:
    """The routing key of a submission is the sender's own id, so that no agency submits as another."""
    assert rights.submit_key is not None
    return {
        "user": rights.user,
        "vhost": topology.VHOST,
        "exchange": topology.SUBMIT,
        "write": rights.submit_key,
        "read": "",
    }


def _exchange(exchange: topology.Exchange) -> dict[str, Any]:
    return {
        "name": exchange.name,
        "vhost": topology.VHOST,
        "type": exchange.type,
        "durable": True,
        "auto_delete": False,
        "internal": False,
        "arguments": {},
    }


def _queue(queue: topology.Queue) -> dict[str, Any]:
    return {
        "name": queue.name,
        "vhost": topology.VHOST,
        "durable": True,
        "auto_delete": False,
        "arguments": dict(queue.arguments),
    }


def _binding(queue: topology.Queue) -> dict[str, Any]:
    return {
        "source": queue.exchange,
        "vhost": topology.VHOST,
        "destination": queue.name,
        "destination_type": "queue",
        "routing_key": queue.routing_key,
        "arguments": {},
    }
