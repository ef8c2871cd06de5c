"""The broker's store in trouble: who loses to the index, what a database that is away looks like, whom a likeness stops."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

from broker.outcome import OpenCase, StartScript
from broker.store import StoreUnavailableError, cases, scripts
from broker.store.database import LostError, Work
from broker.store.tables import METADATA
from contracts.envelope import read_submission
from contracts.kinds import Kind
from contracts.steps import CheckStep, Override, RegisterStep, ScriptStep
from contracts.vocabulary import CaseloadStatus, CaseRole, OverrideReason, Presentation, ScriptMove, ScriptState
from tests.factories import DAY, letter, may_be, person, seal_letter
from tests.integration.counter import Counter, incoming

CJIT, PROJECT, DRUGS = "cjit-ashby", "project-ashby", "drugs-ashby"
BODY, HOP = "body (message, submission, permit)", "hop (message, at, what, reason, attempt, officer)"
RESERVE = ScriptStep(move=ScriptMove.RESERVE)


@pytest.fixture
def broker(database_url: str) -> Iterator[Counter]:
    counter = Counter(database_url)
    yield counter
    counter.store.close()


# --- the referee


def test_new_rows_that_another_process_wrote_first_begin_the_transaction_anew_and_leave_none_of_the_first_try(
    broker: Counter,
) -> None:
    first = ("aa" * 16, b"\x00\x01\n\\", None)
    broker.store._database.write(lambda work: work.add(BODY, [first]))
    tries = []

    def unaware_at_first(work: Work) -> None:
        tries.append("try")
        work.add(HOP, [("aa" * 16, broker.now, f"try {len(tries)}", None, 2**31 + 1, "officer")])
        work.add(BODY, [("bb" * 16, b"", b"permit"), *([first] if len(tries) == 1 else [])])

    broker.store._database.write(unaware_at_first)
    assert len(tries) == 2
    assert broker.ask("SELECT what, reason, attempt, officer FROM hop") == [("try 2", None, 2**31 + 1, "officer")]
    assert broker.ask("SELECT message, submission, permit FROM body ORDER BY message") == [first, ("bb" * 16, b"", b"permit")]
    with pytest.raises(StoreUnavailableError, match="contended"):
        broker.store._database.write(lambda work: work.add(BODY, [first]))
    # A fault of ours is none of another process's doing: it is not tried again, and not hidden.
    with pytest.raises((sqlite3.IntegrityError, psycopg.IntegrityError)):
        broker.store._database.write(lambda work: work.add(BODY, [("cc" * 16, None, None)]))


def test_a_second_live_prescription_or_lead_is_refused_by_the_index_whatever_was_judged(broker: Counter) -> None:
    her = "aa" * 16
    header = read_submission(seal_letter(letter(Kind.CASE_OPENED, CJIT))).header

    def twice(work: Work) -> int:
        for place, agency in enumerate((DRUGS, PROJECT)):
            record = f"{place}" * 32
            scripts.apply(work, StartScript(her, record, agency, ScriptState.RESERVED, None), header.id, broker.now)
            cases.apply(work, OpenCase(her, record, agency, CaseRole.LEAD), header, broker.now)
        return 2

    with pytest.raises(LostError):
        broker.store._database.write(twice)

    def second_yields(work: Work) -> list[str]:
        yielded = []
        for place, agency in enumerate((DRUGS, PROJECT)):
            record = f"{place}" * 32
            for effect in (
                StartScript(her, record, agency, ScriptState.RESERVED, None),
                OpenCase(her, record, agency, CaseRole.LEAD),
            ):
                try:
                    with work.savepoint():
                        if isinstance(effect, StartScript):
                            scripts.apply(work, effect, header.id, broker.now)
                        else:
                            cases.apply(work, effect, header, broker.now)
                except LostError:
                    yielded.append(agency)
        return yielded

    assert broker.store._database.write(second_yields) == [PROJECT, PROJECT]
    assert broker.ask("SELECT agency FROM script") == broker.ask("SELECT agency FROM cases") == [(DRUGS,)]


def test_two_steps_for_one_person_in_one_batch_are_judged_one_after_the_other(broker: Counter) -> None:
    references = {agency: broker.register(agency, person()) for agency in (DRUGS, PROJECT)}
    made = [
        letter(Kind.SCRIPT_RESERVED, agency, created=broker.now, reference=reference, step=RESERVE)
        for agency, reference in references.items()
    ]
    broker.settle([incoming(seal_letter(each), each.sender, broker.now) for each in made])
    assert broker.guard(DRUGS, made[0].id) == [("cleared", None, None)]
    assert broker.guard(PROJECT, made[1].id) == [("not_cleared", "SCRIPT_ELSEWHERE", DRUGS)]
    assert broker.told(PROJECT, made[1].id) == [("refused", "SCRIPT_ELSEWHERE")]
    assert broker.logged(made[1].id) == [("refused", "SCRIPT_ELSEWHERE")]


# --- likeness


def registered_alike(broker: Counter) -> dict[str, str]:
    """The drug service knows her; the project knows someone who may be she."""
    references = {DRUGS: "d1" * 16, PROJECT: "e1" * 16}
    own = RegisterStep(tokens=person().tokens)
    broker.send(Kind.PERSON_REGISTERED, DRUGS, reference=references[DRUGS], step=own)
    broker.send(
        Kind.PERSON_REGISTERED, PROJECT, reference=references[PROJECT], step=RegisterStep(tokens=may_be(person()).tokens)
    )
    return references


def test_a_prescriber_is_told_of_someone_who_may_be_she_and_goes_on_only_by_an_override(broker: Counter) -> None:
    references = registered_alike(broker)
    broker.send(Kind.SCRIPT_RESERVED, DRUGS, reference=references[DRUGS], step=RESERVE)
    first = broker.send(Kind.SCRIPT_RESERVED, PROJECT, reference=references[PROJECT], step=RESERVE)
    assert broker.guard(PROJECT, first) == [("possible_match", "SCRIPT_POSSIBLE_MATCH", DRUGS)]
    assert broker.told(PROJECT, first) == [("refused", "SCRIPT_POSSIBLE_MATCH")]
    assert [(a.alert, a.reference, a.agency) for a in broker.alerts(DRUGS)] == [("possible_match", references[DRUGS], PROJECT)]
    override = RESERVE.model_copy(update={"override": Override(by="dr_hazel", reason=OverrideReason.ANOTHER_PERSON)})
    second = broker.send(Kind.SCRIPT_RESERVED, PROJECT, reference=references[PROJECT], step=override)
    assert broker.guard(PROJECT, second) == [("overridden", None, DRUGS)]
    assert broker.ask("SELECT agency, state, override_by FROM script ORDER BY agency") == [
        (DRUGS, "reserved", None),
        (PROJECT, "reserved", "dr_hazel"),
    ]


def test_someone_who_may_be_she_makes_a_check_cannot_say(broker: Counter) -> None:
    registered_alike(broker)
    step = CheckStep(tokens=may_be(person()).tokens, presentation=Presentation.DROP_IN)
    message = broker.send(Kind.CASELOAD_CHECK, CJIT, step=step)
    assert broker.caseload_answer(CJIT, message).status is CaseloadStatus.CANNOT_SAY


def test_a_consent_counts_from_the_same_and_a_no_from_those_who_may_be(broker: Counter) -> None:
    references = registered_alike(broker)
    made = letter(Kind.REFERRAL_MADE, DRUGS, created=broker.now, reference=references[DRUGS])
    (who,) = broker.store.who([incoming(seal_letter(made), DRUGS, broker.now)], broker.now)
    mine = {record for (record,) in broker.ask("SELECT id FROM record WHERE reference = ?", references[DRUGS])}
    theirs = {record for (record,) in broker.ask("SELECT id FROM record WHERE reference = ?", references[PROJECT])}
    assert who.own in mine
    assert set(who.same) == mine
    assert set(who.possible) == theirs


# --- time


def test_a_reservation_that_nobody_confirmed_is_released(broker: Counter) -> None:
    references = {agency: broker.register(agency, person()) for agency in (DRUGS, PROJECT)}
    broker.send(Kind.SCRIPT_RESERVED, DRUGS, reference=references[DRUGS], step=RESERVE)
    broker.now += DAY
    broker.expire()
    again = broker.send(Kind.SCRIPT_RESERVED, PROJECT, reference=references[PROJECT], step=RESERVE)
    assert broker.guard(PROJECT, again) == [("cleared", None, None)]
    assert sorted(broker.ask("SELECT agency, state FROM script")) == [(DRUGS, "ended"), (PROJECT, "reserved")]


# --- a database in trouble


def test_a_locked_database_is_said_and_nothing_is_written(tmp_path: Path) -> None:
    broker = Counter(f"sqlite:///{tmp_path / 'broker.sqlite'}")
    other = sqlite3.connect(tmp_path / "broker.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailableError) as error:
        broker.register(CJIT, person())
    assert error.value.reason == "locked"
    other.execute("ROLLBACK")
    other.close()
    broker.register(CJIT, person())
    assert broker.ask("SELECT count(*) FROM record") == [(1,)]
    broker.store.close()


def fill(broker: Counter) -> None:
    for number in range(100):
        broker.register(CJIT, person(number))


def test_a_full_disk_is_said_and_the_store_recovers(tmp_path: Path) -> None:
    broker = Counter(f"sqlite:///{tmp_path / 'broker.sqlite'}")
    broker.register(CJIT, person())
    connection = broker.store._database._connection
    ((pages,),) = connection.execute("PRAGMA page_count").fetchall()
    connection.execute(f"PRAGMA max_page_count = {pages}").fetchall()
    with pytest.raises(StoreUnavailableError) as error:
        fill(broker)
    assert error.value.reason == "full"
    ((before,),) = broker.ask("SELECT count(*) FROM message")
    connection.execute("PRAGMA max_page_count = 1000000").fetchall()
    broker.register(CJIT, person(101))
    assert broker.ask("SELECT count(*) FROM message") == [(before + 1,)]
    broker.store.close()


def test_a_database_that_is_away_is_said_when_the_store_opens() -> None:
    with pytest.raises(StoreUnavailableError) as error:
        Counter("postgresql+psycopg://nobody@127.0.0.1:1/none")
    assert error.value.reason == "away"


def test_the_migrations_make_the_tables_that_the_code_knows(broker: Counter) -> None:
    engine = create_engine(broker.url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": "broker_version"})
        assert compare_metadata(context, METADATA) == []
    engine.dispose()
