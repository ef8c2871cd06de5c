"""A partnership's protocol on paper: the pack that a new area copies, with officers who sign it, or do not.

Every test begins with what is signed by everyone who must; the clock stands at noon.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from consent.clauses.signing import signed_as, tables_of, terms_of
from consent.desk.hers import by_name, her_key
from consent.officer.book import add
from consent.protocol import Protocol
from consent.protocol_file import load_approvals, load_in_force, load_written
from contracts.approvals import AgreementApproved, Approval, Approvals, TablesApproved, sign_approval
from contracts.identifiers import new_id
from contracts.keyring import PEOPLE
from tests.factories import CLAUSES, DAY, Partnership

PACK: Final = CLAUSES / "partnership" / "protocol.yaml"
CJIT, PROJECT = "r_ellery", "v_marchmont"
"""The governance officers of the two parties."""
LESS = "labels: [identity, contact, request, safety]", "labels: [identity, request, safety]"
MORE = "labels: [identity, contact, request, safety]", "labels: [identity, contact, request, safety, health]"
"""What the CJIT sends the project under the agreement, and less or more of it."""


@dataclass
class Paper:
    """The protocol's file, and the file of signatures beside it."""

    folder: Path
    keys: Partnership

    @property
    def protocol(self) -> Path:
        return self.folder / "ours.yaml"

    @property
    def approvals(self) -> Path:
        return self.folder / "agreements.json"

    def write(self, text: str) -> None:
        self.protocol.write_text(text)

    def change(self, old: str, new: str) -> None:
        text = self.protocol.read_text()
        assert old in text
        self.write(text.replace(old, new, 1))

    def new_version(self, number: int, since: str, *changes: tuple[str, str]) -> None:
        """Write another version of the agreement after those that are there."""
        before, after = self.protocol.read_text().split("\nneeds:", 1)
        first = before[before.index("  - id: support") :]
        first = first.split("  - id: support")[1]
        made = "  - id: support" + first.rstrip() + "\n"
        made = made.replace("version: 1", f"version: {number}").replace("since: 2024-01-01", f"since: {since}")
        for old, new in changes:
            assert old in made
            made = made.replace(old, new, 1)
        self.write(f"{before.rstrip()}\n{made}\nneeds:{after}")

    def sign(self, person: str, version: int = 1, /, *, made: int | None = None, **changes: Any) -> Approval:
        """She signs a version of the agreement, as it is written now."""
        officer, key = her_key(self.keys.folder / PEOPLE, person, self.keys.directory)
        one = next(one for one in load_written(self.protocol).written.agreements if one.version == version)
        said = AgreementApproved(
            id=new_id(), agreement=one.id, version=one.version, terms=terms_of(one), reason="read and agreed",
            made=self.keys.now if made is None else made, **by_name(officer),
        )  # fmt: skip
        approval = sign_approval(said.model_copy(update=changes), key)
        add(self.approvals, [approval])
        return approval

    def sign_tables(self, *people: str, made: int | None = None) -> None:
        """They sign everything that is not an agreement, as it is written now."""
        for person in people:
            officer, key = her_key(self.keys.folder / PEOPLE, person, self.keys.directory)
            said = TablesApproved(
                id=new_id(), tables=tables_of(load_written(self.protocol)), reason="read and agreed",
                made=self.keys.now if made is None else made, **by_name(officer),
            )  # fmt: skip
            add(self.approvals, [sign_approval(said, key)])

    def replace(self, old: Approval, new: Approval) -> None:
        """Somebody changes the file of signatures."""
        kept = load_approvals(self.approvals).approvals
        assert old in kept
        self.approvals.write_bytes(Approvals(approvals=tuple(new if one == old else one for one in kept)).wire())

    def missing(self) -> tuple[str, ...]:
        """Everything for which nothing is decided by it."""
        return signed_as(load_written(self.protocol), load_approvals(self.approvals), self.keys.directory).problems

    def load(self) -> Protocol:
        """As the consent service loads it."""
        return load_in_force(self.protocol, self.approvals, self.keys.directory)[0]


def draft(folder: Path, keys: Partnership) -> Paper:
    """The pack between the CJIT and the project of Ashby, in force since long ago; nobody has signed it."""
    folder.mkdir(exist_ok=True)
    paper = Paper(folder, keys)
    text = PACK.read_text().replace("cjit-yourtown", "cjit-ashby").replace("project-yourtown", "project-ashby")
    paper.write(text.replace("since: 2026-12-01", "since: 2024-01-01"))
    return paper


def signed(folder: Path, keys: Partnership) -> Paper:
    """The same, signed by everyone who must, a month ago."""
    paper = draft(folder, keys)
    long_ago = keys.now - 30 * DAY
    for person in (CJIT, PROJECT):
        paper.sign(person, made=long_ago)
    paper.sign_tables(CJIT, PROJECT, made=long_ago)
    return paper
