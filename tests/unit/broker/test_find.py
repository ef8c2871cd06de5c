"""``./run directory``: what it says of a service, and of a question that cannot be answered."""

from pathlib import Path
from typing import get_args

import pytest

from broker import cli
from broker.find import WORDS
from broker.local.prepare import make_demonstration
from contracts.offers import NotFor


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("directory") / "keys"
    make_demonstration(folder)
    return folder


@pytest.fixture(autouse=True)
def _settings(keys: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BROKER_AMQP_URL", "amqp://nobody")
    monkeypatch.setenv("BROKER_DIRECTORY", str(keys / "directory.json"))
    monkeypatch.setenv("DEMONSTRATION", "1")
    monkeypatch.setenv("COLUMNS", "200")


# What is asked; how it ends; what is said.
ASKED: dict[str, tuple[str, int, str]] = {
    "a service for her": ("search support --women-only", 0, "ashby-link-drop-in"),
    "and why another is not": (
        "search support --women-only",
        0,
        "ashby-advice-arrest  not for her: it is not a women-only place",
    ),
    "none for her": ("search crisis_bed", 1, "No service is for her"),
    "one that is full": ("why ashby-homes-hostel housing", 1, "there is no place"),
    "a word that nobody uses": ("search Housing!", 1, "needs is not a word of the directory"),
    "a service that there is not": ("why nowhere housing", 1, "no service has the id nowhere"),
    "everything": ("list", 0, "ashby-wellbeing-counselling"),
}


@pytest.mark.parametrize("case", ASKED)
def test_what_is_asked_of_the_directory(case: str, capsys: pytest.CaptureFixture[str]) -> None:
    words, code, said = ASKED[case]
    assert cli.main(["directory", *words.split()]) == code
    told = capsys.readouterr()
    assert said in " ".join((told.out + told.err).split()) or said in told.out + told.err


def test_every_reason_has_its_words() -> None:
    assert set(WORDS) == set(get_args(NotFor))
