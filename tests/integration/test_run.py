"""The `run` script on machines it has not met: bare ones, half-made ones, ones where nobody may install anything."""

import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOOLS = [
    "sh",
    "cat",
    "cut",
    "sha256sum",
    "date",
    "mkdir",
    "rm",
    "tail",
    "sed",
    "dirname",
    "flock",
    "cp",
    "touch",
    "chmod",
    "env",
    "bash",
    "sleep",
]
COMMANDS = [
    "demo",
    "test",
    "up",
    "down",
    "status",
    "doctor",
    "ask",
    "trace",
    "holds",
    "guards",
    "reviews",
    "dead",
    "log",
    "keys",
    "backup",
    "restore",
    "check",
    "bench",
    "lock",
]

# Notes every call, and can make a "virtual environment" with a copy of itself in it.
FAKE_PYTHON = """#!/bin/sh
echo "python $*" >> "$CALLS"
case "$*" in
    *"import venv, ensurepip"*) [ -z "${NO_VENV:-}" ] ;;
    *"version_info"*) [ -z "${OLD_PYTHON:-}" ] ;;
    "-m venv "*) mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
    *"pip install"*) [ -z "${NO_NETWORK:-}" ] || { echo "the network is away"; exit 1; } ;;
esac
"""
FAKE_APT = """#!/bin/sh
echo "apt-get $*" >> "$CALLS"
rm -f "$CALLS.no-venv"
"""


@dataclass
class Machine:
    """A machine of our making: a copy of the script, and only the tools we put there."""

    folder: Path
    settings: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.tools.mkdir(parents=True)
        for tool in TOOLS:
            found = shutil.which(tool)
            assert found, f"{tool} is not on this machine"
            (self.tools / tool).symlink_to(found)
        self.has("python3", FAKE_PYTHON)
        (self.folder / "requirements").mkdir()
        for name in ("run.txt", "dev.txt", "bench.txt"):
            (self.folder / "requirements" / name).write_text("# nothing\n")
        shutil.copy(ROOT / "run", self.folder)
        self.settings |= {"PATH": str(self.tools), "CALLS": str(self.folder / "calls"), "AMQP_URL": "amqp://given"}

    @property
    def tools(self) -> Path:
        return self.folder / "tools"

    @property
    def calls(self) -> list[str]:
        """What was called since the last time we looked."""
        file = self.folder / "calls"
        lines = file.read_text().splitlines() if file.exists() else []
        file.unlink(missing_ok=True)
        return [each for each in lines if " -c " not in each and "--version" not in each]

    def has(self, tool: str, text: str) -> None:
        (self.tools / tool).write_text(text)
        (self.tools / tool).chmod(0o755)

    def run(self, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        command = [str(self.folder / "run"), *arguments]
        environment = self.settings | settings
        return subprocess.run(command, env=environment, cwd="/", capture_output=True, text=True, check=False)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path / "machine")


@pytest.mark.parametrize("arguments", [(), ("--help",), ("help",)])
def test_help_names_every_command_and_touches_nothing(arguments: tuple[str, ...], machine: Machine) -> None:
    done = machine.run(*arguments)
    assert done.returncode == 0
    assert [command for command in COMMANDS if f"./run {command}" not in done.stdout] == []
    assert machine.calls == []


def test_a_command_that_is_not_there_is_refused_with_help(machine: Machine) -> None:
    done = machine.run("destroy")
    assert done.returncode == 2
    assert "no command 'destroy'" in done.stderr
    assert "./run demo" in done.stderr
    assert machine.calls == []


def test_set_up_is_done_once_and_says_what_it_does(machine: Machine) -> None:
    first = machine.run("status")
    assert first.returncode == 0
    assert [line.split(":")[0].strip() for line in first.stdout.splitlines()[1:-1]] == [
        "making a Python environment in .venv",
        "installing the locked requirements",
    ]
    assert machine.calls[-1] == "python -m broker.local status"
    again = machine.run("status")
    assert again.stdout == ""
    assert machine.calls == ["python -m broker.local status"]


def test_tests_need_more_than_the_system_does(machine: Machine) -> None:
    machine.has("initdb", "#!/bin/sh\n")
    machine.run("status")
    assert any("requirements/run.txt" in each for each in machine.calls)
    machine.run("test", "-k", "holds")
    calls = machine.calls
    assert any("requirements/dev.txt" in each for each in calls)
    assert calls[-1] == "python -m pytest -n 2 --dist loadscope -k holds"
    assert machine.run("status").stdout == ""


def test_what_is_compared_with_is_set_up_once_apart_and_only_for_its_benchmark(machine: Machine) -> None:
    machine.has("initdb", "#!/bin/sh\n")
    machine.run("bench", "gate")
    assert not any("requirements/bench.txt" in each for each in machine.calls)
    machine.run("bench", "matching", "--without-splink")
    assert machine.calls == ["python -m tests.benchmarks matching --without-splink"]
    first = machine.run("bench", "matching")
    assert "what is compared with (once, in var/peers)" in first.stdout
    calls = machine.calls
    assert any("requirements/bench.txt" in each for each in calls)
    assert calls[-1] == "python -m tests.benchmarks matching"
    assert machine.run("bench", "matching").stdout == ""


