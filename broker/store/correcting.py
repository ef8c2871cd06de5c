"""A merge taken back by an officer: everything that follows, told and published as after any message.

Leaves out: a merge that the two agencies dispute themselves, which is the answer to a review (``merges.settle_review``).
"""

from broker.incoming import Settled
from broker.store import messages, outbox_rows, undoing
from broker.store.database import Work
from broker.store.house import House
from broker.store.notices import Notices


def undo_merge(work: Work, house: House, merge: str, officer: str, why: str, now: int) -> Settled | None:
    """Take it back, with who and why; what waits for these records is asked again. None when there is none to take back."""
    undone = undoing.undo(work, merge, officer, why, now, until=now + house.budgets.different_ms, partners=house.partners)
    if undone is None:
        return None
    messages.wake(work, undone.records, now)
    notices = Notices(house.directory, now)
    for alert in undone.alerts:
        notices.alert(alert)
    rows = outbox_rows.add(work, house.process, [], notices.mail(house.signing), now)
    return Settled(rows, {("officer", "undo"): 1})
