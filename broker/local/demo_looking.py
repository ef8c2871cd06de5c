"""A noon in Ashby about looking her up: who came and was not asked about, who asks too much, and who may be one person.

Leaves out the rest of the week (``demo_week``, ``demo_trouble``).
"""

import time
from typing import Final

from broker.local.demo_forms import CJIT, DRUGS, HOUSING
from broker.local.demo_notes import Week
from broker.local.demo_stage import Record

# Nobody of the cast: two names that the story does not draw, so that no set piece meets them.
_PLANTED: Final = {"forename": "Hermia", "surname": "Tanglewood", "date_of_birth": "1994-05-17", "sex": "female"}
_ONE: Final = {"forename": "Bettina", "surname": "Cloverdale", "date_of_birth": "1991-11-03", "sex": "female"}
# As another agency heard it, until one of these is perhaps the same woman and perhaps not: what counts as doubt is the
# register's to say, and not this story's.
_HEARD: Final[tuple[dict[str, str | None], ...]] = (
    {"date_of_birth": None},
    {"date_of_birth": "1993-08-21"},
    {"date_of_birth": "1991-03-11", "surname": "Cloverdaile"},
    {"surname": "Oxlade"},
)
_DISTRICT: Final = "AB3"
_FISHER: Final = "worker_99"


def tuesday_noon(week: Week) -> None:
    """Three things that nobody sees when they go well."""
    _not_asked(week)
    _planted(week)
    _perhaps_one(week)


def _not_asked(week: Week) -> None:
    """She came, did not want to be asked about, and was helped without."""
    came = week.forms.presentation("court")
    week.stage.play(CJIT, came)
    week.stage.play(CJIT, week.forms.no_check(came["id"], "court", "she_declined"))
    week.say("at court she does not want to be asked about: no check, the reason written down, and help all the same")


def _planted(week: Week) -> None:
    """Someone asks about a woman who does not exist, whom the drug service registered for that."""
    forms, stage = week.forms, week.stage
    stage.play(DRUGS, forms.registered(_PLANTED | {"postcode_district": _DISTRICT}, "planted-1", canary=True))
    check = forms.check_of(_PLANTED | {"postcode_district": _DISTRICT}, worker=_FISHER, within=5)
    stage[CJIT].write([check])

    def stopped() -> bool:
        last = stage[CJIT].receipt(check["id"]) or {}
        return last.get("state") == "held" and str(last.get("reason")).startswith("DUP-05")

    def told() -> bool:
        return any(one["alert"] == "checks_on_hold" and one["agency"] == CJIT for one in stage[DRUGS].alerts)

    stage.until("the fisher to be stopped, and the others to be told", lambda: stopped() and told())
    week.promise("Whoever asks about someone who was planted is stopped, and another agency's officer must look", stopped())
    week.told.append(
        "Somebody at the CJIT asked about a woman who does not exist. That worker's checks wait until an officer of another "
        "agency lifts it, and every agency with a caseload was told."
    )
    week.say("somebody asks about a woman who does not exist, and is stopped at once")


def _perhaps_one(week: Week) -> None:
    """The drug service and housing each know a Bettina Cloverdale. Neither is told who the other is."""
    forms, stage = week.forms, week.stage
    stage.play(DRUGS, forms.registered(_ONE | {"postcode_district": _DISTRICT}, "perhaps-1"))
    for number, heard in enumerate(_HEARD):
        details: dict[str, str | None] = {**_ONE, "postcode_district": _DISTRICT, **heard}
        written = {name: value for name, value in details.items() if value is not None}
        stage.play(HOUSING, forms.registered(written, f"perhaps-{number + 2}"))
        time.sleep(0.3)
        stage.look()
        if _asked(week, HOUSING):
            break
    stage.until("the review at both desks", lambda: all(_asked(week, one) for one in (DRUGS, HOUSING)))
    reviews = {agency: _asked(week, agency)[0] for agency in (DRUGS, HOUSING)}
    seen = "\n".join(
        f"As {agency} sees it: its own {one['person']}, and a record of another agency; {one['strength']} evidence."
        for agency, one in reviews.items()
    )
    review = reviews[DRUGS]["review"]
    stage.play_all({agency: [forms.review(review, "same")] for agency in (DRUGS, HOUSING)})
    stage.until("both to be told", lambda: all(_asked(week, one)[-1]["state"] == "same" for one in (DRUGS, HOUSING)))
    stage.play(HOUSING, forms.review(review, "dispute"))
    stage.until("both to be asked again", lambda: all(_asked(week, one)[-1]["state"] == "open" for one in (DRUGS, HOUSING)))
    states = [one["state"] for one in _asked(week, DRUGS)]
    settled = states == ["open", "same", "open"]
    week.promise("Two records became one person only when both agencies said so, and a dispute took it back", settled, states)
    names = {DRUGS, HOUSING}
    blind = not [one for agency, one in reviews.items() for other in names - {agency} if other in str(one)]
    week.promise("Neither agency was told who the other is", blind)
    week.told.append(f"One review, as both agencies see it.\n{seen}")
    week.say("two agencies may know one woman: both are asked, both say so, one thinks again and it is taken back")


def _asked(week: Week, agency: str) -> list[Record]:
    """What a desk was told of the review about its Bettina, in order."""
    asked = [one for one in week.stage[agency].unasked if one["type"] == "review"]
    return [one for one in asked if str(one["person"]).startswith("perhaps-")]
