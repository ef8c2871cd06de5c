"""A Thursday evening in Ashby on which the register is looked at afresh: what nobody could see when she was registered.

The project and the drug service each know a woman under another name, and share nothing. The CJIT hears both names: the broker
is certain of one and so thinks of no other. Leaves out: how likely it is (``broker/matching/afresh.py``).
"""

import subprocess
from typing import Final

from broker.local.demo_commands import GUARDS, said_of, started
from broker.local.demo_forms import CJIT, DRUGS, PROJECT
from broker.local.demo_looking import reviews_of
from broker.local.demo_notes import Week

_PREFIX: Final = "afresh-"
# Nobody of the cast, like the others whom the story does not draw.
_ONE: Final = {"forename": "Rosamund", "surname": "Elderwick", "date_of_birth": "1990-04-12", "sex": "female"}
_OTHER: Final = {"forename": "Dilly", "surname": "Vantreight", "sex": "female", "postcode_district": "AB3"}
_BOTH: Final = {**_ONE, "aliases": ["Dilly Vantreight"], "postcode_district": "AB3"}
_REVIEWS: Final = "SELECT COUNT(*) AS n FROM review"
_PEOPLE: Final = (
    "SELECT COUNT(DISTINCT r.person) AS n FROM review AS v JOIN record AS r ON r.id IN (v.record, v.other) WHERE v.id = ?"
)


def looked_at(week: Week) -> tuple[int, subprocess.Popen[str]]:
    """She is registered three times; then the operator's nightly command looks up whoever was met once.

    How many reviews there were before it, and the command.
    """
    forms, stage = week.forms, week.stage
    known = {PROJECT: _ONE | {"postcode_district": "AB1"}, DRUGS: _OTHER}
    stage.play_all({agency: [forms.registered(her, f"{_PREFIX}1")] for agency, her in known.items()})
    stage.play(CJIT, forms.registered(_BOTH, f"{_PREFIX}1"))
    return week.stores.broker.number(_REVIEWS) or 0, started(week.system, GUARDS, "reviews", "afresh")


def both_are_asked(week: Week, before: int, looking: subprocess.Popen[str]) -> None:
    """The two agencies hear of it as of any other review; until both have said so she is two people."""
    out, errors = looking.communicate(timeout=60)
    desks = (DRUGS, CJIT)
    week.stage.until("both to be asked", lambda: all(reviews_of(week, one, _PREFIX) for one in desks))
    asked = {agency: [one["state"] for one in reviews_of(week, agency, _PREFIX)] for agency in (*desks, PROJECT)}
    (review,) = {one["review"] for agency in desks for one in reviews_of(week, agency, _PREFIX)}
    two = week.stores.broker.rows(_PEOPLE, (review,))[0]["n"] == 2
    new = (week.stores.broker.number(_REVIEWS) or 0) - before
    week.promise("Looked at afresh, two records that nobody had thought of were asked about, and not put together",
                 looking.returncode == 0 and asked == {DRUGS: ["open"], CJIT: ["open"], PROJECT: []} and two and new >= 1,
                 (asked, two, new, said_of(looking.returncode, out, errors)))  # fmt: skip
    week.told.append(
        "The project knows a woman under one name, the drug service under another; the CJIT heard both. When she came there "
        f"the broker was certain of the first and thought of no other. Looked at afresh: {' '.join(out.split())}"
    )
    week.say("the register is looked at afresh: the drug service and the CJIT may know one woman, and both are asked")
