"""The scenes of the week in their order, each with its day in the story (``story/ashby.yaml``).

Leaves out: starting the system and looking at what was left (``demo``).
"""

from contextlib import nullcontext
from datetime import date, timedelta
from typing import Final

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from broker.local import (
    demo_glass,
    demo_guards,
    demo_her_copy,
    demo_looking,
    demo_officers,
    demo_prescribers,
    demo_rekeyed,
    demo_trouble,
    demo_week,
)
from broker.local.demo_cast import cast, read_story
from broker.local.demo_notes import Week
from broker.local.demo_stage import Stage
from broker.local.stores import of
from broker.local.system import System

SCENES: Final = (
    ("monday", demo_week.monday),
    ("monday_night", demo_week.monday_night),
    ("tuesday", demo_week.tuesday),
    ("tuesday_noon", demo_looking.tuesday_noon),
    ("tuesday_afternoon", demo_officers.tuesday_afternoon),
    ("wednesday", demo_week.wednesday),
    ("wednesday_noon", demo_trouble.wednesday_noon),
    ("thursday", demo_trouble.thursday),
    ("thursday_noon", demo_prescribers.thursday_noon),
    ("thursday_evening", demo_guards.thursday_evening),
    ("friday", demo_trouble.friday),
    ("friday_night", demo_trouble.friday_night),
    ("saturday", demo_trouble.saturday),
    ("saturday_morning", demo_rekeyed.saturday_morning),
    ("saturday_night", demo_glass.saturday_night),
    ("sunday_dawn", demo_rekeyed.sunday_dawn),
    ("sunday", demo_trouble.sunday),
    ("sunday_forenoon", demo_rekeyed.sunday_forenoon),
    ("sunday_noon", demo_her_copy.sunday_noon),
    ("sunday_evening", demo_rekeyed.sunday_evening),
    ("sunday_night", demo_guards.sunday_night),
)


def play_scenes(system: System, seed: int | None, console: Console) -> Week:
    """Play them all, saying each as it goes."""
    story = read_story()
    stores = of(system.folder)
    stage = Stage({agency: store.file for agency, store in stores.case_systems.items() if store.file})
    women = cast(story, story["seed"] if seed is None else seed)
    week = Week(stage, women, story, system, stores, lambda text: console.print(Padding(Text(text), (0, 0, 0, 6))))
    for name, scene in SCENES:
        day = story["days"][name]
        console.print(f"  [bold]{_date(story['monday'], name)}, {day['at']}[/bold]  {day['title']}", highlight=False)
        with console.status(f"{day['title']} …") if console.is_terminal else nullcontext():
            scene(week)
    return week


def _date(monday: str, scene: str) -> str:
    """The story's date of a scene, whose name begins with its weekday. The clocks are real; the dates are the story's."""
    days = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    day = date.fromisoformat(monday) + timedelta(days=days.index(scene.partition("_")[0]))
    return f"{day:%a} {day.day} {day:%B}"
