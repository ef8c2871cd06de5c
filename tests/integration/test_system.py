"""The whole system as `./run up` leaves it: found again by other processes, hurt, mended and stopped."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from broker.local import doctor, state
from broker.local.demo_forms import CJIT, DRUGS, PROJECT
from broker.local.progress import Progress
from broker.local.status import show, waiting
from broker.local.system import BROKER, CONSENT, CONSENTS, KINDS, RABBITMQ, System
from tests.integration.rekeying import Town, re_key

ROOT = Path(__file__).parents[2]

# Starting everything takes ten seconds on an idle machine and a minute on a busy one.
pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Started by another process, as `./run up` does, and stopped whatever the tests did to it."""
    folder = tmp_path_factory.mktemp("systems") / "tried"
    code = f"import pathlib; from broker.local.system import System; System(pathlib.Path({str(folder)!r})).start()"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, env=environment())
    yield folder
    System.open(folder, progress=Progress(quiet=True)).stop()


def environment() -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if key != "AMQP_URL"}


@pytest.fixture
def system(folder: Path) -> System:
    return System.open(folder, progress=Progress(quiet=True))


def test_everything_runs_and_says_so(system: System, capsys: pytest.CaptureFixture[str]) -> None:
    assert system.ready() == {}
    assert system.names() == [RABBITMQ, BROKER, *CONSENTS, *KINDS]
    assert waiting(system) is not None
    assert show(system.folder) == 0
    said = capsys.readouterr().out
    assert [name for name in system.names() if f"{name} " not in said] == []
    assert "NOT READY" not in said


def test_what_it_keeps_is_for_its_owner_alone(folder: Path) -> None:
    assert folder.stat().st_mode & 0o077 == 0
    assert (folder / state.FILE).stat().st_mode & 0o077 == 0


def test_a_register_gets_a_new_linkage_key_while_everybody_works_and_no_answer_is_wrong(
    system: System, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in system.programs[BROKER].env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("broker.rekeying.SETTLE_SECONDS", 0.3)
    town = Town(system)
    seen = re_key(town, lambda: capsys.readouterr().out)
    # Before, with one agency down, with one killed in the middle, under both keys, and under the new one alone.
    assert town.answers == [("active", "not_known")] * 6
    assert DRUGS in seen["handed"]
    code, page = seen["dropped too early"]
    assert (code, "First: ./run keys retire 1" in page) == (1, True)
    code, page = seen["progress"]
    assert (code, "2 of 3 records carry epoch 2." in page) == (1, True)
    code, page = seen["retired too early"]
    assert (code, f"  {DRUGS}: 1\n" in page, PROJECT in page) == (1, True, False)
    assert seen["retired"][0] == seen["may be dropped"] == 0
    assert seen["epochs"] == {CJIT: {2: 1}, DRUGS: {2: 1}, PROJECT: {2: 2}}
    # The CJIT's record of her is the project's woman: recognised under the new key alone.
    assert seen["people"] == {"records": 4, "people": 2}
    assert system.ready() == {}


def test_a_killed_program_is_noticed_with_its_name_and_started_again_where_it_was(
    system: System, capsys: pytest.CaptureFixture[str]
) -> None:
    before = system.programs[CONSENT].health_port
    system.kill(CONSENT)
    assert CONSENT in system.ready()
    assert show(system.folder) == 1
    assert "NOT READY  not running" in capsys.readouterr().out
    system.restart(CONSENT)
    assert system.ready() == {}
    assert system.programs[CONSENT].health_port == before


def test_a_killed_rabbitmq_comes_back_and_every_program_finds_it_again(system: System) -> None:
    url = system.url("cjit-ashby")
    system.kill(RABBITMQ)
    assert waiting(system) is None
    system.restart(RABBITMQ)
    assert system.url("cjit-ashby") == url
    for program in system.programs.values():
        program.wait_ready(timeout=60)


def test_starting_it_again_starts_only_what_does_not_run(folder: Path, system: System) -> None:
    broker = system.programs[BROKER].process
    assert broker is not None
    system.kill("sarc-ashby")
    again = System(folder, progress=Progress(quiet=True))
    again.start()
    try:
        assert again.ready() == {}
        assert again.programs[BROKER].process == broker
    finally:
        # Started by this process, so ended by it too: nothing may outlive the test that began it.
        again.stop_one("sarc-ashby")


def test_the_doctor_names_what_is_unwell(folder: Path, system: System, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.setattr(state, "VAR", folder.parent)
    system.kill("police-ashby")
    assert doctor.examine() == 1
    said = capsys.readouterr().out
    assert "BAD tried: police-ashby" in said
    assert "ok  tried: RabbitMQ" in said
    system.restart("police-ashby")


def test_a_command_becomes_its_program_with_the_settings_of_the_running_one(folder: Path, system: System) -> None:
    code = "import os, json; print(json.dumps({k: os.environ[k] for k in ('BROKER_KEYS', 'ADAPTER_AGENCY')}))"
    probe = folder / "probe.py"
    probe.write_text(code)
    run = (
        "import pathlib, sys; from broker.local import state; from broker.local.__main__ import main; "
        f"state.VAR = pathlib.Path({str(folder.parent)!r}); sys.exit(main(['within', 'probe']))"
    )
    settings = environment() | {"PYTHONPATH": str(folder)}
    done = subprocess.run([sys.executable, "-c", run], cwd=ROOT, env=settings, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == {"BROKER_KEYS": str(folder / "keys" / "broker"), "ADAPTER_AGENCY": "cjit-ashby"}


def test_stopped_it_is_gone_and_started_again_it_has_the_same_accounts(folder: Path, system: System) -> None:
    passwords = system.messaging.saved()["passwords"]  # type: ignore[union-attr]
    system.stop()
    remembered = state.read(folder)
    assert remembered is not None
    assert not state.running(remembered)
    again = System(folder, progress=Progress(quiet=True))
    again.start()
    try:
        assert again.messaging is not None
        assert again.messaging.saved()["passwords"] == passwords
        assert again.ready() == {}
    finally:
        again.stop()
