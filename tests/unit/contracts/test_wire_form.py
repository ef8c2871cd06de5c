"""Every model that crosses a wire: its dump is its canonical form, and nothing unnamed or half-typed gets in."""

import importlib
import pkgutil
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

import contracts
from contracts.canonical import canonical, parse_canonical, read_exact
from contracts.consent_check import Permitted
from contracts.envelope import Submission
from contracts.frozen import Frozen
from contracts.kinds import Kind
from contracts.locks import ToRecipient
from contracts.messages.compartments import SCHEMAS, FreeText, Identity, schema_name
from contracts.opening import read_delivery
from contracts.vocabulary import Label
from tests.factories import delivery_bytes, delivery_of, facts, letter, partnership, sealed


def every_model() -> Iterator[type[Frozen]]:
    for module in pkgutil.walk_packages(contracts.__path__, "contracts."):
        importlib.import_module(module.name)
    waiting = [Frozen]
    while waiting:
        model = waiting.pop()
        yield model
        waiting += model.__subclasses__()


MODELS = {model.__name__: model for model in every_model() if model.__module__.startswith("contracts.")}


@pytest.mark.parametrize("name", MODELS)
def test_a_model_is_frozen_strict_closed_and_quiet(name: str) -> None:
    config = MODELS[name].model_config
    assert (config.get("frozen"), config.get("strict"), config.get("extra"), config.get("hide_input_in_errors")) == (
        True, True, "forbid", True,
    )  # fmt: skip


def every_value() -> Iterator[Frozen]:
    keys = partnership()
    for kind in Kind:
        made = letter(kind)
        yield Submission.model_validate_json(sealed(kind))
        yield from (one for one in (made.said, made.step, made.facts) if one is not None)
        if made.said is not None and hasattr(made.said, "compartments"):
            yield from made.said.compartments().values()
    yield delivery_of(sealed())
    yield keys.directory.document
    yield ToRecipient(openings=(), shares={"7": "a" * 64, "0": "b" * 64})
    yield facts(approvals=())


def test_the_dump_of_a_model_is_its_canonical_form() -> None:
    for value in every_value():
        assert value.wire() == canonical(value.model_dump(mode="json")), type(value).__name__


def test_a_copy_with_changes_keeps_the_order_of_its_fields() -> None:
    header = Submission.model_validate_json(sealed()).header
    changed = header.model_copy(update={"sender": "sarc-ashby", "body": "0" * 64, "digests": ()})
    assert changed.wire() == canonical(changed.model_dump(mode="json"))


def test_part_of_a_model_is_dumped_in_the_same_form() -> None:
    permit = delivery_of(sealed()).permit
    assert permit.wire(leave_out={"signature"}) == canonical(permit.model_dump(mode="json", exclude={"signature"}))
    assert permit.wire(only={"index", "v"}) == canonical({"index": permit.index, "v": 1})


WRITTEN = st.text(st.characters(codec="utf-8"), min_size=1, max_size=60)


@given(WRITTEN, WRITTEN)
def test_text_of_any_script_is_dumped_as_canonical_json_writes_it(one: str, other: str) -> None:
    for value in (Identity(forename=one, surname=other), FreeText(text=one, read_by="worker_7")):
        assert value.wire() == canonical(value.model_dump(mode="json"))


def test_a_delivery_that_carries_names_is_read_back_byte_for_byte() -> None:
    body = delivery_bytes(delivery_of(sealed()))
    assert read_delivery(body).wire() == body


@given(st.integers(0, 2**32))
def test_the_quick_way_accepts_nothing_that_the_slow_way_refuses(seed: int) -> None:
    body = bytearray(GOOD)
    body[seed % len(body)] = seed >> 24 & 0x7F
    if read_exact(Submission, bytes(body)) is not None:
        assert parse_canonical(bytes(body))


GOOD = sealed()

UNNAMED: dict[str, Any] = {
    "a field of its own": {"forename": "A", "surname": "B", "nickname": "C"},
    "a number for text": {"forename": 5, "surname": "B"},
    "no name": {"forename": "", "surname": "B"},
    "a date of another calendar": {"forename": "A", "surname": "B", "date_of_birth": "01/02/1990"},
    "digits of another script": {"forename": "A", "surname": "B", "nhs_number": "٠١٢٣٤٥٦٧٨٩"},
    "a date in digits of another script": {"forename": "A", "surname": "B", "date_of_birth": "١٩٩٠-01-02"},
    "a whole postcode": {"forename": "A", "surname": "B", "postcode_district": "ZZ99 3WZ"},
}


@pytest.mark.parametrize("case", UNNAMED)
def test_a_compartment_takes_nothing_its_schema_does_not_name(case: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        Identity.model_validate_json(canonical(UNNAMED[case]))
    assert "٠١٢٣" not in str(refusal.value)
    assert "nickname': 'C" not in str(refusal.value)


def test_every_label_has_one_schema_and_one_name() -> None:
    assert set(SCHEMAS) == set(Label)
    assert len({schema_name(label) for label in Label}) == len(set(SCHEMAS.values())) == len(Label)


def put_together() -> dict[str, tuple[type[Frozen], dict[str, Any]]]:
    """Every model that is put together unlooked at, with the fields as the program names them."""
    delivery = delivery_of(sealed())
    permit = delivery.permit
    permitted = Permitted(message=permit.decision.message, attempt=1, permit=permit)
    released = ToRecipient(openings=(), shares={"0": "b" * 64, "7": "a" * 64})
    values = (permit, permit.decision, permitted, released)
    return {
        type(one).__name__: (type(one), {name: getattr(one, name) for name in sorted(type(one).model_fields)}) for one in values
    }


@pytest.mark.parametrize("name", put_together())
def test_what_is_put_together_is_what_the_model_would_make_of_it(name: str) -> None:
    model, fields = put_together()[name]
    whole, looked_at = model.put_together(**fields), model(**fields)
    assert (whole, whole.model_fields_set) == (looked_at, looked_at.model_fields_set)
    assert whole.wire() == looked_at.wire() == model.model_validate_json(whole.wire()).wire()
    assert whole.model_copy(update={}).wire() == whole.wire()


@pytest.mark.parametrize("name", put_together())
def test_nothing_is_put_together_with_a_field_too_few_or_out_of_order(name: str) -> None:
    model, fields = put_together()[name]
    first, *others = fields
    for wrong in ({name: fields[name] for name in others}, {name: fields[name] for name in (*others, first)}):
        with pytest.raises(TypeError):
            model.put_together(**wrong)
