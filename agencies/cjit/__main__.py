"""Start the adapter of a criminal justice intervention team."""

import sys

from agencies.cjit.mapping import MAPPING
from agencies.start import start

if __name__ == "__main__":
    sys.exit(start(MAPPING))
