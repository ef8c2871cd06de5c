"""What the agencies offer, to whom and when: and why a service is not for her, in so many words (W08)."""

from pathlib import Path
from typing import Any

import pytest

from broker.routing import reception
from contracts.directory import DirectoryError, Root
from contracts.keyring import ASHBY, make_partnership
from contracts.offers import (
    SERVICES_FILE,
    Capacity,
    Circumstances,
    Eligibility,
    Schedule,
    Service,
    eligible,
    is_full,
    is_open,
    load_services,
    verify_services,
    why_not,
)
from contracts.service_entries import read_entries, sign_services

title = "The directory of services"
rules = {"R40", "R51", "R52"}

DAY = 86_400_000
MONDAY_NOON = 1_794_830_400_000  # 16 November 2026, 12:00 in Britain
ENTRIES = Path("broker/local/story/services.yaml")


def service(**changes: Any) -> Service:
    fields: dict[str, Any] = {"id": "one", "organization": "housing-ashby", "name": "One", "needs": ("housing",), **changes}
    return Service.model_validate(fields)


def her(**changes: Any) -> Circumstances:
    return Circumstances.model_validate({"needs": ("housing",), **changes})


def rules_of(**changes: Any) -> Service:
    return service(eligibility=Eligibility(**changes))


# What the service says; what is known of her; why it is not for her.
CASES: dict[str, tuple[Service, Circumstances, tuple[str, ...]]] = {
    "it says nothing more, so it is for everybody": (service(), her(), ()),
    "it is for something else": (service(needs=("detox",)), her(), ("another_need",)),
    "what it does not provide, it says": (
        service(does_not_provide=("crisis_bed",)), her(needs=("housing", "crisis_bed")), ("not_provided",),
    ),
    "she is too young for this one": (service(minimum_age=18), her(age=17), ("too_young",)),
    "another one ends at 25": (service(minimum_age=12, maximum_age=25), her(age=26), ("too_old",)),
    "both ends of an age band belong to it": (service(minimum_age=12, maximum_age=25), her(age=25), ()),
    "an age that nobody knows excludes nobody": (service(minimum_age=18), her(), ()),
    "it is for women": (rules_of(gender="women"), her(gender="men"), ("gender",)),
    "she wants a place without men": (rules_of(gender="women"), her(women_only=True), ("not_women_only",)),
    "and this is one": (rules_of(women_only=True), her(women_only=True), ()),
    "one must live there only where it says so": (rules_of(), her(lives_in="elsewhere"), ()),
    "and here it does": (rules_of(residence=("ashby",)), her(lives_in="elsewhere"), ("residence",)),
    "it asks for a GP": (rules_of(gp_needed=True), her(has_gp=False), ("gp_needed",)),
    "it takes nobody who uses now": (rules_of(accepts_current_use=False), her(uses_now=True), ("current_use",)),
    "that she works is no reason unless it says so": (rules_of(), her(works_now=True, wishes_to_exit=False), ()),
    "and here it does say": (
        rules_of(accepts_still_working=False, wish_to_exit_needed=True), her(works_now=True, wishes_to_exit=False),
        ("still_working", "wish_to_exit"),
    ),
    "it takes no partners and no children": (
        rules_of(accepts_partner=False, accepts_children=False), her(with_partner=True, with_children=True),
        ("partner", "children"),
    ),
    "nobody there speaks her language": (service(languages=("english", "welsh")), her(language="romanian"), ("language",)),
    "but there is an interpreter": (service(interpretation_services=True), her(language="romanian"), ()),
    "it is not running": (service(status="temporarily closed"), her(), ("not_running",)),
    "there is no place": (
        service(capacities=(Capacity(available=0, updated=MONDAY_NOON),)), her(), ("full",),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_whether_a_service_is_for_her_and_why_not(case: str) -> None:
    offered, circumstances, reasons = CASES[case]
    assert why_not(offered, circumstances, MONDAY_NOON) == reasons
    assert eligible((offered,), circumstances, MONDAY_NOON) == (() if reasons else (offered,))


def at(*days: str, opens: str = "09:00", closes: str = "17:00", **more: Any) -> Service:
    return service(schedules=(Schedule.model_validate({"byday": days, "opens_at": opens, "closes_at": closes, **more}),))


HOUR = 3_600_000
# Opening hours; how long after Monday noon; whether it is open.
HOURS: dict[str, tuple[Service, int, bool]] = {
    "open at noon": (at("MO"), 0, True),
    "not at five sharp": (at("MO"), 5 * HOUR, False),
    "not on Tuesday": (at("MO"), DAY, False),
    "outreach is open at night": (at("MO", opens="20:00", closes="03:00"), 10 * HOUR, True),
    "and after midnight, which is Tuesday's morning": (at("MO", opens="20:00", closes="03:00"), 14 * HOUR, True),
    "and not at four": (at("MO", opens="20:00", closes="03:00"), 16 * HOUR, False),
    "and not on Monday's own small hours": (at("MO", opens="20:00", closes="03:00"), -10 * HOUR, False),
    "without hours it is always there": (service(), 15 * HOUR, True),
    "not yet": (at("MO", valid_from=MONDAY_NOON + 1), 0, False),
    "no more": (at("MO", valid_to=MONDAY_NOON), 0, False),
}


@pytest.mark.parametrize("case", HOURS)
def test_when_it_is_open(case: str) -> None:
    offered, later, open_then = HOURS[case]
    assert is_open(offered, MONDAY_NOON + later) is open_then


def test_hours_are_those_on_its_own_wall_in_summer_too() -> None:
    july = MONDAY_NOON - 126 * DAY  # Monday 13 July, 13:00 on the wall
    assert is_open(at("MO", opens="13:00", closes="13:30"), july)
    assert not is_open(at("MO", opens="12:00", closes="12:30"), july)


def test_a_count_of_places_is_believed_for_two_weeks() -> None:
    full = service(capacities=(Capacity(available=0, updated=MONDAY_NOON),))
    assert is_full(full, MONDAY_NOON + 14 * DAY)
    assert not is_full(full, MONDAY_NOON + 14 * DAY + 1)


# What a role offers; what the sender of a referral is told.
MET: dict[str, tuple[tuple[Service, ...], str | None]] = {
    "it is open": ((at("MO"),), None),
    "it is closed": ((at("TU"),), "service_closed"),
    "one of two is open": ((at("TU"), at("MO")), None),
    "there is no place": ((service(capacities=(Capacity(available=0, updated=MONDAY_NOON),)),), "service_full"),
    "what does not run says nothing": ((service(status="defunct"),), None),
}


@pytest.mark.parametrize("case", MET)
def test_what_a_referral_meets(case: str) -> None:
    offered, told = MET[case]
    assert reception(offered, MONDAY_NOON) == told


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    make_partnership(tmp_path, ASHBY, now=MONDAY_NOON, demonstration=True)
    return tmp_path


def test_the_list_is_signed_by_officers_and_believed_only_whole_and_in_time(keys: Path) -> None:
    assert load_services(keys, now=MONDAY_NOON) is None
    signed = sign_services(ENTRIES, keys, ("officer-1", "officer-2"), now=MONDAY_NOON, version=1)
    assert load_services(keys, now=MONDAY_NOON) == signed
    body, root = (keys / SERVICES_FILE).read_bytes(), Root.model_validate_json((keys / "root.json").read_bytes())
    for spoilt in (body.replace(b"Supported flats", b"Supported floats"), body[:-2], b"{}"):
        with pytest.raises(DirectoryError):
            verify_services(spoilt, root, now=MONDAY_NOON)
    with pytest.raises(DirectoryError, match="not in force"):
        verify_services(body, root, now=MONDAY_NOON + 366 * DAY)
    sign_services(ENTRIES, keys, ("officer-1",), now=MONDAY_NOON, version=2)
    with pytest.raises(DirectoryError, match="only 1 of the 2"):
        load_services(keys, now=MONDAY_NOON)


def test_an_entry_that_is_wrong_is_named_by_its_field(tmp_path: Path) -> None:
    (tmp_path / "list.yaml").write_text("services: [{id: one, organization: housing-ashby, name: One, needs: [Housing!]}]")
    with pytest.raises(DirectoryError, match="needs"):
        read_entries(tmp_path / "list.yaml", MONDAY_NOON)


def test_no_service_of_the_story_asks_whether_she_wants_to_leave_or_where_she_lives() -> None:
    assert all(not s.eligibility.wish_to_exit_needed and not s.eligibility.residence for s in read_entries(ENTRIES, 0))
