"""What people do at the broker's guards is in the log once, proven again, and what did not count as well."""

from pathlib import Path
from typing import Any

import pytest

from consent.log.append import LogSigner
from consent.log.entry import EntryKind
from consent.outcomes import Outcomes
from contracts.consent_check import GuardAct, OutcomeBatch
from contracts.identifiers import new_id
from contracts.keyring import PEOPLE, load_signing_key
from contracts.statements import ReviewOverride, Statement, UndoMerge, sign_statement
from contracts.vocabulary import OverrideFinding, Reason
from tests.factories import partnership
from tests.unit.consent.conftest import Desk

MESSAGE, MERGE = "ab" * 16, "cd" * 16


def signed(said: type[UndoMerge] | type[ReviewOverride], person: str = "c_varley", **fields: Any) -> Statement:
    """A word of the drug service's governance officer, under her key or another's."""
    her: dict[str, Any] = {
        "agency": "drugs-ashby",
        "person": "c_varley",
        "rank": "head_of_governance",
        "made": partnership().now,
    }
    key = load_signing_key(Path(partnership().folder) / PEOPLE / person)
    return sign_statement(said(id=new_id(), reason="two dates of birth", **her, **fields), key)


def act(statement: Statement | None, name: str, **fields: Any) -> GuardAct:
    return GuardAct(
        **{"act": name, "id": statement.said.id if statement else MESSAGE, "agency": "drugs-ashby", "person": "c_varley",
           "at": partnership().now, "statement": statement, **fields}
    )  # fmt: skip


UNDONE = signed(UndoMerge, merge=MERGE)
LOOKED = signed(ReviewOverride, message=MESSAGE, finding=OverrideFinding.UNCLEAR)
FORGED = signed(UndoMerge, "t_brandling", merge=MERGE)

# What the broker tells; the kind of the entry; what it says beside who.
CASES: dict[str, tuple[GuardAct, EntryKind, dict[str, Any]]] = {
    "a prescriber went on": (
        act(None, "override", agency="project-ashby", person="dr_hazel", about="drugs-ashby", why="overdose_risk"),
        EntryKind.OVERRIDE,
        {"message": MESSAGE, "by": "dr_hazel", "of": "project-ashby", "reason": "overdose_risk", "beside": "drugs-ashby"},
    ),
    "a merge was taken back": (
        act(UNDONE, "merge_undone", about=MERGE), EntryKind.GUARD_ACT,
        {"act": "merge_undone", "about": MERGE, "by": "c_varley", "of": "drugs-ashby", "office": "governance_officer"},
    ),
    "an override was looked at": (
        act(LOOKED, "override_reviewed", about=MESSAGE, why="unclear"), EntryKind.GUARD_ACT,
        {"act": "override_reviewed", "about": MESSAGE, "finding": "unclear"},
    ),
    "it did not count": (
        act(UNDONE, "merge_undone", about=MERGE, refused=Reason.APPROVER_NOT_ALLOWED), EntryKind.ACT_REFUSED,
        {"act": "undo_merge", "code": Reason.APPROVER_NOT_ALLOWED.value, "said_to_be": "drugs-ashby/c_varley"},
    ),
    "the broker says it counted, and the signature is another's": (
        act(FORGED, "merge_undone", about=MERGE), EntryKind.ACT_REFUSED,
        {"act": "undo_merge", "by": "drugs-ashby/t_brandling", "code": Reason.NOT_WHO_SHE_SAYS.value},
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_it_is_written_down_once(case: str, desk: Desk) -> None:
    told, kind, says = CASES[case]
    outcomes = Outcomes(
        desk.engine, LogSigner(desk.keys.directory.log_name, desk.keys.log_signing.ed25519), desk.keys.directory
    )  # fmt: skip
    bodies = [OutcomeBatch(id=new_id(), acts=(told,)).wire() for _ in range(2)]
    assert [outcomes.write(body, desk.now) for body in bodies] == [1, 0]
    entry = desk.log()[-1]
    assert entry.kind is kind
    assert {name: entry.skeleton[name] for name in says} == says
    # Her own words are where their key can be destroyed, and those that did not count nowhere.
    words = "two dates of birth"
    assert words not in str(entry.skeleton)
    assert (entry.subject is not None and words in str(entry.subject.fields)) is (kind is EntryKind.GUARD_ACT)
