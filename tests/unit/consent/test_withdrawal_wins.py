"""Invariant V9: after any history of yes, no and taking back, nothing is released after her last word was no, and everyone
who was told before is named."""

import shutil
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from consent.store import open_store
from contracts.kinds import Kind
from contracts.messages.consents import ConsentWithdrawn
from contracts.vocabulary import ConsentAnswer
from tests.factories import MINUTE, consent_given, partnership
from tests.unit.consent.conftest import Desk, arrives, ashby, asked

STEPS = some.lists(some.sampled_from(["yes", "no", "back", "send", "send again", "restart"]), min_size=3, max_size=12)


class Her:
    """What she has said so far, as anyone would tell it; and what was released."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.standing: list[str] = []
        self.agrees = False
        self.count = 0
        self.sent: list[Any] = []
        self.released: list[str] = []

    def take(self, step: str) -> None:
        self.desk.now += MINUTE
        # "restart" is a pause, and nothing else.
        ways = {"yes": self.says, "no": self.says, "back": self.takes_back, "send": self.send, "send again": self.send_again}
        if step in ways:
            ways[step](step)

    def says(self, step: str) -> None:
        self.count += 1
        name = f"{self.count:02x}" * 16
        answer = ConsentAnswer.GIVEN if step == "yes" else ConsentAnswer.REFUSED
        said = consent_given(consent=name, answer=answer, taken_at=self.desk.now)
        told = self.desk.ask_one(asked(arrives(Kind.CONSENT_RECORDED, said=said)))
        assert told.answer == "recorded"
        self.agrees = step == "yes"
        if step == "yes":
            self.standing.append(name)
        else:
            self.all_are_named(told)

    def takes_back(self, _: str) -> None:
        if not self.standing:
            return
        name = self.standing.pop()
        said = ConsentWithdrawn(consent=name, withdrawn_at=self.desk.now, taken_by="worker_7")
        told = self.desk.ask_one(asked(arrives(Kind.CONSENT_WITHDRAWN, said=said)))
        assert (told.answer, told.withdrawn) == ("recorded", True)
        self.agrees = False
        self.all_are_named(told)

    def send(self, _: str) -> None:
        self.ask(arrives(facts_changes={"consents": ()}), 1)

    def send_again(self, _: str) -> None:
        for attempt, received in enumerate(self.sent[-1:], start=2 + len(self.sent)):
            self.ask(received, attempt)

    def ask(self, received: Any, attempt: int) -> None:
        answer = self.desk.ask_one(asked(received, attempt=attempt))
        assert (answer.answer == "permitted") is self.agrees, (answer, self.agrees)
        self.sent.append(received)
        if answer.answer == "permitted" and received.header.id not in self.released:
            self.released.append(received.header.id)

    def all_are_named(self, told: Any) -> None:
        assert [one.message for one in told.tellings] == self.released


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_nothing_is_released_after_her_last_word_was_no(tmp_path: Path, fresh_database: Path, steps: list[str]) -> None:
    file = tmp_path / "history.sqlite"
    for old in tmp_path.glob("history.sqlite*"):
        old.unlink()
    shutil.copy(fresh_database, file)
    engine = open_store(f"sqlite:///{file}")
    her = Her(Desk(engine, partnership(), ashby(), partnership().now))
    try:
        for step in steps:
            her.take(step)
    finally:
        engine.dispose()
