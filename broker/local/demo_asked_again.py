"""A Saturday in Ashby on which who should lead is asked again, because a service is new (W02).

Nobody took her on Wednesday, and the CJIT keeps her. It does not look into the directory every day; the broker does, whenever
a newer list is signed. Leaves out: who leads, and the proposals that came before (``demo_week``).
"""

from pathlib import Path
from typing import Final

from broker.local.demo_commands import BROKER, started
from broker.local.demo_forms import CJIT, PROJECT
from broker.local.demo_notes import Week
from broker.local.demo_stage import Record

_STORY: Final = Path(__file__).parent / "story"
_ALERT: Final = "lead_question_open"


def a_service_is_new(week: Week) -> None:
    """The project offers something new: two officers sign the list, and the broker takes it in while it runs."""
    entries = week.system.folder / "services.yaml"
    entries.write_text((_STORY / "services.yaml").read_text() + (_STORY / "new_service.yaml").read_text())
    week.under_way = started(week.system, BROKER, "directory", "sign", str(entries))


def the_lead_is_asked_again(week: Week) -> None:
    """Whoever leads because nobody took her hears of it, and for whom; for the others it keeps, only that something is new."""
    stage, kept = week.stage, week.kept
    assert kept is not None, "the drug service declined on Wednesday"
    assert week.under_way is not None, "the list is being signed"
    out, errors = week.under_way.communicate(timeout=60)
    stage.until("the CJIT to be asked again", lambda: bool(_asked_again(week, CJIT)))
    told = _asked_again(week, CJIT)
    once = [one["person"] for one in told].count(kept.id) == 1 and {one["person"] for one in told} <= {kept.id, None}
    others = [agency for agency in stage.desks if agency != CJIT and _asked_again(week, agency)]
    week.promise("A new service: who leads because nobody took her was asked again, once, and nobody else",
                 once and not others and {one["agency"] for one in told} == {PROJECT}, (told, others, out, errors))  # fmt: skip
    week.told.append(
        f"The drug service had declined to lead for {kept.name}, so the CJIT kept her. On Saturday the list of services had "
        "one that was new: the CJIT was told whose it is, and may propose the lead again. Nothing changed by itself."
    )
    week.say(f"the project offers something new; the CJIT, which kept {kept.name} because nobody took her, is asked again")


def _asked_again(week: Week, agency: str) -> list[Record]:
    return [one for one in week.stage[agency].alerts if one["alert"] == _ALERT]
