"""``./run guards`` and ``./run reviews`` as an officer types them, on a store with something in it."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from broker import desk_cli
from broker.budgets import Budgets
from broker.cli import now
from contracts.identifiers import new_id
from contracts.keyring import PEOPLE
from contracts.kinds import Kind
from contracts.notices import AskedItem
from contracts.offers import SERVICES_FILE
from contracts.service_entries import sign_services
from contracts.steps import CaseStep, CheckStep, GapStep, Override, PresentationStep, RegisterStep, ReviewStep, ScriptStep
from contracts.vocabulary import CaseMove, CaseRole, NoCheck, OverrideReason, Presentation, ReviewAnswer, ScriptMove
from tests.factories import DAY, may_be, partnership, person
from tests.integration.counter import Counter

CJIT, PROJECT, DRUGS = "cjit-ashby", "project-ashby", "drugs-ashby"


@pytest.fixture
def broker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Counter]:
    keys, url = partnership().folder, f"sqlite:///{tmp_path / 'broker.sqlite'}"
    settings = {
        "BROKER_AMQP_URL": "amqp://nowhere", "BROKER_DATABASE_URL": url, "BROKER_KEYS": str(keys / "broker"),
        "BROKER_DIRECTORY": str(keys / "directory.json"), "DEMONSTRATION": "1",
    }  # fmt: skip
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    counter = Counter(url, budgets=Budgets(worker=2))
    # What an officer does is of this moment; the keys were made a while ago.
    counter.now = now()
    yield counter
    counter.store.close()


def typed(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    code = desk_cli.main(list(arguments))
    said = capsys.readouterr()
    return code, " ".join((said.out + said.err).split())


def asks(broker: Counter, number: int) -> str:
    step = CheckStep(tokens=person(number).tokens, presentation=Presentation.CUSTODY, worker="worker_7")
    return broker.send(Kind.CASELOAD_CHECK, CJIT, step=step)


def test_coverage_exits_1_while_anything_is_unexplained(broker: Counter, capsys: pytest.CaptureFixture[str]) -> None:
    asks(broker, 0)
    came = broker.send(Kind.PRESENTATION_OPENED, CJIT, step=PresentationStep(presentation=Presentation.COURT))
    assert typed(capsys, "guards", "coverage")[0] == 0
    later = broker.now
    broker.now += Budgets().presentation_ms
    broker.expire()
    code, said = typed(capsys, "guards", "coverage")
    assert (code, "1 are unexplained" in said) == (1, True)
    step = PresentationStep(presentation=Presentation.COURT, closes=came, why_not=NoCheck.LEFT_BEFORE)
    broker.send(Kind.PRESENTATION_CLOSED, CJIT, step=step)
    code, said = typed(capsys, "guards", "coverage", "--by-agency", "--json")
    (row,) = json.loads(said)["rows"]
    assert (code, row["agency"], row["answered"], row["explained"]) == (0, CJIT, 1, {"left_before": 1})
    broker.now = later


def test_a_hold_on_checks_is_listed_and_lifted_by_the_key_of_another_agencys_officer(
    broker: Counter, capsys: pytest.CaptureFixture[str]
) -> None:
    assert typed(capsys, "guards", "holds") == (0, "Nobody's checks wait.")
    *_, held = [asks(broker, number) for number in range(3)]
    assert "more checks than are usual for a worker" in typed(capsys, "guards", "holds")[1]
    people = partnership().folder / PEOPLE
    lift = ("guards", "lift", CJIT, "worker_7", "--reason", "a busy night", "--key")
    code, said = typed(capsys, *lift, str(people / "r_ellery"))
    assert (code, "another agency" in said) == (1, True)
    assert typed(capsys, *lift, str(people / "nobody"))[0] == 1
    assert typed(capsys, *lift, str(people / "c_varley"))[0] == 0
    broker.now = now()
    broker.due()
    assert broker.caseload_answer(CJIT, held).status.value == "not_known"
    assert "c_varley of drugs-ashby: a busy night" in typed(capsys, "guards", "holds")[1]


def test_a_review_is_shown_as_each_of_the_two_sees_it_and_a_merge_can_be_taken_back(
    broker: Counter, capsys: pytest.CaptureFixture[str]
) -> None:
    assert typed(capsys, "reviews", "list") == (0, "No two records are under review.")
    for agency, her in ((DRUGS, person()), (PROJECT, may_be(person()))):
        broker.send(Kind.PERSON_REGISTERED, agency, reference=new_id(), step=RegisterStep(tokens=her.tokens))
    ((review, reference),) = broker.ask("SELECT v.id, r.reference FROM review AS v JOIN record AS r ON r.id = v.record")
    assert review in typed(capsys, "reviews", "list")[1]
    shown = typed(capsys, "reviews", "show", review)[1]
    assert "As drugs-ashby sees it" in shown
    assert "As project-ashby sees it" in shown
    assert reference in shown
    assert typed(capsys, "reviews", "show", "0" * 32)[0] == 1
    for agency in (DRUGS, PROJECT):
        broker.send(Kind.REVIEW_ANSWERED, agency, step=ReviewStep(review=review, answer=ReviewAnswer.SAME))
    ((merge,),) = broker.ask("SELECT DISTINCT substr(id, 1, 32) FROM merge")
    assert merge in typed(capsys, "reviews", "merges")[1]
    assert any(merge in typed(capsys, "reviews", "merges", "--reference", one, reference)[1] for one in (DRUGS, PROJECT))
    key = str(partnership().folder / "people" / "v_marchmont")
    undo = ("reviews", "undo", merge, "--key", key, "--reason", "two dates of birth")
    assert (typed(capsys, *undo)[0], typed(capsys, *undo)[0]) == (0, 1)
    assert "project-ashby/v_marchmont: two dates of birth" in typed(capsys, "reviews", "merges")[1]


def prescribes(broker: Counter, agency: str, **more: object) -> str:
    reference = broker.register(agency, person())
    step = ScriptStep(move=ScriptMove.RESERVE, **more)  # type: ignore[arg-type]
    return broker.send(Kind.SCRIPT_RESERVED, agency, reference=reference, step=step)


def test_an_override_is_listed_looked_at_under_a_key_and_overdue_after_three_days(
    broker: Counter, capsys: pytest.CaptureFixture[str]
) -> None:
    assert typed(capsys, "guards", "overrides") == (0, "No prescriber has gone on in spite of the guard.")
    broker.now -= 4 * DAY
    prescribes(broker, DRUGS)
    message = prescribes(broker, PROJECT, override=Override(by="dr_hazel", reason=OverrideReason.OVERDOSE_RISK))
    code, said = typed(capsys, "guards", "overrides")
    assert (code, "dr_hazel" in said, "overdue" in said) == (1, True, True)
    people = partnership().folder / PEOPLE
    review = ("guards", "review", message, "well_founded", "--reason", "an overdose the night before", "--key")
    code, said = typed(capsys, *review, str(people / "r_ellery"))
    assert (code, "only a governance officer of one of the two prescribers" in said) == (1, True)
    assert typed(capsys, *review, str(people / "nobody"))[0] == 1
    assert typed(capsys, "guards", "review", "that one", *review[3:], str(people / "c_varley")) == (
        1, "It was not written down: that is no message's id.",
    )  # fmt: skip
    assert typed(capsys, *review, str(people / "c_varley")) == (0, "Recorded.")
    assert typed(capsys, *review, str(people / "c_varley"))[0] == 1
    code, said = typed(capsys, "guards", "overrides")
    assert (code, "well founded, by drugs-ashby/c_varley" in said) == (0, True)


def test_needs_that_nobody_meets_are_shown_with_why(broker: Counter, capsys: pytest.CaptureFixture[str]) -> None:
    assert typed(capsys, "guards", "gaps") == (0, "Every need that was sent had a service for it.")
    broker.send(Kind.NEED_UNMET, PROJECT, reference=None, step=GapStep(needs=("detox",), why=("children", "full")))
    code, said = typed(capsys, "guards", "gaps")
    assert (code, "detox" in said, PROJECT in said, "children, full" in said) == (0, True, True, True)
    keys = partnership().folder
    offered = sign_services(Path("broker/local/story/services.yaml"), keys, ("officer-1", "officer-2"), now=now(), version=1)
    try:
        said = typed(capsys, "guards", "gaps")[1]
    finally:
        (keys / SERVICES_FILE).unlink()
    assert [one.id for one in offered.services if one.id in said] == ["ashby-health-treatment"]


def test_a_meetings_list_shows_each_agency_its_joint_cases_and_says_when_there_are_none(
    broker: Counter, capsys: pytest.CaptureFixture[str]
) -> None:
    assert typed(capsys, "guards", "meeting", CJIT, PROJECT) == (
        0, f"{CJIT}: no joint cases {PROJECT}: no joint cases",
    )  # fmt: skip
    references = {}
    for agency, role in ((CJIT, CaseRole.LEAD), (PROJECT, CaseRole.SUPPLEMENTARY)):
        references[agency] = broker.register(agency, person())
        check, _ = broker.check(agency, person())
        step = CaseStep(move=CaseMove.OPEN, role=role, check=check)
        broker.send(Kind.CASE_OPENED, agency, reference=references[agency], step=step)
    code, said = typed(capsys, "guards", "meeting", CJIT, PROJECT)
    assert (code, f"{CJIT}: 1 joint case {references[CJIT]} lead; with {PROJECT} (supplementary)" in said) == (0, True)
    assert f"{references[PROJECT]} supplementary; with {CJIT} (lead)" in said
    code, said = typed(capsys, "guards", "meeting", CJIT, "nowhere-ashby")
    assert (code, "no agency nowhere-ashby" in said) == (1, True)


def test_the_weekly_list_is_printed_for_each_agency_by_itself_and_sent_before_its_time(
    broker: Counter, capsys: pytest.CaptureFixture[str]
) -> None:
    reference = broker.register(PROJECT, person())
    check, _ = broker.check(PROJECT, person())
    broker.send(
        Kind.CASE_OPENED, PROJECT, reference=reference, step=CaseStep(move=CaseMove.OPEN, role=CaseRole.LEAD, check=check)
    )
    broker.now -= DAY
    asks(broker, 0)
    asks(broker, 0)
    broker.now += DAY
    code, said = typed(capsys, "guards", "asked", PROJECT)
    assert (code, f"{PROJECT}, for v_marchmont: 2 checks about 1 of its people" in said) == (0, True)
    assert f"{CJIT} worker_7 2 1 2" in said
    assert said.count(reference) == 2
    code, said = typed(capsys, "guards", "asked", DRUGS)
    assert (code, f"{DRUGS}, for c_varley: 0 checks about 0 of its people" in said, reference in said) == (0, True, False)
    assert typed(capsys, "guards", "asked", "police-ashby")[0] == 1
    code, said = typed(capsys, "guards", "asked", "--send")
    assert (code, PROJECT in said, "police-ashby" in said) == (0, True, False)
    broker.now = now()
    broker.take(broker.store.claim(100, broker.now))
    (listed,) = [item for item in broker.items[PROJECT] if isinstance(item, AskedItem)]
    assert [(one.reference, one.worker) for one in listed.checks] == [(reference, "worker_7")] * 2
