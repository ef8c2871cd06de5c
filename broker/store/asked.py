"""Who was asked about: each agency's weekly list of the caseload checks on its people that it was told of (trust.md T1).

A worker who fishes asks about many, or about one again and again: the agency whose people they are sees it, too. In it
is what was told at the time, and by which worker; where a woman had come is not. Leaves out: budgets, canaries and holds
(``broker/budgets.py``), which act at once.
"""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

from broker.incoming import Settled
from broker.store import outbox_rows
from broker.store.database import Work
from broker.store.house import House
from broker.store.notices import Notices
from contracts.notices import MOST_ASKED, AskedAbout, AskedItem

WEEK: Final = 7 * 86_400_000
KEPT: Final = 13 * WEEK
"""A list can be asked for again so long; the log has every check for as long as it has anything."""
MARGIN: Final = 3_000
"""A check that is just being written down is on the next list."""

_KEEP: Final = "INSERT INTO asked_about (message, agency, reference, at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"
_ABOUT: Final = (
    "SELECT a.reference, c.agency, c.worker, a.at FROM asked_about AS a JOIN checked AS c ON c.message = a.message "
    "WHERE a.agency = ? AND a.at > ? AND a.at <= ? ORDER BY a.at, a.message"
)
_FORGET: Final = "DELETE FROM asked_about WHERE agency = ? AND at <= ?"
_HAD: Final = "SELECT agency, until FROM asked_list"
_FIRST: Final = "INSERT INTO asked_list (agency, until) VALUES (?, ?) ON CONFLICT DO NOTHING"
_NEXT: Final = "UPDATE asked_list SET until = ? WHERE agency = ? AND until = ?"


@dataclass(frozen=True, slots=True)
class Asker:
    """One worker of one agency, and how she asked: how often, about how many, and most often about one."""

    agency: str
    worker: str
    checks: int
    people: int
    most: int


def keep(work: Work, message: str, at: int, told: Collection[tuple[str, str]]) -> None:
    """Remember who was told of a check."""
    if told:
        work.many(_KEEP, [(message, agency, reference, at) for agency, reference in told])


def about(work: Work, agency: str, since: int, until: int) -> list[AskedAbout]:
    """The checks on people of one agency that it was told of, the oldest first."""
    return [
        AskedAbout(reference=reference, agency=asker, worker=worker, at=at)
        for reference, asker, worker, at in work.rows(_ABOUT, agency, since, until)
    ]


def askers(checks: Iterable[AskedAbout]) -> list[Asker]:
    """The same by worker, whoever asked most often first."""
    by_worker: dict[tuple[str, str], Counter[str]] = {}
    for one in checks:
        by_worker.setdefault((one.agency, one.worker), Counter())[one.reference] += 1
    found = [Asker(*who, people.total(), len(people), max(people.values())) for who, people in by_worker.items()]
    return sorted(found, key=lambda one: (-one.most, -one.checks, one.agency, one.worker))


def due(work: Work, house: House, now: int) -> Settled:
    """The lists whose week is over, each told once, by whichever broker looks first. Nobody asked is a list, too."""
    until = now - MARGIN
    had = {str(agency): int(at) for agency, at in work.rows(_HAD)}
    for agency in house.contributors:
        if agency not in had:
            work.run(_FIRST, agency, until)
    notices = Notices(house.directory, now)
    over = [agency for agency in house.contributors if until - had.get(agency, until) >= WEEK]
    told = [agency for agency in over if _tell(work, notices, agency, had[agency], had[agency] + WEEK)]
    counts = {("asked list", ""): len(told)} if told else {}
    return Settled(outbox_rows.add(work, house.process, [], notices.mail(house.signing), now), counts)


def send_now(work: Work, house: House, now: int) -> list[str]:
    """Everybody's list before its time, as somebody asked for; the agencies it goes to, by a running broker."""
    until, notices = now - MARGIN, Notices(house.directory, now)
    for agency in house.contributors:
        work.run(_FIRST, agency, until - WEEK)
    had = {str(agency): int(at) for agency, at in work.rows(_HAD)}
    told = [agency for agency in house.contributors if until > had[agency] and _tell(work, notices, agency, had[agency], until)]
    # Whoever types is no broker: it is for a running one to publish, and not only when a claim has run out.
    outbox_rows.add(work, house.process, [], notices.mail(house.signing), now - outbox_rows.CLAIM)
    return told


def _tell(work: Work, notices: Notices, agency: str, since: int, until: int) -> bool:
    """One agency's list, in as many parts as it needs; False when another broker was first."""
    if work.run(_NEXT, until, agency, since) < 1:
        return False
    work.run(_FORGET, agency, until - KEPT)
    checks = about(work, agency, since, until)
    parts = [checks[start : start + MOST_ASKED] for start in range(0, len(checks), MOST_ASKED)] or [[]]
    for number, part in enumerate(parts, start=1):
        notices.asked(agency, AskedItem(since=since, until=until, checks=tuple(part), part=number, parts=len(parts)))
    return True
