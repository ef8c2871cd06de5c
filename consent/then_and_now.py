"""Then and now: beside every later decision about a message stands what was decided at the attempt before, and what changed.

Every retry, replay, release from hold and late pick-up is decided again (design.md D5); whoever reads the record sees at once
whether the world changed, or only the clock. In words that name no person: the ids are in the entries themselves.
Leaves out: reading the earlier entry (``beside``) and telling both to a person (``table``).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from consent.log.entry import Entry

BEFORE: Final = "before"
_NOTHING: Final = "nothing that is looked at, but the time"
_SAME: Final = (
    ("protocol", "the protocol"),
    ("directory", "the key directory"),
)
_ABOUT_HER: Final = (
    ("record", "the sender's record of her"),
    ("same", "which records are hers"),
    ("possible", "which records may be hers"),
    ("reference", "the recipient's reference for her"),
    ("role_in_case", "the recipient's part in her case"),
)
_KNOWN: Final = (
    ("acts", "an officer decided on it"),
    ("glass", "what is known of the broken glass"),
    ("fault", "what was found wrong with the message"),
    ("held_until", "a hold began, or its deadline was set"),
)


@dataclass(frozen=True, slots=True)
class Then:
    """The earlier decision: its place in the log and the two groups of its entry that are compared."""

    index: int
    skeleton: Mapping[str, Any]
    subject: Mapping[str, Any]


def compared(entry: Entry, then: Then | None) -> Entry:
    """The entry of a decision, with the one before it beside it; the same entry where there was none."""
    if then is None or "verdict" not in then.skeleton or "verdict" not in entry.skeleton:
        return entry
    return replace(entry, skeleton={**entry.skeleton, BEFORE: _told(then, entry.skeleton, entry.subject)})


def changed(then: Then, skeleton: Mapping[str, Any], subject: Mapping[str, Any]) -> list[str]:
    """What is different from then, in words; that nothing is, is said too."""
    words = list(_changes(then, skeleton, subject))
    return words or [_NOTHING]


def _told(then: Then, skeleton: Mapping[str, Any], subject: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "entry": then.index,
        "attempt": then.skeleton["attempt"],
        "verdict": then.skeleton["verdict"],
        "reason": then.skeleton.get("reason"),
        "clauses": [dict(one) for one in then.skeleton.get("clauses", ())],
        "protocol": then.skeleton["protocol"],
        "changed": changed(then, skeleton, subject),
    }


def _changes(then: Then, skeleton: Mapping[str, Any], subject: Mapping[str, Any]) -> Iterator[str]:
    yield from (f"{name} changed" for key, name in _SAME if then.skeleton.get(key) != skeleton.get(key))
    if not then.subject:
        yield "what was about her then is erased, and is not compared"
        return
    yield from (f"{name} changed" for key, name in _ABOUT_HER if _plain(then.subject.get(key)) != _plain(subject.get(key)))
    yield from _what_she_said(then.subject, subject)
    was, known = then.subject.get("context", {}), subject.get("context", {})
    yield from (words for key, words in _KNOWN if _plain(was.get(key)) != _plain(known.get(key)))


def _what_she_said(then: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    for key, whose in (("said", "she"), ("maybe_said", "someone who may be her")):
        was, known = dict(map(tuple, then.get(key, ()))), dict(map(tuple, now.get(key, ())))
        if known.keys() - was.keys():
            yield f"{whose} said something new about sharing"
        if any(known[one] is not None and was.get(one) is None for one in known.keys() & was.keys()):
            yield f"{whose} took something back"
        if was.keys() - known.keys():
            yield f"what {whose} said belongs to another person now"


def _plain(value: Any) -> Any:
    """Lists and tuples say the same in the log."""
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else value
