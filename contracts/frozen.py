"""The one base of every model on the wire: frozen, strict, unknown fields refused, inputs never shown in an error."""

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """A value that crosses a wire. An unnamed field is data that no protocol permitted, so it is refused."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", hide_input_in_errors=True)
