"""The key directory: enough officers, in force, unaltered, and never a demonstration's in earnest."""

import json
from pathlib import Path
from typing import Any

import pytest

from contracts.canonical import canonical, to_base64
from contracts.directory import (
    Directory,
    DirectoryError,
    Document,
    OfficerSignature,
    Root,
    SignedDirectory,
    document_hash,
    load_directory,
    verify_directory,
)
from contracts.keyring import DIRECTORY_FILE, load_signing_key
from tests.factories import AGENCIES, DAY, partnership

NOW = partnership().now
FOLDER = partnership().folder
ROOT = Root.model_validate_json((FOLDER / "root.json").read_bytes())
OFFICERS = [load_signing_key(FOLDER / "officers", f"officer-{number}") for number in (1, 2, 3)]


def signed(document: Document, officers: list[Any] | None = None) -> bytes:
    signatures = tuple(
        OfficerSignature(officer=key.id, signature=to_base64(key.sign(document_hash(document))))
        for key in (OFFICERS[:2] if officers is None else officers)
    )
    return SignedDirectory(document=document, signatures=signatures).wire()


def why_not(body: bytes, *, now: int = NOW, demonstration: bool = True) -> str:
    with pytest.raises(DirectoryError) as refusal:
        verify_directory(body, ROOT, now=now, demonstration=demonstration)
    return str(refusal.value)


DOCUMENT = partnership().directory.document


def test_any_two_of_three_officers_are_enough() -> None:
    for pair in (OFFICERS[:2], OFFICERS[1:], [OFFICERS[2], OFFICERS[0]], OFFICERS):
        assert verify_directory(signed(DOCUMENT, pair), ROOT, now=NOW, demonstration=True).document == DOCUMENT


TOO_FEW = {"nobody": [], "one officer": OFFICERS[:1], "one officer twice": [OFFICERS[0], OFFICERS[0]],
           "one officer and an agency": [OFFICERS[0], partnership().signing("cjit-ashby")]}  # fmt: skip


@pytest.mark.parametrize("case", TOO_FEW)
def test_fewer_are_not(case: str) -> None:
    assert "officers needed" in why_not(signed(DOCUMENT, TOO_FEW[case]))


def test_a_signature_over_another_document_is_refused() -> None:
    other = DOCUMENT.model_copy(update={"version": 2})
    value = json.loads(signed(DOCUMENT))
    value["document"] = json.loads(signed(other))["document"]
    assert "does not fit" in why_not(canonical(value))


@pytest.mark.parametrize(
    "path", [("agencies", 0, "signing_keys", 0), ("agencies", 3, "roles", 0, "key"), ("services", "log_signing")]
)
def test_an_exchanged_key_is_noticed(path: tuple[Any, ...]) -> None:
    value = json.loads(signed(DOCUMENT))
    inside = value["document"]
    for step in path[:-1]:
        inside = inside[step]
    inside[path[-1]] = DOCUMENT.services.broker_signing
    assert "does not fit" in why_not(canonical(value))


IN_FORCE = {
    "a moment before it begins": (DOCUMENT.valid_from - 1, False),
    "as it begins": (DOCUMENT.valid_from, True),
    "a moment before it ends": (DOCUMENT.expires - 1, True),
    "as it ends": (DOCUMENT.expires, False),
    "years later": (DOCUMENT.expires + 1000 * DAY, False),
}


@pytest.mark.parametrize("case", IN_FORCE)
def test_a_directory_counts_only_while_it_is_in_force(case: str) -> None:
    now, counts = IN_FORCE[case]
    if counts:
        verify_directory(signed(DOCUMENT), ROOT, now=now, demonstration=True)
    else:
        assert "not in force" in why_not(signed(DOCUMENT), now=now)


def test_a_demonstrations_directory_is_refused_by_a_program_that_was_not_told() -> None:
    assert "DEMONSTRATION=1" in why_not(signed(DOCUMENT), demonstration=False)


def test_a_directory_in_earnest_is_accepted_by_both() -> None:
    earnest = signed(DOCUMENT.model_copy(update={"demonstration": False}))
    for demonstration in (True, False):
        verify_directory(earnest, ROOT, now=NOW, demonstration=demonstration)


NOT_DIRECTORIES = {
    "nothing": b"",
    "another file": b'{"v":1}',
    "a directory in another spelling": json.dumps(json.loads(signed(DOCUMENT)), indent=1).encode(),
    "a field too many": canonical({**json.loads(signed(DOCUMENT)), "note": "x"}),
    "a megabyte": b" " * 2**21 + b"{",
}


@pytest.mark.parametrize("case", NOT_DIRECTORIES)
def test_what_is_not_a_directory_is_refused(case: str) -> None:
    assert "agreed form" in why_not(NOT_DIRECTORIES[case])


def test_one_name_twice_is_not_a_directory() -> None:
    first = DOCUMENT.agencies[0]
    for more in (
        first,
        first.model_copy(update={"id": "broker"}),
        first.model_copy(update={"id": "consent"}),
        first.model_copy(update={"id": "new-one", "roles": (first.roles[0], first.roles[0])}),
    ):
        twice = DOCUMENT.model_copy(update={"agencies": (*DOCUMENT.agencies, more)})
        assert "agreed form" in why_not(signed(twice))


def test_no_person_stands_twice_in_it_and_none_has_two_names_for_one_key() -> None:
    first, second = DOCUMENT.officers[:2]
    for more in (
        first,
        first.model_copy(update={"key": OFFICERS[0].public.raw.hex()}),
        second.model_copy(update={"person": "another_name"}),
        first.model_copy(update={"person": "stranger", "agency": "nowhere-town"}),
    ):
        twice = DOCUMENT.model_copy(update={"officers": (*DOCUMENT.officers, more)})
        assert "agreed form" in why_not(signed(twice))


def test_a_directory_without_its_root_is_not_believed(tmp_path: Path) -> None:
    (tmp_path / DIRECTORY_FILE).write_bytes(signed(DOCUMENT))
    with pytest.raises(DirectoryError, match=r"root\.json"):
        load_directory(tmp_path / DIRECTORY_FILE, now=NOW, demonstration=True)


def test_it_answers_who_takes_part_in_which_role_with_which_key() -> None:
    directory = Directory(DOCUMENT)
    assert tuple(agency.id for agency in directory.agencies) == AGENCIES
    assert directory.agency("nowhere-town") is None
    assert directory.role_key("project-ashby", "intake") is not None
    assert directory.role_key("project-ashby", "director") is None
    assert directory.signing_key("cjit-ashby", partnership().signing("sarc-ashby").id) is None
    assert {agency.id for agency in directory.agencies if agency.prescriber} == {"drugs-ashby", "project-ashby"}
