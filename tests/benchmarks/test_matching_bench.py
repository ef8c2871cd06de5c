"""The matching benchmark measures what it says: the broker's own rows, the same people, and a word when it stands alone."""

import json
from pathlib import Path

import pytest

from broker.evaluate import Arrival
from broker.matching.index import load_weights
from broker.migrations import upgrade
from broker.store import filing, merges
from broker.store.database import Database, Work
from tests.benchmarks import run_matching
from tests.benchmarks.__main__ import main
from tests.benchmarks.matching import broker_side, crowd, tokens
from tests.synthetic.regimes import USUAL

SMALL = ["--sizes", "80", "--databases", "sqlite", "--asked", "40", "--jobs", "1"]


def test_a_small_run_is_whole_and_says_that_splink_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(run_matching, "PEERS", tmp_path / "nothing here")
    file = tmp_path / "matching.json"
    assert main(["matching", *SMALL, "--json", str(file)]) == 0
    shown = capsys.readouterr().out
    assert "Splink is not installed" in shown
    assert "The bars are for a million people on SQLite, which was not measured." in shown
    figures = json.loads(file.read_text())
    assert [(each["people"], each["database"]) for each in figures["ours"]] == [(80, "sqlite")]
    assert figures["splink"] == []
    for each in figures["ours"]:
        assert each["filled"]["filled"] == each["people"]
        assert each["looked_up"]["p99_ms"] >= each["looked_up"]["p50_ms"] > 0
        assert each["looked_up"]["found_with_review"] > 0.5
        assert each["registered"]["registered"] == 40
        assert each["looked_up"]["peak_mb"] > 10


def test_filling_writes_the_very_rows_that_registering_writes(tmp_path: Path) -> None:
    tables = crowd.write(tmp_path, USUAL, [80], 10, seed=3)
    made, _ = tokens.make(tables.register, bytes(32), 1, lambda _: None)
    kept = []
    for name in ("filled", "filed"):
        url = f"sqlite:///{tmp_path / name}.sqlite"
        upgrade(url)
        database = Database(url)
        if name == "filled":
            broker_side.fill(database, url, tokens.arrivals(made, 0, 80))
        else:
            database.write(
                lambda work: [filing.file(work, broker_side.AGENCY, each.reference, each.keyed, 0) for each in _all(made)]
            )
        kept.append(database.read(_rows))
        database.close()
    assert kept[0] == kept[1]
    assert len(kept[0][1]) > 80


def test_what_registering_writes_while_it_is_measured_is_taken_back(tmp_path: Path) -> None:
    tables = crowd.write(tmp_path, USUAL, [30], 20, seed=3)
    made, _ = tokens.make(tables.register, bytes(32), 1, lambda _: None)
    url = f"sqlite:///{tmp_path / 'register'}.sqlite"
    upgrade(url)
    database = Database(url)
    broker_side.fill(database, url, tokens.arrivals(made, 0, 20))
    before = database.read(_rows)
    assert broker_side.register(database, list(tokens.arrivals(made, 20, 30)))["registered"] == 10
    assert database.read(_rows) == before
    found = database.read(lambda work: merges.resolve(work, _all(made)[0].keyed, load_weights()).found)
    assert found.same is not None
    database.close()


def test_a_crowd_is_the_same_for_a_seed_and_an_nhs_number_is_hardly_ever_anothers(tmp_path: Path) -> None:
    first, again = (crowd.write(tmp_path / name, USUAL, [300], 20, seed=5) for name in ("a", "b"))
    assert first.register.read_bytes() == again.register.read_bytes()
    assert first.asked(300).read_bytes() == again.asked(300).read_bytes()
    numbers = [line.split(",")[7] for line in first.register.read_text().splitlines()[1:]]
    assert len({number for number in numbers if number}) > len([number for number in numbers if number]) * 0.95
    whose = [line.split(",")[1] for line in first.truth(300).read_text().splitlines()[1:]]
    assert sum(bool(each) for each in whose) == 10


def _all(made: Path) -> list[Arrival]:
    return list(tokens.arrivals(made, 0, 1_000))


def _rows(work: Work) -> tuple[list[tuple[object, ...]], ...]:
    return (
        work.rows("SELECT n, agency, reference, minted, created FROM record ORDER BY n"),
        work.rows("SELECT t, r FROM token ORDER BY t, r"),
        work.rows("SELECT r, epoch, tokens FROM known ORDER BY r"),
    )
