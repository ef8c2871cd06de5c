"""The file of the officers' signatures: added to, one officer after another. Only a broken one is ever taken out.

Leaves out: whether a signature counts (``clauses/signing``).
"""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from consent.protocol_file import load_approvals
from contracts.approvals import Approval, Approvals


def add(file: Path, new: list[Approval]) -> None:
    """Write them after those that are there."""
    _changed(file, lambda approvals: (*approvals, *new))


def take_out(file: Path, statement: str) -> int:
    """Take out the signatures under one statement; how many there were."""
    before = len(load_approvals(file).approvals)
    _changed(file, lambda approvals: tuple(one for one in approvals if one.said.id != statement))
    return before - len(load_approvals(file).approvals)


def _changed(file: Path, change: Callable[[tuple[Approval, ...]], tuple[Approval, ...]]) -> None:
    """Whole or not at all, and two officers at once do not lose each other's."""
    with _alone(file):
        made = Approvals(approvals=change(load_approvals(file).approvals))
        draft = file.with_name(f"{file.name}.new")
        with draft.open("wb") as out:
            out.write(made.wire())
            out.flush()
            os.fsync(out.fileno())
        draft.replace(file)


@contextmanager
def _alone(file: Path) -> Iterator[None]:
    with file.with_name(f"{file.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
