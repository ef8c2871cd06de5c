"""What was asked before an upgrade still counts after it: whoever fishes does not begin anew with a new version."""

import json

import pytest
from alembic import command

from broker.budgets import in_brief, seems_the_same
from broker.migrations import upgrade
from broker.store.database import Database
from tests.factories import person

ASKED = "INSERT INTO checked (message, agency, at, tokens, worker) VALUES (?, 'cjit-ashby', 1, ?, 'worker_7')"


def test_a_check_from_before_is_compared_with_those_that_come(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    to_newest = command.upgrade
    with monkeypatch.context() as before:
        before.setattr("broker.migrations.command.upgrade", lambda config, _: to_newest(config, "0017"))
        upgrade(database_url)
    database = Database(database_url)
    tokens = {name: json.dumps([[1, person(number).tokens]]) for name, number in (("a", 1), ("again", 1), ("b", 2))}
    database.write(lambda work: work.many(ASKED, list(tokens.items())))
    database.close()

    upgrade(database_url)

    database = Database(database_url)
    kept: dict[str, bytes] = dict(database.read(lambda work: work.rows("SELECT message, brief FROM checked")))
    database.close()
    asked = {message: in_brief(brief) for message, brief in kept.items()}
    assert {message: len(brief) for message, brief in asked.items()} == {
        message: len(json.loads(each)[0][1]) for message, each in tokens.items()
    }
    assert seems_the_same(asked["a"], asked["again"])
    assert not seems_the_same(asked["a"], asked["b"])
