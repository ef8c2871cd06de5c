"""Start the adapter of a specialist project."""

import sys

from agencies.project.mapping import MAPPING
from agencies.start import start

if __name__ == "__main__":
    sys.exit(start(MAPPING))
