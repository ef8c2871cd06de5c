"""What every message to another agency has in common: its compartments are its fields.

Leaves out: who it goes to and why (``envelope``, ``facts``), and how it is sealed (``seal``).
"""

from typing import ClassVar

from contracts.frozen import Frozen
from contracts.kinds import Kind
from contracts.messages.compartments import SCHEMAS, Compartment
from contracts.vocabulary import Label


class Said(Frozen):
    """A message body: one field a compartment, named by its label. At most eight are filled."""

    KIND: ClassVar[Kind]

    def compartments(self) -> dict[Label, Compartment]:
        """The filled compartments by label, in the order of the vocabulary."""
        filled: dict[Label, Compartment] = {}
        for label in SCHEMAS:
            value = getattr(self, label.value, None)
            if value is not None:
                filled[label] = value
        return filled
