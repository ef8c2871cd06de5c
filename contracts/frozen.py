"""The one base of every model on the wire: frozen, strict, unknown fields refused, inputs never shown in an error.

Fields are declared in the order that reads best, and kept in the order of RFC 8785, so that what pydantic dumps in one call
into Rust is already the canonical form (``wire``); ``canonical.canonical`` says the same of plain values, slower.
"""

from functools import cache
from typing import Any, Self, TypeVar

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler
from pydantic_core import CoreSchema

Value = TypeVar("Value")


def in_key_order(mapping: dict[str, Value]) -> dict[str, Value]:
    """The mapping with its keys in the order of RFC 8785: the validator of every mapping on the wire."""
    return dict(sorted(mapping.items()))


class Frozen(BaseModel):
    """A value that crosses a wire. An unnamed field is data that no protocol permitted, so it is refused."""

    model_config = ConfigDict(
        frozen=True,
        strict=True,
        extra="forbid",
        hide_input_in_errors=True,
        # On the wire no field is left out for its usual value, and the published schemas say so.
        json_schema_serialization_defaults_required=True,
    )

    @classmethod
    def __get_pydantic_core_schema__(cls, source: type[BaseModel], handler: GetCoreSchemaHandler) -> CoreSchema:
        """Keep the fields in order of name: a validated model is then dumped in that order."""
        schema = handler(source)
        fields: Any = schema.get("schema")
        if schema["type"] == "model" and fields["type"] == "model-fields":
            fields["fields"] = dict(sorted(fields["fields"].items()))
        return schema

    @classmethod
    def put_together(cls, **fields: Any) -> Self:
        """A value that our own code put together, not looked at again: for what is made for every message.

        Every field is named, in order of name, or its bytes would not be canonical: TypeError otherwise. A test for each use
        holds it to what the model itself makes of the same fields, and whoever reads it looks at it strictly.
        """
        if tuple(fields) != _names(cls):
            raise TypeError("every field is named, in order of name")
        value = cls.__new__(cls)
        object.__setattr__(value, "__dict__", fields)
        object.__setattr__(value, "__pydantic_fields_set__", set(fields))
        object.__setattr__(value, "__pydantic_extra__", None)
        object.__setattr__(value, "__pydantic_private__", None)
        return value

    def wire(self, *, leave_out: set[str] | None = None, only: set[str] | None = None) -> bytes:
        """The canonical bytes of this value, or of a part of its fields. Mappings inside: ``in_key_order``."""
        return self.__pydantic_serializer__.to_json(self, exclude=leave_out, include=only)


@cache
def _names(model: type[Frozen]) -> tuple[str, ...]:
    return tuple(sorted(model.model_fields))
