"""The simulated agency: what its people do with what arrives, and that it is only ever a demonstration."""

import json
from pathlib import Path
from typing import Any

import pytest

from agencies.case_system import CaseSystemDownError, LocalNotice, LocalRecord
from agencies.local_records import read_record
from agencies.simulated.office import NotADemonstrationError, Office
from tests.unit.agencies.town import Clock

REFERRAL: dict[str, Any] = {
    "type": "referral",
    "id": "m" * 32,
    "from": "cjit-ashby",
    "from_kind": "cjit",
    "request": {"needs": ["housing"]},
}
PROPOSAL = {"type": "lead_propose", "id": "m" * 32, "from": "cjit-ashby", "from_kind": "cjit"}


class Rehearsal:
    def __init__(self, folder: Path, **habits: str) -> None:
        self.clock = Clock(1000)
        self.office = Office(folder, self.clock, demonstration=True)
        self.rows = self.office._rows
        self.rows.executemany("INSERT INTO habit VALUES (?, ?)", list(habits.items()))

    def answers(self, arrived: dict[str, Any]) -> list[str]:
        self.office.hand_over(LocalRecord(str(arrived["id"]), arrived))
        self.clock.now += 60_000
        records = [read_record(record.fields) for record in self.office.outgoing(10)]
        return [getattr(record, "answer", record.type) for record in records]


HABITS: dict[str, tuple[dict[str, str], dict[str, Any], list[str]]] = {
    "it accepts, if told nothing else": ({}, REFERRAL, ["received", "accepted"]),
    "it declines": ({"answer_referrals": "decline"}, REFERRAL, ["received", "declined"]),
    "it ignores": ({"answer_referrals": "ignore"}, REFERRAL, []),
    "it declines one need": (
        {"answer_referrals": "by_needs", "decline_needs": "housing"},
        REFERRAL,
        ["received", "declined"],
    ),
    "and accepts the others": ({"answer_referrals": "by_needs", "decline_needs": "legal"}, REFERRAL, ["received", "accepted"]),
    "it tells when it is done": ({"complete_referrals": "yes"}, REFERRAL, ["received", "accepted", "completed"]),
    "it tells the police nothing": ({}, {**REFERRAL, "from_kind": "police"}, []),
    "it takes the lead": ({}, PROPOSAL, ["lead_accept"]),
    "it does not take the lead": ({"answer_leads": "decline"}, PROPOSAL, ["lead_decline"]),
    "it leaves the lead open": ({"answer_leads": "ignore"}, PROPOSAL, []),
    "it does nothing about an answer": ({}, {"type": "referral_answer", "id": "m" * 32}, []),
}


@pytest.mark.parametrize("case", HABITS)
def test_what_its_people_do(case: str, tmp_path) -> None:
    habits, arrived, answers = HABITS[case]
    assert Rehearsal(tmp_path, **habits).answers(arrived) == answers


def test_an_arrival_handed_over_twice_is_one_arrival_with_one_set_of_answers(tmp_path) -> None:
    play = Rehearsal(tmp_path)
    for _ in range(2):
        play.office.hand_over(LocalRecord(REFERRAL["id"], REFERRAL))
        play.clock.now += 5
    assert play.rows.execute("SELECT at FROM arrived").fetchall() == [(1000,)], "the first one stands"
    assert play.rows.execute("SELECT COUNT(*) FROM task").fetchone() == (2,)


def test_answers_come_after_a_while_and_in_order(tmp_path) -> None:
    play = Rehearsal(tmp_path, answer_after_ms="500")
    play.office.hand_over(LocalRecord(REFERRAL["id"], REFERRAL))
    assert play.office.outgoing(10) == []
    play.clock.now += 500
    (first,) = play.office.outgoing(10)
    play.office.taken(first.id, "f" * 32)
    play.clock.now += 500
    (second,) = play.office.outgoing(10)
    assert [first.fields["answer"], second.fields["answer"]] == ["received", "accepted"]
    assert play.rows.execute("SELECT state, message FROM task WHERE id = ?", (first.id,)).fetchone() == ("taken", "f" * 32)


def test_what_is_rejected_is_told_and_not_tried_again(tmp_path) -> None:
    play = Rehearsal(tmp_path)
    play.rows.execute("INSERT INTO task (id, due, record) VALUES ('t-1', 0, '{\"type\": \"case_close\"}')")
    assert [record.id for record in play.office.outgoing(10)] == ["t-1"]
    for _ in range(2):
        play.office.rejected("t-1", "wrong-field:person", "The field person is missing.")
    (told,) = [json.loads(row[0]) for row in play.rows.execute("SELECT record FROM told")]
    assert told == {
        "type": "rejected", "record": "t-1", "code": "wrong-field:person", "sentence": "The field person is missing.",
    }  # fmt: skip
    assert play.office.outgoing(10) == []


def test_a_notice_told_twice_is_one_row(tmp_path) -> None:
    play = Rehearsal(tmp_path)
    for _ in range(2):
        play.office.told(LocalNotice("n-1", {"type": "receipt"}))
    assert play.rows.execute("SELECT COUNT(*) FROM told").fetchone() == (1,)


def test_in_an_outage_it_answers_nothing_and_keeps_nothing(tmp_path) -> None:
    play = Rehearsal(tmp_path)
    play.rows.execute("INSERT INTO outage VALUES (500, 1500)")
    with pytest.raises(CaseSystemDownError):
        play.office.hand_over(LocalRecord(REFERRAL["id"], REFERRAL))
    with pytest.raises(CaseSystemDownError):
        play.office.outgoing(10)
    assert play.rows.execute("SELECT COUNT(*) FROM arrived").fetchone() == (0,)
    play.clock.now = 1500
    assert play.office.outgoing(10) == []


def test_outside_a_demonstration_it_does_not_start_and_makes_no_file(tmp_path) -> None:
    with pytest.raises(NotADemonstrationError, match="DEMONSTRATION=1"):
        Office(tmp_path / "cases", Clock(0), demonstration=False)
    assert not (tmp_path / "cases").exists()
