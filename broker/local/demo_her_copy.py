"""A Sunday noon in Ashby: something told of her was wrong, and she asks what is known about her.

A correction reaches everyone who was told the same; her copy is in plain words, without what is about others. Leaves out:
restriction, objection and erasure, which ``docs/rights.md`` has.
"""

import tempfile
import zipfile
from pathlib import Path
from typing import Final

from broker.local.demo_cast import Woman
from broker.local.demo_commands import RIGHTS, said, typed
from broker.local.demo_forms import DRUGS, PROJECT
from broker.local.demo_notes import Week
from broker.local.demo_taken_back import how_far_it_came
from broker.local.records import records

HEADING: Final = "What she was given when she asked"
_ALERT: Final = "value_corrected"
_REST: Final = "What this is"
_PAGE: Final = "what-is-known-about-you.txt"


def sunday_noon(week: Week) -> None:
    """She is well again, reads what was passed on about her, and finds a mistake in it."""
    woman = week.said_no
    assert woman is not None, "the week has been about her"
    _corrected(week, woman)
    how_far_it_came(week)
    _her_copy(week, woman)


def _corrected(week: Week, woman: Woman) -> None:
    """What the drug service was told in the night belonged to somebody else."""
    stage = week.stage
    told = next(form for form in stage[PROJECT].put if form.get("glass") and form["person"] == woman.id)
    message = stage[PROJECT].message_of(told["id"])
    correction = week.forms.correction(told["id"], "drug_treatment")
    stage.play(PROJECT, correction)

    def heard() -> bool:
        return any(one["alert"] == _ALERT and one["message"] == message for one in stage[DRUGS].alerts)

    stage.until("the drug service to hear that it was wrong", heard)
    week.taken_back.append(stage[PROJECT].message_of(correction["id"]) or "")
    week.say(f"what was told of {woman.name} in the night was not all right: the drug service is told so, and acknowledges it")


def _her_copy(week: Week, woman: Woman) -> None:
    hers = records(week.system.folder, PROJECT, woman.id)
    with tempfile.TemporaryDirectory(prefix="demo-copy-") as folder:
        file = Path(folder) / "hers.zip"
        done = typed(week.system, RIGHTS, "access", *hers, "--to", str(file), "--reader", "demonstration")
        page = zipfile.ZipFile(file).read(_PAGE).decode() if file.exists() else ""
    workers = {form["worker"] for form in week.stage[PROJECT].put}
    others = {one.name for one in week.women}
    filtered = not [word for word in workers | others if word in page] and "Not in it, for you to look at: " in done.stderr
    week.promise("She was given in plain words what is known about her, and nothing of a worker or of anybody else",
                 done.returncode == 0 and "You said no" in page and filtered, said(done))  # fmt: skip
    for line in page.partition(_REST)[0].rstrip().splitlines():
        week.tell(HEADING, line)
    for line in done.stderr.splitlines():
        week.tell(HEADING, f"(for the officer alone) {line}")
    week.say(f"{woman.name} asks what is known about her, and is given it in plain words")
