"""Whether what officers wrote fits together: clauses with the program and the factors, a partnership's part with the core.

Leaves out: the form of each row (``written``), and making the tables (``compile``).
"""

from collections.abc import Iterable
from itertools import pairwise
from typing import Final

from consent.clauses.factors import FACTORS, Of
from consent.clauses.glass import SECOND
from consent.clauses.register import GLASS_MAY_EXCUSE, JUDGES
from consent.clauses.versions import by_name
from consent.clauses.written import ClauseWritten, Core, Written
from contracts.vocabulary import AgencyKind, Verdict

VERDICTS: Final = {"route_minimised": Verdict.ROUTE_MINIMISED, "hold": Verdict.HOLD, "refuse": Verdict.REFUSE}
_SECOND_PERSON_HAS: Final = 15 * 60
_OWN: Final = "L"
"""The letter of a partnership's own clauses."""


class ProtocolError(ValueError):
    """The protocol cannot be used, with the reason in plain words for the officer who wrote it."""


def made_stricter(clauses: Iterable[ClauseWritten], written: Written) -> list[ClauseWritten]:
    """The core's clauses as this partnership has them, and its own after them."""
    stricter = {one.clause: one for one in written.stricter}
    made = [
        one if (more := stricter.get(one.id)) is None else one.model_copy(update=more.model_dump(exclude={"clause"}))
        for one in clauses
    ]
    return [*made, *written.clauses]


def check_clauses(core: Core, written: Written) -> None:
    """Every clause has a judge, each word of a condition is known, and a partnership takes nothing away."""
    floors = {one.id: VERDICTS[one.verdict] for one in core.clauses}
    for more in written.stricter:
        if more.clause not in floors:
            raise ProtocolError(f"stricter: there is no clause {more.clause}")
        if VERDICTS[more.verdict] < floors[more.clause]:
            raise ProtocolError(f"stricter: {more.clause} may not be less severe than {floors[more.clause].name.lower()}")
    for own in written.clauses:
        if not own.id.startswith(_OWN) or own.enforced_by != "table":
            raise ProtocolError(f"clauses: {own.id}: a partnership's own clause is a row, and its number begins with {_OWN}")
    clauses = made_stricter(core.clauses, written)
    ids = [one.id for one in clauses] + [one.id for one in core.kept_elsewhere]
    if twice := sorted({one for one in ids if ids.count(one) > 1}):
        raise ProtocolError(f"clauses: given twice: {', '.join(twice)}")
    judged = {one.id for one in clauses if one.enforced_by == "program"}
    if judged != JUDGES.keys():
        raise ProtocolError(f"clauses: judged by the program or by nothing: {', '.join(sorted(judged ^ JUDGES.keys()))}")
    for one in clauses:
        _check_clause(one)
        _check_exceptions(one, ids.index(one.id) > ids.index(SECOND))
    known = {one.id for one in clauses}
    for elsewhere in core.kept_elsewhere:
        if unknown := set(elsewhere.by) - known:
            raise ProtocolError(f"kept_elsewhere: {elsewhere.id}: there is no clause {', '.join(sorted(unknown))}")
        said = {"clause": bool(elsewhere.by), "outside": elsewhere.because is not None}
        if not said.get(elsewhere.enforced_by, bool(elsewhere.shown_by)):
            raise ProtocolError(
                f"kept_elsewhere: {elsewhere.id}: say by which clauses, shown by which test, or why nothing keeps it"
            )


def _check_clause(one: ClauseWritten) -> None:
    if one.enforced_by == "program":
        judge = JUDGES[one.id]
        if frozenset(one.codes) != judge.codes:
            raise ProtocolError(f"clauses: {one.id} gives the codes {', '.join(sorted(judge.codes))} and no others")
        if VERDICTS[one.verdict] < judge.floor:
            raise ProtocolError(f"clauses: {one.id} may not be less severe than {judge.floor.name.lower()}")
        if one.applies or one.unless:
            raise ProtocolError(f"clauses: {one.id} is judged by the program, so it has no conditions")
    else:
        _check_conditions(one)
    if (VERDICTS[one.verdict] is Verdict.HOLD) is not (one.owner is not None and one.within_seconds is not None):
        raise ProtocolError(f"clauses: {one.id}: a hold, and only a hold, names an owner and a time to act within")
    if one.since is not None and one.until is not None and one.until <= one.since:
        raise ProtocolError(f"clauses: {one.id} ends before it begins")


