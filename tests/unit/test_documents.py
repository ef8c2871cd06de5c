"""The documents say what is so: every file they name exists, every word of the lists is explained, every command is real."""

import json
import re
import subprocess
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest

from agencies.arriving import ALERTS, ANSWERS, GUARDS, RECEIPTS
from agencies.local_records import read_record, schema
from agencies.settings import Settings
from consent.clauses.factors import FACTORS
from contracts import vocabulary
from contracts.kinds import Kind
from contracts.messages.compartments import SCHEMAS
from contracts.vocabulary import Verdict

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
NAMES = [str(page.relative_to(ROOT)) for page in PAGES]
LINK = re.compile(r"\[[^\]]*\]\(([^)#]+)(#[^)]*)?\)")
# A path as it stands in prose or in a drawing: a package of ours, and a file or folder in it.
PATH = re.compile(r"(?<![\w/.-])((?:contracts|broker|consent|agencies|tests|docs|requirements)/[\w./-]*[\w/])")


def text_of(name: str) -> str:
    return (ROOT / name).read_text()


@pytest.mark.parametrize("name", NAMES)
def test_every_link_leads_somewhere(name: str) -> None:
    targets = [found[1] for found in LINK.finditer(text_of(name)) if "://" not in found[1]]
    missing = [target for target in targets if not ((ROOT / name).parent / target).exists()]
    assert missing == []


@pytest.mark.parametrize("name", NAMES)
def test_every_path_named_exists(name: str) -> None:
    # Folders that a running system makes, as the handbook lists them.
    made = {"broker/", "consent/", "agencies/"}
    missing = sorted({path for path in PATH.findall(text_of(name)) if path not in made and not (ROOT / path).exists()})
    assert missing == []


def test_a_path_that_is_not_there_would_be_noticed() -> None:
    assert PATH.findall("see `broker/nowhere.py`, then (consent/log/append.py).") == [
        "broker/nowhere.py",
        "consent/log/append.py",
    ]


def test_the_walk_has_sixteen_steps_each_with_its_file() -> None:
    drawing = text_of("docs/walk.md").split("```")[1]
    steps = re.findall(r"^ ?(\d+) +(\S+\.py) +(●)?", drawing, re.MULTILINE)
    assert [int(number) for number, _, _ in steps] == list(range(1, 17))


def test_the_steps_called_pure_are_held_pure_by_the_linter() -> None:
    drawing = text_of("docs/walk.md").split("```")[1]
    settings = (ROOT / "pyproject.toml").read_text()
    contract = settings.split('name = "The core performs')[1].split("[[")[0]
    for path in re.findall(r"(\S+\.py) +●", drawing):
        module = path.removesuffix(".py").replace("/", ".")
        parent = module.rpartition(".")[0]
        assert f'"{module}"' in contract or f'"{parent}"' in contract or '"agencies.*.mapping"' in contract, path


ENUMS = {
    name: one
    for name in vocabulary.__all__
    if isinstance(one := getattr(vocabulary, name), type) and issubclass(one, StrEnum) and name != "Reason"
}


@pytest.mark.parametrize("name", ENUMS)
def test_every_word_of_a_list_is_in_the_glossary(name: str) -> None:
    glossary = text_of("docs/glossary.md")
    assert [word.value for word in ENUMS[name] if f"`{word.value}`" not in glossary] == []


def test_every_kind_and_verdict_is_in_the_glossary() -> None:
    glossary = text_of("docs/glossary.md")
    words = [*(kind.value for kind in Kind), *(verdict.name.lower() for verdict in Verdict)]
    assert [word for word in words if f"`{word}`" not in glossary] == []


def test_the_glossary_says_one_sentence_a_word() -> None:
    rows = re.findall(r"^\| ([^|]+) \| ([^|]+) \|$", text_of("docs/glossary.md"), re.MULTILINE)
    said = [(word, meaning) for word, meaning in rows if word not in {"Word", "Kind"} and not set(word) <= {"-"}]
    assert len(said) > 150
    assert [word for word, meaning in said if not meaning.strip().endswith((".", "?"))] == []
    words = [word for word, _ in said]
    assert [word for word in words if words.count(word) > 1] == []


