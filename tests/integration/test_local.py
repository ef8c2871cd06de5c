"""Starting, recognising and stopping programs on this machine, with real processes."""

import json
import os
import socket
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from broker.local import state
from broker.local.__main__ import main
from broker.local.messaging import Accounts, ContainerRabbit, GivenRabbit, NoRabbitError, PrivateRabbit, choose
from broker.local.ports import LOOPBACK, free_ports
from broker.local.processes import Process, ProgramDiedError, started_at
from broker.local.programs import ROOT, NotReadyError, Program
from broker.local.rabbitmq import Ports, PrivateNode
from contracts import topology
from tests.integration.rabbitmq import Rabbit

AGENCIES = ("cjit-ashby",)

MakeProgram = Callable[[str], Program]


@pytest.fixture
def make_program(tmp_path: Path) -> Iterator[MakeProgram]:
    """Programs in a mood, all ended afterwards."""
    made: list[Program] = []

    def make(mood: str) -> Program:
        log = tmp_path / "logs" / f"{mood}.log"
        made.append(Program(mood, "tests.doubles.program", {"DOUBLE_MOOD": mood}, log, health_setting="DOUBLE_PORT"))
        return made[-1]

    yield make
    for each in made:
        each.kill()


def test_a_program_is_started_watched_until_ready_and_stopped(make_program: MakeProgram) -> None:
    program = make_program("well")
    program.start()
    program.wait_ready(timeout=20)
    assert program.alive()
    assert program.health().ready
    program.stop()
    assert not program.alive()
    assert program.health().reasons == ("not running",)


def test_a_program_that_ends_at_once_is_reported_with_its_own_last_words(make_program: MakeProgram) -> None:
    program = make_program("dying")
    program.start()
    with pytest.raises(ProgramDiedError, match="the database is not there"):
        program.wait_ready(timeout=20)


def test_a_program_that_never_becomes_ready_is_reported_with_its_reason(make_program: MakeProgram) -> None:
    program = make_program("unwell")
    program.start()
    with pytest.raises(NotReadyError, match="it feels unwell"):
        program.wait_ready(timeout=3)
    assert program.alive()


def test_a_program_that_does_not_listen_is_ended_anyway(make_program: MakeProgram) -> None:
    program = make_program("deaf")
    program.start()
    program.wait_ready(timeout=20)
    program.stop(timeout=0.3)
    assert not program.alive()


def test_a_program_whose_health_port_was_taken_moves_to_another(make_program: MakeProgram) -> None:
    program = make_program("well")
    with socket.socket() as taken:
        taken.bind((LOOPBACK, 0))
        taken.listen()
        program.health_port = taken.getsockname()[1]
        program.start()
        program.wait_ready_or_move(timeout=20)
        assert program.health_port != taken.getsockname()[1]


def test_another_process_finds_the_program_again_and_can_stop_it(make_program: MakeProgram) -> None:
    program = make_program("well")
    program.start()
    program.wait_ready(timeout=20)
    found = Program.from_saved("well", json.loads(json.dumps(program.saved())))
    assert found.health().ready
    found.process.stop(5)  # type: ignore[union-attr]
    assert not program.alive()


def test_a_number_that_now_belongs_to_someone_else_is_left_alone(make_program: MakeProgram) -> None:
    program = make_program("well")
    program.start()
    program.wait_ready(timeout=20)
    assert program.process is not None
    earlier = Process(program.process.pid, program.process.started - 1)
    assert not earlier.alive()
    earlier.stop(1)
    earlier.kill()
    assert program.alive()


def test_a_process_with_a_confusing_name_is_read_rightly(tmp_path: Path) -> None:
    strange = tmp_path / "a) S 0 (b"
    strange.symlink_to("/bin/sleep")
    process = Process.start([strange, "30"], env=dict(os.environ), folder=tmp_path, output=tmp_path / "log")
    try:
        assert started_at(process.pid) == process.started
        assert process.started > 0
    finally:
        process.kill()
    assert started_at(process.pid) is None


def test_the_state_file_is_for_its_owner_alone_and_survives_a_half_written_successor(tmp_path: Path) -> None:
    state.write(tmp_path / "x", {"programs": {}, "rabbitmq": {}})
    (tmp_path / "x" / "system.json.new").write_text("{half")
    assert state.read(tmp_path / "x") == {"programs": {}, "rabbitmq": {}}
    assert stat.S_IMODE((tmp_path / "x" / state.FILE).stat().st_mode) == 0o600


def test_a_node_whose_ports_are_taken_takes_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind((LOOPBACK, 0))
        taken.listen()
        others = Ports.found()
        offered = [replace(others, amqp=taken.getsockname()[1]), others]
        monkeypatch.setattr(Ports, "found", lambda: offered.pop(0))
        node = PrivateNode(tmp_path / "node")
        node.start()
        try:
            assert node.port == others.amqp
            assert node.status()["alarms"] == []
        finally:
            node.stop()
    assert started_at(node.epmd.pid) is None if node.epmd else False


