"""``./run records AGENCY LOCAL-ID``: the records of one person, for an officer who has a request of hers in hand.

The agency's own id becomes its reference, that a record at the broker, and that all records the broker takes to be the same
person. Ids only: not which agencies know her, and nobody's tokens. Leaves out what is then done with them (``./run rights``).
"""

import argparse
import sys
from pathlib import Path
from typing import Final

from broker.local import state
from broker.local.stores import StoreAwayError, of

_REFERENCES: Final = "SELECT reference FROM reference WHERE local = ?"
_HERS: Final = (
    "SELECT DISTINCT r.id, r.n FROM record AS o JOIN record AS r ON r.person = o.person "
    "WHERE o.agency = ? AND o.reference = ? ORDER BY r.n"
)


def main(arguments: list[str]) -> int:
    """0 when she is known."""
    parser = argparse.ArgumentParser(prog="./run records", description="The records of one person, for her officer.")
    parser.add_argument("agency", help="an agency that knows her")
    parser.add_argument("person", help="that agency's own id for her")
    parser.add_argument("--name", help="which system (default: the one that runs, else the latest)")
    chosen = parser.parse_args(arguments)
    try:
        found = records(state.current(chosen.name), chosen.agency, chosen.person)
    except (state.NoSystemError, StoreAwayError) as error:
        print(error, file=sys.stderr)
        return 1
    if not found:
        print("That agency has registered nobody under that id.", file=sys.stderr)
        return 1
    print("\n".join(found))
    return 0


def records(folder: Path, agency: str, person: str) -> list[str]:
    """Her records' ids, the oldest first."""
    stores = of(folder)
    adapter = stores.adapters.get(agency)
    if adapter is None or not adapter.there():
        return []
    found: dict[str, None] = {}
    for row in adapter.rows(_REFERENCES, (person,)):
        found |= {each["id"]: None for each in stores.broker.rows(_HERS, (agency, row["reference"]))}
    return list(found)
