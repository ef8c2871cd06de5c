"""Every numbered rule of the sources, and what becomes of it here: judged by which clauses, kept by what, or outside, and why.

The numbers are those of the list that the sources were read into (R01 to R63). ``./run protocol rules`` shows it, and
``docs/rules.md`` is what it writes. Leaves out: the clauses themselves (``consent/clauses``), and proving them (``proof``).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from consent.protocol import Clause, Elsewhere, Protocol

RULES: Final = tuple(f"R{number:02}" for number in range(1, 64))

# What keeps a rule that no clause judges: in words, and where it is.
PARTS: Final = {
    "form": ("the form of every message", "contracts/envelope.py"),
    "schema": ("the closed forms of what a message carries", "contracts/messages/compartments.py"),
    "compile": ("reading the protocol", "consent/clauses/fitting.py"),
    "dates": ("dates on the rows", "consent/protocol.py"),
    "log": ("the log of decisions", "consent/entries.py"),
    "log_erase": ("erasing from the log", "consent/log/erase.py"),
    "officer": ("an officer's act", "consent/restrictions.py"),
    "consent_line": ("the order of release", "consent/line.py"),
    "consent_recording": ("taking in what she said", "consent/recording.py"),
    "broker_caseloads": ("the broker's caseloads", "broker/caseloads.py"),
    "broker_checks": ("the broker's checks", "broker/checks.py"),
    "broker_prescriptions": ("the broker's prescriptions", "broker/prescriptions.py"),
    "directory": ("the directory of services", "contracts/offers.py"),
    "no_message": ("no message can say it", "contracts/messages/compartments.py"),
}


@dataclass(frozen=True, slots=True)
class Account:
    """What becomes of one rule: the clauses that judge it, what keeps it besides, or why nothing does."""

    rule: str
    judged: tuple[Clause, ...]
    kept: tuple[Elsewhere, ...]

    @property
    def how(self) -> str:
        """In a word or two: ``judged``, ``kept elsewhere``, ``outside``; or ``nowhere``, which the check calls wrong."""
        if self.judged or any(one.enforced_by == "clause" for one in self.kept):
            return "judged"
        if not self.kept:
            return "nowhere"
        return "outside" if all(one.enforced_by == "outside" for one in self.kept) else "kept elsewhere"


def accounts(protocol: Protocol) -> Iterator[Account]:
    """Every rule, in order."""
    for rule in RULES:
        clauses = tuple(one for name, one in protocol.clauses.items() if name.partition("-")[0] == rule)
        kept = tuple(one for name, one in protocol.elsewhere.items() if name.partition("-")[0] == rule)
        yield Account(rule, clauses, kept)


def counted(found: list[Account]) -> str:
    """How many of each, in a line."""
    how = [one.how for one in found]
    said = ", ".join(f"{how.count(word)} {word}" for word in ("judged", "kept elsewhere", "outside", "nowhere") if word in how)
    return f"{len(found)} rules of the sources: {said}"


def page(protocol: Protocol) -> str:
    """The whole account as a page of Markdown."""
    found = list(accounts(protocol))
    lines = [
        "# The rules of the sources",
        "",
        "What becomes of each rule that the five papers state. A judged rule is one or more clauses of",
        "`consent/clauses/core.yaml`, each with golden cases and mutants. One that is kept elsewhere cannot be broken by what",
        "a message says to us; what keeps it and the test that shows it are named. `./run protocol rules` writes this page,",
        "and a test holds it to the table.",
        "",
        f"{counted(found)}.",
        "",
        "| Rule | What it comes to here | How | Shown by |",
        "|---|---|---|---|",
        *(f"| {one.rule} | {_text(one)} | {_how(one, protocol)} | {_shown(one)} |" for one in found),
    ]
    return "\n".join(lines) + "\n"


def _text(one: Account) -> str:
    texts = [clause.text for clause in one.judged] or [row.text for row in one.kept]
    return " ".join(" ".join(text.split()) for text in texts)


def _how(one: Account, protocol: Protocol) -> str:
    if one.judged:
        return "judged by " + ", ".join(f"{clause.id} ({clause.verdict.name.lower()})" for clause in one.judged)
    said = []
    for row in one.kept:
        if row.enforced_by == "clause":
            said.append("judged by " + ", ".join(f"{name} ({protocol.clauses[name].verdict.name.lower()})" for name in row.by))
        elif row.enforced_by == "outside":
            said.append(f"outside: {row.because}")
        else:
            words, where = PARTS[row.enforced_by]
            said.append(f"{words} (`{where}`)")
    return "; ".join(said)


def _shown(one: Account) -> str:
    tests = [test for row in one.kept for test in row.shown_by]
    if tests:
        return ", ".join(f"`{test.partition('::')[2]}` of `{test.partition('::')[0]}`" for test in tests)
    return "an agreement, not a test" if one.how == "outside" else "golden cases"