def test_without_a_network_the_benchmark_goes_on_alone(machine: Machine) -> None:
    machine.has("initdb", "#!/bin/sh\n")
    machine.run("bench", "gate")
    done = machine.run("bench", "matching", NO_NETWORK="1")
    assert done.returncode == 0
    assert "installing Splink: failed" in done.stdout
    assert machine.calls[-1] == "python -m tests.benchmarks matching"
    assert not (machine.folder / "var" / "peers").exists()


def test_a_change_of_the_lock_is_installed(machine: Machine) -> None:
    machine.run("status")
    (machine.folder / "requirements" / "run.txt").write_text("# something\n")
    assert "installing the locked requirements" in machine.run("status").stdout


@pytest.mark.parametrize("damage", ["broken", "half made", "not finished"])
def test_a_damaged_environment_is_made_again(damage: str, machine: Machine) -> None:
    machine.run("status")
    environment = machine.folder / ".venv"
    if damage == "broken":
        (environment / "bin" / "python").unlink()
        (environment / "bin" / "python").symlink_to("/nowhere/python3")
    elif damage == "half made":
        shutil.rmtree(environment / "bin")
    else:
        (environment / ".unfinished").touch()
    done = machine.run("status")
    assert (done.returncode, "made again" in done.stdout) == (0, True)
    assert machine.run("status").stdout == ""


def test_what_went_wrong_is_said_and_the_next_time_it_is_made_good(machine: Machine) -> None:
    failed = machine.run("status", NO_NETWORK="1")
    assert failed.returncode == 1
    assert "the network is away" in failed.stdout
    assert "python -m broker.local status" not in machine.calls
    assert machine.run("status").returncode == 0


def test_an_old_python_is_refused_with_what_to_do(machine: Machine) -> None:
    done = machine.run("status", OLD_PYTHON="1")
    assert done.returncode == 1
    assert "Python 3.11 or newer is needed" in done.stderr


def test_packages_come_by_apt_for_root(machine: Machine) -> None:
    machine.has("apt-get", FAKE_APT)
    machine.has("id", "#!/bin/sh\necho 0\n")
    assert machine.run("status", NO_VENV="1").returncode == 0
    install = next(each for each in machine.calls if "install" in each and each.startswith("apt-get"))
    assert install.endswith("--no-install-recommends python3-venv")
    assert "DPkg::Lock::Timeout=300" in install


def test_packages_come_by_sudo_for_an_ordinary_user(machine: Machine) -> None:
    machine.has("apt-get", FAKE_APT)
    machine.has("id", "#!/bin/sh\necho 1000\n")
    machine.has("sudo", '#!/bin/sh\necho "sudo $*" >> "$CALLS"\n[ "$1" = -n ] || exec "$@"\n')
    assert machine.run("status", NO_VENV="1").returncode == 0
    assert any(each.startswith("sudo env DEBIAN_FRONTEND=noninteractive apt-get") for each in machine.calls)


@pytest.mark.parametrize(
    ("tools", "words"),
    [
        ({"id": "echo 1000", "apt-get": ""}, "there is no sudo here. As root:"),
        ({"id": "echo 1000", "apt-get": "", "sudo": "exit 1"}, "sudo wants a password, and nobody is here to type it"),
        ({"id": "echo 1000"}, "not Debian or Ubuntu"),
    ],
    ids=["no sudo", "a password", "no apt"],
)
def test_where_nobody_may_install_it_says_what_to_do(tools: dict[str, str], words: str, machine: Machine) -> None:
    for tool, text in tools.items():
        machine.has(tool, f"#!/bin/sh\n{text}\n")
    done = machine.run("status", NO_VENV="1")
    assert done.returncode == 1
    assert words in done.stderr
    assert "python3-venv" in done.stderr
    assert "python -m broker.local status" not in machine.calls


def test_a_folder_is_meant_from_where_the_user_stands(machine: Machine, tmp_path: Path) -> None:
    machine.run("status")
    machine.run("backup", "copies")
    assert machine.calls[-1] == "python -m broker.local backup //copies"
    machine.run("restore", "/else/copies", "--name", "x")
    assert machine.calls[-1] == "python -m broker.local restore /else/copies --name x"


@pytest.mark.parametrize(
    ("check", "test", "code"), [(0, 0, 0), (1, 0, 1), (0, 1, 1), (3, 5, 1)], ids=["both", "no check", "no test", "neither"]
)
def test_the_gate_runs_both_and_fails_if_either_does(check: int, test: int, code: int, tmp_path: Path) -> None:
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "run", tmp_path / ".ci")
    (tmp_path / "run").write_text(f'#!/bin/sh\necho "ran $1"\n[ "$1" = check ] && exit {check}\nexit {test}\n')
    (tmp_path / "run").chmod(0o755)
    done = subprocess.run(
        [tmp_path / ".ci" / "run"], env=dict(os.environ), cwd="/", capture_output=True, text=True, check=False
    )
    assert done.returncode == code
    assert [line for line in done.stdout.splitlines() if line.startswith("ran")] == ["ran check", "ran test"]
