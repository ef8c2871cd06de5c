"""The consents one batch is about, kept up to date while the batch is decided.

What a message of the batch records or takes back counts for every other message of it. Leaves out: the database (``store``).
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from consent.consents import Consents
from consent.restrictions import Restrictions, over
from consent.store import Recording
from contracts.consent_check import Records


class Book:
    """Consents by id and by record."""

    def __init__(self, recordings: Iterable[Recording], restrictions: Restrictions | None = None) -> None:
        self._restrictions = restrictions or {}
        self._by_id: dict[str, Recording] = {}
        self._by_record: defaultdict[str, dict[str, Recording]] = defaultdict(dict)
        for one in recordings:
            self.add(one)

    def find(self, consent: str) -> Recording | None:
        """The consent of that id, if it was recorded."""
        return self._by_id.get(consent)

    def add(self, one: Recording) -> None:
        """A consent is recorded, or replaces itself as withdrawn."""
        self._by_id[one.consent.id] = one
        self._by_record[one.consent.record][one.consent.id] = one

    def withdraw(self, consent: str, at: int) -> None:
        """A consent is taken back; its tombstone is written with the batch."""
        known = self._by_id[consent]
        self.add(replace(known, consent=replace(known.consent, withdrawn_at=at)))

    def about(self, records: Records, named: tuple[str, ...]) -> Consents:
        """The consents of the records that are, or may be, this person, and whether all that are named are recorded."""
        if not self._by_id and not named and not self._restrictions:
            return Consents()
        same = dict.fromkeys((*((records.own,) if records.own else ()), *records.same))
        possible = dict.fromkeys(record for record in records.possible if record not in same)
        return Consents(
            same=tuple(one.consent for record in same for one in self._by_record.get(record, {}).values()),
            possible=tuple(one.consent for record in possible for one in self._by_record.get(record, {}).values()),
            restricted=over(self._restrictions, records),
            missing=any(consent not in self._by_id for consent in named),
        )
