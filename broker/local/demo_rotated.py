"""A Friday in Ashby after which two of the project's women have new references, because theirs were seen elsewhere (T16).

Only the project and the broker call her by another name; she is on the same caseload, and what was on its way arrives. Leaves
out: how the adapter and the broker do it (``agencies/renewing.py``, ``broker/store/former.py``).
"""

from typing import Final

from broker.local.demo_cast import Woman
from broker.local.demo_commands import said_of, started
from broker.local.demo_forms import CJIT, PROJECT
from broker.local.demo_notes import Week

REFERENCES: Final = (PROJECT, "agencies.references")
_IN_USE: Final = "SELECT reference FROM reference WHERE local = ? ORDER BY n LIMIT 1"
_RECORD: Final = "SELECT id FROM record WHERE agency = ? AND reference = ?"


def references_were_seen(week: Week) -> None:
    """One is replaced by the operator's command; with the other, something is already on its way under the former one."""
    forms, stage = week.forms, week.stage
    one, other = [woman for woman in week.women if week.leaders.get(woman.id) == PROJECT and CJIT not in woman.known_at][-3:-1]
    before = [_called(week, woman) for woman in (one, other)]
    command = started(week.system, REFERENCES, "rotate", PROJECT, "--person", one.id)
    on_its_way = forms.watch(other, "lost_contact")
    stage.play(PROJECT, forms.new_reference(other), on_its_way)
    out, errors = command.communicate(timeout=60)
    check = forms.check(other)
    stage.play(CJIT, check)

    def heard() -> bool:
        return any(alert["alert"] == "she_appeared" and alert["person"] == other.id for alert in stage[PROJECT].alerts)

    stage.until("the project to hear of her under the new reference", heard)
    after = [_called(week, woman) for woman in (one, other)]
    renamed = all(old[0] != new[0] and old[1] == new[1] for old, new in zip(before, after, strict=True))
    arrived = week.verdict(PROJECT, on_its_way["id"])[0] == "delivered"
    week.promise("A reference seen elsewhere was replaced: she is on the same caseload, and what was on its way arrived",
                 command.returncode == 0 and renamed and arrived,
                 (renamed, arrived, said_of(command.returncode, out, errors)))  # fmt: skip
    week.told.append(
        f"Two references of the project's were seen on the CJIT's machine, those of {one.name} and {other.name}. The project "
        "had both replaced; nobody else has anything of either, and a question about her is answered as before."
    )
    week.say(f"references of the project's were seen there: {one.name} and {other.name} have new ones, and nothing is lost")


def _called(week: Week, woman: Woman) -> tuple[str, str]:
    """By which reference the project knows her, and the broker's record of that name."""
    (row,) = week.stores.adapters[PROJECT].rows(_IN_USE, (woman.id,))
    found = week.stores.broker.rows(_RECORD, (PROJECT, row["reference"]))
    return str(row["reference"]), str(found[0]["id"]) if found else "unknown to the broker"