def test_decisions_are_numbered_without_a_gap_listed_and_say_when_to_look_again() -> None:
    files = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    assert [int(file.name[:4]) for file in files] == list(range(1, len(files) + 1))
    index = text_of("docs/index.md")
    for file in files:
        text = file.read_text()
        heading = text.splitlines()[0].removeprefix("# ")
        assert f"[{heading}](decisions/{file.name})" in index
        assert "\n## Look at it again when" in text


def test_every_command_in_the_documents_is_a_command() -> None:
    shown = subprocess.run([ROOT / "run", "--help"], capture_output=True, text=True, check=True).stdout
    commands = set(re.findall(r"\./run ([a-z]+)", shown))
    named = {word for name in NAMES for word in re.findall(r"\./run ([a-z]+)", text_of(name))}
    assert named - commands == set()
    # And every command is written about somewhere, but for the one that only developers use.
    assert commands - named - {"lock", "check"} == set()


def test_every_requirement_is_justified() -> None:
    asked = {
        re.split(r"[\[<>=~ ]", line)[0]
        for level in ("run", "dev", "bench")
        for line in (ROOT / "requirements" / f"{level}.in").read_text().splitlines()
        if line and not line.startswith(("#", "-"))
    }
    record = text_of("docs/decisions/0007-dependencies.md")
    assert sorted(name for name in asked if f"`{name}`" not in record) == []


def test_the_readme_says_all_that_we_do_not_claim() -> None:
    said = text_of("README.md").split("## What we do not claim")[1].split("\n## ")[0]
    for words in (
        "Not anonymous",
        "watches every line for months",
        "permitted reader who talks",
        "Tamper-evident, not immutable",
        "pseudonymised personal data",
        "depends on the agreement and the people",
        "outside review",
        "not a clinical safety device",
    ):
        assert words in said


RECORDS_SHOWN = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", text_of("docs/adapter-guide.md"), re.DOTALL)]


@pytest.mark.parametrize("record", RECORDS_SHOWN, ids=lambda record: f"{record['type']} {record['id']}")
def test_every_record_in_the_guide_is_one_that_the_adapter_reads(record: dict[str, Any]) -> None:
    assert read_record(record).id == record["id"]


def test_the_guide_names_every_type_of_record_with_its_fields() -> None:
    guide, form = text_of("docs/adapter-guide.md"), schema()
    types = form["discriminator"]["mapping"]
    assert [name for name in types if f"`{name}`" not in guide] == []
    named = {field for reference in types.values() for field in form["$defs"][reference.rpartition("/")[2]]["properties"]}
    assert sorted(field for field in named if f"`{field}`" not in guide) == []


def test_the_guide_names_every_field_of_every_part() -> None:
    rows = dict(re.findall(r"^\| `([a-z_]+)` \| ([^|]+) \|$", text_of("docs/adapter-guide.md"), re.MULTILINE))
    for label, part in SCHEMAS.items():
        fields = set(part.model_fields) - {"postcode_district"}
        assert sorted(field for field in fields if f"`{field}`" not in rows[label.value]) == [], label


def test_the_guide_names_everything_that_can_be_told() -> None:
    guide = text_of("docs/adapter-guide.md")
    for words in (GUARDS, ANSWERS, RECEIPTS, ALERTS):
        assert [str(word) for word in words if f"`{word}`" not in guide] == []
    for type_ in ("receipt", "guard", "caseload_answer", "alert"):
        assert f"| `{type_}` |" in guide


def test_the_guide_and_the_handbook_name_every_setting_of_an_adapter() -> None:
    guide = text_of("docs/adapter-guide.md")
    needed = [name for name, field in Settings.model_fields.items() if field.is_required()]
    assert [name for name in needed if f"`ADAPTER_{name.upper()}`" not in guide] == []


def test_the_page_on_clauses_names_every_factor_with_its_words() -> None:
    rows = dict(re.findall(r"^\| `([a-z0-9_]+)` \| [^|]+ \| (.*) \|$", text_of("docs/clauses.md"), re.MULTILINE))
    assert rows.keys() == FACTORS.keys()
    short = {name: factor.values for name, factor in FACTORS.items() if rows[name].startswith("`")}
    assert [name for name, words in short.items() if rows[name] != ", ".join(f"`{word}`" for word in words)] == []
