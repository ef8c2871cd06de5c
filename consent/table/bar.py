"""How far a long command has come: a bar on a terminal, nothing anywhere else, so that what is piped on stays clean.

Leaves out: what the command finds.
"""

import sys
import time
from types import TracebackType
from typing import Final, Self

_WIDTH: Final = 30
_EVERY: Final = 0.1


class Bar:
    """One line on the terminal's error side, rewritten in place and wiped away at the end."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._moves = sys.stderr.isatty()
        self._last = 0.0

    def __enter__(self) -> Self:
        return self

    def heard(self, done: int, of: int) -> None:
        """So much of so much is done."""
        now = time.monotonic()
        if not self._moves or of == 0 or (now - self._last < _EVERY and done < of):
            return
        self._last = now
        full = _WIDTH * done // of
        sys.stderr.write(f"\r  {self._what} [{'#' * full}{'.' * (_WIDTH - full)}] {done:,} of {of:,} ")
        sys.stderr.flush()

    def heard_of(self, what: str, done: int, of: int) -> None:
        """The same, of the part that is being done."""
        self._what = what
        self.heard(done, of)

    def say(self, line: str) -> None:
        """A line of the result, where the bar stands now; the bar goes on below it."""
        self._wipe()
        sys.stdout.write(f"{line}\n")

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        self._wipe()

    def _wipe(self) -> None:
        if self._moves:
            sys.stderr.write("\r\033[K")
            sys.stderr.flush()
