"""V3, V4 and V14: nothing was opened that the log does not show was permitted, slot by slot, and why.

What was opened is what the recipients' own systems have. Leaves out whether the decision was right (``tests/specs``).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from tests.integration.audit.findings import Finding
from tests.integration.audit.log import Entry
from tests.integration.audit.town import Desk, Town

BASIS = ("purpose", "article_6", "article_9_or_10", "confidence", "gateway")


@dataclass(frozen=True)
class Release:
    """One compartment of one message, seen in the clear by one agency."""

    desk: Desk
    message: str
    label: str

    def __str__(self) -> str:
        return f"{self.desk.agency} opened {self.label} of {self.message}"


def releases(town: Town) -> Iterator[Release]:
    """Every compartment that any agency has seen."""
    for desk in town.desks.values():
        for message in desk.arrived:
            for label in sorted(desk.opened(message)):
                yield Release(desk, message, label)


def none_without_a_record(town: Town) -> Finding:
    """V3. A decision to that recipient, in the log before it was opened, under a checkpoint that the recipient holds."""
    finding = Finding("V3", "release without a record", 0, "releases")
    for release in releases(town):
        finding.looked_at += 1
        if wrong := _unrecorded(town, release):
            finding.violations.append(f"{release}: {wrong}")
    return finding


def _unrecorded(town: Town, release: Release) -> str | None:
    entries = _decided_for(town, release)
    if not entries:
        return "the log has no decision that lets it pass to them"
    arrived = release.desk.received[release.message]["arrived"] if release.message in release.desk.received else town.now
    before = [entry for entry in entries if entry.skeleton["written"] <= arrived]
    if not before:
        return "the decision was written after it was opened"
    held = [row["size"] for row in release.desk.checkpoints]
    if not any(entry.index < size for entry in before for size in held):
        return "the recipient holds no checkpoint over the decision"
    return None


def only_what_was_permitted(town: Town) -> Finding:
    """V4. The compartments opened are among those that the decision permitted, by label and by number."""
    finding = Finding("V4", "opened and not permitted", 0, "releases")
    for desk in town.desks.values():
        for message in desk.arrived:
            opened = desk.opened(message)
            finding.looked_at += len(opened)
            entries = [entry for entry in town.decisions.get(message, []) if entry.shown.get("recipient") == desk.agency]
            allowed = [frozenset(permitted_labels(entry)) for entry in entries]
            if not any(
                opened <= labels and len(opened) <= len(entry.shown["slots"])
                for entry, labels in zip(entries, allowed, strict=True)
            ):
                finding.violations.append(f"{desk.agency} opened {', '.join(sorted(opened))} of {message}")
    return finding


def permitted_labels(entry: Entry) -> list[str]:
    """The labels a decision let pass: what was in the message, without what any clause withheld."""
    told = entry.subject or {}
    withheld = {label for labels in told.get("withheld", {}).values() for label in labels}
    return [label for label in told.get("labels", []) if label not in withheld]


def attributed(town: Town) -> Finding:
    """V14. Each release leads to who sent it, why, on which five bases, by which clauses, under which protocol."""
    finding = Finding("V14", "release that cannot be explained", 0, "releases")
    protocols = {entry.skeleton.get("protocol") for entry in town.log.of_kind("protocol_change")}
    for release in releases(town):
        finding.looked_at += 1
        entries = _decided_for(town, release)
        missing = {name for entry in entries for name in _unexplained(entry)}
        unknown = {entry.shown.get("protocol") for entry in entries} - protocols
        if not entries or missing or unknown:
            finding.violations.append(f"{release}: lacks {', '.join(sorted(missing)) or 'a protocol that was in force'}")
    return finding


def _unexplained(entry: Entry) -> Iterator[str]:
    for name in ("actor", *BASIS):
        if not entry.skeleton.get(name):
            yield name
    if "clauses" not in entry.skeleton:
        yield "clauses"


def _decided_for(town: Town, release: Release) -> list[Entry]:
    return [entry for entry in town.decisions.get(release.message, []) if entry.shown.get("recipient") == release.desk.agency]
