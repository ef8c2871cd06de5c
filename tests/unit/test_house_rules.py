"""The house rules that no off-the-shelf linter holds, and proof that each of them bites."""

import ast
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from contracts import topology
from contracts.keyring import ASHBY

ROOT = Path(__file__).parents[2]
PACKAGES = ("contracts", "broker", "consent", "agencies")
LONGEST_FILE = 300
LONGEST_FUNCTION = 40

Rule = Callable[[str, str], list[str]]


def modules() -> list[Path]:
    return sorted(path.relative_to(ROOT) for package in PACKAGES for path in (ROOT / package).rglob("*.py"))


def tracked() -> list[str]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [each for each in listed.stdout.split("\0") if each and (ROOT / each).is_file()]


# --- the rules, each a function of a path and a text

BANNED_NAMES = {"util", "helper", "common", "base", "manager", "service", "misc", "core", "lib"}


def name_says_something(path: str, _: str) -> list[str]:
    stem = Path(path).stem
    return [f"'{stem}' says nothing"] if stem in BANNED_NAMES | {f"{each}s" for each in BANNED_NAMES} else []


def file_fits_in_the_head(_: str, text: str) -> list[str]:
    lines = len(text.splitlines())
    return [f"{lines} lines"] if lines > LONGEST_FILE else []


def functions_fit_on_a_page(_: str, text: str) -> list[str]:
    return [
        f"{node.name} has {length} lines"
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (length := (node.end_lineno or 0) - node.lineno + 1) > LONGEST_FUNCTION
    ]


def module_opens_with_a_sentence(_: str, text: str) -> list[str]:
    opening = ast.get_docstring(ast.parse(text)) or ""
    return [] if re.search(r"\w.*[.:?]$", opening, re.DOTALL) else ["no opening sentence"]


MAY_PRINT = re.compile(r"(^|/)(cli|__main__|ask)\.py$|^broker/local/|^contracts/(keyring|schemas)")


def only_commands_print(path: str, text: str) -> list[str]:
    if MAY_PRINT.search(path):
        return []
    return [
        f"print on line {node.lineno}"
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]


MAY_READ_ENVIRONMENT = re.compile(r"(^|/)(settings|app|__main__)\.py$|^broker/local/")


