"""A planned transfer between prescribers: last dose first (W03, R05, E5).

Reserving, confirming and ending go to the broker alone and carry no compartments; see ``steps``.
"""

from collections.abc import Mapping
from typing import ClassVar

from contracts.kinds import Kind
from contracts.messages.compartments import Compartment, Identity, Prescribing
from contracts.messages.conversation import Said
from contracts.vocabulary import Label


class ScriptTransferred(Said):
    """The prescriber hands a live prescription to another, with drug, dose and dates and nothing else."""

    KIND: ClassVar[Kind] = Kind.SCRIPT_TRANSFERRED
    prescribing: Prescribing
    identity: Identity | None = None


def names_last_dose(compartments: Mapping[Label, Compartment]) -> bool:
    """Whether the date and the amount of the last dose are there: checked by whoever sends, and by whoever receives."""
    told = compartments.get(Label.PRESCRIBING)
    return isinstance(told, Prescribing) and told.last_dose is not None and told.last_dose_milligrams is not None
