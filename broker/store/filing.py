"""A record under its tokens: what an agency knows of a person, written down before anything is decided of her.

What it knew of her before counts too: she may have given another name then. Leaves out: whom she is (``merges``).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from broker.matching import index
from broker.matching.carried import Presented, presented
from broker.store.database import Work, new_token
from contracts.steps import Keyed

# An agency that has not heard yet that its reference was replaced still means the same woman.
_OWN: Final = (
    "SELECT n, id, person FROM record WHERE reference = ? AND agency = ? UNION ALL SELECT r.n, r.id, r.person "
    "FROM former_reference AS f JOIN record AS r ON r.id = f.record WHERE f.reference = ? AND f.agency = ?"
)
_NEW: Final = "INSERT INTO record (id, agency, reference, person, minted, created) VALUES (?, ?, ?, ?, 0, ?) RETURNING n"


@dataclass(frozen=True, slots=True)
class Filed:
    """A record as it stands, and the person it belongs to so far."""

    record: str
    person: str
    tokens: tuple[Presented, ...]
    """All that it carries, epoch by epoch."""
    new: bool


def file(work: Work, agency: str, reference: str, keyed: Sequence[Keyed], now: int) -> Filed:
    """Write it down."""
    own = work.one(_OWN, reference, agency, reference, agency)
    if own is None:
        record, person = new_token(), new_token()
        ((number,),) = work.rows(_NEW, record, agency, reference, person, now)
    else:
        number, record, person = own
    tokens = tuple(index.add(work, number, presented(each.tokens, each.epoch)) for each in keyed)
    return Filed(record, person, tokens, own is None)
