"""Every way in for broken glass, each walked to its end: what was answered on it, and under which id.

Leaves out: what must come of it, which is the test's.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import broker.cli
import consent.desk.cli
from agencies.cjit.mapping import MAPPING as CJIT_MAPPING
from agencies.drop_folder import DropFolder
from contracts.consent_check import Permitted, Question, QuestionBatch, Records, Refused
from contracts.envelope import Received, read_submission
from contracts.identifiers import new_id
from contracts.keyring import PEOPLE
from contracts.kinds import Kind
from contracts.messages.compartments import Request, Safety
from contracts.messages.referrals import ReferralMade
from contracts.permit import Delivery
from contracts.statements import Glass
from contracts.steps import Receipt, ReceiptsStep
from contracts.vocabulary import AgeBand, Reason
from tests.factories import letter, partnership, person, seal_letter
from tests.specs.consent.emergency import AT_RISK, GOVERNANCE, SECOND
from tests.specs.histories.desk import Desk
from tests.specs.histories.letters import CJIT, PROJECT, hers_of
from tests.specs.histories.world import World, directories

HERS: Final = 990
_ON_THE_BOOKS: Final = "client-9"


@dataclass
class House:
    """She is registered and said no even when she is at risk; two adapters, one with a drop folder; a glass that was whole."""

    world: World
    project: Desk
    cjit: Desk
    folder: Path
    whole: Delivery | None = None

    @classmethod
    def make(cls, folder: Path) -> "House":
        world = World(f"sqlite:///{folder / 'broker.sqlite'}", f"sqlite:///{folder / 'consent.sqlite'}")
        desks = [Desk(folder, lambda: world.now), Desk(folder, lambda: world.now, CJIT, CJIT_MAPPING)]
        for desk in desks:
            desk.start_again(directories()["made"])
        house = cls(world, desks[0], desks[1], folder)
        letters = hers_of(HERS).letters
        for name in ("register", "no, though at risk"):
            world.take_in([letters[name].body], CJIT)
        desks[1].knows(_ON_THE_BOOKS, _reference())
        return house

    def close(self) -> None:
        self.project.close()
        self.cjit.close()
        self.world.close()

    def urgent(self, broken: Glass) -> bytes:
        """A message about her, for which the glass is broken."""
        said = ReferralMade(
            request=Request(needs=("safety",)), identity=person(HERS).identity,
            safety=Safety(risks=("violence_from_partner",), safe_to_contact=True),
        )  # fmt: skip
        facts = {**AT_RISK, "glass": broken}
        made = letter(Kind.REFERRAL_MADE, CJIT, created=self.world.now, reference=_reference(), said=said, facts_changes=facts)
        return seal_letter(made)

    def delivered(self, body: bytes) -> Delivery:
        """A message that passes, as it leaves for its recipient; its broken glass is reviewed, so that it blocks no other."""
        (delivery,) = self.world.publish(self.world.take_in([body], CJIT))
        self.world.review()
        self.world.in_inbox.clear()
        return delivery


@dataclass(frozen=True)
class Met:
    """What came of it: the message it became, if it became one, and every code that was answered."""

    message: str | None
    codes: frozenset[Reason | str]
    released: int


def _reference() -> str:
    found = read_submission(hers_of(HERS).letters["register"].body).submission.for_broker
    assert found is not None
    assert found.reference is not None
    return found.reference


def _met(house: House, received: Received, *codes: Reason) -> Met:
    answers, house.world.answers_now = house.world.answers_now, []
    said = {one.reason for one in answers if isinstance(one, Refused)}
    return Met(received.header.id, frozenset({*said, *codes}), sum(isinstance(one, Permitted) for one in answers))


def _asked_again(house: House, message: str) -> None:
    house.world.store.ask_now(message, now=house.world.now)
    house.world.publish(house.world.due())


def adapter(house: House, broken: Glass) -> Met:
    """An agency's adapter sends it."""
    body = house.urgent(broken)
    house.world.publish(house.world.take_in([body], CJIT))
    return _met(house, read_submission(body))


def again(house: House, broken: Glass) -> Met:
    """It is sent, sent again byte for byte, and asked about again."""
    body = house.urgent(broken)
    for _ in range(2):
        house.world.publish(house.world.take_in([body], CJIT))
    _asked_again(house, read_submission(body).header.id)
    return _met(house, read_submission(body))


def returned(house: House, broken: Glass) -> Met:
    """An operator returns it from the dead queue, where it lay unread; and once more when it was refused."""
    body = house.urgent(broken)
    for _ in range(2):
        house.world.publish(house.world.take_in([body], "broker"))
    return _met(house, read_submission(body))


def drop_folder(house: House, broken: Glass) -> Met:
    """A worker writes it as a file, and the adapter takes it from the folder."""
    folder = DropFolder(house.folder / "cases", lambda: house.world.now)
    record = _as_written(broken)
    (house.folder / "cases" / "out" / f"{record['id']}.json").write_text(json.dumps(record))
    code = house.cjit.collects(folder)
    bodies = house.cjit.leaving()
    if not bodies:
        return Met(None, frozenset({str(code)}), 0)
    house.world.publish(house.world.take_in(bodies, CJIT))
    return _met(house, read_submission(bodies[0]))


