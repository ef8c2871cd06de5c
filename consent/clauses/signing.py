"""Whose signatures a protocol needs, whose it has, and what is missing: without all of them nothing is decided by it.

1. Each version of an agreement is signed, word for word, by a governance officer of each of its parties.
2. A version that is only tighter than the one before needs one officer of one party, of any office: less may pass at once.
3. The tables that all share are signed by governance officers of two agencies.
A signature that does not fit its officer is never passed over: somebody changed the file. Leaves out: when a change may begin
(``following``).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from consent.clauses.comparing import Compared, Direction, compare
from consent.clauses.compile import Documents, compile_protocol
from consent.clauses.fitting import ProtocolError
from consent.clauses.versions import by_name
from consent.clauses.written import AgreementWritten
from consent.protocol import Protocol
from contracts.approvals import AgreementApproved, Approval, Approvals, Signer, TablesApproved, prove_approval
from contracts.directory import Directory
from contracts.hashes import domain_hash
from contracts.identifiers import AgencyId
from contracts.vocabulary import Office, Reason

TABLES: Final = "tables"
_TABLES_NEED: Final = 2
_OURS: Final = frozenset({Reason.UNKNOWN_KEY, Reason.REVOKED_KEY})
"""A key that is not in the directory any more: its officer left, and her successor signs. Everything else is a fault."""


@dataclass(frozen=True, slots=True)
class Standing:
    """One version of an agreement, or the tables: what is signed, by whom, and who has not."""

    name: str
    """Such as ``support/1``, or ``tables``."""
    terms: str
    """The hash of the words."""
    signers: tuple[Signer, ...]
    """One for each agency that signed, in the order in which they did."""
    missing: tuple[str, ...]
    """What is missing, and what to do about it."""
    agreement: AgreementWritten | None = None
    change: Compared | None = None
    """Beside the version before it."""

    @property
    def signed_at(self) -> int:
        """When the last signature that it has was made."""
        return max((one.made for one in self.signers), default=0)

    @property
    def only_tighter(self) -> bool:
        """Whether it lets nothing pass that the version before it did not."""
        followed = self.agreement is not None and self.change is not None
        return followed and self.change is not None and self.change.direction is Direction.TIGHTER


@dataclass(frozen=True, slots=True)
class Signed:
    """A whole protocol, as it is signed."""

    agreements: tuple[Standing, ...]
    tables: Standing
    wrong: tuple[str, ...]
    """Signatures that do not fit, and what to do about each."""

    @property
    def problems(self) -> tuple[str, ...]:
        """Everything for which nothing may be decided by it."""
        return (*self.wrong, *(text for one in (*self.agreements, self.tables) for text in one.missing))


def terms_of(agreement: AgreementWritten) -> str:
    """The hash of an agreement's words: parties, dates, and everything it shares."""
    return domain_hash("relay-1 agreement", agreement.wire()).hex()


def tables_of(read: Documents) -> str:
    """The hash of everything in a protocol but its agreements."""
    own = read.written.wire(leave_out={"agreements", "durations", "title"})
    return domain_hash("relay-1 tables", read.title.encode(), read.durations.wire(), own, read.core.wire()).hex()


def signed_as(read: Documents, approvals: Approvals, directory: Directory) -> Signed:
    """How a protocol stands: who signed each version of each agreement, and the tables."""
    proven = [(one, prove_approval(one, directory)) for one in approvals.approvals]
    wrong = tuple(_wrong(one, found) for one, found in proven if isinstance(found, Reason) and found not in _OURS)
    good = [(one, found) for one, found in proven if isinstance(found, Signer)]
    agreements = [
        _agreement(one, before, good, directory)
        for versions in by_name(read.written.agreements).values()
        for before, one in zip((None, *versions), versions, strict=False)
    ]
    return Signed(tuple(agreements), _tables(tables_of(read), good), wrong)


def in_force(read: Documents, named: str, approvals: Approvals, directory: Directory) -> Protocol:
    """The protocol that is decided by; ProtocolError when a signature is missing or does not fit."""
    signed = signed_as(read, approvals, directory)
    if signed.problems:
        raise ProtocolError("it is not signed, so nothing is decided by it.\n  " + "\n  ".join(signed.problems))
    tables = tuple(one.name for one in signed.tables.signers)
    by = {one.name: tuple(signer.name for signer in one.signers) for one in (*signed.agreements, signed.tables)}
    protocol = compile_protocol(read, named, between=True)
    clauses = {name: replace(clause, approved_by=tables) for name, clause in protocol.clauses.items()}
    return replace(protocol, clauses=clauses, approved_by=by)


