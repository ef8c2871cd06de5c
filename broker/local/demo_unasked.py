"""A Tuesday noon in Ashby about those who are not asked about: she does not want it, or somebody decides against it.

Each is written down with its reason, and care is refused to nobody. Leaves out: who asks too much (``demo_looking``).
"""

from typing import Final

from broker.local.demo_forms import CJIT, DRUGS, PROJECT
from broker.local.demo_notes import Week

# Nobody of the cast, like those of ``demo_looking``.
_PATIENT: Final = {
    "forename": "Theodosia", "surname": "Harebellow", "date_of_birth": "1986-07-30", "sex": "female",
    "postcode_district": "AB2",
}  # fmt: skip
_PERSON: Final = "unasked-1"
_WHY: Final = {"court": "she_declined", "drop_in": "not_believed_involved", "walk_in": "emergency_first"}
_ENDED: Final = "SELECT place, state, why_not, check_id FROM presentation WHERE agency = ? AND why_not IS NOT NULL"
_STANDS: Final = "SELECT agency, state FROM script WHERE record IN (SELECT id FROM record WHERE person = ?) ORDER BY agency"
_PEOPLE: Final = "SELECT person FROM record WHERE agency = ? ORDER BY n DESC LIMIT 1"


def not_asked(week: Week) -> None:
    """Three who came and were not asked about, and one who does not want other prescribers asked."""
    _explained(week)
    _treated_all_the_same(week)


def _explained(week: Week) -> None:
    """At court she does not want it; at the drop-in a worker sees no reason to ask; the third needs help first."""
    came = [(week.forms.presentation(place), place, why) for place, why in _WHY.items()]
    week.stage.play(CJIT, *[form for form, _, _ in came])
    week.stage.play(CJIT, *[week.forms.no_check(form["id"], place, why) for form, place, why in came])
    rows = week.stores.broker.rows(_ENDED, (CJIT,))
    seen = {row["place"]: row["why_not"] for row in rows if row["state"] == "explained" and row["check_id"] is None}
    week.promise("Who was not asked about, because she or a worker would not, is counted with the reason; no check was made",
                 seen == _WHY, seen)  # fmt: skip
    week.say("at court she does not want to be asked about, elsewhere a worker sees no reason to: written down, and helped")


def _treated_all_the_same(week: Week) -> None:
    """Another prescriber treats her already; she does not want that one asked, and is treated here all the same."""
    forms, stage = week.forms, week.stage
    stage.play_all({agency: [forms.registered(_PATIENT, _PERSON)] for agency in (PROJECT, DRUGS)})
    stage.play(PROJECT, forms.step(_PERSON, "reserve"))
    before = len(stage[PROJECT].alerts)
    refused = forms.step(_PERSON, "reserve", check_refused=True)
    stage.play(DRUGS, refused)
    stage.until("the guard's answer", lambda: stage[DRUGS].said(refused["id"], "guard") is not None)
    stage.play(DRUGS, forms.step(_PERSON, "confirm"))
    answer = stage[DRUGS].said(refused["id"], "guard") or {}
    person = week.stores.broker.rows(_PEOPLE, (DRUGS,))[0]["person"]
    stands = {row["agency"]: row["state"] for row in week.stores.broker.rows(_STANDS, (person,))}
    kept = answer.get("answer") == "not_checked" and stands == {DRUGS: "unchecked", PROJECT: "reserved"}
    week.promise("She refused the check and was treated all the same: 'not checked' was written down, for her prescriber alone",
                 kept and len(stage[PROJECT].alerts) == before, (answer, stands))  # fmt: skip
    stage.play_all({DRUGS: [forms.step(_PERSON, "end")], PROJECT: [forms.step(_PERSON, "release")]})
    week.told.append(
        "A woman did not want the drug service to ask other prescribers. It began all the same, and heard 'not checked: this "
        "is not a clearance'; that she refused stands in its own record, and nobody else was told."
    )
