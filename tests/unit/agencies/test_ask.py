"""The caseload check at three in the morning: one of four answers, or the truth that there is none."""

import io
import json
import sqlite3
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from agencies import ask
from agencies.simulated.office import Office
from tests.factories import partnership
from tests.unit.agencies.town import IDENTITY, Clock


@pytest.fixture
def system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A running system as `./run` describes it, with one office in it that answers nothing by itself."""
    cases = tmp_path / "cases"
    Office(cases, Clock(0), demonstration=True)
    programs = {"cjit-ashby": {"env": {"ADAPTER_CASE_SYSTEM": f"simulated:{cases}"}}}
    (tmp_path / "system.json").write_text(json.dumps({"programs": programs}))
    for name, value in {
        "RELAY_FOLDER": str(tmp_path),
        "ADAPTER_AGENCY": "cjit-ashby",
        "ADAPTER_DIRECTORY": str(partnership().folder / "directory.json"),
        "DEMONSTRATION": "1",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(json.dumps(IDENTITY).encode())))
    return cases / "case_system.sqlite"


def adapter(file: Path, told: dict[str, Any]) -> threading.Thread:
    """Waits for the task, and tells what an adapter would."""

    def run() -> None:
        rows = sqlite3.connect(file, isolation_level=None)
        while not (task := rows.execute("SELECT id FROM task").fetchone()):
            time.sleep(0.01)
        record = json.dumps({**told, "record": task[0]})
        rows.execute("INSERT INTO told (at, record, notice) VALUES (0, ?, ?)", (record, task[0]))
        rows.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


ANSWERS = {
    "not_known": (0, "NOT KNOWN"),
    "known_not_active": (3, "KNOWN, NOT ACTIVE"),
    "active": (4, "ACTIVE"),
    "cannot_say": (5, "CANNOT SAY"),
}


@pytest.mark.parametrize("status", ANSWERS)
def test_an_answer_is_said_in_big_plain_words_with_whom_to_ring(status: str, system: Path, capsys) -> None:
    code, words = ANSWERS[status]
    agencies = ["project-ashby"] if status == "active" else []
    answer = {
        "type": "caseload_answer",
        "status": status,
        "agencies": agencies,
        "covers": ["drugs-ashby"],
        "message": "ab" * 16,
    }
    adapter(system, answer)
    assert ask.main([]) == code
    said = capsys.readouterr()
    assert words in said.out
    assert "ab" * 16 in said.out.replace("\n", "")
    assert ("Ashby Link (project-ashby)" in said.out) is (status == "active")
    assert "Ashby Health Partnership" in said.out
    assert ("01632 960006" in said.out) is (status == "active")
    assert "Quillfeather" not in said.out + said.err


def test_no_answer_in_time_is_not_not_known(system: Path, capsys) -> None:
    assert ask.main(["--seconds", "0.2"]) == 5
    out = " ".join(capsys.readouterr().out.replace("│", " ").split())
    assert "CANNOT SAY" in out
    assert "no answer came in time. This is not 'not known'." in out
    assert "NOT KNOWN" not in out


@pytest.mark.parametrize("reason", ["DUP-04:checks-over-budget", "DUP-05:checks-on-hold"])
def test_a_check_that_waits_for_an_officer_is_cannot_say_at_once_and_says_whose_turn_it_is(reason: str, system, capsys) -> None:
    sentence = "It waits. Nothing is lost. An officer of another agency looks at these checks. Ring the agencies you would ask."
    adapter(system, {"type": "receipt", "state": "held", "reason": reason, "sentence": sentence, "message": "ab" * 16})
    assert ask.main(["--seconds", "5"]) == 5
    out = " ".join(capsys.readouterr().out.replace("│", " ").split())
    assert "CANNOT SAY" in out
    assert "An officer of another agency" in out
    assert "This is not 'not known'." in out


def test_no_check_and_why_is_said_in_two_records_and_names_nobody(system: Path, capsys) -> None:
    rows = sqlite3.connect(system, isolation_level=None, check_same_thread=False)

    def tell() -> None:
        told: set[str] = set()
        while len(told) < 2:
            for (name,) in rows.execute("SELECT id FROM task").fetchall():
                if name not in told:
                    told.add(name)
                    record = json.dumps({"type": "receipt", "state": "delivered", "record": name})
                    rows.execute("INSERT INTO told (at, record, notice) VALUES (0, ?, ?)", (record, name))
            time.sleep(0.01)

    thread = threading.Thread(target=tell, daemon=True)
    thread.start()
    assert ask.main(["--not-asked", "she_declined", "--presentation", "court", "--worker", "worker_7"]) == 0
    thread.join(5)
    opened, closed = (json.loads(row[0]) for row in rows.execute("SELECT record FROM task ORDER BY rowid"))
    assert (opened["type"], opened["presentation"], opened["worker"]) == ("presentation_opened", "court", "worker_7")
    assert (closed["type"], closed["opened"], closed["why_not"]) == ("presentation_closed", opened["id"], "she_declined")
    assert "Quillfeather" not in json.dumps([opened, closed])
    assert "she declined" in capsys.readouterr().out


REFUSED: dict[str, dict[str, Any]] = {
    "by the adapter": {"type": "rejected", "code": "x", "sentence": "A housing agency does not send caseload_check records."},
    "by the broker": {"type": "receipt", "state": "refused", "sentence": "It was not passed on."},
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_check_that_was_refused_says_why_and_is_no_answer(case: str, system: Path, capsys) -> None:
    adapter(system, REFUSED[case])
    assert ask.main([]) == 2
    said = capsys.readouterr()
    assert str(REFUSED[case]["sentence"]) in " ".join(said.err.split())
    assert said.out == ""


def test_the_answer_as_json_for_a_program(system: Path, capsys) -> None:
    adapter(system, {"type": "caseload_answer", "status": "active", "agencies": [], "covers": [], "message": "ab" * 16})
    assert ask.main(["--json"]) == 4
    assert json.loads(capsys.readouterr().out)["status"] == "active"


WRONG = {
    "no JSON": (b"Marisol", "Write her details as JSON"),
    "a date as people write it": (json.dumps({**IDENTITY, "date_of_birth": "9.3.84"}).encode(), "YYYY-MM-DD"),
    "no surname": (b'{"forename": "Marisol"}', "identity.surname is missing"),
}


@pytest.mark.parametrize("case", WRONG)
def test_details_that_cannot_be_used_are_explained_and_nothing_is_asked(case: str, system: Path, capsys, monkeypatch) -> None:
    body, words = WRONG[case]
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(body)))
    assert ask.main([]) == 2
    assert words in " ".join(capsys.readouterr().err.split())
    assert sqlite3.connect(system).execute("SELECT COUNT(*) FROM task").fetchone() == (0,)


def test_an_agency_without_an_adapter_is_named_and_nothing_is_asked(system: Path, capsys) -> None:
    assert ask.main(["--agency", "sarc-ashby"]) == 2
    assert "No adapter of sarc-ashby" in capsys.readouterr().err


def test_without_a_running_system_it_says_how_to_start_one(monkeypatch, capsys) -> None:
    for name in ("RELAY_FOLDER", "ADAPTER_AGENCY", "ADAPTER_DIRECTORY"):
        monkeypatch.delenv(name, raising=False)
    assert ask.main([]) == 2
    assert "./run up" in capsys.readouterr().err


def test_a_drop_folder_can_be_asked_through_too(system: Path, tmp_path: Path) -> None:
    from agencies.drop_folder import DropFolder

    folder = DropFolder(tmp_path / "drop", Clock(10**13))
    door = ask.FolderDoor(tmp_path / "drop")
    door.leave({"type": "caseload_check", "id": "check-1"})
    assert [record.id for record in folder.outgoing(10)] == ["check-1"]
    folder.rejected("check-1", "x", "Not so.")
    assert door.told("check-1")[0]["sentence"] == "Not so."
