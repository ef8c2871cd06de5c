"""One whole week, played once on real RabbitMQ and real processes; what it left is copied for every test that needs it."""

import io
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from rich.console import Console

from broker.local.demo import SETTINGS, Played, play
from broker.local.demo_report import write
from broker.local.progress import Progress
from broker.local.state import FILE
from broker.local.system import System


@dataclass(frozen=True)
class Week:
    """The week as it was played: the report, what was found, and where its stores lie, at rest."""

    played: Played
    report: str
    folder: Path


@pytest.fixture(scope="session")
def week(tmp_path_factory: pytest.TempPathFactory) -> Week:
    """Play it, write the report, stop it."""
    folder = tmp_path_factory.mktemp("journey") / "week"
    system = System(folder, settings=SETTINGS, progress=Progress(quiet=True))
    page = io.StringIO()
    console = Console(file=page, width=120, no_color=True)
    played = play(system, None, console)
    write(console, played.week, played.found, played.directory)
    system.stop()
    return Week(played, page.getvalue(), folder)


@pytest.fixture
def stores_of_week(week: Week, tmp_path: Path) -> Iterator[Callable[[], Path]]:
    """Copies of what the week left, each of which may be broken."""

    def copy() -> Path:
        folder = tmp_path / f"copy-{len(list(tmp_path.iterdir()))}"
        # The node's own files are half of it, and no test here reads them.
        shutil.copytree(week.folder, folder, ignore=shutil.ignore_patterns("rabbitmq"))
        file = folder / FILE
        file.write_text(file.read_text().replace(str(week.folder), str(folder)))
        return folder

    yield copy
    shutil.rmtree(tmp_path, ignore_errors=True)
