"""A Thursday noon in Ashby: two prescribers, each with a patient of her own, and perhaps it is one and the same woman.

From "may be" to "is" and back again: both are told by the other's name and nothing more; a doctor goes on and says why; a merge
shows two live prescriptions; undone, each stands as before. Leaves out: two at the same moment (``demo_trouble``).
"""

from typing import Final

from broker.local.demo_commands import GUARDS, said, typed_at_once
from broker.local.demo_forms import DRUGS, PROJECT
from broker.local.demo_looking import may_be_one, reviews_of
from broker.local.demo_notes import Week
from broker.local.demo_stage import Record
from contracts.keyring import PEOPLE

# Nobody of the cast, like the other two (``demo_looking``).
_PATIENT: Final = {"forename": "Sidonie", "surname": "Wrenfield", "date_of_birth": "1988-02-19", "sex": "female"}
_PREFIX: Final = "patient-"
_DESKS: Final = (DRUGS, PROJECT)


def thursday_noon(week: Week) -> None:
    """Each has a patient; nobody knows yet whether it is one."""
    review = may_be_one(week, _PATIENT, _PREFIX, _DESKS)
    first, second, went_on = _start(week)
    _looked_at(week, went_on)
    _one_after_all(week, review, first, second)
    week.say("two prescribers may treat one woman: both are told; later both say she is one, are alarmed, and it is taken back")


def _start(week: Week) -> tuple[str, str, str]:
    """The drug service prescribes already; the clinic's start is met by "may be", and goes on as another person."""
    forms, stage = week.forms, week.stage
    patients = {agency: str(reviews_of(week, agency, _PREFIX)[0]["person"]) for agency in _DESKS}
    start = forms.step(patients[DRUGS], "reserve")
    stage.play(DRUGS, start)
    stage.play(DRUGS, forms.step(patients[DRUGS], "confirm", continues=start["id"]))
    asked = forms.step(patients[PROJECT], "reserve")
    stage[PROJECT].write([asked])
    stage.until("the guard's answer", lambda: stage[PROJECT].said(asked["id"], "guard") is not None)
    stage.until("the other prescriber to be told", lambda: bool(_alerts(week, DRUGS, "possible_match")))
    answer = stage[PROJECT].said(asked["id"], "guard") or {}
    (alert,) = _alerts(week, DRUGS, "possible_match")
    by_name_only = (answer["answer"], answer["agency"]) == ("possible_match", DRUGS) and alert["agency"] == PROJECT
    kept = by_name_only and not {patients[PROJECT], str(answer.get("message"))} & set(map(str, alert.values()))
    week.promise("Where she may be another's patient both prescribers were told whom to ring, and nothing more", kept,
                 (answer, alert))  # fmt: skip
    override = forms.step(patients[PROJECT], "override", by="doctor_4", why="another_person")
    stage.play(PROJECT, override)
    stage.play(PROJECT, forms.step(patients[PROJECT], "confirm", continues=override["id"]))
    return patients[DRUGS], patients[PROJECT], stage[PROJECT].message_of(override["id"]) or ""


def _looked_at(week: Week, went_on: str) -> None:
    """A governance officer of the other prescriber looks at the override, under her own key; one of neither may not."""
    people = week.system.folder / "keys" / PEOPLE
    neither, other = typed_at_once(week.system, GUARDS, [
        ["guards", "review", went_on, finding, "--key", str(people / officer), "--reason", why]
        for officer, finding, why in (
            ("r_ellery", "unclear", "seen in passing"),
            ("c_varley", "well_founded", "the two doctors spoke the same hour"),
        )
    ])  # fmt: skip
    looked = (neither.returncode, other.returncode) == (1, 0)
    week.promise("An override was looked at by a governance officer of the other prescriber, and by nobody who is neither",
                 looked, (said(neither), said(other)))  # fmt: skip


def _one_after_all(week: Week, review: str, first: str, second: str) -> None:
    """Both agencies say that they are one; one of them thinks again."""
    forms, stage = week.forms, week.stage
    stage.play_all({agency: [forms.review(review, "same")] for agency in _DESKS})
    stage.until("both to be alarmed", lambda: all(_alerts(week, agency, "script_in_conflict") for agency in _DESKS))
    rings = {agency: _alerts(week, agency, "script_in_conflict")[0] for agency in _DESKS}
    alarmed = all(rings[one]["agency"] == other for one, other in (_DESKS, _DESKS[::-1]))
    week.promise("Two prescriptions that a merge brought together alarmed both prescribers", alarmed, rings)
    stage.play(PROJECT, forms.review(review, "dispute"))
    stage.until("both to hear that it is over", lambda: all(_alerts(week, agency, "conflict_over") for agency in _DESKS))
    ends = {DRUGS: forms.step(first, "end"), PROJECT: forms.step(second, "end")}
    stage.play_all({agency: [form] for agency, form in ends.items()})
    ended = [week.verdict(agency, form["id"])[0] for agency, form in ends.items()]
    week.promise("The merge undone, each prescription stood as before and was ended by its own prescriber",
                 ended == ["delivered", "delivered"], ended)  # fmt: skip
    week.told.append(
        "A start was met by 'possible match': both prescribers were told the other's name and nothing else. The clinic's "
        "doctor rang, and went on as with another person; the drug service's governance officer looked at that, and signed "
        "that it was well founded. When both agencies said that the two are one, both were alarmed; one thought again, the "
        "merge was taken back, and each prescription stood as before."
    )


def _alerts(week: Week, agency: str, alert: str) -> list[Record]:
    return [one for one in week.stage[agency].alerts if one["alert"] == alert]
