"""Two evenings in Ashby about what the guards leave behind: a watch that fires, a need that nobody meets, who was asked about.

Leaves out who leads and who prescribes (``demo_week``, ``demo_trouble``).
"""

from collections import Counter
from typing import Final

from broker.local.demo_afresh import both_are_asked, looked_at
from broker.local.demo_commands import GUARDS, said, typed
from broker.local.demo_forms import CJIT, PROJECT
from broker.local.demo_notes import Week

_ASKED: Final = frozenset({"check_was_made", "she_appeared"})
_HEADING: Final = "Who asked about the project's people"


def thursday_evening(week: Week) -> None:
    """The project has lost contact with someone, and looks for a bed for someone else; the register is looked at meanwhile."""
    before, looking = looked_at(week)
    _watched(week)
    _unmet(week)
    both_are_asked(week, before, looking)


def sunday_night(week: Week) -> None:
    """The week is over: each agency is told which of its people were asked about, and by whom."""
    stage = week.stage
    told = [one for one in stage[PROJECT].alerts if one["alert"] in _ASKED]
    sent = typed(week.system, GUARDS, "guards", "asked", "--send")

    def listed() -> bool:
        return any(one["type"] == "asked_about" for one in stage[PROJECT].unasked)

    stage.until("the project to be sent its list", listed)
    (mine,) = [one for one in stage[PROJECT].unasked if one["type"] == "asked_about"]
    # What was told at the time, and nothing else; a check of the last moment is on the next one.
    before, after = (Counter((one["person"], one["agency"]) for one in each) for each in (told, mine["checks"]))
    same = after <= before and (before - after).total() <= 1
    fields = {name for one in mine["checks"] for name in one}
    week.promise("Each agency was sent the list of who of its people was asked about, by which worker, and of nobody else's",
                 same and fields == {"person", "reference", "agency", "worker", "at"},
                 (before - after, after - before, said(sent)))  # fmt: skip
    for one in mine["askers"]:
        times = f"{one['checks']} times about {one['people']} of the project's people, at most {one['most']} times about one"
        week.tell(_HEADING, f"{one['agency']} {one['worker']} asked {times}.")
    week.say("every agency is sent its week's list: which of its people were asked about, and by whom")


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
