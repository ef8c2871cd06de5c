"""The benchmark itself still works: it counts, opens and writes what it promises. Never a word about how fast."""

import json
from pathlib import Path

import pytest

from tests.benchmarks.__main__ import main

MESSAGES = 200


@pytest.mark.timeout(300)
def test_a_small_gate_run_is_whole_and_its_json_has_the_promised_names(tmp_path: Path) -> None:
    file = tmp_path / "gate.json"
    small = ["--rounds", "1", "--messages", str(MESSAGES), "--people", "500", "--databases", "sqlite", "--json", str(file)]
    assert main(["gate", *small]) == 0
    figures = json.loads(file.read_text())
    assert figures["failures"] == 0
    assert figures["ratio_to_aio_pika.sqlite"] == figures["ratio_to_aio_pika"]["sqlite"] > 0
    assert figures["ratio_to_faststream.sqlite"] == figures["ratio_to_faststream"]["sqlite"] > 0
    runs = {run["what"]: run for run in figures["runs"]}
    assert set(runs) == {"aio-pika", "faststream", "gate sqlite"}
    assert runs["gate sqlite"]["opened"] == MESSAGES
    assert set(runs["gate sqlite"]["cpu_seconds_per_1000"]) == {"broker", "consent", "rabbitmq"}
    assert figures["parts_microseconds"] != []


def test_without_a_name_the_benchmarks_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    shown = capsys.readouterr().out
    assert "gate" in shown
    assert "caseload" in shown
