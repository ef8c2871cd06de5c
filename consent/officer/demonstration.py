"""The demonstration's agreements, signed by its officers: each with the key of her own that ``./run keys init`` made.

Only for demonstration keys, of which one hand holds all; anything else is refused. Leaves out: real officers, who sign at their
own desks (``cli``).
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from consent.clauses.compile import Documents
from consent.clauses.signing import tables_of, terms_of
from consent.desk.hers import by_name, her_key
from consent.officer.book import add
from consent.protocol_file import load_approvals, load_written
from contracts.approvals import AgreementApproved, AnyApproved, Approval, TablesApproved, sign_approval
from contracts.directory import Directory, Officer
from contracts.identifiers import new_id
from contracts.keyring import PEOPLE, KeyringError
from contracts.vocabulary import Office

_WHY: Final = "for the demonstration"


def sign_demonstration(keys: Path, approvals: Path, protocols: Iterable[Path], directory: Directory, now: int) -> int:
    """Let every party sign what it has not signed yet; how many signatures that were."""
    if not directory.document.demonstration:
        raise KeyringError("these are not demonstration keys: each officer signs for herself, with ./run officer approve")
    before = {_what(one.said, one.said.agency) for one in load_approvals(approvals).approvals}
    fresh: dict[tuple[str, str, str], Approval] = {}
    for protocol in protocols:
        for officer, said in _to_sign(load_written(protocol), directory, now):
            what = _what(said, officer.agency)
            if what not in before and what not in fresh:
                _, key = her_key(keys / PEOPLE, officer.person, directory)
                fresh[what] = sign_approval(said, key)
    if fresh:
        add(approvals, list(fresh.values()))
    return len(fresh)


def _to_sign(read: Documents, directory: Directory, now: int) -> Iterator[tuple[Officer, AnyApproved]]:
    officers = {
        one.agency: one for one in directory.document.officers if one.office is Office.GOVERNANCE_OFFICER
    }  # fmt: skip
    for agreement in read.written.agreements:
        for agency in agreement.parties:
            if officer := officers.get(agency):
                yield officer, AgreementApproved(
                    agreement=agreement.id, version=agreement.version, terms=terms_of(agreement), **_by(officer, now)
                )  # fmt: skip
    for officer in list(officers.values())[:2]:
        yield officer, TablesApproved(tables=tables_of(read), **_by(officer, now))


def _by(officer: Officer, now: int) -> dict[str, Any]:
    return {"id": new_id(), "reason": _WHY, "made": now, **by_name(officer)}


def _what(said: AnyApproved, agency: str) -> tuple[str, str, str]:
    if isinstance(said, AgreementApproved):
        return agency, f"{said.agreement}/{said.version}", said.terms
    return agency, "tables", said.tables
