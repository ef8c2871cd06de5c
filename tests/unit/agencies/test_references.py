"""``./run references rotate``: a record for each of an agency's people, the last word on it, and no reference on the screen."""

import json
import sqlite3
import threading
import time
from pathlib import Path

import pytest

from agencies import references
from agencies.simulated.office import Office
from agencies.store import Store
from contracts.identifiers import new_id
from contracts.vocabulary import AgeBand
from tests.unit.agencies.town import Clock

HELD = {"client-1": (new_id(), new_id()), "client-2": (new_id(),)}


@pytest.fixture
def cases(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A running system as ``./run`` describes it: one adapter that knows two people, one of them by two references."""
    Office(tmp_path / "cases", Clock(0), demonstration=True)
    store = Store(tmp_path / "adapter.sqlite", "housing-ashby")
    for person, known in HELD.items():
        for reference in known:
            store.remember_person(person, reference, AgeBand.ADULT)
    # Neither what was replaced nor what is only asked for is replaced again.
    for replaced in (0, 1):
        former, fresh = new_id(), new_id()
        store.remember_person(f"client-{replaced}-before", fresh if replaced == 0 else former, AgeBand.ADULT)
        store.rows.execute("INSERT INTO former VALUES (?, ?, 'm', 9, ?)", (former, fresh, replaced))
    store.close()
    env = {"ADAPTER_CASE_SYSTEM": f"simulated:{tmp_path / 'cases'}", "ADAPTER_DATA": str(tmp_path)}
    (tmp_path / "system.json").write_text(json.dumps({"programs": {"housing-ashby": {"env": env}}}))
    monkeypatch.setenv("RELAY_FOLDER", str(tmp_path))
    return tmp_path / "cases" / "case_system.sqlite"


def adapter(file: Path, states: list[str]) -> threading.Thread:
    """Tells of as many records as there are words, in order: the last words of an adapter."""

    def run() -> None:
        rows, told = sqlite3.connect(file, isolation_level=None), 0
        while told < len(states):
            for (name,) in rows.execute("SELECT id FROM task ORDER BY rowid").fetchall()[told : len(states)]:
                word = {"type": "receipt", "state": states[told], "record": name}
                rows.execute("INSERT INTO told (at, record, notice) VALUES (0, ?, ?)", (json.dumps(word), name))
                told += 1
            time.sleep(0.01)
        rows.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


def asked(file: Path) -> list[tuple[str, str, str]]:
    rows = sqlite3.connect(file)
    records = [json.loads(record) for (record,) in rows.execute("SELECT record FROM task ORDER BY rowid")]
    rows.close()
    return [(one["type"], one["person"], one["reference"]) for one in records]


def test_for_one_person_every_reference_that_stands_and_for_all_everybodys(
    cases: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    adapter(cases, ["delivered"] * 5)
    assert references.main(["rotate", "housing-ashby", "--person", "client-1"]) == 0
    assert asked(cases) == [("new_reference", "client-1", one) for one in HELD["client-1"]]
    assert references.main(["rotate", "housing-ashby", "--all"]) == 0
    assert {(person, reference) for _, person, reference in asked(cases)[2:]} == {
        (person, reference) for person, known in HELD.items() for reference in known
    }
    said = capsys.readouterr().out
    assert "housing-ashby: 2 of 2 references are new." in said
    assert "housing-ashby: 3 of 3 references are new." in said
    assert not [one for known in HELD.values() for one in known if one in said]


def test_what_was_refused_or_has_no_answer_is_said_so(cases: Path, capsys: pytest.CaptureFixture[str]) -> None:
    adapter(cases, ["refused"])
    assert references.main(["rotate", "housing-ashby", "--person", "client-1", "--seconds", "0.5"]) == 1
    said = capsys.readouterr().out
    assert "0 of 2 references are new" in said
    assert "1 refused" in said
    assert "1 no answer yet" in said


@pytest.mark.parametrize(
    ("agency", "person", "why"),
    [("housing-ashby", "client-404", "knows nobody of that id"), ("nowhere-ashby", "client-1", "No adapter of nowhere-ashby")],
)
def test_for_nobody_nothing_is_asked(
    cases: Path, capsys: pytest.CaptureFixture[str], agency: str, person: str, why: str
) -> None:
    assert references.main(["rotate", agency, "--person", person]) == 2
    assert why in capsys.readouterr().err
    assert asked(cases) == []
