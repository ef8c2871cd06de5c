"""What the auditor says: one line for each invariant, with what it looked at and every violation it found."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

SHOWN = 8


@dataclass
class Finding:
    """One invariant of trust.md §5.4, how much was looked at, and what was wrong."""

    id: str
    title: str
    looked_at: int
    unit: str
    violations: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """Whether nothing was found against it."""
        return not self.violations

    def line(self) -> str:
        """For example ``V3 release without a record: 0 of 132 releases``."""
        remarks = f" ({'; '.join(self.remarks)})" if self.remarks else ""
        return f"{self.id} {self.title}: {len(self.violations)} of {self.looked_at:,} {self.unit}{remarks}"

    def as_json(self) -> dict[str, Any]:
        """The same for a program."""
        return {
            "id": self.id,
            "title": self.title,
            "looked_at": self.looked_at,
            "unit": self.unit,
            "violations": self.violations,
            "remarks": self.remarks,
        }


def lines(findings: Sequence[Finding]) -> list[str]:
    """All of it for a person: the line of each invariant, and below it the first violations."""
    told: list[str] = []
    for finding in findings:
        told.append(finding.line())
        told += [f"    {violation}" for violation in finding.violations[:SHOWN]]
        if len(finding.violations) > SHOWN:
            told.append(f"    and {len(finding.violations) - SHOWN} more")
    return told
