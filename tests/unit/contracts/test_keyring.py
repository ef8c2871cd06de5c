"""Private keys on disk: for their owner's eyes, never overwritten, marked when they are a demonstration's."""

import stat
from pathlib import Path

import pytest

from contracts.directory import DirectoryError, load_directory
from contracts.keyring import (
    ASHBY,
    DIRECTORY_FILE,
    MARK,
    KeyringError,
    load_open_key,
    load_signing_key,
    main,
    make_partnership,
    refuse_demonstration_keys,
)
from contracts.vocabulary import AgencyKind
from tests.factories import partnership

NOW = partnership().now


def made(folder: Path, *, demonstration: bool = True) -> Path:
    make_partnership(folder / "keys", ASHBY, now=NOW, demonstration=demonstration)
    return folder / "keys"


def test_every_private_key_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    keys = made(tmp_path)
    files = list(keys.rglob("*.key"))
    assert len(files) > 20
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert {stat.S_IMODE(folder.stat().st_mode) for folder in {file.parent for file in files} | {keys}} == {0o700}


def test_no_key_is_written_twice_with_the_same_bytes_but_the_shared_linkage_key(tmp_path: Path) -> None:
    keys = made(tmp_path)
    seeds = [file.read_bytes() for file in keys.rglob("*.key") if file.stem != "linkage"]
    assert len(set(seeds)) == len(seeds)
    assert len({file.read_bytes() for file in keys.rglob("linkage.key")}) == 1


def test_the_police_hold_no_linkage_key_and_no_service_does(tmp_path: Path) -> None:
    keys = made(tmp_path)
    holders = {file.parent.name for file in keys.rglob("linkage.key")}
    assert holders == {party.id for party in ASHBY if party.kind is not AgencyKind.POLICE} | {"linkage"}


def test_keys_that_are_there_are_never_written_over(tmp_path: Path) -> None:
    keys = made(tmp_path)
    before = {file: file.read_bytes() for file in keys.rglob("*") if file.is_file()}
    with pytest.raises(KeyringError, match="already holds"):
        made(tmp_path)
    # Nor when the directory was lost and only the keys are left.
    (keys / DIRECTORY_FILE).unlink()
    with pytest.raises(KeyringError, match="already holds a key"):
        made(tmp_path)
    assert {file: file.read_bytes() for file in before if file.exists()} == {
        file: bytes_ for file, bytes_ in before.items() if file.name != DIRECTORY_FILE
    }


def test_demonstration_keys_are_marked_and_refused_in_earnest(tmp_path: Path) -> None:
    keys = made(tmp_path)
    for party in (*(party.id for party in ASHBY), "broker", "consent"):
        assert (keys / party / MARK).exists()
        with pytest.raises(KeyringError, match="DEMONSTRATION=1"):
            refuse_demonstration_keys(keys / party, demonstration=False)
        refuse_demonstration_keys(keys / party, demonstration=True)
    with pytest.raises(DirectoryError, match="DEMONSTRATION=1"):
        load_directory(keys / DIRECTORY_FILE, now=NOW, demonstration=False)


def test_keys_in_earnest_carry_no_mark(tmp_path: Path) -> None:
    keys = made(tmp_path, demonstration=False)
    assert list(keys.rglob(MARK)) == []
    refuse_demonstration_keys(keys / "broker", demonstration=False)
    assert not load_directory(keys / DIRECTORY_FILE, now=NOW, demonstration=False).document.demonstration


def test_the_private_keys_are_those_of_the_directory(tmp_path: Path) -> None:
    keys = made(tmp_path)
    directory = load_directory(keys / DIRECTORY_FILE, now=NOW, demonstration=True)
    for party in ASHBY:
        key = load_signing_key(keys / party.id)
        assert directory.signing_key(party.id, key.id) is not None
        for role in party.roles:
            published = directory.role_key(party.id, role)
            assert published is not None
            assert published.id == load_open_key(keys / party.id, role).id
    assert directory.consent_key.id == load_open_key(keys / "consent", "sealing").id
    assert directory.consent_signing.id == load_signing_key(keys / "consent").id
    assert directory.broker_signing.id == load_signing_key(keys / "broker").id
    assert directory.log_signing.id == load_signing_key(keys / "consent", "log").id


def test_a_missing_key_is_said_in_plain_words(tmp_path: Path) -> None:
    with pytest.raises(KeyringError, match="cannot read the key signing"):
        load_signing_key(tmp_path)


def test_the_command_makes_keys_once_and_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", "--demonstration", str(tmp_path / "keys")]) == 0
    assert "6 agencies" in capsys.readouterr().out
    assert main(["init", "--demonstration", str(tmp_path / "keys")]) == 1
    assert "nothing was changed" in capsys.readouterr().err
