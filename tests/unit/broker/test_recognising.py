"""A town that nothing was learned on: how well its people are recognised, and what its tokens give away."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from agencies.identity import Details, Epochs, KeyedTokens
from agencies.make_tokens import COLUMNS, OPTIONAL
from broker.matching.index import load_weights
from broker.migrations import upgrade
from broker.store import filing, merges
from broker.store.database import Database, Work
from tests.synthetic.__main__ import write
from tests.synthetic.attack import NUMBERS, attack
from tests.synthetic.regimes import HELD_OUT, LEARNED_ON, NAMED, drawn
from tests.synthetic.town import registrations

HER = Details(forename="Marisol", surname="Quillfeather", date_of_birth="1984-03-09", sex="female", postcode="AS1")
OLD, NEW = KeyedTokens(bytes(32)), KeyedTokens(bytes(range(32)), epoch=2)


@pytest.fixture
def database(tmp_path: Path) -> Database:
    url = f"sqlite:///{tmp_path / 'broker.sqlite'}"
    upgrade(url)
    return Database(url)


def evaluated(folder: Path, rows: list[dict[str, str]], truth: dict[str, str]) -> subprocess.CompletedProcess[str]:
    tables = [str(table) for table in write(folder, rows, truth)]
    command = [sys.executable, "-m", "broker.local.evaluate", *tables]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=110)


def test_people_of_a_town_that_nothing_was_learned_on_are_recognised(tmp_path: Path) -> None:
    assert not set(HELD_OUT) & set(LEARNED_ON)
    done = evaluated(tmp_path, *registrations(NAMED["usual"], 31, 200))
    figures = json.loads(done.stdout)
    assert {name: set(part) for name, part in figures.items() if isinstance(part, dict)} == {
        "pairwise": {"precision", "recall", "f1"},
        "pairwise_unaided": {"precision", "recall", "f1"},
        "online": {"auto_precision", "auto_recall", "review_share", "recall_with_review"},
        "lookup_ms": {"p50", "p99"},
    }
    online = figures["online"]
    assert online["auto_precision"] >= 0.99
    assert online["auto_recall"] >= 0.84
    assert online["review_share"] <= 0.12
    assert online["recall_with_review"] >= 0.95
    assert figures["pairwise"]["precision"] >= 0.98
    assert 0 < figures["bytes_per_person"] < 20_000


def test_a_table_without_a_column_is_refused_by_its_name(tmp_path: Path) -> None:
    rows, truth = registrations(NAMED["clean"], 1, 3)
    first, second = write(tmp_path, rows, truth)
    first.write_text(first.read_text().replace("postcode_district", "postcode"))
    command = [sys.executable, "-m", "broker.local.evaluate", str(first), str(second)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert "has no column postcode_district" in done.stderr
    assert done.stdout == ""


def test_whoever_holds_the_tokens_and_not_the_key_names_hardly_any() -> None:
    fallen = attack(1_000)
    assert len(fallen) >= 30
    assert {kind: share for kind, share in fallen.items() if share > 0.001 and kind not in NUMBERS} == {}


def keep(work: Work, name: str, maker: Epochs, details: Details = HER) -> str:
    filed = filing.file(work, "agency", name * 32, maker.keyed(details), 0)
    merges.put_together(work, filed, merges.recognised(work, filed, load_weights(), 0), 0)
    return str(work.rows("SELECT person FROM record WHERE reference = ?", name * 32)[0][0])


def found(work: Work, maker: Epochs) -> str | None:
    same = merges.resolve(work, maker.keyed(HER), load_weights()).found.same
    return same.person if same else None


def test_a_register_gets_a_new_key_with_no_answer_missed(database: Database) -> None:
    before, overlap, after = Epochs([OLD]), Epochs([OLD, NEW]), Epochs([NEW])

    def week(work: Work) -> None:
        person = keep(work, "a", before)
        assert found(work, overlap) == person, "an agency with both keys is understood by a register of the old one"
        assert found(work, after) is None, "and one that gave the old key up too soon is not"
        assert keep(work, "b", overlap) == person, "who registers in the overlap is the same person"
        assert (found(work, before), found(work, after)) == (person, person), "and is found under either key"
        assert keep(work, "a", overlap) == person
        assert work.rows("SELECT epoch, count(*) FROM known GROUP BY epoch ORDER BY epoch") == [(1, 2), (2, 2)]

    database.write(week)


def test_without_the_key_the_database_links_nobody(database: Database, tmp_path: Path) -> None:
    rows, _ = registrations(drawn(HELD_OUT[0]), 5, 30)
    planted = Details(
        forename="Zinnia", surname="Ravensbourne", date_of_birth="1979-12-13", nhs_number="9990000018",
        address="12 Withybrook Road", town="Much Dithering",
    )  # fmt: skip
    database.write(lambda work: [keep(work, f"{n:x}", Epochs([OLD]), planted) for n in range(3)])
    stranger = KeyedTokens(b"a key that someone made up, long enough")
    nobody = database.read(lambda work: merges.resolve(work, Epochs([stranger]).keyed(planted), load_weights()).found)
    assert (nobody.same, nobody.possible) == (None, ())
    database.close()
    kept = b"".join(file.read_bytes() for file in tmp_path.glob("broker.sqlite*")).lower()
    for word in (b"zinnia", b"ravensbourne", b"1979-12-13", b"19791213", b"9990000018", b"withybrook", b"dithering"):
        assert word not in kept
    assert set(COLUMNS) <= set(rows[0]) <= {*COLUMNS, *OPTIONAL}
