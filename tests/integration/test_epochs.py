"""The register is re-keyed without an outage, on both databases: both keys match, until nobody needs the old one."""

import argparse
import io
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

from agencies.identity import Epochs, KeyedTokens, details_of
from broker import rekeying
from broker.store import epochs
from contracts.consent_check import GuardAct
from contracts.identifiers import new_id
from contracts.keyring import PEOPLE as KEYS
from contracts.kinds import Kind
from contracts.statements import prove
from contracts.steps import CaseStep, CheckStep, RegisterStep
from contracts.vocabulary import CaseMove, CaseRole, Presentation
from tests.factories import Person, partnership, person
from tests.guards.races import MANY
from tests.integration.counter import Counter

CJIT, DRUGS, PROJECT = "cjit-ashby", "drugs-ashby", "project-ashby"
FIRST, SECOND = KeyedTokens(bytes(32)), KeyedTokens(bytes(range(32)), epoch=2)
BEFORE, OVERLAP, AFTER = Epochs([FIRST]), Epochs([FIRST, SECOND]), Epochs([SECOND])
PEOPLE = 6


@pytest.fixture
def broker(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Counter]:
    monkeypatch.setattr(rekeying, "SETTLE_SECONDS", 0.0)
    counter = Counter(database_url, budgets=MANY)
    yield counter
    counter.store.close()


def registers(broker: Counter, agency: str, her: Person, maker: Epochs, reference: str | None = None) -> tuple[str, str]:
    """Her agency's reference for her, and the message."""
    first, *rest = maker.keyed(details_of(her.identity))
    step = RegisterStep(epoch=first.epoch, tokens=first.tokens, also=rest[0] if rest else None)
    reference = reference or new_id()
    return reference, broker.send(Kind.PERSON_REGISTERED, agency, reference=reference, step=step)


def asks(broker: Counter, her: Person, maker: Epochs) -> str:
    """The message of a caseload check made with these keys."""
    first, *rest = maker.keyed(details_of(her.identity))
    step = CheckStep(epoch=first.epoch, tokens=first.tokens, also=rest[0] if rest else None, presentation=Presentation.CUSTODY)
    return broker.send(Kind.CASELOAD_CHECK, CJIT, step=step)


def answer(broker: Counter, her: Person, maker: Epochs) -> str:
    return broker.caseload_answer(CJIT, asks(broker, her, maker)).status.value


def town(broker: Counter) -> dict[int, str]:
    """The project's people under the first key, one with a case; and one of the drug service, who is one of them."""
    references = {number: registers(broker, PROJECT, person(number), BEFORE)[0] for number in range(PEOPLE)}
    registers(broker, DRUGS, person(0), BEFORE)
    first = BEFORE.keyed(details_of(person(0).identity))[0]
    check = broker.send(Kind.CASELOAD_CHECK, PROJECT, step=CheckStep(tokens=first.tokens, presentation=Presentation.DROP_IN))
    step = CaseStep(move=CaseMove.OPEN, role=CaseRole.LEAD, check=check)
    broker.send(Kind.CASE_OPENED, PROJECT, reference=references[0], step=step)
    return references


def said(broker: Counter, command: str, **chosen: object) -> tuple[int, str]:
    """A command's exit code and what it prints."""
    page = io.StringIO()
    run = {"progress": rekeying.progress, "retire": rekeying.retire, "ended": rekeying.has_ended}[command]
    code = run(
        argparse.Namespace(**{"key": officer("v_marchmont"), "reason": "re-keyed", "leave_behind": False, **chosen}),
        broker.store,
        Console(file=page, width=200),
    )
    return code, page.getvalue()


def acts(broker: Counter) -> list[GuardAct]:
    """What the log is told; the commands take the real time, which has gone on since the test began."""
    broker.now = time.time_ns() // 1_000_000
    return broker.told_by_officers()


def officer(name: str) -> Path:
    """Where a named person's own key lies."""
    return partnership().folder / KEYS / name


