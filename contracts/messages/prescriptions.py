"""A planned transfer between prescribers: last dose first (W03, R05, E5).

Reserving, confirming and ending go to the broker alone and carry no compartments; see ``steps``.
"""

from typing import ClassVar

from contracts.kinds import Kind
from contracts.messages.compartments import Identity, Prescribing
from contracts.messages.conversation import Said


class ScriptTransferred(Said):
    """The prescriber hands a live prescription to another, with drug, dose and dates and nothing else."""

    KIND: ClassVar[Kind] = Kind.SCRIPT_TRANSFERRED
    prescribing: Prescribing
    identity: Identity | None = None
