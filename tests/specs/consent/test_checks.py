"""The caseload check: who may ask, when, and who may be named."""

from dataclasses import replace

import pytest

from consent.check import holders_to_name
from consent.clauses.asked import Context
from consent.consents import Consents
from consent.protocol import Agency, Protocol
from contracts.kinds import Kind
from contracts.vocabulary import AgeBand, AgencyKind, Presentation, Purpose, Reason
from tests.specs.consent.judging import (
    NOW,
    Case,
    L,
    Refused,
    Result,
    ashby,
    header,
    judge,
    no,
    part,
    released,
    taken_back,
)

title = "A check is asked while she is there, and nobody is named who may not be"
rules: set[str] = set()

THERE = {"presentation": Presentation.CUSTODY}


def asks(agency: str, **changes: object) -> Case:
    ordinary: dict[str, object] = {
        "sender": agency, "kind": Kind.CASELOAD_CHECK, "purpose": Purpose.CASELOAD_CHECK, "labels": (), "facts": THERE,
        "said": (),
    }  # fmt: skip
    return Case(**{**ordinary, **changes})  # type: ignore[arg-type]


CASES: dict[str, tuple[Case, Result]] = {
    "the CJIT may ask": (asks("cjit-ashby"), released()),
    "the drug service may ask": (asks("drugs-ashby"), released()),
    "the project may ask": (asks("project-ashby"), released()),
    "the police never ask": (asks("police-ashby"), Refused(Reason.POLICE_NEVER_ASK)),
    "a SARC does not ask": (asks("sarc-ashby"), Refused(Reason.PURPOSE_NOT_COVERED)),
    "housing does not ask": (asks("housing-ashby"), Refused(Reason.PURPOSE_NOT_COVERED)),
    "nobody asks about somebody who is not there": (
        asks("cjit-ashby", facts={"presentation": None}),
        Refused(Reason.NO_PRESENTATION),
    ),
    "nobody asks for another purpose": (
        asks("cjit-ashby", purpose=Purpose.SUPPORT_REFERRAL),
        Refused(Reason.NO_PRESENTATION),
    ),
    "a referral is no check": (
        Case(purpose=Purpose.CASELOAD_CHECK, labels=(L.REQUEST,)),
        Refused(Reason.PURPOSE_NOT_COVERED),
    ),
    "a child is not looked for on adult caseloads": (
        asks("cjit-ashby", facts={**THERE, "age_band": AgeBand.UNKNOWN}),
        Refused(Reason.UNDER_18),
    ),
    "a consent that is still to come does not keep her waiting in a cell": (asks("cjit-ashby", missing=True), released()),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_checks(name: str) -> None:
    case, expected = CASES[name]
    assert judge(case) == expected


HOLDERS = {kind: Agency(f"{kind.value.replace('_', '-')}-elsewhere", kind) for kind in AgencyKind}
ABOUT_THIS = {"purpose": Purpose.CASELOAD_CHECK, "recipient": "cjit-ashby"}


def named(asker: AgencyKind, consents: Consents, protocol: Protocol | None = None) -> set[AgencyKind]:
    case = asks("cjit-ashby")
    agency = Agency("cjit-ashby", asker)
    context = Context(sender=agency, recipient=agency, names_person=False)
    found = holders_to_name(header(case), part(case), protocol or ashby(), consents, context, HOLDERS.values(), NOW)
    return {kind for kind, holder in HOLDERS.items() if holder.id in found}


MAY_BE_NAMED = {AgencyKind.CJIT, AgencyKind.DRUG_SERVICE, AgencyKind.PROJECT, AgencyKind.HOUSING}


@pytest.mark.parametrize("asker", [AgencyKind.CJIT, AgencyKind.DRUG_SERVICE, AgencyKind.PROJECT])
def test_every_holder_but_a_sarc_and_the_police_may_be_named_to_those_who_ask(asker: AgencyKind) -> None:
    assert named(asker, Consents()) == MAY_BE_NAMED


@pytest.mark.parametrize("asker", [AgencyKind.HOUSING, AgencyKind.SARC, AgencyKind.POLICE])
def test_nobody_is_named_to_anyone_else(asker: AgencyKind) -> None:
    assert named(asker, Consents()) == set()


def test_a_sarc_is_not_named_even_if_an_agreement_says_so() -> None:
    shares = dict(ashby().shares)
    shares[("sarc", "cjit", Purpose.CASELOAD_CHECK)] = shares[("project", "cjit", Purpose.CASELOAD_CHECK)]
    assert named(AgencyKind.CJIT, Consents(), replace(ashby(), shares=shares)) == MAY_BE_NAMED


def test_nobody_is_named_against_her_word() -> None:
    assert named(AgencyKind.CJIT, Consents(same=(no(L.REQUEST, **ABOUT_THIS),))) == set()  # type: ignore[arg-type]
    assert named(AgencyKind.CJIT, Consents(same=(taken_back(L.REQUEST, **ABOUT_THIS),))) == set()
    assert named(AgencyKind.CJIT, Consents(possible=(no(L.REQUEST, **ABOUT_THIS),))) == set()  # type: ignore[arg-type]


def test_her_word_about_another_agency_is_about_that_agency() -> None:
    elsewhere = no(L.REQUEST, purpose=Purpose.CASELOAD_CHECK, recipient="project-ashby")
    assert named(AgencyKind.CJIT, Consents(same=(elsewhere,))) == MAY_BE_NAMED