def _check_exceptions(one: ClauseWritten, after_glass: bool) -> None:
    """Who may let a held message go on, and what a broken glass excuses: both written into the clause, and both bounded."""
    if bool(one.approvers) is not (one.approval is not None) or (one.approval is not None and one.verdict != "hold"):
        raise ProtocolError(f"clauses: {one.id}: a hold that an approval closes says whose and how many, and only a hold does")
    if one.unless_glass and (one.id not in GLASS_MAY_EXCUSE or not after_glass):
        raise ProtocolError(f"clauses: {one.id}: no broken glass excuses this")
    if one.id == SECOND and (one.within_seconds or 0) < _SECOND_PERSON_HAS:
        raise ProtocolError(f"clauses: {one.id}: a second person has at least {_SECOND_PERSON_HAS // 60} minutes to answer")


def _check_conditions(one: ClauseWritten) -> None:
    if not one.applies or len(one.codes) != 1:
        raise ProtocolError(f"clauses: {one.id}: a row says when it applies, and has one code")
    of_labels = False
    for condition in (one.applies, *one.unless):
        for name, words in condition.items():
            factor = FACTORS.get(name)
            if factor is None:
                raise ProtocolError(f"clauses: {one.id}: nothing is called {name}")
            if unknown := [word for word in words if word not in factor.values]:
                raise ProtocolError(f"clauses: {one.id}: {name} is never {', '.join(unknown)}")
            of_labels = of_labels or factor.of in (Of.LABEL, Of.FIXED_LABEL)
    if VERDICTS[one.verdict] is Verdict.ROUTE_MINIMISED and one.looks_at == "everything":
        raise ProtocolError(f"clauses: {one.id} withholds, and a label is withheld once")
    if VERDICTS[one.verdict] is Verdict.ROUTE_MINIMISED and not of_labels and one.id != "G1":
        raise ProtocolError(f"clauses: {one.id} withholds, so it names what")


def check_tables(written: Written) -> None:
    """What an agreement shares must have a basis and a need; else every such message would be refused without a reason."""
    _check_versions(written)
    for agreement in written.agreements:
        for share in agreement.shares:
            if without := sorted(purpose for purpose in share.purposes if purpose not in written.bases):
                raise ProtocolError(f"agreements: {agreement.id}: no basis is given for: {', '.join(without)}")
            for kind in (one for one in share.sent_to if isinstance(one, AgencyKind)):
                without = sorted(p for p in share.purposes if share.labels and p not in written.needs.get(kind, {}))
                if without:
                    raise ProtocolError(f"needs: {kind} receives something for {', '.join(without)}, and no need is given")
    if outside := sorted(p for p in written.police_may_receive if p not in written.needs.get(AgencyKind.POLICE, {})):
        raise ProtocolError(f"needs: the police may receive {', '.join(outside)}, and no need is given")


def _check_versions(written: Written) -> None:
    """Each version once, none that begins before the one before it, and each between agencies that it names."""
    for versions in by_name(written.agreements).values():
        for one in versions:
            named = f"agreements: {one.id}, version {one.version}"
            # On the day on which it begins: so an agreement is ended at once.
            if one.until is not None and one.until < one.since:
                raise ProtocolError(f"{named} ends before it begins")
            if len(set(one.parties)) < len(one.parties) or len(one.parties) == 1:
                raise ProtocolError(f"{named}: an agreement is between two agencies or more, each named once")
            sides = {each for share in one.shares for each in (*share.sent_by, *share.sent_to)}
            by_their_names = {str(each) for each in sides if not isinstance(each, AgencyKind)}
            if one.parties and (strangers := sorted(by_their_names.difference(one.parties))):
                raise ProtocolError(f"{named}: {', '.join(strangers)} sends or receives under it, and is no party to it")
        for before, after in pairwise(versions):
            if before.version == after.version:
                raise ProtocolError(f"agreements: {after.id}, version {after.version}, is given twice")
            if after.since < before.since:
                raise ProtocolError(f"agreements: {after.id}, version {after.version}, begins before the version before it")
