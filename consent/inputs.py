"""What a decision was made from, in the plain form in which the log keeps it, so that it can be made again (invariant V13).

With what the log keeps anyway (the facts, the labels, who and when) this is all that ``check`` is given. It is about her, so it
goes where its key can be destroyed; what she said is named, not copied. Leaves out: reading it back (``table/recorded``).
"""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any, Final

from consent.clauses.asked import Context
from consent.consents import Consent, Consents
from consent.protocol import Agency
from contracts.frozen import Frozen

# Both sides of the message are always said; the rest only where it is not what it usually is.
_REST: Final = tuple((one.name, one.default) for one in fields(Context) if one.name not in {"sender", "recipient"})


def as_recorded(context: Context, consents: Consents) -> dict[str, Any]:
    """What was known beside the message, and which consents were looked at, as they stood then."""
    known: dict[str, Any] = {"sender": _agency(context.sender), "recipient": _agency(context.recipient)}
    for name, usual in _REST:
        value = getattr(context, name)
        if value is not usual and value != usual:
            known[name] = _plain(value)
    return {
        "context": known,
        "said": _named(consents.same),
        "maybe_said": _named(consents.possible),
        "consent_missing": consents.missing,
    }


def _named(consents: tuple[Consent, ...]) -> list[list[Any]]:
    """Each by its id, and when it had been taken back, since that may still have changed afterwards."""
    return [[one.id, one.withdrawn_at] for one in consents]


def _agency(agency: Agency | None) -> dict[str, Any] | None:
    return None if agency is None else {"id": agency.id, "kind": agency.kind.value, "prescriber": agency.prescriber}


def _plain(value: Any) -> Any:
    """Text, whole numbers, true, false, null, lists and objects: all that the log can hold."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, Agency):
        return _agency(value)
    if isinstance(value, Frozen):
        return value.model_dump(mode="json")
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, frozenset | set):
        return sorted(_plain(one) for one in value)
    if isinstance(value, tuple | list):
        return [_plain(one) for one in value]
    if isinstance(value, Mapping):
        return {str(_plain(key)): _plain(one) for key, one in value.items()}
    if is_dataclass(value):
        return {one.name: _plain(getattr(value, one.name)) for one in fields(value)}
    return value