def test_while_the_register_is_re_keyed_everybody_is_found_under_either_key(broker: Counter) -> None:
    references = town(broker)
    for number in range(PEOPLE + 1):
        assert answer(broker, person(0), BEFORE) == "active"
        assert answer(broker, person(0), OVERLAP) == "active"
        if number < PEOPLE:
            registers(broker, PROJECT, person(number), OVERLAP, references[number])
    # Whoever came under both keys, and whoever came under the second alone, are the same person still.
    registers(broker, CJIT, person(0), AFTER)
    assert broker.ask("SELECT count(*), count(DISTINCT person) FROM record") == [(PEOPLE + 2, PEOPLE)]


def test_progress_counts_each_agencys_people_and_retiring_says_who_is_left(broker: Counter) -> None:
    assert said(broker, "progress") == (0, "Nobody is registered, so there is nothing to re-key.\n")
    references = town(broker)
    assert said(broker, "retire", epoch=1)[0] == 1
    for number in range(2):
        registers(broker, PROJECT, person(number), OVERLAP, references[number])
    code, page = said(broker, "progress")
    assert code == 1
    assert "2 of 7 records carry epoch 2." in page
    code, page = said(broker, "retire", epoch=1)
    assert code == 1
    assert "Epoch 1 is not retired: 5 records carry nothing newer." in page
    assert f"  {DRUGS}: 1\n  {PROJECT}: 4\n" in page
    assert broker.ask("SELECT * FROM retired_epoch") == []
    assert answer(broker, person(5), BEFORE) == "not_known"
    assert answer(broker, person(0), BEFORE) == "active"


def re_keyed(broker: Counter) -> None:
    references = town(broker)
    for number, reference in references.items():
        registers(broker, PROJECT, person(number), OVERLAP, reference)
    ((hers,),) = broker.ask("SELECT reference FROM record WHERE agency = ?", DRUGS)
    registers(broker, DRUGS, person(0), OVERLAP, hers)


def test_an_ended_epoch_leaves_nothing_behind_and_nobody_is_lost(broker: Counter) -> None:
    re_keyed(broker)
    carried = broker.ask("SELECT count(*) FROM token WHERE (t & 15) = 2")
    code, page = said(broker, "retire", epoch=1)
    assert (code, "./run keys linkage drop 1" in page) == (0, True)
    assert broker.ask("SELECT epoch, count(*) FROM known GROUP BY epoch") == [(2, PEOPLE + 1)]
    assert broker.ask("SELECT count(*) FROM token WHERE (t & 15) <> 2") == [(0,)]
    assert broker.ask("SELECT count(*) FROM token") == carried
    assert answer(broker, person(0), OVERLAP) == answer(broker, person(0), AFTER) == "active"
    assert said(broker, "progress")[0] == said(broker, "ended", epoch=1)[0] == 0
    assert broker.ask("SELECT epoch, officer, why FROM retired_epoch") == [(1, "project-ashby/v_marchmont", "re-keyed")]
    # As the log is told of it: her own word, which anybody can prove again.
    ((kept,),) = broker.ask("SELECT statement FROM retired_epoch")
    (act,) = acts(broker)
    assert (act.act, act.about, act.agency, act.person, act.refused) == (
        "epoch_retired", "epoch 1", PROJECT, "v_marchmont", None,
    )  # fmt: skip
    assert act.statement is not None
    assert act.statement.wire().decode() == kept
    assert prove(act.statement, broker.store.directory).fault is None


@pytest.mark.parametrize(("who", "why", "leave_behind", "code"), [
    ("w_tilling", "re-keyed", False, "APPROVER_NOT_ALLOWED"),
    ("w_tilling", "re-keyed", True, "APPROVER_NOT_ALLOWED"),
    ("v_marchmont", "  ", False, "MISSING_FIELD"),
    ("nobody", "re-keyed", False, None),
], ids=["another office", "another office, and some left behind", "no reason", "no key at all"])  # fmt: skip
def test_an_epoch_is_ended_by_a_governance_officers_signed_word_and_by_nothing_else(
    broker: Counter, who: str, why: str, leave_behind: bool, code: str | None
) -> None:
    re_keyed(broker)
    status, page = said(broker, "retire", epoch=1, key=officer(who), reason=why, leave_behind=leave_behind)
    assert (status, "Epoch 1 is not retired: " in page) == (1, True)
    assert broker.ask("SELECT * FROM retired_epoch") == []
    assert broker.ask("SELECT count(*) FROM token WHERE (t & 15) = 1") != [(0,)]
    assert answer(broker, person(0), BEFORE) == "active"
    # Whoever tried is written down, where there is a key that says who it was.
    assert [(act.act, act.person, act.refused and act.refused.name) for act in acts(broker)] == (
        [("epoch_retired", who, code)] if code else []
    )


