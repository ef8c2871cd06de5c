"""R58: law and names change, so rows have dates: each is heard from its first day until its last, and not before or after."""

from dataclasses import replace

import pytest

from consent.protocol import Dates, Protocol
from contracts.vocabulary import AgencyKind, Purpose, Reason
from tests.specs.consent.judging import NOW, Case, L, Refused, Released, Result, ashby, judge

DAY = 86_400_000
BEFORE, SINCE, WITHIN, UNTIL = (Dates(NOW + 1, None), Dates(NOW, None), Dates(NOW - DAY, NOW + 1), Dates(None, NOW))
COMES_AS_IT_IS = Released(frozenset({L.IDENTITY, L.CONTACT, L.REQUEST, L.SAFETY}))


def dated(row: str, dates: Dates) -> Protocol:
    """The protocol of Ashby with one row that stands for a while."""
    usual = ashby()
    if row == "clause":
        # A clause that would stop every message to the project.
        stop = replace(usual.clauses["R38"], id="L1", applies={"recipient_kind": ("project",)}, dates=dates)
        return replace(usual, clauses={**usual.clauses, "L1": stop})
    if row == "basis":
        (first, *others) = usual.bases[Purpose.SUPPORT_REFERRAL]
        rows = tuple(replace(one, dates=dates) for one in (first, *others))
        return replace(usual, bases={**usual.bases, Purpose.SUPPORT_REFERRAL: rows})
    key = (AgencyKind.PROJECT, Purpose.SUPPORT_REFERRAL)
    return replace(usual, needs={**usual.needs, key: tuple(replace(one, dates=dates) for one in usual.needs[key])})


# What the row is; what becomes of a message while it stands; and while it does not.
ROWS: dict[str, tuple[Result, Result]] = {
    "clause": (Refused(Reason.HIS_PROVIDER), COMES_AS_IT_IS),
    "basis": (COMES_AS_IT_IS, Refused(Reason.BASIS_NOT_ALLOWED)),
    "need": (COMES_AS_IT_IS, Refused(Reason.NOT_NEEDED_BY_RECIPIENT)),
}


@pytest.mark.parametrize("row", ROWS)
def test_a_row_is_heard_from_its_first_day_until_its_last(row: str) -> None:
    stands, stands_not = ROWS[row]
    assert [judge(Case(), dated(row, one)) for one in (SINCE, WITHIN)] == [stands, stands]
    assert [judge(Case(), dated(row, one)) for one in (BEFORE, UNTIL)] == [stands_not, stands_not]
