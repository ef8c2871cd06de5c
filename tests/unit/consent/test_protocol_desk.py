"""What an officer does with the protocol at her desk: tries messages out, draws who may share what, asks why."""

import io
from pathlib import Path
from xml.etree.ElementTree import fromstring

import pytest

from consent.log.read import entries_about
from consent.protocol_file import load_protocol
from consent.store import alone
from consent.table.cli import main
from consent.table.example import EXAMPLE
from consent.table.explain import explain
from consent.table.flows import IN_ORDER, WITHOUT, checkers, flows
from consent.table.picture import page, rows
from consent.table.recorded import DECISIONS
from consent.table.replay import decisions_about, protocol_kept
from consent.table.unsent import matter_of, read_unsent
from consent.taking_over import put_in_force
from contracts.consent_check import Question
from contracts.kinds import Kind
from contracts.messages.compartments import Involvement
from contracts.vocabulary import AgencyKind, Label, Purpose
from tests.factories import MINUTE, referral
from tests.unit.consent.conftest import ASHBY, Desk, arrives, ashby, asked

SVG = "{http://www.w3.org/2000/svg}"


# --- a message that nobody sent


def simulated(text: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> tuple[int, str, str]:
    monkeypatch.setattr("sys.stdin", io.StringIO(text))
    code = main(["simulate", "-", "--protocol", str(ASHBY)])
    said = capsys.readouterr()
    return code, said.out, said.err


def test_the_example_is_a_message_that_can_be_tried_out(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["simulate", "--example"]) == 0
    assert capsys.readouterr().out == EXAMPLE
    code, out, _ = simulated(EXAMPLE, capsys, monkeypatch)
    assert code == 0
    assert "It may pass, but for what is withheld." in out
    assert "involvement, by R16" in out


CANNOT_BE_READ = {
    "a word that is not of the list": ("from: cjt", "from: "),
    "a field that nobody knows": ("colour: red", "colour: Extra inputs are not permitted"),
    "a time without a unit": ("sent_ago: soon", "sent_ago: Value error, say a length of time as a number and a unit"),
    "a fact that nobody knows": ("facts: {colour: red}", "colour: Extra inputs are not permitted"),
    "something of the moment that nobody knows": ("known: {weather: fine}", "weather: not known of a context"),
    "what is not YAML": ("x: [", "not YAML, at line "),
    "a list": ("[1, 2]", "the message: "),
}


@pytest.mark.parametrize("name", CANNOT_BE_READ)
def test_a_message_that_cannot_be_read_is_refused_in_plain_words(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    text, told = CANNOT_BE_READ[name]
    code, out, err = simulated(text, capsys, monkeypatch)
    assert (code, out) == (1, "")
    assert told in err


def test_what_is_left_out_of_a_message_is_in_order() -> None:
    matter = matter_of(read_unsent({"labels": ["identity", "request"]}), ashby())
    assert matter.released(matter.judged(ashby())) == {Label.IDENTITY, Label.REQUEST}


def test_a_file_that_is_not_there_is_said_so(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["simulate", str(tmp_path / "none.yaml")]) == 1
    assert main(["simulate"]) == 2
    assert "It could not be done" in capsys.readouterr().err


# --- who may share what with whom


def test_the_picture_shows_what_the_protocol_says_when_it_is_asked() -> None:
    found = {(one.sender, one.recipient, one.purpose): one.labels for one in flows(ashby())}
    kind = AgencyKind
    to_police = {label for (_, recipient, _), labels in found.items() if recipient is kind.POLICE for label in labels}
    assert Label.INVOLVEMENT not in to_police
    asked_about_a_victim = [found[(kind.SARC, kind.POLICE, Purpose.INFORMATION_REQUEST)]]
    others = [labels for key, labels in found.items() if key[1] is kind.POLICE and key[2] is not Purpose.INFORMATION_REQUEST]
    assert {labels[Label.SEXUAL_ASSAULT] for labels in asked_about_a_victim} == {"with her agreement to that by itself"}
    assert not any(Label.SEXUAL_ASSAULT in labels for labels in others)
    assert (kind.HOUSING, kind.POLICE, Purpose.HOUSING_REFERRAL) not in found
    at_risk = found[(kind.HOUSING, kind.DRUG_SERVICE, Purpose.SAFEGUARDING)]
    assert set(at_risk.values()) == {"with her agreement, or where a threshold of harm is met"}
    support = found[(kind.CJIT, kind.PROJECT, Purpose.SUPPORT_REFERRAL)]
    assert support[Label.INVOLVEMENT] == "with her agreement to that by itself"
    assert all(terms in IN_ORDER for labels in found.values() for terms in labels.values())
    report = found[(kind.PROJECT, kind.POLICE, Purpose.CRIME_REPORT)]
    assert WITHOUT not in report.values()
    assert AgencyKind.POLICE not in checkers(ashby())


def test_the_picture_is_well_formed_has_words_for_who_cannot_see_it_and_suits_dark_and_light(tmp_path: Path) -> None:
    file = tmp_path / "picture.svg"
    assert main(["picture", "--protocol", str(ASHBY), "--svg", str(file), "--html", str(tmp_path / "page.html")]) == 0
    root = fromstring(file.read_text())
    assert root.get("role") == "img"
    named = {one.get("id") for one in root if one.tag in (f"{SVG}title", f"{SVG}desc") and one.text}
    assert set((root.get("aria-labelledby") or "").split()) == named
    drawn = [one for one in root.iter(f"{SVG}rect") if one.get("class") in ("freely", "given", "own", "terms")]
    assert all(one.find(f"{SVG}title") is not None for one in drawn[4:])
    assert "prefers-color-scheme: dark" in file.read_text()
    assert "http" not in file.read_text().replace("http://www.w3.org/2000/svg", "")
    page_ = (tmp_path / "page.html").read_text()
    assert "<table>" in page_
    assert '<td data-head="Terms">' in page_, "on a narrow page each cell says what it is"


def test_the_table_has_a_line_for_each_way_purpose_and_terms() -> None:
    found = flows(ashby())
    lines = rows(found)
    assert len(lines) == len(set(lines)) == sum(len(set(one.labels.values())) for one in found)
    assert all(cell in page("A title", found) for cell in lines[0])


# --- a decision explained


def explained(desk: Desk, message: str) -> str:
    with alone(desk.engine) as connection:
        made = decisions_about(connection, message)
        others = [one for one in entries_about(connection, message, subjects=True) if one.kind not in DECISIONS]
        names = {"cjit-ashby": "Ashby Advice Team"}
        return "\n".join(explain(made, others, lambda named: protocol_kept(connection, named), desk.protocol, names))


def asked_with_involvement() -> Question:
    return asked(arrives(said=referral(involvement=Involvement(basis="her_own_account"))))


def test_a_minimised_decision_says_what_was_withheld_and_why(desk: Desk) -> None:
    put_in_force(desk.engine, desk.protocol, load_protocol(ASHBY)[1], desk.signer, desk.now)
    desk.consented()
    question = asked_with_involvement()
    desk.ask_one(question)

    told = explained(desk, question.message)

    assert "it may pass, but for what is withheld." in told
    assert "involvement, by R16" in told
    assert "R16 withholds: involvement" in told
    assert "Referral made: from Ashby Advice Team (cjit-ashby), written by " in told
    assert "Yes to contact, identity, request, safety: asked by cjit-ashby" in told
    assert "Agreement: “support”, version 1, in force since 1 January 2024" in told
    assert "by today's protocol: the same." in told


def test_a_refusal_after_a_withdrawal_is_told_then_and_later(desk: Desk) -> None:
    desk.consented()
    received = arrives()
    desk.ask_one(asked(received))
    desk.now += 2 * desk.protocol.valid_for
    desk.ask_one(asked(arrives(Kind.CONSENT_WITHDRAWN)))
    desk.now += MINUTE
    desk.ask_one(asked(received, attempt=2))

    told = explained(desk, received.header.id)

    assert "Attempt 1" in told
    assert "Attempt 2" in told
    assert "Then, and later" in told
    assert "passed whole, then refused (C8). What changed in between: she took something back" in " ".join(told.split())
    assert 'Its sender is told: "' in told


def test_what_was_never_opened_is_not_told_of(desk: Desk) -> None:
    question = asked(arrives())
    desk.ask_one(question.model_copy(update={"to_consent": "AAAA"}))
    told = explained(desk, question.message)
    assert "It could not be opened" in told
    assert "In it:" not in told
