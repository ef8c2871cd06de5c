"""The auditor: reads the raw stores of a system, none of its code, and says whether what must hold does hold.

``python -m tests.integration.auditor var/demo [--json]`` checks V1 to V4, V7 to V10 and V14 of trust.md §5.4, one line
each, and exits 1 on any violation. Run it when nothing is on its way. Leaves out V5, V6, V11 to V13, V15 and V16, which
are not facts of a store at rest.
"""

import argparse
import json
import sys
from pathlib import Path

from tests.integration.audit.canary import blind_carrier
from tests.integration.audit.findings import Finding, lines
from tests.integration.audit.messages import nothing_doubled, nothing_lost
from tests.integration.audit.record import everything_is_there, only_added_to
from tests.integration.audit.releases import attributed, none_without_a_record, only_what_was_permitted
from tests.integration.audit.town import Town, read
from tests.integration.audit.withdrawals import withdrawal_wins

INVARIANTS = (
    nothing_lost,
    nothing_doubled,
    none_without_a_record,
    only_what_was_permitted,
    only_added_to,
    everything_is_there,
    withdrawal_wins,
    blind_carrier,
    attributed,
)


def audit(folder: Path) -> list[Finding]:
    """Read once, judge by every invariant."""
    town: Town = read(folder)
    return [invariant(town) for invariant in INVARIANTS]


def main(arguments: list[str] | None = None) -> int:
    """0 when nothing was found."""
    parser = argparse.ArgumentParser(description="Check the raw stores of a system against what must hold.")
    parser.add_argument("folder", type=Path, help="where the system lies, for example var/demo")
    parser.add_argument("--json", action="store_true", help="for a program")
    chosen = parser.parse_args(arguments)
    findings = audit(chosen.folder)
    holds = all(finding.holds for finding in findings)
    if chosen.json:
        print(json.dumps({"holds": holds, "findings": [finding.as_json() | {"line": finding.line()} for finding in findings]}))
    else:
        print("\n".join(lines(findings)))
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
