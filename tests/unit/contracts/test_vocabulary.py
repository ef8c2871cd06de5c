"""The closed lists: codes that are never used twice, and a sentence for every one of them."""

import re

import pytest

from contracts import vocabulary
from contracts.kinds import SHAPES, Goes, Kind
from contracts.messages.compartments import SCHEMAS
from contracts.messages.conversation import Said
from contracts.reasons import Reason
from contracts.sentences import sentence
from tests.factories import person, said_in


def test_every_reason_has_a_number_of_its_own() -> None:
    numbers = [reason.value.split(":")[0] for reason in Reason]
    assert len(set(numbers)) == len(numbers)
    assert [reason.value for reason in Reason if not re.fullmatch(r"[A-Z]{3}-[0-9]{2}:[a-z0-9-]+", reason.value)] == []


@pytest.mark.parametrize("reason", list(Reason))
def test_what_a_sender_is_told_is_short_and_plain(reason: Reason) -> None:
    said = sentence(reason)
    assert said.endswith(".")
    assert said[0].isupper()
    assert len(said) <= 160
    # No word from which she, or what was in the message, could be told.
    assert re.search(r"sexual|assault|offend|drug|client|victim|offender", said, re.IGNORECASE) is None


def test_every_kind_has_a_shape_and_a_version() -> None:
    assert set(SHAPES) == set(Kind)
    assert [kind for kind in Kind if not re.fullmatch(r"[a-z-]+/[1-9][0-9]*", kind)] == []


def test_every_kind_that_goes_to_an_agency_has_one_body_of_known_compartments() -> None:
    for kind, shape in SHAPES.items():
        if shape.goes is Goes.TO_AGENCY:
            said = said_in(kind, person(), 0)
            assert isinstance(said, Said)
            assert said.KIND is kind
            assert set(type(said).model_fields) <= {label.value for label in SCHEMAS}


def test_every_list_is_exported_and_explains_itself() -> None:
    for name in vocabulary.__all__:
        assert (getattr(vocabulary, name).__doc__ or "").strip().endswith((".", ")")), name
