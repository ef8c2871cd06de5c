"""``./run guards``: what the guards leave for people to look at: overrides to review, needs that nobody meets, joint
cases, who was asked about.

Ids, codes and agencies only. Leaves out: the guards themselves (``leads``, ``prescriptions``).
"""

import argparse
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError
from rich.console import Console
from rich.table import Table

from broker.her_key import reviewing
from broker.store import Store, asked, looking
from broker.store.acts import NotTheirsError
from contracts.keyring import KeyringError
from contracts.notices import AskedAbout
from contracts.offers import Service, is_full
from contracts.vocabulary import Office, OverrideFinding

_DAY: Final = 86_400_000


def add_commands(acts: Any) -> None:
    """The commands under ``guards`` that look at the guards themselves; the others are in ``desk_cli``."""
    overrides = acts.add_parser("overrides", help="prescribers who went on in spite of the guard, and by when to look at each")
    overrides.set_defaults(run=_overrides)
    review = acts.add_parser("review", help="write down what looking at an override found")
    review.add_argument("message", help="its id, as ./run guards overrides shows it")
    review.add_argument("finding", choices=[each.value for each in OverrideFinding])
    review.add_argument("--key", required=True, type=Path, metavar="FOLDER", help="the officer's own key: she signs it")
    review.add_argument("--reason", required=True, help="why, without any detail of a person; written down")
    review.set_defaults(run=_review)
    asked_about = acts.add_parser("asked", help="each agency's weekly list: which of its people were asked about, and by whom")
    asked_about.add_argument("agencies", nargs="*", help="only these (default: all that have caseloads)")
    asked_about.add_argument("--days", type=int, default=7, help="how far to look back (default: 7)")
    asked_about.add_argument("--send", action="store_true", help="send every agency its list now, before its week is over")
    asked_about.set_defaults(run=_asked)
    acts.add_parser("gaps", help="needs that no service meets, counted").set_defaults(run=_gaps)
    meeting = acts.add_parser("meeting", help="the cases that two or more agencies have together, each in its own references")
    meeting.add_argument("agencies", nargs="+")
    meeting.set_defaults(run=_meeting)


def _overrides(chosen: argparse.Namespace, store: Store, console: Console) -> int:
    del chosen
    rows = store.look(looking.overrides)
    if not rows:
        console.print("No prescriber has gone on in spite of the guard.")
        return 0
    table = Table("override", "agency", "who went on", "why", "beside", "at", "to be looked at", box=None, pad_edge=False)
    for message, agency, officer, reason, beside, at, review_by, reviewed, reviewer, finding in rows:
        state = f"{finding.replace('_', ' ')}, by {reviewer}" if reviewed else f"by {_day(review_by)}"
        late = not reviewed and review_by <= _now()
        table.add_row(
            message, agency, officer, reason, beside or "", _day(at), f"[red]{state}, overdue[/red]" if late else state
        )
    console.print(table)
    return 1 if any(row[7] is None and row[6] <= _now() for row in rows) else 0


def _review(chosen: argparse.Namespace, store: Store, console: Console) -> int:
    moment, finding = _now(), OverrideFinding(chosen.finding)
    try:
        said = reviewing(chosen.key, store.directory, chosen.message, finding, chosen.reason, moment)
        done = store.review_override(said, now=moment)
    except (NotTheirsError, KeyringError, ValidationError) as error:
        why = "that is no message's id" if isinstance(error, ValidationError) else error
        console.print(f"It was not written down: {why}.", highlight=False)
        return 1
    console.print("Recorded." if done else "No override of that id waits for you. ./run guards overrides lists them.")
    return 0 if done else 1


def _asked(chosen: argparse.Namespace, store: Store, console: Console) -> int:
    """Each list by itself: no agency sees another's."""
    if chosen.send:
        told = store.send_asked_lists(_now())
        console.print(f"Sent, for their governance officers: {', '.join(told) or 'to nobody'}.", highlight=False)
        return 0
    strangers = [agency for agency in chosen.agencies if agency not in store.contributors]
    if strangers:
        console.print(f"No list is made for {', '.join(strangers)}: it has no caseload that is asked about.", highlight=False)
        return 1
    until = _now()
    since = until - chosen.days * _DAY
    for agency in chosen.agencies or store.contributors:
        _asked_about(store.look(partial(asked.about, agency=agency, since=since, until=until)), agency, since, store, console)
    return 0


def _asked_about(checks: list[AskedAbout], agency: str, since: int, store: Store, console: Console) -> None:
    people = len({one.reference for one in checks})
    officers = ", ".join(store.directory.holders(agency, Office.GOVERNANCE_OFFICER)) or "its governance officer"
    counted = f"{len(checks)} checks about {people} of its people"
    console.print(f"[bold]{agency}[/bold], for {officers}: {counted} since {_day(since)}", highlight=False)
    if not checks:
        return
    table = Table("asked by", "worker", "checks", "people", "most about one", box=None, pad_edge=False)
    for one in asked.askers(checks):
        table.add_row(one.agency, one.worker, str(one.checks), str(one.people), str(one.most))
    console.print(table)
    for each in checks:
        console.print(f"  {_day(each.at)}  {each.reference}  {each.agency} {each.worker}", highlight=False)


def _gaps(chosen: argparse.Namespace, store: Store, console: Console) -> int:
    del chosen
    rows = store.look(looking.gaps)
    if not rows:
        console.print("Every need that was sent had a service for it.")
        return 0
    table = Table("need", "month", "agency", "times", "why no service", "offered today by", box=None, pad_edge=False)
    for need, month, agency, times, why in rows:
        table.add_row(need, month, agency, str(times), why, ", ".join(_offering(store.offered, need)))
    console.print(table)
    console.print("\nWhere one offers it today, ring who asked: whoever kept her for want of it may think again.")
    return 0


def _offering(services: Sequence[Service], need: str) -> list[str]:
    """The services that say they are for a need, with or without a place; whether for her, the directory is asked."""
    now = _now()
    return [
        service.id + (" (no place)" if is_full(service, now) else "")
        for service in services
        if service.status == "active" and need in service.needs and need not in service.does_not_provide
    ]


def _meeting(chosen: argparse.Namespace, store: Store, console: Console) -> int:
    strangers = [agency for agency in chosen.agencies if store.directory.agency(agency) is None]
    if strangers:
        console.print(f"The key directory names no agency {', '.join(strangers)}.", highlight=False)
        return 1
    lists = store.look(lambda work: looking.meeting(work, chosen.agencies, store.hidden))
    for agency, cases in lists.items():
        many = f"{len(cases)} joint case{'' if len(cases) == 1 else 's'}" if cases else "no joint cases"
        console.print(f"[bold]{agency}[/bold]: {many}", highlight=False)
        for reference, role, others in cases:
            console.print(f"  {reference}  {role}; with {', '.join(f'{other} ({part})' for other, part in others)}")
    return 0


def _day(moment: int) -> str:
    return datetime.fromtimestamp(moment / 1000, UTC).strftime("%d %b %H:%M")


def _now() -> int:
    return time.time_ns() // 1_000_000
