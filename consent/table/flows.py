"""Who may share what with whom, for what, and on what terms: found by asking the protocol, not by reading its tables.

For every pair, purpose and label a message is made up that has all in its favour; the terms are what had to be in its favour.
Leaves out: drawing it (``picture``).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from consent.protocol import Agency, Protocol
from consent.table.unsent import Unsent, UnsentError, matter_of, read_unsent
from contracts.kinds import Kind
from contracts.vocabulary import AgencyKind, Confidence, Label, Purpose

KIND_OF: Final = {
    Purpose.COMPLIANCE: Kind.ATTENDANCE_REPORTED,
    Purpose.INCIDENT_INTELLIGENCE: Kind.INCIDENT_REPORTED,
    Purpose.CRIME_REPORT: Kind.INCIDENT_REPORTED,
    Purpose.PRESCRIBING_SAFETY: Kind.SCRIPT_TRANSFERRED,
    Purpose.LEAD_ALLOCATION: Kind.LEAD_PROPOSED,
}
"""What usually carries a purpose; a referral carries the others."""

# What may have to be in its favour, the fewest terms first; the words stand in the picture and its table.
_TERMS: Final[tuple[tuple[str, dict[str, Any]], ...]] = (
    ("on another basis than her agreement", {"she_said": "nothing", "facts": {"confidence": None}}),
    ("with her agreement", {}),
    ("with her agreement to that by itself", {"she_said": "yes, to each by itself"}),
    ("where a court or a condition asks", {"facts": {"engagement": "order"}}),
    ("if nothing points to her", {"names_a_person": False, "she_said": "nothing"}),
    (
        "to public protection, a threshold met",
        {"role": "public_protection", "facts": {"threshold": "met"}, "she_said": "nothing"},
    ),
)
WITHOUT, WITH, OWN_YES = (words for words, _ in _TERMS[:3])
OR_HARM: Final = "with her agreement, or where a threshold of harm is met"
IN_ORDER: Final = (WITHOUT, OR_HARM, *(words for words, _ in _TERMS[1:]))
# Beside her agreement: somebody is at risk, and it is said whether she was told.
_HARM: Final[dict[str, Any]] = {"she_said": "nothing", "facts": {"threshold": "met", "told": "told"}}


@dataclass(frozen=True, slots=True)
class Flow:
    """One way, one purpose: each label that may pass, with the terms on which it does."""

    sender: AgencyKind
    recipient: AgencyKind
    purpose: Purpose
    labels: dict[Label, str]

    def on_terms(self, terms: str) -> list[Label]:
        """The labels that pass on exactly these terms, in the order of the vocabulary."""
        return [label for label in Label if self.labels.get(label) == terms]


def flows(protocol: Protocol, heard: Callable[[int, int], None] = lambda *_: None) -> list[Flow]:
    """Everything that may pass between two agencies of different kinds. ``heard`` is told how far it has come."""
    pairs = [(one, other) for one in AgencyKind for other in AgencyKind if one is not other]
    found = []
    for number, (sender, recipient) in enumerate(pairs):
        for purpose in Purpose:
            if purpose is Purpose.CASELOAD_CHECK:
                continue
            labels = {
                label: terms for label in Label if (terms := _terms(sender, recipient, purpose, label, protocol)) is not None
            }
            if labels:
                found.append(Flow(sender, recipient, purpose, labels))
        heard(number + 1, len(pairs))
    return found


def checkers(protocol: Protocol) -> list[AgencyKind]:
    """Who may ask whether a person is on a caseload."""
    asks = {"kind": Kind.CASELOAD_CHECK, "purpose": Purpose.CASELOAD_CHECK, "facts": {"presentation": "custody"}}
    return [kind for kind in AgencyKind if _passes(read_unsent({**asks, "from": kind, "labels": []}), None, protocol)]


def _terms(sender: AgencyKind, recipient: AgencyKind, purpose: Purpose, label: Label, protocol: Protocol) -> str | None:
    """The fewest terms on which the label passes; None where it never does."""
    shares = protocol.shares_between(Agency(sender, sender), Agency(recipient, recipient), purpose)
    if not any(label in share.labels for share in shares):
        return None
    allowed = frozenset[Confidence]().union(*[row.confidence for row in protocol.bases.get(purpose, ())])
    others = [one for one in Confidence if one in allowed and one is not Confidence.EXPLICIT_CONSENT]

    def passes(favour: dict[str, Any]) -> bool:
        return any(_passes(one, label, protocol) for one in _messages(sender, recipient, purpose, label, favour))

    for terms, favour in _TERMS:
        if terms == WITHOUT:
            if not others:
                continue
            favour = {**favour, "facts": {"confidence": others[0]}}
        if passes(favour):
            return OR_HARM if terms == WITH and passes(_HARM) else terms
    return None


def _messages(
    sender: AgencyKind, recipient: AgencyKind, purpose: Purpose, label: Label, favour: dict[str, Any]
) -> Iterator[Unsent]:
    parties = {"from": {"kind": sender, "prescriber": True}, "to": {"kind": recipient, "prescriber": True}}
    said = {**parties, "kind": KIND_OF.get(purpose, Kind.REFERRAL_MADE), "purpose": purpose, **favour}
    # By itself; and beside what a referral says, since without that some say nothing.
    yield read_unsent({**said, "labels": [label]})
    if label not in (Label.REQUEST, Label.OUTCOME):
        yield read_unsent({**said, "labels": [Label.REQUEST, label]})


def _passes(unsent: Unsent, label: Label | None, protocol: Protocol) -> bool:
    try:
        matter = matter_of(unsent, protocol)
    except UnsentError:
        return False
    decided = matter.judged(protocol)
    verdict = getattr(decided, "verdict", None)
    return verdict is not None and verdict <= 1 and (label is None or label in matter.released(decided))
