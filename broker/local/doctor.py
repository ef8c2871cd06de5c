"""What is present on this machine, what is missing, and what to do. Changes nothing.

It runs before anything is installed, so this module needs the standard library alone; what it says about a running
system comes from that system's own health pages.
"""

import json
import os
import platform
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from broker.local import state
from broker.local.installed import postgres_folder, rabbitmq_folder
from broker.local.programs import ROOT, Program, shown
from broker.local.rabbitmq import PrivateNode

_NEEDED_DISK_MB = 1500
_LOW_DISK_MB = 200


@dataclass(frozen=True)
class Finding:
    """One thing looked at. `cure` says what to do when it is not well; `needed` whether anything fails without it."""

    what: str
    well: bool
    words: str
    cure: str = ""
    needed: bool = True


def examine() -> int:
    """Print every finding; 0 when nothing that is needed is missing or unwell."""
    findings = [*_machine(), *_systems()]
    for each in findings:
        sign = "ok " if each.well else ("BAD" if each.needed else "-  ")
        print(f"{sign} {each.what:<24} {each.words}")
        if not each.well and each.cure:
            print(f"    {'':<24} {each.cure}")
    unwell = [each for each in findings if each.needed and not each.well]
    if unwell:
        print(f"\n{len(unwell)} of {len(findings)} things need attention: " + ", ".join(each.what for each in unwell))
        return 1
    print("\nAll well. ./run demo shows it; ./run up leaves it running.")
    return 0


def _machine() -> list[Finding]:
    return [_python(), _environment(), _rabbitmq(), _postgresql(), _docker(), _rights(), _disk(), _memory()]


def _python() -> Finding:
    well = sys.version_info >= (3, 11)
    return Finding("Python", well, platform.python_version(), "3.11 or newer is needed: Debian 12, Ubuntu 24.04 or later")


def _environment() -> Finding:
    stamp = ROOT / ".venv" / ".ready"
    if stamp.exists():
        return Finding("Python packages", True, f"in .venv, as locked ({stamp.read_text().split()[0]})")
    return Finding("Python packages", False, "not installed yet", "./run demo and ./run test install them", needed=False)


def _rabbitmq() -> Finding:
    if "AMQP_URL" in os.environ:
        return Finding("RabbitMQ", True, "AMQP_URL is set: that server is used, and never started or stopped")
    folder = rabbitmq_folder()
    if folder:
        return Finding("RabbitMQ", True, f"installed ({_version(folder)}); a private node is started on free ports")
    cure = "./run demo installs it; or set AMQP_URL; or install Docker with its compose command"
    return Finding("RabbitMQ", False, "not installed", cure, needed=_compose() is None)


def _version(folder: Path) -> str:
    version = next((folder.parent / "lib").glob("rabbitmq_server-*"), None)
    return version.name.removeprefix("rabbitmq_server-") if version else "version unknown"


def _postgresql() -> Finding:
    found = postgres_folder()
    words = f"installed ({found.parent.name})" if found else "not installed"
    return Finding("PostgreSQL", found is not None, words, "only ./run test needs it, and installs it", needed=False)


def _compose() -> str | None:
    if shutil.which("docker") is None:
        return None
    done = subprocess.run(["docker", "compose", "version", "--short"], capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else None


def _docker() -> Finding:
    version = _compose()
    return Finding(
        "Docker with compose",
        version is not None,
        version or "not here",
        "only docker-compose.yml needs it",
        needed=False,
    )


def _rights() -> Finding:
    if os.geteuid() == 0:
        return Finding("May install packages", True, "yes, as root", needed=False)
    well = shutil.which("sudo") is not None
    cure = "only matters while something above is missing"
    return Finding("May install packages", well, "with sudo" if well else "no: not root, and no sudo", cure, needed=False)


def _disk() -> Finding:
    place = ROOT / "var"
    free = shutil.disk_usage(place if place.exists() else ROOT).free // 2**20
    needed = _LOW_DISK_MB if (ROOT / ".venv" / ".ready").exists() else _NEEDED_DISK_MB
    # RabbitMQ stops taking messages when little is left, and senders only see that nothing happens.
    return Finding("Disk space", free > needed, f"{free} MB free", f"make room: at least {needed} MB")


def _memory() -> Finding:
    lines = Path("/proc/meminfo").read_text().splitlines()
    free = next(int(each.split()[1]) // 1024 for each in lines if each.startswith("MemAvailable"))
    return Finding("Memory", free > 700, f"{free} MB free", "the whole system wants about 700 MB", needed=False)


def _systems() -> list[Finding]:
    """Every system that was started here and still has something running."""
    findings = []
    for file in sorted(state.VAR.glob(f"*/{state.FILE}")):
        remembered = json.loads(file.read_text()) if os.access(file, os.R_OK) else None
        if remembered is not None and state.running(remembered):
            findings += [*_running(file.parent.name, remembered), _stores(file.parent)]
    return findings


def _stores(folder: Path) -> Finding:
    """Whether the stores fit each other and RabbitMQ: after a restore one may be behind."""
    from broker.local.findings import findings, queues_of
    from broker.local.stores import StoreAwayError, of

    try:
        found = findings(of(folder), queues_of(folder))
    except StoreAwayError as error:
        return Finding(f"{folder.name}: stores", False, str(error))
    words = " ".join(found) or "fit each other, and what lies in RabbitMQ"
    return Finding(f"{folder.name}: stores", not found, words, "restore a newer copy: ./run restore DIR")


def _running(name: str, remembered: state.State) -> list[Finding]:
    findings = []
    if remembered["rabbitmq"].get("node"):
        findings.append(_node(name, PrivateNode.from_saved(remembered["rabbitmq"]["node"])))
    for program_name, saved in remembered["programs"].items():
        health = Program.from_saved(program_name, saved).health()
        cure = f"its log: {shown(Path(saved['log']))}; ./run up --name {name} starts it again"
        words = "ready" if health.ready else "; ".join(health.reasons)
        findings.append(Finding(f"{name}: {program_name}", health.ready, words, cure))
    return findings


def _node(name: str, node: PrivateNode) -> Finding:
    what = f"{name}: RabbitMQ"
    if not node.alive():
        return Finding(what, False, "not running", f"./run up --name {name} starts it again; nothing in it is lost")
    try:
        alarms = node.status()["alarms"]
    except (subprocess.SubprocessError, OSError, ValueError):
        return Finding(what, False, "runs, but does not answer its own tool", f"its logs: {shown(node.folder / 'log')}")
    if alarms:
        cure = "it takes no messages until there is room again; then it goes on by itself"
        return Finding(what, False, f"alarm: {alarms}", cure)
    return Finding(what, True, "runs, no alarm")
