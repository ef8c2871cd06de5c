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


def definitions(
    agencies: Sequence[str], *, passwords: Mapping[str, str] | None = None, operator: str | None = None
) -> dict[str, Any]:
    """The definitions of a partnership.

    With passwords, one for each account. Without, accounts that only a client certificate opens. An operator
    may do everything in the vhost; she is made here only when there is a password for her.
    """
    parties = tuple(agencies)
    given = passwords or {}
    rights = topology.rights(parties)
    users = [_user(each.user, given.get(each.user), _limits(each)) for each in rights]
    permissions = [_permission(each) for each in rights]
    if operator:
        permissions.append(_everything(operator))
        if operator in given:
            users.append(_user(operator, given[operator], {}, tags=["administrator"]))
    return {
        "vhosts": [{"name": topology.VHOST}],
        "users": users,
        "permissions": permissions,
        "topic_permissions": [_topic_permission(each) for each in rights if each.submit_key],
        "exchanges": [_exchange(each) for each in topology.EXCHANGES],
        "queues": [_queue(each) for each in topology.queues(parties)],
        "bindings": [_binding(each) for each in topology.queues(parties)],
        "policies": [],
        "parameters": [],
        "global_parameters": [],
    }


def accounts(agencies: Sequence[str]) -> list[str]:
    """Every account of a partnership: the services' and one for each agency."""
    return [each.user for each in topology.rights(tuple(agencies))]


def password_hash(password: str, salt: bytes | None = None) -> str:
    """RabbitMQ's own form: four bytes of salt, then SHA-256 over salt and password."""
    salt = secrets.token_bytes(4) if salt is None else salt
    return base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()


def _user(name: str, password: str | None, limits: dict[str, int], *, tags: Sequence[str] = ()) -> dict[str, Any]:
    return {
        "name": name,
        # An empty hash is a password that nothing matches.
        "password_hash": password_hash(password) if password else "",
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
