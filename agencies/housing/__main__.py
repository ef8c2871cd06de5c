"""Start the adapter of a housing agency."""

import sys

from agencies.housing.mapping import MAPPING
from agencies.start import start

if __name__ == "__main__":
    sys.exit(start(MAPPING))