def picked_up_late(house: House, broken: Glass) -> Met:
    """Its recipient says that it came too late, at any attempt, so that it is asked about again."""
    body = house.urgent(broken)
    received = read_submission(body)
    house.world.publish(house.world.take_in([body], CJIT))
    late = tuple(Receipt(message=received.header.id, attempt=attempt, result="stale") for attempt in (1, 2))
    receipts = letter(Kind.RECEIPTS, PROJECT, created=house.world.now, step=ReceiptsStep(receipts=late))
    house.world.publish(house.world.take_in([seal_letter(receipts)], PROJECT))
    house.world.publish(house.world.due())
    return _met(house, received)


def officers(house: House, broken: Glass) -> Met:
    """It is sent, and officers approve it by signed statements of their own: there is nothing that waits for them."""
    body = house.urgent(broken)
    message = read_submission(body).header.id
    house.world.publish(house.world.take_in([body], CJIT))
    for officer in (SECOND, "f_osgodby", "r_ellery"):
        assert not house.world.acts(message, officer, "approve")
    _asked_again(house, message)
    return _met(house, read_submission(body))


def commands(house: House, broken: Glass) -> Met:
    """It is sent, and every command that a hold or a broken glass has is typed for it: none of them does anything."""
    body = house.urgent(broken)
    message = read_submission(body).header.id
    house.world.publish(house.world.take_in([body], CJIT))
    by = ["--reason", "read and heard", "--people", str(partnership().folder / PEOPLE), "--person"]
    assert consent.desk.cli.main(["holds", "act", message, "approve", *by, SECOND]) == 1
    assert consent.desk.cli.main(["glass", "review", message, "justified", *by, GOVERNANCE]) == 1
    assert broker.cli.main(["holds", "ask", message]) == 1
    house.world.publish(house.world.due())
    return _met(house, read_submission(body))


def asked_directly(house: House, broken: Glass) -> Met:
    """Somebody with the broker's account asks the consent service itself, at several attempts."""
    received = read_submission(house.urgent(broken))
    for attempt in (1, 2, 7):
        question = Question(
            message=received.header.id, attempt=attempt, header=received.header, signature=received.submission.signature,
            to_consent=received.submission.to_consent or "", records=Records(own="a1" * 16), reference="ee" * 16,
        )  # fmt: skip
        batch = QuestionBatch(id=new_id(), asked=house.world.now, questions=(question,))
        house.world.answered(batch.model_dump_json().encode())
    return _met(house, received)


def into_the_inbox(house: House, broken: Glass) -> Met:
    """Somebody with the broker's account puts it into the recipient's inbox himself, with the permit of one that was whole."""
    received = read_submission(house.urgent(broken))
    assert house.whole is not None
    forged = house.whole.model_copy(
        update={
            "header": received.header, "signature": received.submission.signature,
            "compartments": dict(zip(house.whole.compartments, received.submission.compartments.values(), strict=False)),
            "to_recipient": received.submission.to_recipient,
        }
    )  # fmt: skip
    reason = house.project.takes(forged.wire())
    return _met(house, received, *([] if reason is None else [reason]))


def _as_written(broken: Glass) -> dict[str, Any]:
    her, basis = person(HERS).identity, ("article_6", "article_9_or_10", "confidence", "gateway")
    return {
        "type": "referral", "id": new_id(), "person": _ON_THE_BOOKS, "to": PROJECT, "purpose": AT_RISK["purpose"],
        "worker": "worker_7", "age_band": AgeBand.ADULT, "capacity": "present", "threshold": "met", "told": AT_RISK["told"],
        "privacy_notice": "given", "relation": "none", "basis": {name: AT_RISK[name] for name in basis},
        "request": {"needs": ["safety"]}, "safety": {"risks": ["violence_from_partner"], "safe_to_contact": True},
        "identity": {"forename": her.forename, "surname": her.surname, "date_of_birth": her.date_of_birth, "sex": her.sex},
        "glass": json.loads(broken.model_dump_json()),
    }  # fmt: skip


Way = Callable[[House, Glass], Met]
WAYS: Final[dict[str, Way]] = {
    "an adapter's message": adapter,
    "sent again, and asked about again": again,
    "returned from the dead queue": returned,
    "a file in the drop folder": drop_folder,
    "picked up too late": picked_up_late,
    "officers' signed statements": officers,
    "commands at the terminal": commands,
    "a question of its own to the consent service": asked_directly,
    "put into the recipient's inbox": into_the_inbox,
}
# Where it never comes before the consent service, it is stopped by what stands there, whatever part is missing.
OWN_CODE: Final[dict[str, Reason]] = {"put into the recipient's inbox": Reason.PARTS_DO_NOT_FIT}
