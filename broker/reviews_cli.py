"""``./run reviews``: who may be one person, what the two agencies say, and merges that were made or taken back.

For officers and the operator: it names agencies, codes and counts, and nobody. Leaves out: what the answers come to
(``broker/matching/review.py``).
"""

import argparse
from collections import Counter
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from broker.cli import now, when
from broker.her_key import undoing
from broker.store import Store
from broker.store.correcting import NotTheirsToUndoError
from contracts.keyring import KeyringError


def add_commands(reviews: Any) -> None:
    """The commands under ``reviews``."""
    reviews.add_parser("list", help="every review: where it stands, who has not answered, by when").set_defaults(run=_list)
    show = reviews.add_parser("show", help="one review as each of the two agencies sees it")
    show.add_argument("review")
    show.set_defaults(run=_show)
    merges = reviews.add_parser("merges", help="merges that people decided or took back; or those of one agency's reference")
    merges.add_argument("--reference", nargs=2, metavar=("AGENCY", "REFERENCE"))
    merges.set_defaults(run=_merges)
    undo = reviews.add_parser("undo", help="take a merge back: the two are not one person")
    undo.add_argument("merge")
    undo.add_argument("--key", required=True, type=Path, metavar="FOLDER", help="the officer's own key: she signs it")
    undo.add_argument("--reason", required=True, help="why, without any detail of a person; written down")
    undo.set_defaults(run=_undo)
    reviews.add_parser("afresh", help="look up again whoever was met once; for every night").set_defaults(run=_afresh)


def _list(chosen: argparse.Namespace, store: Store, console: Console) -> int:
    del chosen
    found = store.reviews()
    if not found:
        console.print("No two records are under review.")
        return 0
    table = Table("review", "state", "strength", "agencies", "not answered yet", "by", box=None, pad_edge=False)
    for one in found:
        sides = ((one["agency"], one["answer"]), (one["other_agency"], one["other_answer"]))
        waiting = [] if one["state"] in {"same", "different"} else [agency for agency, answer in sides if answer is None]
        names = ", ".join(dict.fromkeys(agency for agency, _ in sides))
        by = when(one["deadline"]) if one["state"] == "open" else ""
        table.add_row(one["review"], one["state"], one["strength"], names, ", ".join(dict.fromkeys(waiting)), by)
    console.print(table)
    states = Counter(one["state"] for one in found)
    console.print("\n" + ", ".join(f"{count} {state}" for state, count in sorted(states.items())), highlight=False)
    console.print("Open, unsettled and lapsed ones leave the two possibly the same: checks about them cannot say.")
    return 0


def _show(chosen: argparse.Namespace, store: Store, console: Console) -> int:
    for one in store.reviews():
        if one["review"] == chosen.review:
            for line in as_each_sees_it(one):
                console.print(line, highlight=False)
            return 0
    console.print("There is no review of that id. ./run reviews list shows them.")
    return 1


def as_each_sees_it(one: dict[str, Any]) -> list[str]:
    """What each of the two agencies is told: its own reference, the strength in words, and nothing of the other."""
    lines = [f"Review {one['review']} stands: {one['state']}."]
    views = {
        (one["agency"], one["reference"], one["answer"]), (one["other_agency"], one["other_reference"], one["other_answer"]),
    }  # fmt: skip
    for agency, reference, answer in sorted(views):
        lines += [
            f"  As {agency} sees it:",
            f"    your reference {reference}, and a record of another agency",
            f"    strength of the evidence: {one['strength']}",
            f"    your answer: {answer.replace('_', ' ') if answer else 'none yet'}",
        ]
    return lines


def _merges(chosen: argparse.Namespace, store: Store, console: Console) -> int:
    found = store.merges(*(chosen.reference or (None, None)))
    if not found:
        console.print("No such merge.")
        return 0
    table = Table("merge", "when", "why", "by", "records", "taken back", box=None, pad_edge=False)
    for one in found:
        undone = f"{when(one['undone'])} by {one['undone_by']}: {one['undone_why']}" if one["undone"] else "no"
        table.add_row(one["merge"], when(one["at"]), one["why"], one["by"] or "", str(one["records"]), undone)
    console.print(table)
    return 0


def _afresh(chosen: argparse.Namespace, store: Store, console: Console) -> int:
    del chosen
    with Progress(console=console, transient=True) as shown:
        task = shown.add_task("looking afresh", total=None)
        done = store.look_afresh(now, lambda step, total: shown.update(task, completed=step, total=total))
    asked = f"of {done.found:,} pairs the agencies are asked now whether they are one"
    console.print(f"{done.looked_up:,} people met once were looked up again; {asked} (./run reviews list).")
    for people in done.two:
        console.print(f"Taken for one, and may be {len(people)}: {'; '.join(' '.join(one) for one in people)}", highlight=False)
    if done.two:
        console.print(
            "./run reviews merges --reference AGENCY REFERENCE shows how they came together, ./run reviews undo takes it back."
        )
    return 0


def _undo(chosen: argparse.Namespace, store: Store, console: Console) -> int:
    moment = now()
    try:
        undone = store.undo_merge(undoing(chosen.key, store.directory, chosen.merge, chosen.reason, moment), now=moment)
    except (NotTheirsToUndoError, KeyringError) as error:
        console.print(f"It was not taken back: {error}.", highlight=False)
        return 1
    if undone is None:
        console.print("There is no such merge, or it was taken back before. ./run reviews merges shows them.")
        return 1
    console.print("Recorded. They are two people again, and the agencies concerned are told.")
    return 0
