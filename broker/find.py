"""``./run directory``: what the agencies offer, who it is for, and why a service is not for her (W08).

Asked with circumstances, never with a name. Leaves out: keeping the list (``contracts/service_entries``).
"""

import argparse
import time
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError
from rich.console import Console
from rich.table import Column, Table

from broker.settings import Settings
from contracts.directory import DirectoryError
from contracts.offers import Circumstances, NotFor, Service, ServiceDocument, is_full, is_open, load_services, why_not
from contracts.service_entries import sign_services

WORDS: Final[dict[NotFor, str]] = {
    "not_running": "it is not running",
    "another_need": "it is for something else",
    "not_provided": "it says that it does not provide this",
    "too_young": "she is too young for it",
    "too_old": "she is too old for it",
    "gender": "it is for others",
    "not_women_only": "it is not a women-only place",
    "residence": "one must live elsewhere",
    "gp_needed": "it asks for a GP",
    "current_use": "it takes nobody who uses now",
    "still_working": "it takes nobody who works now",
    "wish_to_exit": "it asks for a wish to leave",
    "partner": "it takes no partners",
    "children": "it takes no children",
    "language": "nobody there speaks her language, and there is no interpreter",
    "closed_now": "it is closed just now",
    "full": "there is no place",
}


def add_commands(subjects: Any) -> None:
    """The commands under ``directory``."""
    acts = subjects.add_parser("directory", help="what the agencies offer").add_subparsers(dest="act", required=True)
    every = acts.add_parser("list", help="every service, what it is for and what it does not provide")
    every.add_argument("--agency")
    every.set_defaults(run=_list)
    for name, about in (
        ("search", "the services for her, and why the others are not"),
        ("why", "why one service is not for her"),
    ):
        asked = acts.add_parser(name, help=about)
        if name == "why":
            asked.add_argument("service", help="the id of a service, as ./run directory list shows it")
        _add_circumstances(asked)
        asked.set_defaults(run=_search)
    sign = acts.add_parser("sign", help="write the signed file from a list of services, with the officers' keys")
    sign.add_argument("entries", type=Path)
    sign.add_argument("--officers", nargs="+", default=["officer-1", "officer-2"])
    sign.set_defaults(run=_sign)


def _add_circumstances(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("needs", nargs="+", help="what is asked for, for example housing")
    parser.add_argument("--age", type=int)
    parser.add_argument("--gender", choices=["women", "men", "other"], default="women")
    parser.add_argument("--lives-in", help="a district")
    parser.add_argument("--language", default="english")
    for flag, about in (
        ("--no-gp", "she has no GP"), ("--uses-now", "she uses now"), ("--works-now", "she works now"),
        ("--stays", "she does not wish to leave"), ("--with-partner", ""), ("--with-children", ""),
        ("--women-only", "she wants a place without men"),
    ):  # fmt: skip
        parser.add_argument(flag, action="store_true", help=about)


def _list(chosen: argparse.Namespace, settings: Settings, console: Console) -> int:
    now, document = _document(settings)
    whole = Column("service", no_wrap=True, overflow="ignore")
    table = Table(whole, "agency", "what for", "not provided", "now", box=None, pad_edge=False)
    for service in document.services:
        if chosen.agency in {None, service.organization}:
            lacks = ", ".join(service.does_not_provide)
            table.add_row(service.id, service.organization, ", ".join(service.needs), lacks, _state(service, now))
    console.print(table)
    return 0


def _search(chosen: argparse.Namespace, settings: Settings, console: Console) -> int:
    now, document = _document(settings)
    her = _circumstances(chosen)
    judged = [(service, why_not(service, her, now)) for service in document.services]
    if chosen.act == "why":
        judged = [each for each in judged if each[0].id == chosen.service]
        if not judged:
            raise DirectoryError(f"no service has the id {chosen.service}; ./run directory list shows them")
    else:
        # What is for something else altogether answers nothing.
        judged = [each for each in judged if "another_need" not in each[1]]
    fit = [service for service, reasons in judged if not reasons]
    for service in sorted(fit, key=lambda service: not is_open(service, now)):
        console.print(f"[bold]{service.id}[/bold]  {service.name} ({service.organization}): {_state(service, now)}")
    for service, reasons in judged:
        if reasons:
            console.print(f"{service.id}  not for her: {'; '.join(WORDS[reason] for reason in reasons)}")
    if fit:
        return 0
    console.print("No service is for her. An agency's system sends this as a need: it is kept there, and counted as a gap.")
    return 1


def _sign(chosen: argparse.Namespace, settings: Settings, console: Console) -> int:
    now, keys = _now(), settings.directory.parent
    before = load_services(keys, now=now)
    version = before.version + 1 if before else 1
    document = sign_services(chosen.entries, keys, tuple(chosen.officers), now=now, version=version)
    console.print(
        f"Version {document.version} is signed, with {len(document.services)} services. A broker that runs takes it in by "
        "itself, an agency's adapter when it starts."
    )
    return 0


def _document(settings: Settings) -> tuple[int, ServiceDocument]:
    now = _now()
    found = load_services(settings.directory.parent, now=now)
    if found is None:
        raise DirectoryError("this partnership has no directory of services yet; ./run directory sign LIST.yaml writes one")
    return now, found


def _circumstances(chosen: argparse.Namespace) -> Circumstances:
    try:
        return _asked(chosen)
    except ValidationError as error:
        field = error.errors(include_input=False)[0]["loc"][0]
        raise DirectoryError(f"{field} is not a word of the directory: small letters and underscores, as in its list") from None


def _asked(chosen: argparse.Namespace) -> Circumstances:
    return Circumstances(
        needs=tuple(chosen.needs),
        age=chosen.age,
        gender=chosen.gender,
        lives_in=chosen.lives_in,
        has_gp=False if chosen.no_gp else None,
        uses_now=chosen.uses_now or None,
        works_now=chosen.works_now or None,
        wishes_to_exit=False if chosen.stays else None,
        with_partner=chosen.with_partner,
        with_children=chosen.with_children,
        language=chosen.language,
        women_only=chosen.women_only,
    )


def _state(service: Service, now: int) -> str:
    if service.status != "active":
        return service.status
    return ("open" if is_open(service, now) else "closed") + (", no place" if is_full(service, now) else "")


def _now() -> int:
    return time.time_ns() // 1_000_000
