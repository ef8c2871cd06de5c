"""Start the adapter of a drug service."""

import sys

from agencies.drug_service.mapping import MAPPING
from agencies.start import start

if __name__ == "__main__":
    sys.exit(start(MAPPING))
