"""The database: made by its steps, read back as it was written, told once."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from consent.log.append import LogSigner
from consent.log.entry import EntryKind
from consent.migrations import bring_up_to_date
from consent.outcomes import Outcomes
from consent.start import StartError, check_log
from consent.store import log_head, open_store
from consent.tables import METADATA
from consent.taking_over import put_in_force
from contracts.consent_check import Outcome, OutcomeBatch
from contracts.identifiers import new_id
from tests.unit.consent.conftest import Desk, arrives, asked


def outcome(state: str = "delivered", message: str | None = None) -> Outcome:
    return Outcome(
        message=message or new_id(), attempt=1, state=state, reason=None, sender="cjit-ashby", recipient="project-ashby",
        kind="referral-made/1", at=1,
    )  # fmt: skip


def told(*outcomes: Outcome) -> bytes:
    return OutcomeBatch(id=new_id(), outcomes=outcomes).model_dump_json().encode()


@pytest.fixture
def outcomes(desk: Desk) -> Outcomes:
    return Outcomes(desk.engine, LogSigner(desk.keys.directory.log_name, desk.keys.log_signing.ed25519), desk.keys.directory)


def test_the_steps_make_the_tables_that_the_program_knows(desk: Desk) -> None:
    bring_up_to_date(desk.engine)
    with desk.engine.begin() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []


def test_an_outcome_is_written_once_however_often_it_is_told(desk: Desk, outcomes: Outcomes) -> None:
    one, other = outcome(), outcome("expired")
    assert outcomes.write(told(one, one), desk.now) == 1
    assert outcomes.write(told(one, other), desk.now) == 1
    assert outcomes.write(told(one, other), desk.now) == 0
    assert desk.kinds() == [EntryKind.OUTCOME, EntryKind.OUTCOME]
    assert desk.log()[-1].skeleton["state"] == "expired"


def test_a_protocol_is_put_in_force_once_with_its_words(desk: Desk) -> None:
    signer = LogSigner(desk.keys.directory.log_name, desk.keys.log_signing.ed25519)
    assert put_in_force(desk.engine, desk.protocol, b"the words", signer, desk.now) is True
    assert put_in_force(desk.engine, desk.protocol, b"the words", signer, desk.now) is False
    assert desk.kinds() == [EntryKind.PROTOCOL_CHANGE]


def test_a_whole_log_is_started_with_and_a_cut_one_is_not(desk: Desk) -> None:
    assert check_log(desk.engine, desk.keys.directory) == 0
    desk.consented()
    desk.ask_one(asked(arrives()))
    assert check_log(desk.engine, desk.keys.directory) == 2
    with desk.engine.begin() as connection:
        connection.execute(text("DELETE FROM checkpoint WHERE size = 2"))
    with pytest.raises(StartError, match="put a whole copy back"):
        check_log(desk.engine, desk.keys.directory)


def test_a_log_that_lost_its_last_entry_is_not_started_with(desk: Desk) -> None:
    desk.consented()
    desk.ask_one(asked(arrives()))
    with desk.engine.begin() as connection:
        for table in ("subject_key", "entry", "leaf"):
            connection.execute(text(f"DELETE FROM {table} WHERE leaf_index = 1"))
    with pytest.raises(StartError, match="put a whole copy back"):
        check_log(desk.engine, desk.keys.directory)


def test_the_newest_head_can_be_noted_by_a_backup(desk: Desk) -> None:
    assert log_head(desk.engine) is None
    desk.consented()
    head = log_head(desk.engine)
    assert head is not None
    assert head.size == 1


def test_a_second_program_waits_for_the_first(desk: Desk) -> None:
    """Two services on one database write one after another; neither sees half of what the other did."""
    other = open_store(str(desk.engine.url))
    second = Desk(other, desk.keys, desk.protocol, desk.now)
    desk.consented()
    answers = [one.ask_one(asked(arrives())) for one in (desk, second, desk, second)]
    assert [answer.permit.index for answer in answers] == [1, 2, 3, 4]
    other.dispose()
