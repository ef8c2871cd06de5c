"""What the machine is doing, step by step, with its time. Leaves out results; those have pages of their own."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext


class Progress:
    """One line per step. A moving sign while it lasts on a terminal; plain lines anywhere else."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet
        self._moves = sys.stdout.isatty() and "NO_COLOR" not in os.environ and not quiet

    @contextmanager
    def step(self, what: str) -> Iterator[None]:
        """Print the step when it is done, and how long it took; when it failed, say so and let it fail."""
        began = time.monotonic()
        try:
            with self._spinner(what):
                yield
        except BaseException:
            self.say(f"  {what}: failed after {time.monotonic() - began:.1f} s")
            raise
        self.say(f"  {what}: {time.monotonic() - began:.1f} s")

    def say(self, text: str) -> None:
        if self._quiet:
            return
        try:
            print(text, flush=True)
        except BrokenPipeError:
            # Nobody reads any more (`| head`). What was begun is still finished, and what runs is still stopped.
            self._quiet = True
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    def _spinner(self, what: str) -> AbstractContextManager[object]:
        if not self._moves:
            return nullcontext()
        from rich.console import Console

        return Console().status(f"  {what} …")
