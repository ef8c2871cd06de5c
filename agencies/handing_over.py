"""Give the local system what arrived, in order, on that system's own thread. Leaves out: asking it again (``adapter``)."""

from collections import deque
from collections.abc import Callable

import structlog

from agencies.case_system import CaseSystem, CaseSystemRefusedError, LocalRecord
from contracts.vocabulary import Reason

log = structlog.get_logger()


def give(system: CaseSystem, left: deque[LocalRecord], may_be_given: Callable[[str], bool]) -> list[tuple[str, Reason | None]]:
    """Hand over from the left until none is left: which were, and why the local system refused one. They leave ``left``.

    Asked of each when its turn comes (``may_be_given``): what she took back while the local system was down is not given.
    When it fails half way, those it has are said first; whoever asks again meets the fault again, as the first of ``left``.
    """
    given: list[tuple[str, Reason | None]] = []
    while left:
        record, refused = left[0], None
        if may_be_given(record.id):
            try:
                system.hand_over(record)
            except CaseSystemRefusedError as refusal:
                log.warning("record.refused_here", message=record.id, code=refusal.code)
                refused = Reason.RECIPIENT_SYSTEM_REFUSED
            except Exception:
                if given:
                    return given
                raise
            given.append((record.id, refused))
        left.popleft()
    return given
