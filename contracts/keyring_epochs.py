"""``./run keys linkage``: the key of the tokens, epoch by epoch: mint the next one, hand it to an agency, drop an old one.

An epoch is one linkage key's time: ``linkage.key`` is the first, ``linkage-2.key`` the second. Two are in use while the
register is re-keyed, never three, so that no record is met under none of them. Leaves out: making tokens (the adapters), and
how far the register is (``./run keys progress``).
"""

import argparse
import secrets
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from contracts.keyring import MARK, KeyringError, write_key

SHARED: Final = "linkage"
"""The folder of whoever mints the key for the partnership; it is handed on from there."""


@dataclass(frozen=True, slots=True)
class Minted:
    """A new epoch, and which folders beside the shared one were given its key."""

    epoch: int
    handed: tuple[str, ...]


def epochs_in(folder: Path) -> dict[int, Path]:
    """The linkage keys in a folder, by epoch, the oldest first."""
    files = (*folder.glob("linkage.key"), *folder.glob("linkage-*.key"))
    return dict(sorted((epoch_of(file), file) for file in files))


def epoch_of(file: Path) -> int:
    """Which epoch a key file is of. ValueError when its name says none."""
    return int(file.stem.removeprefix("linkage").removeprefix("-") or "1")


def mint(folder: Path) -> Minted:
    """Make the key of the next epoch, and hand it to every agency whose folder lies here and holds the one before.

    KeyringError while two epochs are in use: a third would leave behind who has not been re-keyed under the second.
    """
    shared = folder / SHARED
    present = _present(shared)
    if len(present) > 1:
        old, new = list(present)[:2]
        raise KeyringError(
            f"epochs {old} and {new} are both in use. Finish first: ./run keys progress, ./run keys retire {old}, "
            f"./run keys linkage drop {old}"
        )
    newest = max(present) + 1
    write_key(shared, f"linkage-{newest}", secrets.token_bytes(32), demonstration=(shared / MARK).exists())
    beside = sorted(each for each in folder.iterdir() if each.is_dir() and each != shared and epochs_in(each))
    for agency in beside:
        hand(folder, agency)
    return Minted(newest, tuple(each.name for each in beside))


def hand(folder: Path, agency: Path) -> int:
    """Give an agency's own folder the newest key; its adapter uses it from then on, without a restart.

    KeyringError when that folder holds no linkage key: such an agency registers nobody, or is not an agency's folder.
    """
    newest, file = max(_present(folder / SHARED).items())
    held = epochs_in(agency)
    if not held:
        raise KeyringError(f"{agency} holds no linkage key, so it is not handed one: its agency registers nobody")
    if newest not in held:
        write_key(agency, file.stem, file.read_bytes(), demonstration=(agency / MARK).exists())
    return newest


def drop(folder: Path, epoch: int) -> tuple[str, ...]:
    """Take a retired key out of every folder here; the names of the folders. The newest stays."""
    if epoch not in _present(folder / SHARED) or epoch == max(_present(folder / SHARED)):
        raise KeyringError(f"epoch {epoch} is the newest or is not there; only an older one is dropped")
    places = [each for each in sorted(folder.iterdir()) if each.is_dir() and epoch in epochs_in(each)]
    # An adapter with no newer key would be left without any.
    behind = [each.name for each in places if max(epochs_in(each)) == epoch]
    if behind:
        raise KeyringError(f"{', '.join(behind)} would be left without a linkage key; hand over the newest first")
    for each in places:
        epochs_in(each)[epoch].unlink()
    return tuple(each.name for each in places)


def _present(shared: Path) -> dict[int, Path]:
    found = epochs_in(shared)
    if not found:
        raise KeyringError(f"there is no linkage key in {shared}")
    return found


def main(arguments: list[str] | None = None, *, usual: Path = Path("var/keys")) -> int:
    """``keys linkage list|mint|hand|drop``: 0 done, 1 not, with the reason. ``usual``: the keys, where no folder is named."""
    parser = argparse.ArgumentParser(prog="./run keys linkage", description="The key of the tokens, epoch by epoch.")
    acts = parser.add_subparsers(dest="act", required=True)
    for act, text in (
        ("list", "which folders hold which epochs"),
        ("mint", "make the key of the next epoch and hand it to the agencies whose folders lie here"),
        ("hand", "give the newest key to an agency's own folder elsewhere"),
        ("drop", "take a retired epoch's key out of every folder here; never before ./run keys retire"),
    ):
        one = acts.add_parser(act, help=text)
        if act == "drop":
            one.add_argument("epoch", type=int)
        if act == "hand":
            one.add_argument("to", type=Path, help="the agency's key folder")
        one.add_argument("folder", type=Path, nargs="?", default=usual, help="the keys (default: those of the system here)")
    chosen = parser.parse_args(arguments)
    try:
        print(_done(chosen))
    except (KeyringError, OSError, ValueError) as error:
        print(f"It was not done: {error}", file=sys.stderr)
        return 1
    return 0


def _done(chosen: argparse.Namespace) -> str:
    match chosen.act:
        case "mint":
            minted = mint(chosen.folder)
            return (
                f"Epoch {minted.epoch} has a key. Handed to: {', '.join(minted.handed) or 'nobody'}.\n"
                "Hand it to the others (./run keys linkage hand FOLDER). Each adapter asks its own system to give its people "
                "again;\n./run keys progress says how far the register is."
            )
        case "hand":
            return f"{chosen.to} holds epoch {hand(chosen.folder, chosen.to)}. Its adapter uses it from now on."
        case "drop":
            return f"Epoch {chosen.epoch} was taken out of: {', '.join(drop(chosen.folder, chosen.epoch))}."
        case _:
            held = {each.name: epochs_in(each) for each in sorted(chosen.folder.iterdir()) if each.is_dir()}
            return "\n".join(f"{name}: {', '.join(map(str, epochs))}" for name, epochs in held.items() if epochs)


if __name__ == "__main__":
    sys.exit(main())
