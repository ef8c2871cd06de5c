"""One agency's adapter in a history, without its loops: its own store, what it takes in, hands over, hears, writes and owes.

Leaves out: the line, which is the world's.
"""

from collections.abc import Callable
from pathlib import Path

from agencies.case_system import CaseSystem
from agencies.checkpoints import Checkpoints
from agencies.drafts import Rejected
from agencies.inbox import Inbox
from agencies.mapping import Mapping
from agencies.outbox import Outbox
from agencies.party import Party
from agencies.project.mapping import MAPPING
from agencies.receiving import Parcel, Receiving
from agencies.sending import Sending
from agencies.store import Store
from contracts.directory import Directory
from contracts.opening import OpeningError, check_permit, read_delivery
from contracts.permit import Delivery
from contracts.topology import WHAT_DELIVERY
from contracts.vocabulary import AgeBand, Reason
from tests.factories import partnership
from tests.specs.histories.letters import PROJECT

_ALL = 1_000


class Desk:
    """One adapter, which may die and start again on its store."""

    def __init__(self, folder: Path, clock: Callable[[], int], agency: str = PROJECT, mapping: Mapping = MAPPING) -> None:
        self._file, self._clock, self._id, self._mapping = folder / f"{agency}.sqlite", clock, agency, mapping
        self._store: Store | None = None
        self._told: list[str] = []
        self.given: list[str] = []
        """What its local system was given, in order: each message once."""

    def start_again(self, directory: Directory) -> None:
        """The adapter starts, with the directory of now."""
        self.close()
        agency = directory.agency(self._id)
        assert agency is not None
        keys = partnership()
        roles = {role.name: keys.opener(self._id, role.name) for role in agency.roles}
        party = Party(agency, self._mapping, directory, keys.signing(self._id), roles, None)
        self._store = store = Store(self._file, self._id)
        self._directory, self._inbox, self._outbox = directory, Inbox(store), Outbox(store)
        self._receiving = Receiving(party, store, self._outbox, self._inbox, Checkpoints(store), self._clock)
        self._sending = Sending(party, store, self._outbox, self._inbox, self._clock)

    def close(self) -> None:
        if self._store is not None:
            self._store.close()

    def read(self, what: str, body: bytes) -> Delivery | None:
        """A delivery is left lying until somebody picks it up; a notice is taken in at once."""
        if what == WHAT_DELIVERY:
            return read_delivery(body)
        tally = self._receiving.take([Parcel(what, body)])
        assert not tally.dead
        notices = self._inbox.to_tell(_ALL)
        self._told += [str(one.fields["message"]) for one in notices if one.fields.get("alert") == "consent_withdrawn"]
        self._inbox.told([one.id for one in notices])
        return None

    def heard(self) -> list[str]:
        """Messages of which it was told, since it was last asked, that they were taken back."""
        told, self._told = self._told, []
        return told

    def takes(self, body: bytes) -> Reason | None:
        """Take one delivery in and give it to the local system; why it was not opened, None when it was."""
        tally = self._receiving.take([Parcel(WHAT_DELIVERY, body)])
        for record in self._receiving.to_hand_over(_ALL):
            self.given.append(record.id)
            self._inbox.handed_over(record.id, None)
        if tally.outcomes.keys() & {"opened", "again"}:
            return None
        try:
            check_permit(read_delivery(body), self._directory, agency=self._id, now=self._clock())
        except OpeningError as error:
            return error.reason
        return Reason.RECIPIENT_COULD_NOT_OPEN

    def knows(self, person: str, reference: str) -> None:
        """She is on its books under that name."""
        assert self._store is not None
        self._store.remember_person(person, reference, AgeBand.ADULT)

    def collects(self, case_system: CaseSystem) -> str | None:
        """Take what a worker wrote; the code of the last record that was not taken."""
        code = None
        for record in case_system.outgoing(_ALL):
            result = self._sending.take(record)
            if isinstance(result, Rejected):
                code = result.code
                case_system.rejected(record.id, result.code, result.sentence)
            else:
                case_system.taken(record.id, result.message)
        return code

    def receipts(self) -> list[bytes]:
        """What it owes the broker, sealed, and as it would be published."""
        while self._sending.bundle_receipts():
            pass
        return self.leaving()

    def leaving(self) -> list[bytes]:
        """What lies in its outbox, as it would be published."""
        due = self._sending.due(_ALL)
        self._outbox.confirmed([one.id for one in due])
        return [one.body for one in due]
