"""./run holds act and ./run glass, as an officer types them: signed with her key, taken in, or told why not."""

import time
from pathlib import Path

import pytest

from consent.desk.cli import main
from contracts.kinds import Kind
from contracts.statements import Glass
from contracts.vocabulary import ConsentAnswer, Purpose
from tests.factories import consent_given
from tests.specs.consent.emergency import AT_RISK, LABELS
from tests.unit.consent.conftest import Desk, arrives, asked

WHY = ["--reason", "looked at with her keyworker"]


@pytest.fixture
def running(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """The settings of a running system; she said no, though she is at risk."""
    monkeypatch.setenv("CONSENT_DATABASE_URL", str(desk.engine.url))
    monkeypatch.setenv("CONSENT_DIRECTORY", str(desk.keys.folder / "directory.json"))
    monkeypatch.setenv("CONSENT_KEYS", str(desk.keys.folder / "consent"))
    monkeypatch.setenv("DEMONSTRATION", "1")
    desk.now = time.time_ns() // 1_000_000
    no = consent_given(answer=ConsentAnswer.REFUSED, purpose=Purpose.SAFEGUARDING, taken_at=desk.now, labels=LABELS)
    assert desk.ask_one(asked(arrives(Kind.CONSENT_RECORDED, said=no))).answer == "recorded"
    return desk


def test_two_leads_approve_at_the_terminal(running: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    received = arrives(facts_changes=AT_RISK)
    assert running.ask_one(asked(received)).answer == "held"
    for person in ("j_tolland", "f_osgodby"):
        assert main(["holds", "act", received.header.id, "approve", "--person", person, *WHY]) == 0
    assert "It is decided again now" in capsys.readouterr().out
    assert running.ask_one(asked(received, attempt=2)).answer == "permitted"


def test_whoever_may_not_is_told_so_and_nothing_changes(running: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    received = arrives(facts_changes=AT_RISK)
    running.ask_one(asked(received))
    assert main(["holds", "act", received.header.id, "approve", "--person", "r_ellery", *WHY]) == 1
    assert main(["holds", "act", "00" * 16, "approve", "--person", "j_tolland", *WHY]) == 1
    assert main(["holds", "act", received.header.id, "approve", "--person", "nobody_here", *WHY]) == 1
    assert capsys.readouterr().err.count("It does not count") == 3
    assert running.rows("act") == 0


def test_glass_is_broken_listed_and_reviewed_at_the_terminal(running: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    broken = ["glass", "break", "--to", "project-ashby", "--labels", "request,identity,safety", "--emergency", "violence_now"]
    assert main([*broken, "--person", "m_quill", "--second", "j_tolland", "--reason", "he is at the door"]) == 0
    glass = Glass.model_validate_json(capsys.readouterr().out)
    running.now = time.time_ns() // 1_000_000
    received = arrives(facts_changes={**AT_RISK, "glass": glass})
    assert running.ask_one(asked(received)).answer == "permitted"

    assert main(["glass", "list"]) == 1
    said = capsys.readouterr().out
    assert received.header.id in said
    assert "at the door" not in said
    assert "the month cannot be closed" in said
    review = ["glass", "review", received.header.id, "justified", *WHY]
    assert main([*review, "--person", "m_quill"]) == 1
    assert main([*review, "--person", "r_ellery"]) == 0
    assert main(["glass", "list"]) == 0


def test_without_a_running_system_it_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("CONSENT_DATABASE_URL", "CONSENT_DIRECTORY", "CONSENT_KEYS"):
        monkeypatch.delenv(name, raising=False)
    assert main(["glass", "list"]) == 1
    assert "./run up" in capsys.readouterr().err
