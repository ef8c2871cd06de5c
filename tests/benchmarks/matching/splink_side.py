"""Splink on the same people, for comparison: a program for Splink's own environment, which imports nothing of ours.

It sees the details themselves. It is given what it does best with: a labelled town to learn its weights from, blocking on
pairs of details, the register's own frequencies of names. A look-up is one person against the register (``predict_between``).
Prints one line of JSON. Leaves out recognising a person rather than a record: Splink compares records.
"""

import argparse
import csv
import json
import logging
import sys
import time
from pathlib import Path
from typing import Any, Final

import duckdb
from splink import DuckDBAPI, Linker, SettingsCreator, block_on
from splink import comparison_library as compare

_NULLS: Final = "nullif(trim({0}), '') AS {0}"
_COLUMNS: Final = ("forename", "aliases", "surname", "dob", "sex", "postcode_district", "nhs_number", "pnc_id")
_BLOCKS: Final = (
    ("nhs_number",), ("pnc_id",), ("surname", "dob"), ("forename", "dob"), ("forename", "surname"), ("surname", "year"),
    ("forename", "year", "postcode_district"),
)  # fmt: skip
_SURE: Final = 0.95


def main(arguments: list[str]) -> int:
    """Learn, load, look up one at a time until the time is over."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("register", type=Path)
    parser.add_argument("asked", type=Path)
    parser.add_argument("truth", type=Path)
    parser.add_argument("learn", type=Path, help="registrations whose truth is in --learn-truth")
    parser.add_argument("learn_truth", type=Path)
    parser.add_argument("--size", type=int, required=True)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--most", type=int, default=200)
    chosen = parser.parse_args(arguments)
    logging.getLogger("splink").setLevel(logging.ERROR)
    settings = _learned(chosen.learn, chosen.learn_truth)
    settings["probability_two_random_records_match"] = 1 / chosen.size
    began = time.perf_counter()
    database = duckdb.connect()
    database.execute(f"CREATE TABLE register AS {_read(chosen.register)} LIMIT {chosen.size}")
    database.execute(f"CREATE TABLE asked AS {_read(chosen.asked)}")
    splink = DuckDBAPI(connection=database)
    register = splink.register("register")
    linker = Linker(register, settings, log_level=logging.ERROR)
    for column in ("forename", "surname"):
        linker.table_management.compute_tf_table(column)
    loaded = time.perf_counter() - began
    figures = _looked_up(linker, splink, database, register, chosen)
    print(json.dumps(figures | {"load_seconds": round(loaded, 1), "peak_mb": _peak_mb()}))
    return 0


def _looked_up(linker: Any, splink: Any, database: Any, register: Any, chosen: argparse.Namespace) -> dict[str, Any]:
    with chosen.truth.open(newline="", encoding="utf-8") as file:
        truth = {row["record_id"]: row["person_id"] for row in csv.DictReader(file)}
    took: list[float] = []
    counted = {"returning": 0, "found": 0, "wrong": 0}
    until = time.monotonic() + chosen.seconds
    for number, (record, known) in enumerate(truth.items()):
        if number >= chosen.most or time.monotonic() > until:
            break
        database.execute(f"CREATE OR REPLACE TABLE one_{number} AS SELECT * FROM asked WHERE unique_id = ?", [record])
        began = time.perf_counter()
        one = splink.register(f"one_{number}")
        pairs = linker.inference.predict_between(register, one, threshold_match_probability=_SURE, warning_mode="never")
        best = pairs.as_duckdbpyrelation().order("match_probability DESC").limit(1).fetchall()
        took.append(time.perf_counter() - began)
        place = [name for name, *_ in pairs.as_duckdbpyrelation().description].index("unique_id_l")
        pairs.drop_table_from_database_and_remove_from_cache()
        counted["returning"] += bool(known)
        if best:
            counted["found" if best[0][place] == known else "wrong"] += 1
    times = sorted(took[min(5, len(took) // 10) :])
    return {
        "looked_up": len(times),
        "p50_ms": round(times[len(times) // 2] * 1e3, 1),
        "p99_ms": round(times[len(times) * 99 // 100] * 1e3, 1),
        "found": counted["found"] / max(1, counted["returning"]),
        "wrong": counted["wrong"] / max(1, counted["found"] + counted["wrong"]),
    }


def _learned(table: Path, truth: Path) -> dict[str, Any]:
    """A model as a dictionary: how often details agree by chance from the table, and for one person from its truth."""
    database = duckdb.connect()
    database.execute(f"CREATE TABLE truth AS SELECT * FROM read_csv('{truth}', all_varchar=true)")
    database.execute(
        f"CREATE TABLE learn AS SELECT t.person_id, r.* FROM ({_read(table)}) AS r JOIN truth AS t ON t.record_id = r.unique_id"
    )
    splink = DuckDBAPI(connection=database)
    settings = SettingsCreator(
        link_type="dedupe_only",
        comparisons=[
            compare.NameComparison("forename").configure(term_frequency_adjustments=True),
            compare.NameComparison("surname").configure(term_frequency_adjustments=True),
            compare.DateOfBirthComparison("dob", input_is_string=True),
            compare.ExactMatch("sex"),
            compare.ExactMatch("postcode_district"),
            compare.DamerauLevenshteinAtThresholds("nhs_number", [1]),
            compare.DamerauLevenshteinAtThresholds("pnc_id", [1]),
        ],
        blocking_rules_to_generate_predictions=[block_on(*columns) for columns in _BLOCKS],
        retain_intermediate_calculation_columns=False,
        additional_columns_to_retain=["person_id"],
    )
    linker = Linker(splink.register("learn"), settings, log_level=logging.ERROR)
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
    linker.training.estimate_m_from_label_column("person_id")
    model = linker.misc.save_model_to_json()
    model.pop("additional_columns_to_retain", None)
    return dict(model)


def _read(table: Path) -> str:
    columns = ", ".join(_NULLS.format(column) for column in _COLUMNS)
    return f"SELECT record_id AS unique_id, substr(dob, 1, 4) AS year, {columns} FROM read_csv('{table}', all_varchar=true)"


def _peak_mb() -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return round(int(line.split()[1]) / 1024, 1)
    return 0.0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
