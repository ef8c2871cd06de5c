"""What falls when the message that carried a step never arrives: a proposal of the lead, a planned transfer.

Nothing stood still meanwhile: the old lead led, the old prescriber held. Leaves out: why it never arrived.
"""

from collections.abc import Collection

from broker.store import cases, scripts
from broker.store.database import Work
from broker.store.notices import Notices
from contracts.kinds import Kind

CARRIES_A_STEP = frozenset({Kind.LEAD_PROPOSED, Kind.SCRIPT_TRANSFERRED})


def fall(work: Work, messages: Collection[str], notices: Notices) -> None:
    """Undo what these messages began, and tell who goes on holding it."""
    if messages:
        cases.proposals_fall(work, messages)
        for alert in scripts.transfers_fall(work, messages):
            notices.alert(alert)
