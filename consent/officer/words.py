"""How an agreement stands, in words an officer reads before she signs: who it is between, what it changes, who has signed.

Leaves out: signing it (``cli``).
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import combinations

from consent.clauses.comparing import compare
from consent.clauses.signing import Signed, Standing
from consent.clauses.written import AgreementWritten
from consent.table.words import paragraph, plain
from contracts.directory import Directory


def in_words(one: Standing, directory: Directory) -> list[str]:
    """One version of an agreement, or the tables."""
    lines = _agreement(one, one.agreement, directory) if one.agreement else [f"{one.name}: every clause, need, basis and list"]
    lines.append(f"  the hash of these words: {one.terms[:16]}")
    for signer in one.signers:
        lines.append(f"  signed by {signer.name}, {plain(signer.officer.rank)}, on {_day(signer.made)}")
    for text in one.missing:
        lines += paragraph(f"Missing: {text}.", 2)
    return lines


def _agreement(one: Standing, agreement: AgreementWritten, directory: Directory) -> list[str]:
    names = {each.id: each.neutral_name for each in directory.agencies}
    parties = ", ".join(f"{names.get(each, 'not in the directory')} ({each})" for each in agreement.parties)
    until = f"until {agreement.until}" if agreement.until else "until it is ended"
    lines = [f"{one.name}: {agreement.title}", *paragraph(f"Between {parties}.", 2)]
    lines += [f"  from {agreement.since} {until}, looked at again by {agreement.review}"]
    if one.change is None:
        return [*lines, *_sentences("What it lets pass", compare(None, agreement).looser)]
    lines.append(f"  beside the version before it: {one.change.direction.value}")
    if one.only_tighter:
        lines.append("  One officer of one party signs, and it counts as soon as the file is in place.")
    lines += _sentences("Less passes", one.change.tighter)
    return lines + _sentences("More passes", one.change.looser)


def counted(signed: Signed) -> str:
    """How many agreements there are, between how many pairs, and that all of it is signed."""
    names = {one.name.partition("/")[0] for one in signed.agreements}
    pairs = {
        (one.agreement.id, *pair)
        for one in signed.agreements
        if one.agreement is not None
        for pair in combinations(sorted(one.agreement.parties), 2)
    }
    tables = " and ".join(signer.name for signer in signed.tables.signers)
    return (
        f"{len(names)} agreements between {len(pairs)} pairs of agencies, each signed by two officers, one of each agency: "
        f"verified. The clauses and tables are signed by {tables}."
    )


def _sentences(heading: str, sentences: Iterable[str]) -> list[str]:
    found = [line for text in sentences for line in paragraph(f"- {text}", 4)]
    return [f"  {heading}:", *found] if found else []


def _day(at: int) -> str:
    return f"{datetime.fromtimestamp(at / 1000, UTC):%d %B %Y, %H:%M} UTC"
