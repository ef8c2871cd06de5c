"""A register re-keyed while the whole system runs: a few people, one of them on a caseload, and everybody at work.

One adapter is down meanwhile and comes back; another is killed while its people are being given again. Leaves out what the
register itself does with two keys (``test_epochs``).
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from broker.cli import main as broker_cli
from broker.local.demo_cast import cast, read_story
from broker.local.demo_forms import CJIT, DRUGS, PROJECT, Forms
from broker.local.demo_stage import Stage
from broker.local.stores import of
from broker.local.system import System
from contracts.keyring import PEOPLE
from contracts.keyring_epochs import drop, mint

_SEED: Final = 4
_KNOWN: Final = (
    "SELECT k.epoch AS epoch, COUNT(*) AS n FROM known AS k JOIN record AS r ON r.n = k.r WHERE r.agency = ? GROUP BY k.epoch"
)


class Town:
    """The desks of a running system, and three women: one on a caseload, one known to two agencies, one to nobody."""

    def __init__(self, system: System) -> None:
        self.system, self.stores = system, of(system.folder)
        self.stage = Stage({agency: store.file for agency, store in self.stores.case_systems.items() if store.file})
        self.forms = Forms()
        self.hers, self.theirs, self.nobody = cast(read_story(), _SEED)[:3]
        self.answers: list[tuple[str, ...]] = []

    @property
    def keys(self) -> Path:
        """Where the keys of all parties lie."""
        return self.system.folder / "keys"

    def settle(self) -> None:
        """Who is known where, and who leads, before there is another key."""
        self.stage.play_all({
            PROJECT: [self.forms.person(self.hers, "same"), self.forms.person(self.theirs, "same")],
            DRUGS: [self.forms.person(self.theirs, "misspelt")],
        })  # fmt: skip
        check = self.forms.check(self.hers, presentation="drop_in")
        self.stage.play(PROJECT, check)
        self.stage.play(PROJECT, self.forms.open(self.hers, "lead", check["id"]))

    def watched(self) -> None:
        """Ask at the CJIT about her who is on a caseload, and about someone whom nobody knows, and remember both answers."""
        checks = [self.forms.check(self.hers), self.forms.check(self.nobody)]
        self.stage.play(CJIT, *checks)
        said = [self.stage[CJIT].said(check["id"], "caseload_answer") or {} for check in checks]
        self.answers.append(tuple(str(each.get("status")) for each in said))

    def carried(self, agency: str) -> dict[int, int]:
        """How many records of an agency carry each epoch."""
        return {row["epoch"]: row["n"] for row in self.stores.broker.rows(_KNOWN, (agency,))}

    def asked_again(self, agency: str) -> int:
        """How often the agency's own system was asked to give somebody again."""
        rows = self.stores.case_systems[agency].rows("SELECT record FROM told WHERE record LIKE '%register_again%'")
        return len(rows)


def command(*arguments: str) -> int:
    """A command of ``./run keys`` beside the running broker, whose settings are in the environment."""
    return broker_cli(["keys", *arguments])


def re_key(town: Town, said: Callable[[], str]) -> dict[str, Any]:
    """Play it all; what was seen on the way."""
    seen: dict[str, Any] = {}
    system, stage, officer = town.system, town.stage, town.keys / PEOPLE / "v_marchmont"
    town.settle()
    town.watched()
    system.kill(DRUGS)
    seen["handed"] = mint(town.keys).handed
    stage.until("the project's own system to be asked for its people again", lambda: town.asked_again(PROJECT) > 0)
    # In the very moment in which its people are given again.
    system.kill(PROJECT)
    town.watched()
    seen["dropped too early"] = command("ended", "1"), said()
    system.restart(PROJECT)
    stage.until("the project's people to carry both keys", lambda: town.carried(PROJECT) == {1: 2, 2: 2})
    town.watched()
    seen["progress"] = command("progress"), said()
    seen["retired too early"] = command("retire", "1", "--key", str(officer)), said()
    town.watched()
    system.restart(DRUGS)
    stage.until("the drug service's one, too", lambda: town.carried(DRUGS) == {1: 1, 2: 1})
    seen["retired"] = command("retire", "1", "--key", str(officer)), said()
    town.watched()
    seen["may be dropped"] = command("ended", "1")
    drop(town.keys, 1)
    town.watched()
    # Under the new key alone: the agency that meets her now finds the one whom the project knows.
    stage.play(CJIT, town.forms.person(town.hers, "same"))
    seen["people"] = town.stores.broker.rows("SELECT COUNT(*) AS records, COUNT(DISTINCT person) AS people FROM record")[0]
    seen["epochs"] = {agency: town.carried(agency) for agency in (CJIT, DRUGS, PROJECT)}
    return seen
