"""A change of an agreement: what is tighter counts at once on one officer's word, what is looser needs everyone, and waits.

Judged as the consent service does: what was in force before is in its database, the file on the disk is new.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from consent.clauses.fitting import ProtocolError
from consent.log.append import LogSigner
from consent.log.read import newest_entries
from consent.migrations import bring_up_to_date
from consent.protocol import Protocol
from consent.store import open_store
from consent.taking_over import may_take_over, put_in_force
from contracts.vocabulary import Reason
from tests.factories import DAY, MINUTE, partnership
from tests.specs.agreements.paper import CJIT, LESS, MORE, PROJECT, Paper, signed
from tests.specs.consent.judging import NOW, Case, L, Refused, judge, released, yes


def judged(case: Case, protocol: Protocol) -> object:
    """However long it waited: that is another clause's business."""
    return judge(case, replace(protocol, kept_for=2**50))


def day(moment: int, later: int = 0) -> str:
    return f"{datetime.fromtimestamp(moment / 1000, UTC) + timedelta(days=later):%Y-%m-%d}"


class Service:
    """The consent service's own part in it: its database, and what it decides by."""

    def __init__(self, engine: Engine, paper: Paper) -> None:
        self.engine, self.paper = engine, paper
        bring_up_to_date(engine)

    def load(self, now: int | None = None, *, demonstration: bool = False) -> Protocol:
        keys, moment = self.paper.keys, now if now is not None else self.paper.keys.now
        directory = keys.directory
        if not demonstration:
            directory = type(directory)(directory.document.model_copy(update={"demonstration": False}))
        made, text = may_take_over(self.engine, self.paper.protocol, self.paper.approvals, directory, moment)
        put_in_force(self.engine, made, text, LogSigner(directory.log_name, keys.log_signing.ed25519), moment)
        return made


@pytest.fixture
def service(tmp_path: Path) -> Service:
    paper = signed(tmp_path, partnership())
    made = Service(open_store(f"sqlite:///{tmp_path}/consent.sqlite"), paper)
    made.load()
    return made


def today() -> str:
    return day(partnership().now)


def tomorrow() -> str:
    return day(partnership().now, 1)


def _a_label_less(paper: Paper) -> None:
    paper.new_version(2, today(), LESS)


def _ended(paper: Paper) -> None:
    paper.new_version(2, today(), ("until: null", f"until: {today()}"))


TIGHTER: dict[str, tuple[Callable[[Paper], None], str]] = {
    "the project's officer takes a label out": (_a_label_less, PROJECT),
    "whoever has the night of the other agency does": (_a_label_less, "m_quill"),
    "the CJIT's safeguarding lead ends it today": (_ended, "j_tolland"),
}


@pytest.mark.parametrize("name", TIGHTER)
def test_one_officer_makes_it_tighter_at_once(name: str, service: Service) -> None:
    change, person = TIGHTER[name]
    before = service.load().hash
    change(service.paper)
    with pytest.raises(ProtocolError, match="version 2: no governance officer"):
        service.load()
    service.paper.sign(person, 2)
    assert service.load().hash != before


def test_what_was_sent_before_is_stopped_as_well(service: Service) -> None:
    now: int = partnership().now
    sent = Case(labels=(L.REQUEST, L.CONTACT), created=now - 3 * DAY, said=(yes(L.REQUEST, L.CONTACT, at=now - 4 * DAY),))
    later = Case(labels=(L.REQUEST,), created=now - 3 * DAY, said=(yes(L.REQUEST, at=now - 4 * DAY),))
    assert judged(sent, service.load()) == released(L.REQUEST, L.CONTACT)
    _a_label_less(service.paper)
    service.paper.sign(PROJECT, 2)
    assert judged(sent, service.load()) == Refused(Reason.LABEL_NOT_COVERED)
    assert judged(later, service.load()) == released(L.REQUEST)


def test_an_agreement_that_a_party_ended_stops_what_is_on_its_way(service: Service) -> None:
    sent = Case(labels=(L.REQUEST,), created=partnership().now - 3 * DAY)
    assert judged(sent, service.load()) == released(L.REQUEST)
    _ended(service.paper)
    service.paper.sign(CJIT, 2)
    assert judged(sent, service.load()) == Refused(Reason.NO_AGREEMENT)


