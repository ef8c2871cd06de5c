"""``./run evaluate-matching REGISTRATIONS.csv TRUTH.csv``: two programs in a pipe, as an agency and the broker are two.

The first makes keyed tokens and the second recognises; names never come to the second, and the key dies with the first.
"""

import argparse
import subprocess
import sys
from pathlib import Path


def main(arguments: list[str]) -> int:
    """Print the figures as JSON on standard output. 2 when a table is wrong, with what to do about it on standard error."""
    parser = argparse.ArgumentParser(
        prog="./run evaluate-matching",
        description="How well people are recognised, on registrations whose truth is known. Prints JSON.",
        epilog="REGISTRATIONS.csv: record_id,forename,aliases,surname,dob,sex,postcode_district,nhs_number,pnc_id "
        "(aliases separated by ';', dob as YYYY-MM-DD, any field but the id may be empty); "
        "address,town may be there too. TRUTH.csv: record_id,person_id. "
        "`.venv/bin/python -m tests.synthetic FOLDER` writes a pair of people who do not exist.",
    )
    parser.add_argument("registrations", type=Path, metavar="REGISTRATIONS.csv")
    parser.add_argument("truth", type=Path, metavar="TRUTH.csv")
    chosen = parser.parse_args(arguments)
    maker = subprocess.Popen([sys.executable, "-m", "agencies.make_tokens", str(chosen.registrations)], stdout=subprocess.PIPE)
    judge = subprocess.Popen(
        [sys.executable, "-m", "broker.evaluate", str(chosen.truth)], stdin=maker.stdout, stdout=subprocess.PIPE, text=True
    )
    assert maker.stdout is not None
    maker.stdout.close()  # so that the first hears when the second has stopped
    try:
        figures, _ = judge.communicate()
        codes = (maker.wait(), judge.returncode)
    except KeyboardInterrupt:
        for program in (maker, judge):
            program.terminate()
            program.wait()
        return 130
    if codes == (0, 0):
        print(figures, end="")
    return next((code for code in codes if code), 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
