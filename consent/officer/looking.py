"""The signatures under a protocol, looked at by ``./run protocol check``: as the service does, but for what it must follow.

Leaves out: showing and giving them (``cli``).
"""

import argparse
import time
from pathlib import Path

from consent.at_the_log import Settings
from consent.clauses.fitting import ProtocolError
from consent.clauses.signing import signed_as
from consent.officer.words import counted
from consent.protocol_file import load_approvals, load_written
from contracts.approvals import APPROVALS_FILE
from contracts.directory import load_directory


def where_the_signatures_are(parser: argparse.ArgumentParser, settings: Settings) -> None:
    """The options that say where the key directory and the signatures are."""
    parser.add_argument("--directory", default=settings.directory, help="whose signatures count (default: CONSENT_DIRECTORY)")
    parser.add_argument("--agreements", default=settings.agreements, metavar="FILE", help="the signatures, if not beside it")
    parser.set_defaults(demonstration=settings.demonstration)


def look_at_signatures(given: argparse.Namespace) -> str:
    """That all is signed, in a sentence, or that nobody said where to look; ProtocolError names what is missing."""
    if not given.directory:
        return "Signatures: not looked at, since no key directory is given. The service decides by nothing that is not signed."
    directory = load_directory(
        Path(given.directory), now=time.time_ns() // 1_000_000, demonstration=given.demonstration
    )  # fmt: skip
    approvals = Path(given.agreements or Path(given.directory).parent / APPROVALS_FILE)
    signed = signed_as(load_written(given.file), load_approvals(approvals), directory)
    if signed.problems:
        raise ProtocolError(f"{given.file.name}: it is not signed.\n  " + "\n  ".join(signed.problems))
    return counted(signed)
