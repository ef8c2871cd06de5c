"""An act on paper: one officer's statement, and the second person's beside it, as they are handed from desk to desk.

Leaves out: whether it counts, which is looked at when it is carried out (``acts``).
"""

from contracts.directory import Directory, Officer
from contracts.frozen import Frozen
from contracts.identifiers import Reference, new_id
from contracts.keyring import KeyringError
from contracts.keys import SigningKey
from contracts.statements import RightsAct, Second, Statement, said_hash, sign_statement
from contracts.vocabulary import Exemption, Ground, Purpose, Right


class Paper(Frozen):
    """What is carried out, and who signed it."""

    statement: Statement
    second: Statement | None = None

    @property
    def takes_two(self) -> bool:
        """Whether a second person must stand beside it."""
        return isinstance(self.statement.said, RightsAct) and self.statement.said.right in {Right.LIFT, Right.ERASE}


def propose(
    right: Right, records: tuple[Reference, ...], ground: Ground, why: str, key: SigningKey, directory: Directory, now: int,
    *, purpose: Purpose | None = None, exemption: Exemption | None = None,
) -> Paper:  # fmt: skip
    """The act under one officer's own key; KeyringError when the directory does not know her."""
    officer = _officer(key, directory)
    said = RightsAct(
        id=new_id(), right=right, records=records, purpose=purpose, ground=ground, exemption=exemption, reason=why,
        agency=officer.agency, person=officer.person, rank=officer.rank, made=now,
    )  # fmt: skip
    return Paper(statement=sign_statement(said, key))


def stand_beside(paper: Paper, key: SigningKey, directory: Directory, now: int) -> Paper:
    """The same with a second person's signature beside that very statement."""
    officer = _officer(key, directory)
    of = said_hash(paper.statement.said).hex()
    said = Second(id=new_id(), of=of, agency=officer.agency, person=officer.person, rank=officer.rank, made=now)
    return Paper(statement=paper.statement, second=sign_statement(said, key))


def _officer(key: SigningKey, directory: Directory) -> Officer:
    found = directory.officer(key.id)
    if found is None:
        raise KeyringError("that key is not a named person's of the key directory")
    return found[0]
