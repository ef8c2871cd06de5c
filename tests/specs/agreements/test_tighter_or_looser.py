"""Two versions of an agreement compared: tighter, looser, both or the same, with a sentence for every difference.

The property at the end asks the comparison what it stands for: what is called tighter lets nothing pass that did not before.
"""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.clauses.comparing import Compared, Direction, compare, ways_of
from consent.clauses.written import AgreementWritten, ShareWritten
from contracts.vocabulary import AgencyKind, Label, Purpose

L, P, K = Label, Purpose, AgencyKind


def share(*labels: Label, by: Any = K.CJIT, to: Any = K.PROJECT, purpose: Purpose = P.SUPPORT_REFERRAL) -> ShareWritten:
    return ShareWritten(sent_by=(by,), sent_to=(to,), purposes=(purpose,), labels=labels)


def agreement(*shares: ShareWritten, **changes: Any) -> AgreementWritten:
    ordinary: dict[str, Any] = {
        "id": "support", "version": 1, "title": "Support", "parties": ("cjit-ashby", "project-ashby"),
        "since": date(2024, 1, 1), "until": None, "review": date(2027, 1, 1),
    }  # fmt: skip
    return AgreementWritten(**{**ordinary, "shares": shares or (share(L.REQUEST, L.SAFETY),), **changes})


CASES: dict[str, tuple[AgreementWritten, Direction, tuple[str, ...], tuple[str, ...]]] = {
    "nothing but another title": (agreement(title="Support and outreach"), Direction.SAME, (), ()),
    "the same in another order": (agreement(share(L.SAFETY, L.REQUEST)), Direction.SAME, (), ()),
    "a label less": (
        agreement(share(L.REQUEST)), Direction.TIGHTER,
        ("cjit may send project no longer safety for support referral",), (),
    ),
    "a label more": (
        agreement(share(L.REQUEST, L.SAFETY, L.HEALTH)), Direction.LOOSER, (),
        ("cjit may send project now also health for support referral",),
    ),
    "one label for another": (
        agreement(share(L.REQUEST, L.HEALTH)), Direction.BOTH,
        ("cjit may send project no longer safety for support referral",),
        ("cjit may send project now also health for support referral",),
    ),
    "another way": (
        agreement(share(L.REQUEST, L.SAFETY), share(L.OUTCOME, by=K.PROJECT, to=K.CJIT)), Direction.LOOSER, (),
        ("project may send cjit, and did not before, outcome for support referral",),
    ),
    "another purpose instead": (
        agreement(share(L.REQUEST, L.SAFETY, purpose=P.HOUSING_REFERRAL)), Direction.BOTH,
        ("cjit may send project nothing any more for support referral",),
        ("cjit may send project, and did not before, request, safety for housing referral",),
    ),
    "a caseload check, which has no labels": (
        agreement(share(L.REQUEST, L.SAFETY), share(purpose=P.CASELOAD_CHECK)), Direction.LOOSER, (),
        ("cjit may send project, and did not before, the answer to a check for caseload check",),
    ),
    "it ends on a day": (
        agreement(until=date(2026, 12, 1)), Direction.TIGHTER, ("it ends earlier: 2026-12-01, where it was never",), (),
    ),
    "it is reviewed later": (
        agreement(review=date(2028, 1, 1)), Direction.LOOSER,
        (), ("it is reviewed later: 2028-01-01, where it was 2027-01-01",),
    ),
    "it is reviewed earlier": (
        agreement(review=date(2026, 1, 1)), Direction.TIGHTER,
        ("it is reviewed earlier: 2026-01-01, where it was 2027-01-01",), (),
    ),
    "a party more": (
        agreement(parties=("cjit-ashby", "project-ashby", "drugs-ashby")), Direction.LOOSER, (),
        ("drugs-ashby becomes a party to it",),
    ),
    "a party less": (
        agreement(parties=("cjit-ashby", "drugs-ashby")), Direction.BOTH,
        ("project-ashby is no party to it any more",), ("drugs-ashby becomes a party to it",),
    ),
    "one agency where a kind stood": (
        agreement(share(L.REQUEST, L.SAFETY, by="cjit-ashby")), Direction.BOTH,
        ("cjit may send project nothing any more for support referral",),
        ("cjit-ashby may send project, and did not before, request, safety for support referral",),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_later_version_beside_the_one_before(name: str) -> None:
    after, direction, tighter, looser = CASES[name]
    found = compare(agreement(), after)
    assert found == Compared(tighter, looser)
    assert found.direction is direction


def test_a_first_version_is_all_new() -> None:
    assert compare(None, agreement()).direction is Direction.LOOSER


_LABELS = st.lists(st.sampled_from([L.REQUEST, L.SAFETY, L.HEALTH]), max_size=3, unique=True)
_SIDES = st.sampled_from([K.CJIT, K.PROJECT])
_SHARES = st.lists(
    st.builds(
        lambda by, to, labels, purpose: share(*labels, by=by, to=to, purpose=purpose),
        _SIDES, _SIDES, _LABELS, st.sampled_from([P.SUPPORT_REFERRAL, P.CASELOAD_CHECK]),
    ),
    min_size=1, max_size=3,
)  # fmt: skip
_AGREEMENTS = st.builds(
    lambda shares, review, until: agreement(*shares, review=review, until=until),
    _SHARES, st.sampled_from([date(2027, 1, 1), date(2028, 1, 1)]), st.sampled_from([None, date(2029, 1, 1)]),
)  # fmt: skip


@given(_AGREEMENTS, _AGREEMENTS)
def test_whatever_is_called_tighter_lets_nothing_new_pass(before: AgreementWritten, after: AgreementWritten) -> None:
    found, back = compare(before, after), compare(after, before)
    old, new = ways_of(before), ways_of(after)
    lets_more = any(way not in old or labels - old[way] for way, labels in new.items())
    later = after.review > before.review or (before.until is not None and (after.until is None or after.until > before.until))
    assert bool(found.looser) is (lets_more or later)
    # Seen from the other side it is the other way round.
    assert (bool(back.tighter), bool(back.looser)) == (bool(found.looser), bool(found.tighter))
