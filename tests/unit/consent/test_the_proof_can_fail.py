"""The proof of the table finds what is planted in it: a proof that cannot fail shows nothing."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from consent.check import Decided
from consent.protocol import Clause, Protocol
from consent.table import proof
from consent.table.compiled import decides
from consent.table.mutants import changed_row, loosens, mutants
from consent.table.proof import Found
from consent.table.properties import of_the_table
from consent.table.rules import accounts
from consent.table.telling import leaks, otherwise, shows
from contracts.reasons import Reason
from contracts.sentences import SENTENCES
from contracts.vocabulary import Verdict
from tests.specs.consent.judging import ashby
from tests.specs.protocol.test_golden_cases import golden

QUIET: Callable[..., None] = lambda *_: None  # noqa: E731 - said as a value


def planted(name: str, like: str, **changes: Any) -> Protocol:
    """The protocol with a clause more, or with one of its own changed."""
    clause = replace(ashby().clauses[like], id=name, **changes)
    return replace(ashby(), clauses={**ashby().clauses, name: clause})


def without(*names: str) -> list[Clause]:
    return [one for one in of_the_table(ashby()) if one.id not in names]


def test_a_clause_that_never_speaks_is_dead() -> None:
    dead = replace(ashby().clauses["R38"], id="L1", unless=({"recipient_and_him": ("treats",)},))
    found = Found()
    proof._own_rows([dead], found, QUIET, whole=False)
    assert found.wrong == ["L1 never speaks: no row of its 5 fits it"]


def test_a_clause_that_decides_in_no_golden_case_is_named() -> None:
    found = Found()
    proof._golden(planted("L1", "R38"), golden(), found)
    assert [one for one in found.wrong if one.startswith("L1 decides in no golden case")]


def test_a_clause_that_could_be_gone_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    # The same as R38 and after it: it never decides, and says nothing first.
    double = planted("L1", "R38")
    gone = [one for one in mutants(double.clauses["L1"]) if one.wrong is None]
    monkeypatch.setattr(proof, "mutants", lambda clause: gone if clause.id == "L1" else ())
    monkeypatch.setattr(proof, "answered_by", lambda *_: [])
    found = Found()
    proof._mutants(double, of_the_table(double), golden()[:40], found, QUIET)
    assert found.wrong == ["L1 could be gone and no golden case would notice: it is dead, or nobody said so"]


def test_an_exception_that_another_clause_takes_away_is_named() -> None:
    # Whoever treats him may hear of her for support, says one; no other clause lets that pass.
    stop = replace(ashby().clauses["R38"], id="L1", unless=({"purpose": ("support_referral",)},))
    found = Found()
    proof._vain([ashby().clauses["R38"], stop], found, QUIET)
    assert found.notes == ["L1, exception 1, lets nothing pass: other clauses stop or hold all of it"]


def test_no_exception_of_the_table_is_in_vain() -> None:
    found = Found()
    proof._vain(of_the_table(ashby()), found, QUIET)
    assert found.notes == []


def test_a_property_that_does_not_hold_is_named_with_a_row() -> None:
    found = Found()
    proof._properties(without("R38"), found, QUIET)
    assert [one for one in found.wrong if one.startswith("His provider hears nothing of her (R38): not where")]


def test_a_program_that_reads_a_list_wrongly_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "consent.table.proof.decides", lambda clause, row: decides(clause, row) and row["recipient_and_him"] != "treats"
    )
    found = Found()
    proof._own_rows([ashby().clauses["R38"]], found, QUIET, whole=False)
    assert found.wrong[0] == "R38: its words and the program part where {'recipient_and_him': 'treats'}"


LOOSER = ("R38", "applies", {"recipient_and_him": ("employs",)}), ("F4", "verdict", Verdict.ROUTE_MINIMISED)


@pytest.mark.parametrize(("name", "field", "value"), LOOSER)
def test_what_lets_more_pass_is_called_so(name: str, field: str, value: Any) -> None:
    clause = ashby().clauses[name]
    mutant = replace(next(mutants(clause)), wrong=replace(clause, **{field: value}))
    assert changed_row(mutant) is not None
    assert loosens(of_the_table(ashby()), mutant)


# What is planted; what is said of it.
LEAKS: dict[str, tuple[Protocol, str]] = {
    "a clause that looks at her case and says another thing": (
        planted("L1", "R38", applies={"role_in_case": ("lead",)}),
        "L1 looks at role_in_case, which its sender cannot know, and ADR-02:his-provider may not show that",
    ),
    "an objection that says so": (
        planted("H2", "H2", codes=frozenset({Reason.NO_NOTICE})),
        "H2 looks at restricted, which its sender cannot know, and RGT-07:no-notice may not show that",
    ),
    "a code without words": (
        planted("L1", "R38", codes=frozenset({Reason.PARTS_DO_NOT_FIT})),
        "L1: FRM-17:parts-do-not-fit has no sentence of its own, so its sender would be told something else",
    ),
    "two causes of one code with other deadlines": (
        planted("B7", "B7", within=1),
        "B7 and H2 are told as HLD-09:officer-looks, and whose turn it is or until when tells them apart",
    ),
}


@pytest.mark.parametrize("what", LEAKS)
def test_what_would_tell_a_sender_too_much_is_named(what: str) -> None:
    protocol, said = LEAKS[what]
    assert said in list(leaks(protocol))


def test_a_sentence_that_names_a_clause_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SENTENCES, Reason.HIS_PROVIDER, "R38 forbids it.")
    assert "R38: the sentence of ADR-02:his-provider names a clause" in list(leaks(ashby()))


def test_nothing_of_the_table_tells_a_sender_too_much() -> None:
    assert list(leaks(ashby())) == []


def test_what_only_officers_may_know_is_told_in_a_common_code_and_its_own_would_be_noticed() -> None:
    matter = next(one.matter for one in golden() if one.golden.expect.passes)
    changed = dict(otherwise(matter))
    objection = changed["an objection"]
    told = objection.judged(ashby())
    assert isinstance(told, Decided)
    assert (told.reason, shows(told)) == (Reason.OFFICER_LOOKS, None)
    assert shows(replace(told, reason=Reason.RESTRICTED)) is not None


def test_every_rule_has_an_account() -> None:
    assert {one.how for one in accounts(ashby())} == {"judged", "kept elsewhere", "outside"}
