"""An adapter starts only for its own kind of agency, with that agency's own keys, and with demonstration keys only to show."""

import shutil
from pathlib import Path

import pytest

from agencies.party import PartyError, load_party
from contracts.directory import DirectoryError
from contracts.keyring import KeyringError
from tests.factories import partnership
from tests.unit.agencies.town import KINDS, mapping_of, party


@pytest.mark.parametrize("agency", KINDS)
def test_each_agency_of_the_demonstration_can_act(agency: str) -> None:
    made = party(agency)
    assert made.id == agency
    assert (made.tokens is None) is (agency == "police-ashby")


WRONG: dict[str, tuple[str, str, str, bool, type[Exception], str]] = {
    # agency, kind of adapter, whose keys, demonstration
    "of another kind": ("housing-ashby", "cjit-ashby", "housing-ashby", True, PartyError, "is a housing"),
    "of nobody in the directory": ("nobody-ashby", "cjit-ashby", "cjit-ashby", True, PartyError, "names no agency"),
    "with another agency's keys": ("cjit-ashby", "cjit-ashby", "project-ashby", True, PartyError, "not the one in the key"),
    "with demonstration keys in earnest": ("cjit-ashby", "cjit-ashby", "cjit-ashby", False, KeyringError, "DEMONSTRATION=1"),
}


@pytest.mark.parametrize("case", WRONG)
def test_an_adapter_does_not_start(case: str) -> None:
    agency, kind, keys, demonstration, error, words = WRONG[case]
    folder = partnership().folder
    with pytest.raises(error, match=words):
        load_party(
            agency,
            mapping_of(kind),
            folder / keys,
            folder / "directory.json",
            now=partnership().now,
            demonstration=demonstration,
        )


def test_demonstration_keys_are_refused_by_the_directory_too_when_their_mark_is_gone(tmp_path: Path) -> None:
    keys = tmp_path / "cjit-ashby"
    shutil.copytree(partnership().folder / "cjit-ashby", keys)
    (keys / "DEMONSTRATION-KEYS").unlink()
    with pytest.raises(DirectoryError, match="DEMONSTRATION=1"):
        load_party(
            "cjit-ashby", mapping_of("cjit-ashby"), keys, partnership().folder / "directory.json",
            now=partnership().now, demonstration=False,
        )  # fmt: skip