def environment_is_read_once(path: str, text: str) -> list[str]:
    if MAY_READ_ENVIRONMENT.search(path):
        return []
    return [
        f"reads the environment on line {node.lineno}"
        for node in ast.walk(ast.parse(text))
        if (isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv"})
        or (isinstance(node, ast.ImportFrom) and node.module == "os" and {"environ", "getenv"} & _names(node))
    ]


def _names(node: ast.ImportFrom) -> set[str]:
    return {each.name for each in node.names}


def strings_in(text: str) -> Iterator[tuple[int, str]]:
    """Every string of the code, docstrings left out."""
    tree = ast.parse(text)
    documentation = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documentation:
            yield node.lineno, node.value


def queues_are_spelled_once(path: str, text: str) -> list[str]:
    if path == "contracts/topology.py":
        return []
    # Names of one plain word are words too ("dead" is also a command): only the dotted ones are told apart.
    dotted = {name for name in queue_names() if "." in name}
    return [
        f"spells the queue '{value}' on line {line}"
        for line, value in strings_in(text)
        if value in dotted or value == topology.inbox("")
    ]


def queue_names() -> set[str]:
    return {each.name for each in topology.queues(tuple(party.id for party in ASHBY))}


# A letter of each word stands in brackets, so that this file is not its own first offender.
LEFT_OPEN = re.compile(r"\b(TOD[O]|FIXM[E]|XX[X]|HAC[K])\b")


def nothing_is_left_open(_: str, text: str) -> list[str]:
    return [f"'{found.group()}'" for found in LEFT_OPEN.finditer(text)]


RULES: dict[str, Rule] = {
    each.__name__: each
    for each in (
        name_says_something,
        file_fits_in_the_head,
        functions_fit_on_a_page,
        module_opens_with_a_sentence,
        only_commands_print,
        environment_is_read_once,
        queues_are_spelled_once,
        nothing_is_left_open,
    )
}


@pytest.mark.parametrize("name", RULES)
def test_every_module_keeps_the_rule(name: str) -> None:
    offences = [
        f"{path}: {offence}" for path in modules() for offence in RULES[name](path.as_posix(), (ROOT / path).read_text())
    ]
    assert not offences, "\n".join(["", *offences])


LONG = '"""Opens well."""\n\n\ndef long():\n' + "    pass\n" * LONGEST_FUNCTION

OFFENDERS: dict[str, tuple[Rule, str, str]] = {
    "a module of odds and ends": (name_says_something, "broker/utils.py", ""),
    "a file too long to read": (file_fits_in_the_head, "broker/x.py", "\n" * (LONGEST_FILE + 1)),
    "a function too long to read": (functions_fit_on_a_page, "broker/x.py", LONG),
    "a module that does not say what it is for": (module_opens_with_a_sentence, "broker/x.py", "x = 1"),
    "an opening that is no sentence": (module_opens_with_a_sentence, "broker/x.py", '"""Stuff"""'),
    "a service that prints": (only_commands_print, "broker/intake.py", "print(1)"),
    "a module that asks the machine": (environment_is_read_once, "broker/x.py", "import os\nos.environ['A']"),
    "the same by another name": (environment_is_read_once, "broker/x.py", "from os import getenv"),
    "an inbox spelled by hand": (queues_are_spelled_once, "broker/x.py", "q = f'inbox.{agency}'"),
    "the same in full": (queues_are_spelled_once, "broker/x.py", "q = 'inbox.cjit-ashby'"),
    "a thing left open": (nothing_is_left_open, "broker/x.py", f"# {'TO'}DO later"),
}


@pytest.mark.parametrize("case", OFFENDERS)
def test_the_rule_bites(case: str) -> None:
    rule, path, text = OFFENDERS[case]
    assert rule(path, text) != []


# --- rules about the whole tree

PRIVATE = re.compile(
    r"file:/[/]|/roo[t]/|/hom[e]/|/wor[k]/|/opt/(wheel[s]|pyp[i])|--(extra-)?index-ur[l]|pypi[.]org|pythonhoste[d]"
)


def private_addresses(text: str) -> list[str]:
    return [found.group() for found in PRIVATE.finditer(text)]


def test_no_tracked_file_names_a_registry_or_a_place_on_one_machine() -> None:
    offences = [
        f"{name}: {found}" for name in tracked() for found in private_addresses((ROOT / name).read_text(errors="replace"))
    ]
    assert not offences, "\n".join(["", *offences])


@pytest.mark.parametrize("text", [f"--index-{'url'} x", f"see /{'root'}/x", f"https://files.python{'hosted'}.org/x"])
def test_a_private_address_is_seen(text: str) -> None:
    assert private_addresses(text) != []


def test_no_test_is_skipped_or_expected_to_fail() -> None:
    marks = re.compile(r"mark\.(ski[p]|xfai[l])|pytest\.(ski[p]|xfai[l]|importorski[p])\(")
    tests = sorted((ROOT / "tests").rglob("*.py"))
    assert [str(path.relative_to(ROOT)) for path in tests if marks.search(path.read_text())] == []


def test_the_clock_and_io_are_kept_from_the_same_modules() -> None:
    """Two tools hold purity: ruff bans the clock, import-linter the frameworks. One list, said twice."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]
    pattern = next(each for each in settings["ruff"]["lint"]["per-file-ignores"] if each.startswith("!"))
    contract = next(each for each in settings["importlinter"]["contracts"] if each["name"].startswith("The core performs"))
    banned_by_ruff = {path.as_posix() for path in modules() if matches(path, pattern[1:])}
    banned_by_imports = {
        path.as_posix()
        for path in modules()
        if any(inside(".".join(path.with_suffix("").parts), each) for each in contract["source_modules"])
    }
    assert banned_by_ruff == banned_by_imports
    assert banned_by_ruff, "no module is pure: the pattern matches nothing"


def matches(path: Path, pattern: str) -> bool:
    return any(re.fullmatch(each.replace("*", "[^/]*"), path.as_posix()) for each in alternatives(pattern))


def alternatives(pattern: str) -> list[str]:
    """`a/{b,c}.py` as its two regular expressions, with dots escaped."""
    pattern = pattern.replace(".", r"\.")
    while inner := re.search(r"\{([^{}]*)\}", pattern):
        pattern = pattern.replace(inner.group(), "(" + inner.group(1).replace(",", "|") + ")")
    return [pattern]


def inside(module: str, listed: str) -> bool:
    """Whether import-linter's name, with its wildcards, means this module or a package around it."""
    names = re.escape(listed).replace(r"\*\*", r".+").replace(r"\*", r"[^.]+")
    return re.fullmatch(rf"{names}(\..+)?", module) is not None


CLOCKS = {
    "the time of day": "import datetime\n\nx = datetime.datetime.now(datetime.UTC)\n",
    "the time in seconds": "import time\n\nx = time.time()\n",
    "a random identifier": "import uuid\n\nx = uuid.uuid4()\n",
    "chance": "import random\n\nx = random.random()\n",
    "a secret of its own": "import secrets\n\nx = secrets.token_bytes(4)\n",
    "a logger": "import structlog\n\nx = structlog.get_logger()\n",
}


def ruff_finds(text: str, path: str) -> set[str]:
    command = [sys.executable, "-m", "ruff", "check", "--output-format", "json", "--stdin-filename", path, "-"]
    done = subprocess.run(command, cwd=ROOT, input=text, capture_output=True, text=True, check=False)
    return {each["code"] for each in json.loads(done.stdout)}


@pytest.mark.parametrize("case", CLOCKS)
def test_a_pure_module_may_not_take_for_itself(case: str) -> None:
    assert "TID251" in ruff_finds(CLOCKS[case], "broker/decide.py")
    assert "TID251" in ruff_finds(CLOCKS[case], "agencies/housing/mapping.py")
    assert "TID251" not in ruff_finds(CLOCKS[case], "broker/timers.py")
