"""Twenty kills at random under load: nothing lost, nothing doubled, nothing released without an entry."""

from pathlib import Path

import pytest

from tests.integration.kill import HEAL_SECONDS, run

KILLS = 20


@pytest.mark.timeout(900)
def test_twenty_kills_lose_nothing_and_double_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    # Less may lie about than in the long run, so that it heals soon on a small machine.
    counts = run(tmp_path / "system", KILLS, seed=1, most_open=500)
    with capsys.disabled():
        print("\n" + "\n".join(f"  {line}" for line in counts.lines()))
    assert [line for finding in counts.findings for line in finding["violations"]] == []
    assert counts.kills.total() == KILLS
    assert counts.seconds_to_heal < HEAL_SECONDS
    # A load that never got anywhere would lose nothing either.
    assert counts.acknowledged >= 500
    assert counts.delivered >= 0.9 * counts.acknowledged