def _both_sign(paper: Paper, version: int = 2) -> None:
    for person in (CJIT, PROJECT):
        paper.sign(person, version)


def _more(since: str, *people: str) -> Callable[[Paper], None]:
    def change(paper: Paper) -> None:
        paper.new_version(2, since, MORE)
        for person in people:
            paper.sign(person, 2)

    return change


def _more_and_less(paper: Paper) -> None:
    paper.new_version(2, today(), LESS, ("labels: [outcome]", "labels: [outcome, safety]"))
    _both_sign(paper)


def _other_words(paper: Paper) -> None:
    paper.change(*MORE)
    _both_sign(paper, 1)


def _another_name(paper: Paper) -> None:
    paper.change("id: support", "id: help")
    _both_sign(paper, 1)


def _less_tomorrow(paper: Paper) -> None:
    paper.new_version(2, tomorrow(), LESS)
    _both_sign(paper)


def _tables(paper: Paper) -> None:
    paper.change("support_referral: {labels: [outcome]}", "support_referral: {labels: [outcome, request]}")
    paper.sign_tables(CJIT, PROJECT)


LOOSER: dict[str, tuple[Callable[[Paper], None], str]] = {
    "one officer lets more pass": (_more(tomorrow(), CJIT), "version 2: no governance officer of project-ashby"),
    "both let more pass today": (
        _more(today(), CJIT, PROJECT),
        "lets more pass (cjit may send project now also health for support referral), which is never urgent",
    ),
    "more in one thing and less in another, today": (
        _more_and_less,
        "What it tightens can be a version of its own, at once",
    ),
    "version 1 in other words": (
        _other_words,
        "agreement support/1 is in force in other words: give the change a number of its own, version 2",
    ),
    "the agreement under another name": (_another_name, "agreement support, version 1, is in force and is not in the file"),
    "less, and from a day to come": (_less_tomorrow, "lets less pass, which counts at once: put it in place on"),
    "the tables, today": (_tables, "the clauses and tables were changed, which is never urgent: they may be used from"),
}


@pytest.mark.parametrize("name", LOOSER)
def test_nothing_looser_counts_today_or_on_one_officers_word(name: str, service: Service) -> None:
    change, told = LOOSER[name]
    before = service.load()
    change(service.paper)
    with pytest.raises(ProtocolError) as refused:
        service.load()
    assert told in str(refused.value)
    with service.engine.begin() as connection:
        assert [entry.kind.value for entry in newest_entries(connection, 9)] == ["protocol_change"]
    assert before.approved_by.keys() == {"support/1", "tables"}


def test_signed_by_both_and_from_a_day_to_come_it_counts_on_that_day(service: Service) -> None:
    paper, now = service.paper, partnership().now
    paper.new_version(2, tomorrow(), MORE)
    _both_sign(paper)
    protocol = service.load()
    noon_after = now + DAY + MINUTE
    sent_today, sent_after = (
        Case(labels=(L.REQUEST, L.HEALTH), created=at, said=(yes(L.REQUEST, L.HEALTH, at=now - DAY),))
        for at in (now, noon_after)
    )
    assert judged(sent_today, protocol) == Refused(Reason.LABEL_NOT_COVERED)
    # It is in the agreement from that day; what the project needs is another table.
    assert judged(sent_after, protocol) == released(L.REQUEST)
    assert noon_after < NOW


def test_the_log_says_who_signed_what_came_into_force(service: Service) -> None:
    _a_label_less(service.paper)
    service.paper.sign("w_tilling", 2)
    service.load()
    with service.engine.begin() as connection:
        newest = newest_entries(connection, 1)[0]
    assert newest.skeleton["approved_by"]["support/2"] == ["project-ashby/w_tilling"]
    assert newest.skeleton["approved_by"]["support/1"] == ["cjit-ashby/r_ellery", "project-ashby/v_marchmont"]


def test_the_tables_wait_their_day_and_then_count(service: Service) -> None:
    paper = service.paper
    _tables(paper)
    with pytest.raises(ProtocolError):
        service.load()
    assert service.load(partnership().now + DAY).approved_by["tables"] == ("cjit-ashby/r_ellery", "project-ashby/v_marchmont")


def test_demonstration_keys_follow_the_program_that_they_came_with(service: Service) -> None:
    _tables(service.paper)
    assert service.load(demonstration=True).approved_by["tables"]