def named(agreement: AgreementWritten) -> str:
    """An agreement and its version, as commands and the log name them."""
    return f"{agreement.id}/{agreement.version}"


_Good = Sequence[tuple[Approval, Signer]]


def _agreement(one: AgreementWritten, before: AgreementWritten | None, good: _Good, directory: Directory) -> Standing:
    terms = terms_of(one)
    change = compare(before, one)
    tighter = before is not None and change.direction is Direction.TIGHTER
    parties = set(one.parties) | set(before.parties if before and tighter else ())
    signers: dict[AgencyId, Signer] = {}
    for approval, signer in good:
        said = approval.said
        hers = isinstance(said, AgreementApproved) and (said.agreement, said.version, said.terms) == (
            one.id,
            one.version,
            terms,
        )
        may = tighter or signer.officer.office is Office.GOVERNANCE_OFFICER
        if hers and may and signer.officer.agency in parties:
            signers.setdefault(signer.officer.agency, signer)
    missing = tuple(_missing(one, signers, tighter, good, directory))
    return Standing(named(one), terms, _in_order(signers), missing, one, change if before else None)


def _missing(
    one: AgreementWritten, signers: dict[AgencyId, Signer], tighter: bool, good: _Good, directory: Directory
) -> Iterator[str]:
    name = f"agreement {one.id}, version {one.version}"
    if not one.parties:
        yield f"{name} names no parties, so nobody can sign it: write under parties the agencies between which it is"
    for agency in one.parties if not (tighter and signers) else ():
        if directory.agency(agency) is None:
            yield f"{name} names {agency}, which is not in the key directory: end its part in a new version, or add it there"
        elif agency not in signers:
            yield (
                f"{name}: no governance officer of {agency} has signed these words{_but(one, agency, good)}. "
                f"{_who_may(agency, directory)} signs: ./run officer approve {named(one)} --person NAME"
            )


def _but(one: AgreementWritten, agency: AgencyId, good: _Good) -> str:
    """What the agency's officers did sign under that number."""
    for approval, signer in good:
        said = approval.said
        if signer.officer.agency != agency or not isinstance(said, AgreementApproved):
            continue
        if (said.agreement, said.version) == (one.id, one.version):
            if said.terms == terms_of(one):
                return f" ({signer.officer.person} did, who is {signer.officer.office.replace('_', ' ')})"
            return f" ({signer.officer.person} signed others: they were changed after she did)"
    return ""


def _tables(terms: str, good: _Good) -> Standing:
    signers: dict[AgencyId, Signer] = {}
    for approval, signer in good:
        said = approval.said
        hers = isinstance(said, TablesApproved) and said.tables == terms
        if hers and signer.officer.office is Office.GOVERNANCE_OFFICER:
            signers.setdefault(signer.officer.agency, signer)
    # The first two agencies are enough; a third that signs later does not make it younger.
    first = _in_order(signers)[:_TABLES_NEED]
    missing = () if len(first) == _TABLES_NEED else (_tables_missing(first),)
    return Standing(TABLES, terms, first, missing)


def _tables_missing(signers: tuple[Signer, ...]) -> str:
    by = f"by {signers[0].name} alone" if signers else "by nobody"
    return (
        f"the clauses and tables are signed {by}, and it takes governance officers of two agencies. "
        "Each signs: ./run officer approve tables --person NAME"
    )


def _in_order(signers: dict[AgencyId, Signer]) -> tuple[Signer, ...]:
    return tuple(sorted(signers.values(), key=lambda one: one.made))


def _who_may(agency: AgencyId, directory: Directory) -> str:
    names = [
        one.person for one in directory.document.officers
        if one.agency == agency and one.office is Office.GOVERNANCE_OFFICER
    ]  # fmt: skip
    return " or ".join(names) or "A governance officer, of whom the directory has none for it,"


def _wrong(approval: Approval, why: Reason) -> str:
    said = approval.said
    of = f"{said.agreement}/{said.version}" if isinstance(said, AgreementApproved) else "the tables"
    return (
        f"the signature of {said.agency}/{said.person} under {of} is not hers ({why.value}): the file was changed. "
        f"Put a whole copy back, or take it out (./run officer forget {said.id}) and have her sign again"
    )
