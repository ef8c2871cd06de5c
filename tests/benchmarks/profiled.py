"""Runs one of our programs with a profiler in each of its threads. For finding costs; its speed is no figure to quote.

Reads the module and where to write from the environment, and writes one file of statistics for all threads together.
"""

import atexit
import cProfile
import os
import pstats
import runpy
import sys
import threading
from pathlib import Path
from types import FrameType


def main() -> None:
    """Run BENCH_MODULE as ``python -m`` would."""
    path, module = Path(os.environ["BENCH_PROFILE"]), os.environ["BENCH_MODULE"]
    profiles: list[cProfile.Profile] = []

    def begin(frame: FrameType | None = None, event: str = "", argument: object = None) -> None:
        profile = cProfile.Profile()
        profiles.append(profile)
        profile.enable()

    def write() -> None:
        for profile in profiles:
            profile.disable()
        path.parent.mkdir(parents=True, exist_ok=True)
        statistics = pstats.Stats(*profiles)
        statistics.dump_stats(path)

    atexit.register(write)
    # Called once at the first event of each new thread: it puts the real profiler in its own place.
    threading.setprofile(begin)
    sys.argv = [module]
    begin()
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
