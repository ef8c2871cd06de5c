"""Each import contract is broken on purpose, in a copy: one that cannot fail holds nothing."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("contracts", "broker", "consent", "agencies")
CONTRACTS = [each["name"] for each in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]]

OFFENCES = {
    "Services meet only in contracts": ("broker/outcome.py", "import consent.protocol"),
    "Contracts stand alone": ("contracts/reasons.py", "import structlog"),
    "Nothing shipped imports the tests": ("agencies/start.py", "import tests.factories"),
    # Not the logger itself but a friend that has one: chains are followed.
    "The core performs no input or output": ("broker/outcome.py", "import broker.watch_friend"),
    "Broker: the core never reaches the shell": ("broker/decide.py", "import broker.store"),
    "Consent: one direction": ("consent/clauses/form.py", "import consent.check"),
    "Agencies do not know each other": ("agencies/cjit/mapping.py", "import agencies.police.mapping"),
    "Only the start of an adapter may choose a stand-in": ("agencies/adapter.py", "import agencies.simulated.office"),
    "The verifier trusts none of the writer": ("consent/log/verify.py", "import consent.log.merkle"),
    "Few may write the log": ("consent/check.py", "import consent.log.append"),
    "Starting programs imports none of them": ("broker/local/state.py", "import agencies.start"),
}


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("imports")
    for package in (*PACKAGES, "tests"):
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    (folder / "broker" / "watch_friend.py").write_text('"""Has a logger."""\n\nimport logging\n')
    return folder


def broken(folder: Path) -> list[str]:
    """The names of the contracts that do not hold there."""
    program = Path(sys.executable).parent / "lint-imports"
    done = subprocess.run(
        [program], cwd=folder, env=os.environ | {"NO_COLOR": "1"}, capture_output=True, text=True, check=False
    )
    assert "Contracts:" in done.stdout, done.stdout + done.stderr
    return [name for name in CONTRACTS if re.search(rf"^{re.escape(name)} BROKEN", done.stdout, re.MULTILINE)]


def test_every_contract_has_an_offence_here() -> None:
    assert set(OFFENCES) == set(CONTRACTS)


@pytest.mark.parametrize("name", CONTRACTS)
def test_the_contract_bites(name: str, copied: Path) -> None:
    path, line = OFFENCES[name]
    file = copied / path
    honest = file.read_text()
    file.write_text(f"{honest}\n{line}\n")
    try:
        assert name in broken(copied)
    finally:
        file.write_text(honest)


def test_nothing_is_broken_as_it_stands(copied: Path) -> None:
    assert broken(copied) == []
