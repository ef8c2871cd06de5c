"""A Thursday evening in Ashby about what the guards leave behind: a watch that fires, and a need that nobody meets.

Leaves out who leads and who prescribes (``demo_week``, ``demo_trouble``).
"""

from broker.local.demo_forms import CJIT, PROJECT
from broker.local.demo_notes import Week


def thursday_evening(week: Week) -> None:
    """The project has lost contact with someone, and looks for a bed for someone else."""
    _watched(week)
    _unmet(week)


def _watched(week: Week) -> None:
    forms, stage = week.forms, week.stage
    woman = [one for one in week.women if week.leaders.get(one.id) == PROJECT and CJIT not in one.known_at][-1]
    stage.play(PROJECT, forms.watch(woman, "lost_contact"))
    check = forms.check(woman)
    stage.play(CJIT, check)

    def heard() -> bool:
        return any(one["alert"] == "she_appeared" and one["person"] == woman.id for one in stage[PROJECT].alerts)

    stage.until("the project to hear of it", heard)
    (alert,) = [one for one in stage[PROJECT].alerts if one["alert"] == "she_appeared"]
    told = {name for name, value in alert.items() if value is not None}
    kept = alert["agency"] == CJIT and not told & {"identity", "presentation", "offending"}
    week.promise("A watch told its owner whom to ring when she came elsewhere, and nothing more", kept, sorted(told))
    week.say(f"the project had lost {woman.name}; she comes to the CJIT, and the project hears whom to ring")


def _unmet(week: Week) -> None:
    forms, stage = week.forms, week.stage
    bed = forms.need("crisis_bed")
    talk = forms.need("counselling")
    stage.play(PROJECT, bed, talk)
    state, _ = week.verdict(PROJECT, bed["id"])
    found = stage[PROJECT].receipt(talk["id"]) or {}
    week.promise("A need that no service meets was kept and counted, not dropped", state == "delivered", state)
    answered = found.get("code") == "service-found" or "service-found" in str(found)
    week.promise("A need that a service meets was answered with that service", answered, found)
    week.say("no bed tonight: counted as a gap, of nobody; for counselling the directory names a service")