def test_a_given_rabbitmq_with_our_accounts_is_used_and_never_stopped(
    rabbitmq: Rabbit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AMQP_URL", f"amqp://operator:{rabbitmq.passwords['operator']}@{LOOPBACK}:{rabbitmq.node.port}/")
    given = choose(tmp_path, AGENCIES, {"passwords": rabbitmq.passwords})
    given.start()
    given.stop()
    assert isinstance(given, GivenRabbit)
    assert rabbitmq.node.alive()
    assert given.url("cjit-ashby").split("?")[0] == rabbitmq.url("cjit-ashby").split("?")[0]


def test_a_given_rabbitmq_without_our_accounts_says_how_to_add_them(
    rabbitmq: Rabbit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AMQP_URL", f"amqp://operator:x@{LOOPBACK}:{rabbitmq.node.port}/")
    monkeypatch.setenv("AMQP_MANAGEMENT_URL", f"http://{LOOPBACK}:{free_ports(1)[0]}")
    with pytest.raises(NoRabbitError, match="rabbitmqctl import_definitions"):
        choose(tmp_path, AGENCIES, None).start()
    assert json.loads((tmp_path / "definitions.json").read_text())["vhosts"] == [{"name": topology.VHOST}]


def test_a_given_rabbitmq_with_its_management_page_is_given_the_accounts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = free_ports(1)[0]
    settings = [f"management.tcp.ip = {LOOPBACK}", f"management.tcp.port = {page}"]
    node = PrivateNode(tmp_path / "node", plugins=["rabbitmq_management"], settings=settings)
    node.start()
    try:
        monkeypatch.setenv("AMQP_URL", f"amqp://guest:guest@{LOOPBACK}:{node.port}/")
        monkeypatch.setenv("AMQP_MANAGEMENT_URL", f"http://{LOOPBACK}:{page}")
        given = choose(tmp_path, AGENCIES, None)
        given.start()
        listed = node.control("list_users", "--formatter", "json")
        assert {each["user"] for each in json.loads(listed)} == {"guest", "broker", "consent", "cjit-ashby"}
    finally:
        node.stop()


FAKE_DOCKER = f"""#!{sys.executable}
import os, sys
with open(os.environ["DOCKER_CALLS"], "a") as file:
    file.write(" ".join(sys.argv[1:]) + "\\n")
sys.exit(os.environ.get("DOCKER_FAILS", "") in sys.argv and "no room on the disk")
"""


@pytest.fixture
def docker_calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A docker command that writes down what it was asked."""
    docker = tmp_path / "bin" / "docker"
    docker.parent.mkdir()
    docker.write_text(FAKE_DOCKER)
    docker.chmod(0o755)
    monkeypatch.setenv("PATH", f"{docker.parent}:{os.environ['PATH']}")
    monkeypatch.setenv("DOCKER_CALLS", str(tmp_path / "calls"))
    monkeypatch.delenv("AMQP_URL", raising=False)
    monkeypatch.setattr("broker.local.messaging.rabbitmq_folder", lambda: None)
    return tmp_path / "calls"


def test_without_a_server_a_container_is_started_and_stopped(tmp_path: Path, docker_calls: Path) -> None:
    rabbit = choose(tmp_path, AGENCIES, None)
    rabbit.start()
    rabbit.stop()
    assert isinstance(rabbit, ContainerRabbit)
    calls = docker_calls.read_text().splitlines()
    assert [each.split("rabbitmq-only.yml ")[-1] for each in calls] == ["compose version", "up --detach --wait", "stop"]
    assert rabbit.url("cjit-ashby").startswith(f"amqp://cjit-ashby:{rabbit.account.passwords['cjit-ashby']}@{LOOPBACK}:")


def test_a_container_that_does_not_start_says_why(tmp_path: Path, docker_calls: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_FAILS", "up")
    with pytest.raises(NoRabbitError, match="no room on the disk"):
        choose(tmp_path, AGENCIES, None).start()


def test_with_nothing_at_all_it_says_what_to_install(
    tmp_path: Path, docker_calls: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_FAILS", "version")
    with pytest.raises(NoRabbitError, match=r"apt-get install .*rabbitmq-server"):
        choose(tmp_path, AGENCIES, None)


def test_the_accounts_keep_their_passwords_from_one_start_to_the_next(tmp_path: Path) -> None:
    first = PrivateRabbit(tmp_path, Accounts(tmp_path, AGENCIES, None))
    again = Accounts(tmp_path, AGENCIES, json.loads(json.dumps(first.saved()))["passwords"])
    assert again.passwords == first.account.passwords
    assert len(set(again.passwords.values())) == len(again.passwords)
    written = again.write()
    assert stat.S_IMODE(written.stat().st_mode) == 0o600
    assert not any(password in written.read_text() for password in again.passwords.values())


@pytest.mark.parametrize("arguments", [[], ["nonsense"]])
def test_a_command_that_is_not_there_is_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    assert "usage" in capsys.readouterr().err


def test_a_system_that_was_never_started_is_said_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(state, "VAR", tmp_path)
    assert main(["status"]) == 1
    assert "./run up" in capsys.readouterr().err
    assert main(["down", "--name", "nowhere"]) == 1
    assert "nowhere" in capsys.readouterr().err


def test_a_command_that_ends_something_does_not_choose_among_several(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(state, "VAR", tmp_path)
    ours = {"pid": os.getpid(), "started": started_at(os.getpid())}
    for name in ("one", "two"):
        state.write(tmp_path / name, {"programs": {"broker": ours}, "rabbitmq": {}})
    assert main(["down"]) == 1
    assert "--name" in capsys.readouterr().err
    assert state.current("one") == tmp_path / "one"
    assert state.current() in {tmp_path / "one", tmp_path / "two"}


def test_what_was_begun_is_finished_though_nobody_reads_any_more() -> None:
    code = (
        "import sys, time\n"
        "from broker.local.progress import Progress\n"
        "progress = Progress()\n"
        "time.sleep(0.5)\n"
        "with progress.step('stopping the programs'): pass\n"
        "with progress.step('stopping RabbitMQ'): sys.stderr.write('stopped')\n"
    )
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        child.stdout.close()
        assert child.stderr.read() == "stopped"
    assert child.returncode == 0
