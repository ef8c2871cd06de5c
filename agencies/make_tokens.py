"""Read people from a table and write their keyed tokens, a line each: ``python -m agencies.make_tokens REGISTRATIONS.csv``.

The first half of ``./run evaluate-matching``: what stands on an agency's side of the wire and nothing else. The key is drawn
for this run and never written down. Leaves out: recognising anybody (``broker.evaluate``).
"""

import csv
import json
import secrets
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from agencies.identity import EPOCH, Details, KeyedTokens

COLUMNS: Final = (
    "record_id", "forename", "aliases", "surname", "dob", "sex", "postcode_district", "nhs_number", "pnc_id",
)  # fmt: skip
OPTIONAL: Final = ("address", "town")
"""Columns that may be there: where she lives, which most agencies have and some do not."""


class TableError(Exception):
    """The table cannot be used, with the reason in plain words. Quotes nothing that stands in it."""


def read(path: Path) -> Iterator[tuple[str, Details]]:
    """The rows of a table of registrations. TableError says what is missing, or which line is wrong."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            yield from _rows(path, csv.DictReader(file))
    except OSError as error:
        raise TableError(f"{path} cannot be read: {error.strerror}") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise TableError(f"{path} is not a table in UTF-8 with commas") from error


def _rows(path: Path, table: "csv.DictReader[str]") -> Iterator[tuple[str, Details]]:
    missing = [column for column in COLUMNS if column not in (table.fieldnames or ())]
    if missing:
        raise TableError(f"{path} has no column {', '.join(missing)}. It needs: {','.join(COLUMNS)}")
    seen: set[str] = set()
    for row in table:
        record = (row["record_id"] or "").strip()
        if not record or record in seen:
            raise TableError(f"{path}, line {table.line_num}: record_id is {'there twice' if record else 'empty'}")
        if any(row[column] is None for column in (*COLUMNS, *(each for each in OPTIONAL if each in row))):
            raise TableError(f"{path}, line {table.line_num}: fewer fields than columns")
        seen.add(record)
        yield record, details_in(row)


def details_in(row: dict[str, str]) -> Details:
    """A row as a person's details. Any field but the id may be empty."""
    return Details(
        forename=row["forename"], surname=row["surname"],
        aliases=tuple(alias.strip() for alias in row["aliases"].split(";") if alias.strip()),
        date_of_birth=row["dob"], sex=row["sex"], postcode=row["postcode_district"], nhs_number=row["nhs_number"],
        pnc_id=row["pnc_id"], address=row.get("address"), town=row.get("town"),
    )  # fmt: skip


def main(arguments: list[str]) -> int:
    """Write a line of JSON for each row; 2 when the table is wrong."""
    if len(arguments) != 1:
        sys.stderr.write("python -m agencies.make_tokens REGISTRATIONS.csv\n")
        return 2
    maker = KeyedTokens(secrets.token_bytes(32))
    try:
        for record, details in read(Path(arguments[0])):
            line = {"record": record, "epoch": EPOCH, "tokens": maker.tokens(details)}
            sys.stdout.write(json.dumps(line, separators=(",", ":")) + "\n")
    except TableError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except BrokenPipeError:
        # The reader has stopped, and has said why.
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
