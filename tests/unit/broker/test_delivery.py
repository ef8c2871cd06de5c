"""A delivery cut out of a submission's bytes is the delivery that the contracts describe."""

from hypothesis import given
from hypothesis import strategies as st

from broker.store.delivery import compose, compose_stored
from contracts.envelope import read_submission
from contracts.kinds import SHAPES, Goes, Kind
from contracts.opening import read_delivery
from tests.factories import delivery_of, sealed

BODIES = [sealed(kind) for kind in Kind if SHAPES[kind].goes is Goes.TO_AGENCY]


@given(st.sampled_from(BODIES), st.data())
def test_it_is_the_canonical_delivery_with_the_permitted_slots_and_no_others(body: bytes, data: st.DataObject) -> None:
    there = sorted(int(slot) for slot in read_submission(body).submission.compartments)
    slots = tuple(sorted(data.draw(st.sets(st.sampled_from(there), min_size=1))))
    expected = delivery_of(body, slots=slots)
    made = compose(body, expected.permit.wire(), slots)
    assert made == expected.wire() == compose_stored(body, expected.permit.wire())
    assert read_delivery(made) == expected
