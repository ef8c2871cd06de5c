"""``python -m consent``: run the consent service with the settings of the environment."""

import gc
import logging
import sys

import structlog
import uvloop
from pydantic import ValidationError
from sqlalchemy.exc import SQLAlchemyError

from consent.app import serve
from consent.clauses.fitting import ProtocolError
from consent.line import UnsafeSettingsError
from consent.settings import Settings
from consent.start import StartError
from contracts.directory import DirectoryError
from contracts.keyring import KeyringError


def main() -> int:
    """0 after an orderly stop; 2 when it may not start, with the reason in plain words."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    # Libraries say in their own form what we say in ours; theirs may quote what they carry.
    logging.getLogger().addHandler(logging.NullHandler())
    # What is loaded at the start stays; the collector need not look at it with every batch.
    gc.freeze()
    gc.set_threshold(200_000, 20, 50)
    try:
        settings = Settings()
    except ValidationError as error:
        fields = ", ".join(f"CONSENT_{str(one['loc'][0]).upper()}" for one in error.errors(include_input=False))
        print(f"The consent service did not start: these settings are missing or wrong: {fields}", file=sys.stderr)
        return 2
    try:
        uvloop.run(serve(settings))
    except (KeyringError, DirectoryError, ProtocolError, StartError, UnsafeSettingsError) as error:
        print(f"The consent service did not start: {error}", file=sys.stderr)
        return 2
    except SQLAlchemyError as error:
        print(f"The consent service did not start: its database does not answer ({type(error).__name__})", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
