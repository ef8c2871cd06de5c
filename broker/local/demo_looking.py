"""A noon in Ashby about looking her up: who came and was not asked about, who asks too much, and who may be one person.

Leaves out the rest of the week (``demo_week``, ``demo_trouble``).
"""

from typing import Final

from broker.local.demo_commands import GUARDS, typed
from broker.local.demo_forms import CJIT, DRUGS, HOUSING
from broker.local.demo_notes import Week
from broker.local.demo_stage import Record
from broker.local.demo_unasked import not_asked

# Nobody of the cast: two names that the story does not draw, so that no set piece meets them.
_PLANTED: Final = {"forename": "Hermia", "surname": "Tanglewood", "date_of_birth": "1994-05-17", "sex": "female"}
_ONE: Final = {"forename": "Bettina", "surname": "Cloverdale", "date_of_birth": "1991-11-03", "sex": "female"}
# As another agency heard it, until one of these is perhaps the same woman and perhaps not: what counts as doubt is the
# register's to say, and not this story's.
_HEARD: Final[tuple[dict[str, str | None], ...]] = (
    {"forename": "Ottoline"},
    {"date_of_birth": "1993-08-21"},
    {"date_of_birth": "1991-03-11", "surname": "Cloverdaile"},
    {"surname": "Oxlade"},
)
_PREFIX: Final = "perhaps-"
_DISTRICT: Final = "AB3"
_REVIEWS: Final = "SELECT COUNT(*) AS n FROM review"
_FISHER: Final = "worker_99"


def tuesday_noon(week: Week) -> None:
    """Three things that nobody sees when they go well."""
    not_asked(week)
    _planted(week)
    _perhaps_one(week)


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


def may_be_one(week: Week, identity: Record, prefix: str, desks: tuple[str, str]) -> str:
    """Register one person at two agencies so that she may be one, or two; the review that both are asked to answer."""
    forms, stage, (first, second) = week.forms, week.stage, desks
    before = week.stores.broker.number(_REVIEWS)
    stage.play(first, forms.registered(identity | {"postcode_district": _DISTRICT}, f"{prefix}1"))
    for number, heard in enumerate(_HEARD):
        details: dict[str, str | None] = {**identity, "postcode_district": _DISTRICT, **heard}
        written = {name: value for name, value in details.items() if value is not None}
        stage.play(second, forms.registered(written, f"{prefix}{number + 2}"))
        if week.stores.broker.number(_REVIEWS) != before:
            break
    stage.until("the review at both desks", lambda: all(reviews_of(week, desk, prefix) for desk in desks))
    return str(reviews_of(week, first, prefix)[0]["review"])


def reviews_of(week: Week, agency: str, prefix: str) -> list[Record]:
    """What a desk was told of the review about this person of its own, in order."""
    asked = [one for one in week.stage[agency].unasked if one["type"] == "review"]
    return [one for one in asked if str(one["person"]).startswith(prefix)]


def _perhaps_one(week: Week) -> None:
    """The drug service and housing each know a Bettina Cloverdale. Neither is told who the other is."""
    forms, stage, desks = week.forms, week.stage, (DRUGS, HOUSING)
    review = may_be_one(week, _ONE, _PREFIX, desks)

    def stands(state: str) -> bool:
        return all(reviews_of(week, one, _PREFIX)[-1]["state"] == state for one in desks)

    shown = typed(week.system, GUARDS, "reviews", "show", review)
    stage.play_all({agency: [forms.review(review, "same")] for agency in desks})
    stage.until("both to be told", lambda: stands("same"))
    stage.play(HOUSING, forms.review(review, "dispute"))
    stage.until("both to be asked again", lambda: stands("open"))
    states = [one["state"] for one in reviews_of(week, DRUGS, _PREFIX)]
    settled = states == ["open", "same", "open"]
    week.promise("Two records became one person only when both agencies said so, and a dispute took it back", settled, states)
    told = {agency: reviews_of(week, agency, _PREFIX)[0] for agency in desks}
    blind = not [one for agency, one in told.items() for other in set(desks) - {agency} if other in str(one)]
    week.promise("Neither agency was told who the other is", blind)
    week.told.append(f"One review, as both agencies see it.\n{shown.stdout.rstrip()}")
    week.say("two agencies may know one woman: both are asked, both say so, one thinks again and it is taken back")
