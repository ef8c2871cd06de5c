"""Whether a signed protocol may take over from the one that is in force: nothing looser at once, and nothing rewritten.

1. A version that was in force keeps its words. What is to change is a new version, with a number of its own.
2. No version is taken back by leaving it out; an agreement ends by a version that says until when.
3. What lets more pass begins so many days after its last signature as the protocol in force says; what is tighter, at once.
4. The tables are not compared: they wait whatever they change. What must stop today is stopped in an agreement.
Leaves out: whose signatures there are (``signing``).
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from consent.clauses.comparing import Direction, compare
from consent.clauses.compile import Documents
from consent.clauses.signing import Signed, Standing, named, tables_of, terms_of
from consent.clauses.versions import by_name, moment
from consent.clauses.written import AgreementWritten

_DAY: Final = 86_400_000


def cannot_follow(old: Documents, new: Documents, signed: Signed, now: int, *, tables_wait: bool = True) -> list[str]:
    """Why the new protocol may not take over now from the old one, in a sentence each; empty when it may.

    ``tables_wait``: False only for demonstration keys, whose tables come with the program.
    """
    before, waits = by_name(old.written.agreements), old.durations.loosening_waits_days * _DAY
    after = by_name(new.written.agreements)
    found = [text for versions in before.values() for text in _kept(versions, after.get(versions[0].id, []), old, now)]
    known = {named(one) for versions in before.values() for one in versions}
    for one in signed.agreements:
        if one.name not in known and one.agreement is not None:
            found += _may_begin(one, one.agreement, before.get(one.agreement.id, []), waits, now)
    if tables_wait and tables_of(old) != signed.tables.terms and now < (begins := _first_day(signed.tables.signed_at, waits)):
        found.append(f"the clauses and tables were changed, which is never urgent: they may be used from {_day(begins)}")
    return found


def _kept(old: list[AgreementWritten], new: list[AgreementWritten], was: Documents, now: int) -> Iterator[str]:
    """What was in force is still there, word for word, or there is something newer."""
    newest, numbers = old[-1], {one.version: one for one in new}
    kept = was.durations.kept_days * _DAY
    long_ended = newest.until is not None and moment(newest.until) + kept <= now
    if not long_ended and (not new or new[-1].version < newest.version):
        yield (
            f"agreement {newest.id}, version {newest.version}, is in force and is not in the file: "
            "to end it, add a version that says until when"
        )
    for one in old:
        same = numbers.get(one.version)
        if same is not None and terms_of(same) != terms_of(one):
            yield (
                f"agreement {named(one)} is in force in other words: "
                f"give the change a number of its own, version {newest.version + 1}"
            )


def _may_begin(standing: Standing, one: AgreementWritten, old: list[AgreementWritten], waits: int, now: int) -> Iterator[str]:
    change = standing.change or compare(old[-1] if old else None, one)
    if change.direction is Direction.TIGHTER:
        if moment(one.since) > now:
            yield f"agreement {standing.name} lets less pass, which counts at once: put it in place on {one.since}, not before"
        return
    begins = _first_day(standing.signed_at, waits)
    if change.direction is not Direction.SAME and moment(one.since) < begins:
        yield (
            f"agreement {standing.name} lets more pass ({change.looser[0]}), which is never urgent: "
            f"it begins on {one.since}, and may begin on {_day(begins)}. What it tightens can be a version of its own, at once"
        )


def _first_day(signed_at: int, waits: int) -> int:
    return signed_at // _DAY * _DAY + waits


def _day(at: int) -> str:
    return f"{datetime.fromtimestamp(at / 1000, UTC):%Y-%m-%d}"
