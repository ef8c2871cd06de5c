"""A program with a health page and nothing behind it, for the tests of starting and stopping programs.

DOUBLE_MOOD says how it behaves: well, unwell (not ready, with a reason), dying (ends at once), deaf (ignores SIGTERM).
"""

import os
import signal
import sys
import threading

from contracts.health import start_health_page


def main() -> None:
    mood = os.environ.get("DOUBLE_MOOD", "well")
    if mood == "dying":
        sys.exit("the database is not there")
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: None if mood == "deaf" else ended.set())
    page = start_health_page(int(os.environ["DOUBLE_PORT"]), lambda: ["it feels unwell"] if mood == "unwell" else [])
    ended.wait()
    page.shutdown()
    page.server_close()


if __name__ == "__main__":
    main()
