"""Start the adapter of a police force."""

import sys

from agencies.police.mapping import MAPPING
from agencies.start import start

if __name__ == "__main__":
    sys.exit(start(MAPPING))
