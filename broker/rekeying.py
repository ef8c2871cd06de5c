"""``./run keys progress`` and ``./run keys retire``: how far the register is re-keyed, and the end of an old epoch.

Counts and agencies only. A governance officer ends an epoch, under her own key, and the log is told. Works beside running
brokers: the index is swept a slice at a time, each in a transaction of its own. Leaves out: the keys
(``contracts.keyring_epochs``), and asking the agencies' systems for their people (the adapters).
"""

import argparse
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from broker.her_key import retiring
from broker.store import Store, epochs
from broker.store.acts import NotTheirsError
from contracts.keyring import KeyringError
from contracts.statements import Statement

SETTLE_SECONDS: Final = 2.0
"""A batch that a broker had begun before the end of an epoch is written by then."""
_SLICE: Final = 20_000
_BAR: Final = 30


Question = Callable[[argparse.Namespace, Store, Console], int]


def add_commands(subjects: Any, beside: Callable[[Question], object]) -> None:
    """The commands under ``keys`` that look at the register, ``beside`` the running broker's store."""
    keys = subjects.add_parser("keys", help="the linkage key's epochs in the register").add_subparsers(
        dest="act", required=True
    )
    keys.add_parser("progress", help="how far each agency's people are re-keyed").set_defaults(run=beside(progress))
    ended = keys.add_parser("retire", help="end an old epoch; refused while anybody carries nothing newer")
    ended.add_argument("epoch", type=int)
    ended.add_argument("--key", required=True, type=Path, metavar="FOLDER", help="the officer's own key: she signs it")
    ended.add_argument("--reason", default="everybody is re-keyed", help="why; written down")
    ended.add_argument(
        "--leave-behind", action="store_true",
        help="end it although some carry nothing newer, whom their agency has no more; never while one has a case",
    )  # fmt: skip
    ended.set_defaults(run=beside(retire))
    asked = keys.add_parser("ended", help="whether an epoch has ended, so that its key may be taken away")
    asked.add_argument("epoch", type=int)
    asked.set_defaults(run=beside(has_ended))


def progress(chosen: argparse.Namespace, store: Store, console: Console) -> int:
    """0 when every record carries the newest epoch, 1 while some do not."""
    del chosen
    seen = store.look(epochs.register)
    if not seen.by_agency:
        console.print("Nobody is registered, so there is nothing to re-key.")
        return 0
    table = Table("agency", f"under epoch {seen.newest}", "of", "", box=None, pad_edge=False)
    for agency, counts in seen.by_agency.items():
        table.add_row(agency, f"{counts[seen.newest]:,}", f"{counts.total():,}", bar(counts[seen.newest], counts.total()))
    console.print(table)
    done, whole = seen.done()
    console.print(f"\n{done:,} of {whole:,} records carry epoch {seen.newest}.", highlight=False)
    if seen.retired:
        console.print(f"Retired: {', '.join(map(str, sorted(seen.retired)))}.", highlight=False)
    if done < whole:
        console.print("Both epochs are matched meanwhile; no answer is missed.")
    return 0 if done == whole else 1


def retire(chosen: argparse.Namespace, store: Store, console: Console) -> int:
    """0 ended and swept; 1 refused, and who would be left behind."""
    seen = store.look(epochs.register)
    if not 1 <= chosen.epoch < seen.newest:
        console.print(
            f"Epoch {chosen.epoch} is none that is older than the newest in the register, {seen.newest}: it is not retired."
        )
        return 1
    now = time.time_ns() // 1_000_000
    try:
        said = retiring(
            chosen.key, store.directory, chosen.epoch, chosen.reason, now, leave_behind=chosen.leave_behind
        )  # fmt: skip
        if chosen.leave_behind:
            return _leave_behind(said, chosen.epoch, store, console, sum(seen.left_behind(chosen.epoch).values()), now)
        behind = _end(said, chosen.epoch, store, now)
    except (NotTheirsError, KeyringError) as error:
        console.print(f"Epoch {chosen.epoch} is not retired: {error}.", highlight=False)
        return 1
    if behind:
        console.print(f"Epoch {chosen.epoch} is not retired: {sum(behind.values()):,} records carry nothing newer.")
        for agency, count in behind.items():
            console.print(f"  {agency}: {count:,}", highlight=False)
        console.print("Their adapters ask their own systems for these people. ./run keys progress says how far they are.")
        return 1
    sweep(store, chosen.epoch, console)
    console.print(
        f"Epoch {chosen.epoch} is retired. Take its key away: ./run keys linkage drop {chosen.epoch}", highlight=False
    )
    return 0


def _end(said: Statement, epoch: int, store: Store, now: int) -> dict[str, int]:
    """Her word, written down; and taken back where somebody came under the old key alone in that very moment."""
    behind = store.retire_epoch(said, now=now)
    if behind:
        return behind
    time.sleep(SETTLE_SECONDS)
    if behind := store.look(epochs.register).left_behind(epoch):
        store.write_down(lambda work: epochs.bring_back(work, epoch))
    else:
        store.epoch_ended(said, now=now)
    return behind


def has_ended(chosen: argparse.Namespace, store: Store, console: Console) -> int:
    """0 when its key may be taken away, 1 while it is in use: whoever carries it alone would be met by nobody."""
    seen = store.look(epochs.register)
    if chosen.epoch in seen.retired:
        return 0
    behind = sum(seen.left_behind(chosen.epoch).values())
    console.print(f"Epoch {chosen.epoch} is in use: {behind:,} records carry nothing newer.", highlight=False)
    console.print(f"First: ./run keys retire {chosen.epoch}", highlight=False)
    return 1


def _leave_behind(said: Statement, epoch: int, store: Store, console: Console, behind: int, now: int) -> int:
    """The same, and whoever carries nothing newer is met by nobody from then on; 1 while one of them is anybody's case."""
    active = store.leave_behind(said, now=now)
    if active:
        console.print(f"Epoch {epoch} is not retired: {active:,} of the {behind:,} records that carry nothing newer", end=" ")
        console.print("have a case, a prescription or a watch. Their agency must register them again first.")
        return 1
    time.sleep(SETTLE_SECONDS)
    sweep(store, epoch, console, whole=True)
    console.print(f"Epoch {epoch} is retired, and {behind:,} records carry no key: until their agency registers them again")
    console.print(f"nobody meets them. Take the key away: ./run keys linkage drop {epoch}", highlight=False)
    return 0


def sweep(store: Store, epoch: int, console: Console, *, whole: bool = False) -> None:
    """Take all of an ended epoch out of the register, slice by slice; may be interrupted, and done again."""
    with Progress(console=console, transient=True) as shown:
        task = shown.add_task("taking the old tokens out", total=2**64)
        place: int | None = epochs.BEGINNING
        while place is not None:
            place = store.write_down(partial(epochs.sweep_tokens, epoch=epoch, after=place, limit=_SLICE, whole=whole))
            shown.update(task, completed=(2**63 if place is None else place) - epochs.BEGINNING)
    while store.write_down(lambda work: epochs.sweep_known(work, epoch, _SLICE, whole=whole)):
        pass


def bar(done: int, whole: int) -> str:
    """How far, to look at."""
    full = _BAR * done // whole if whole else _BAR
    return "█" * full + "░" * (_BAR - full)
