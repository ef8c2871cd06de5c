"""Write a town's registrations and their truth as tables: ``python -m tests.synthetic FOLDER --regime hard``."""

import argparse
import csv
from dataclasses import replace
from pathlib import Path

from tests.synthetic.regimes import NAMED, regime_of
from tests.synthetic.town import COLUMNS, WITH_HOMES, registrations


def write(folder: Path, rows: list[dict[str, str]], truth: dict[str, str]) -> tuple[Path, Path]:
    """Both tables; their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    first, second = folder / "registrations.csv", folder / "truth.csv"
    with first.open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, WITH_HOMES if any("address" in row for row in rows) else COLUMNS)
        table.writeheader()
        table.writerows(rows)
    with second.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("record_id", "person_id"), *truth.items()])
    return first, second


def main() -> None:
    """As told on the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.synthetic", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--regime", default="usual", help=f"{', '.join(NAMED)}, or a number for one that is drawn")
    parser.add_argument("--people", type=int, default=4000)
    parser.add_argument("--seed", type=int, default=20_261)
    parser.add_argument("--without-numbers", action="store_true")
    parser.add_argument("--addresses", action="store_true", help="the same town, where people's addresses are written down")
    chosen = parser.parse_args()
    regime = regime_of(int(chosen.regime)) if chosen.regime.isdigit() else NAMED[chosen.regime]
    if chosen.without_numbers:
        regime = replace(regime, nhs_known=0.0, pnc_known=0.0)
    if chosen.addresses:
        regime = replace(regime, addresses=True)
    rows, truth = registrations(regime, chosen.seed, chosen.people)
    first, second = write(chosen.folder, rows, truth)
    print(f"{len(rows)} registrations of {len(set(truth.values()))} people: {first} {second}")


if __name__ == "__main__":
    main()
