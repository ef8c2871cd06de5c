"""A register filed before there were tokens of addresses is read as before when there are: nobody is registered again."""

from array import array

import pytest
from alembic import command

from broker.matching.carried import KINDS, unpacked
from broker.migrations import upgrade
from broker.store.database import Database

AT_HOME = {"xas", "fah", "sah", "fas", "sas", "has", "hae", "xan", "han", "nt", "ht"}
BEFORE = [kind for kind in KINDS if kind not in AT_HOME]


def test_what_was_kept_of_a_record_is_found_under_its_kinds(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    to_newest = command.upgrade
    with monkeypatch.context() as before:
        before.setattr("broker.migrations.command.upgrade", lambda config, _: to_newest(config, "0012"))
        upgrade(database_url)
    counts = bytes(place % 3 for place in range(len(BEFORE)))
    values = array("I", (0x9ABCDEF0 + number for number in range(sum(counts))))
    database = Database(database_url)
    database.write(lambda work: work.run("INSERT INTO known (r, epoch, tokens) VALUES (7, 1, ?)", counts + values.tobytes()))
    database.close()

    upgrade(database_url)

    database = Database(database_url)
    ((kept,),) = database.read(lambda work: work.rows("SELECT tokens FROM known WHERE r = 7"))
    database.close()
    found = unpacked(bytes(kept))
    assert list(found.values) == list(values)
    assert {kind: found.counts[KINDS.index(kind)] for kind in BEFORE} == dict(zip(BEFORE, counts, strict=True))
    assert not found.kinds & AT_HOME
