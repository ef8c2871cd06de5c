"""Start the adapter of a sexual assault referral centre."""

import sys

from agencies.sarc.mapping import MAPPING
from agencies.start import start

if __name__ == "__main__":
    sys.exit(start(MAPPING))