def test_with_an_ended_key_alone_nobody_is_filed_and_no_question_is_answered_with_not_known(broker: Counter) -> None:
    re_keyed(broker)
    said(broker, "retire", epoch=1)
    _, message = registers(broker, PROJECT, person(9), BEFORE)
    assert broker.told(PROJECT, message) == [("refused", "LINKAGE_KEY_RETIRED")]
    asked = asks(broker, person(0), BEFORE)
    assert broker.told(CJIT, asked)[-1] == ("refused", "LINKAGE_KEY_RETIRED")
    assert len(broker.ask("SELECT id FROM record")) == PEOPLE + 1
    # An adapter that still holds both is heard; only what it says under the newer one is kept.
    registers(broker, PROJECT, person(9), OVERLAP)
    assert broker.ask("SELECT DISTINCT epoch FROM known") == [(2,)]


def test_those_whom_their_agency_has_no_more_may_be_left_behind_and_nobody_with_a_case_is(broker: Counter) -> None:
    references = town(broker)
    registers(broker, PROJECT, person(1), OVERLAP, references[1])
    code, page = said(broker, "retire", epoch=1, leave_behind=True)
    assert (code, "1 of the 6 records that carry nothing newer have a case" in page) == (1, True)
    assert broker.ask("SELECT * FROM retired_epoch") == []
    assert answer(broker, person(0), BEFORE) == "active"
    registers(broker, PROJECT, person(0), OVERLAP, references[0])
    code, page = said(broker, "retire", epoch=1, leave_behind=True)
    assert (code, "5 records carry no key" in page) == (0, True)
    # Nothing is kept of them that could be compared, and she who has a case is met as before.
    assert broker.ask("SELECT DISTINCT epoch FROM known") == [(2,)]
    assert broker.ask("SELECT count(*) FROM token WHERE (t & 15) <> 2") == [(0,)]
    assert answer(broker, person(0), AFTER) == "active"
    # Given again after all, she is the same record.
    registers(broker, PROJECT, person(5), AFTER, references[5])
    assert broker.ask("SELECT count(*) FROM record") == [(PEOPLE + 1,)]


def test_where_an_old_key_was_taken_away_too_early_nobody_is_said_to_be_not_known(broker: Counter) -> None:
    references = town(broker)
    # Carried under the first key alone, she is not met under the second: and that is no answer.
    assert answer(broker, person(0), AFTER) == answer(broker, person(9), AFTER) == "cannot_say"
    registers(broker, PROJECT, person(0), OVERLAP, references[0])
    assert answer(broker, person(0), AFTER) == "active"
    assert answer(broker, person(9), AFTER) == "cannot_say"
    # With both keys it is as certain as ever.
    assert answer(broker, person(9), OVERLAP) == "not_known"


def test_a_key_may_be_taken_away_when_its_epoch_has_ended_and_not_before(broker: Counter) -> None:
    town(broker)
    code, page = said(broker, "ended", epoch=1)
    assert (code, page) == (1, "Epoch 1 is in use: 7 records carry nothing newer.\nFirst: ./run keys retire 1\n")


def test_whoever_was_registered_in_the_very_moment_brings_the_epoch_back(
    broker: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    re_keyed(broker)
    honest = epochs.retire

    def late(work, house, statement, now):
        behind = honest(work, house, statement, now)
        # As from a batch that a broker had begun before.
        work.run("DELETE FROM known WHERE epoch = 2 AND r = (SELECT min(r) FROM known)")
        return behind

    monkeypatch.setattr(epochs, "retire", late)
    code, page = said(broker, "retire", epoch=1)
    assert code == 1
    assert f"  {PROJECT}: 1" in page
    assert broker.ask("SELECT * FROM retired_epoch") == []
    assert acts(broker) == []
    assert answer(broker, person(0), BEFORE) == "active"


def test_the_newest_epoch_is_never_retired(broker: Counter) -> None:
    re_keyed(broker)
    for epoch in (2, 3):
        code, page = said(broker, "retire", epoch=epoch)
        assert (code, "it is not retired" in page) == (1, True)
