"""What no message can say, so that no clause need judge it: the forms are closed, and none has a place for it."""

from collections.abc import Iterator
from typing import Any, get_args

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

from contracts import steps
from contracts.envelope import Header
from contracts.facts import Facts
from contracts.messages.compartments import SCHEMAS, Attendance, Involvement, Offending
from contracts.vocabulary import Engagement

# Rule: what is not there, by the words that a field for it would have.
NOWHERE: dict[str, tuple[str, ...]] = {
    "R07: a file": ("file", "attachment", "document", "note", "history", "record_of"),
    "R19: when outreach is out, and who": ("shift", "rota", "schedule", "outreach", "patrol"),
    "R27: a picture": ("photo", "picture", "image", "video", "portrait"),
    "R43: how often she was cautioned": ("count", "times", "cautions", "previous", "persistence", "number_of"),
    "R50: where she may not be, or at what hour": ("barred", "exclusion", "curfew", "hour", "place_of", "venue"),
    "R53: a place in a queue": ("queue", "priority", "position", "overtake"),
    "R62, I4: a sum about people": ("total", "sum", "average", "caseload_size", "target", "statistic"),
}
_ALLOWED = {
    # Not where she may be, but that the place she moved into was looked at (R55).
    "place_assessed",
}


def fields() -> Iterator[tuple[str, Any]]:
    """Every field of everything that an agency may send, however deep."""
    seen: set[type[BaseModel]] = set()
    forms: list[Any] = [Header, Facts, *SCHEMAS.values()]
    forms += [one for one in vars(steps).values() if isinstance(one, type) and issubclass(one, BaseModel)]
    while forms:
        form = forms.pop()
        if isinstance(form, type) and issubclass(form, BaseModel) and form not in seen:
            seen.add(form)
            yield from ((name, one.annotation) for name, one in form.model_fields.items())
            forms += [one.annotation for one in form.model_fields.values()]
        else:
            forms += [one for one in get_args(form) if one not in seen]


def says(words: tuple[str, ...], names: list[str]) -> list[str]:
    return [name for name in names if name not in _ALLOWED and any(word in name for word in words)]


@pytest.mark.parametrize("what", NOWHERE)
def test_no_message_says(what: str) -> None:
    assert says(NOWHERE[what], [name for name, _ in fields()]) == []


def test_a_field_for_it_would_be_noticed() -> None:
    assert says(NOWHERE["R27: a picture"], ["offence", "photo_of_her"]) == ["photo_of_her"]
    assert {"offence", "purpose", "epoch", "inspector_or_above", "sequence"} <= {name for name, _ in fields()}


def test_an_appointment_is_a_day_and_nothing_else() -> None:
    found = [form.model_fields["appointment"] for form in SCHEMAS.values() if "appointment" in form.model_fields]
    assert len(found) == 3
    for one in found:
        day = TypeAdapter(one.rebuild_annotation())
        assert day.validate_python("2026-11-22")
        with pytest.raises(ValidationError):
            day.validate_python("2026-11-22T10:00:00Z")


def test_a_belief_has_an_author() -> None:
    assert set(Involvement.model_fields) == {"basis", "believed_by", "since"}


@pytest.mark.parametrize("disposal", ["street_caution", "caution", "conditional_caution", "conviction"])
def test_the_four_are_four_codes(disposal: str) -> None:
    assert Offending(offence="loitering", disposal=disposal).disposal == disposal
    with pytest.raises(ValidationError):
        Offending(offence="loitering", disposal=f"{disposal}_or_so")


@pytest.mark.parametrize("engagement", Engagement)
def test_a_conditional_caution_has_one_to_three_sessions(engagement: Engagement) -> None:
    def session(number: int) -> Attendance:
        return Attendance(appointment="2026-11-22", result="attended", engagement=engagement, session=number)

    assert [session(number).session for number in (1, 2, 3)] == [1, 2, 3]
    with pytest.raises(ValidationError):
        session(0)
    if engagement is Engagement.CONDITION:
        with pytest.raises(ValidationError):
            session(4)
    else:
        assert session(4).session == 4
