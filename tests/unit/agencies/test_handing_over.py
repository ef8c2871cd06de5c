"""Handing over: in order, each once, and what the local system has is said even when it fails half way."""

from collections import deque

import pytest

from agencies.case_system import CaseSystemDownError, CaseSystemRefusedError, LocalRecord
from agencies.handing_over import give
from contracts.vocabulary import Reason
from tests.unit.agencies.town import Drawer


class Shelf(Drawer):
    """A local system that fails at one record."""

    def __init__(self, *, fails: Exception | None = None, at: str = "") -> None:
        super().__init__()
        self.fails, self.at = fails, at

    @property
    def has(self) -> list[str]:
        return [one.id for one in self.handed]

    def hand_over(self, arrived: LocalRecord) -> None:
        if self.fails and arrived.id == self.at:
            raise self.fails
        super().hand_over(arrived)


def records() -> deque[LocalRecord]:
    return deque(LocalRecord(name, {}) for name in ("first", "second", "third"))


def test_all_are_given_in_order() -> None:
    shelf, left = Shelf(), records()
    assert give(shelf, left, lambda _: True) == [("first", None), ("second", None), ("third", None)]
    assert (shelf.has, list(left)) == (["first", "second", "third"], [])


@pytest.mark.parametrize("fault", [CaseSystemDownError("away"), RuntimeError("their own code")], ids=["down", "a fault"])
def test_when_it_fails_half_way_what_it_has_is_said_and_the_rest_waits(fault: Exception) -> None:
    shelf, left = Shelf(fails=fault, at="second"), records()
    assert give(shelf, left, lambda _: True) == [("first", None)]
    assert [one.id for one in left] == ["second", "third"]
    with pytest.raises(type(fault)):
        give(shelf, left, lambda _: True)
    shelf.fails = None
    assert give(shelf, left, lambda _: True) == [("second", None), ("third", None)]
    assert shelf.has == ["first", "second", "third"]


def test_a_record_it_refuses_does_not_hold_up_the_others() -> None:
    shelf, left = Shelf(fails=CaseSystemRefusedError("full"), at="second"), records()
    given = give(shelf, left, lambda _: True)
    assert given == [("first", None), ("second", Reason.RECIPIENT_SYSTEM_REFUSED), ("third", None)]
    assert shelf.has == ["first", "third"]


def test_what_she_took_back_meanwhile_is_passed_over() -> None:
    shelf, left = Shelf(), records()
    assert give(shelf, left, lambda name: name != "second") == [("first", None), ("third", None)]
    assert (shelf.has, list(left)) == (["first", "third"], [])
