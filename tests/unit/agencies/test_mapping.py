"""What each kind sends and takes: from record to letter, what it will not send, and back to a record at the other end."""

from typing import Any

import pytest

from agencies.drafts import Rejected
from agencies.identity import KeyedTokens, details_of
from agencies.local_fields import ErrorInRecord
from agencies.local_records import read_record
from contracts.envelope import Received
from contracts.facts import Facts
from contracts.kinds import SHAPES, Goes, Kind
from contracts.opening import open_for_consent
from contracts.seal import Letter, seal
from contracts.vocabulary import AgeBand, Article6, Article9Or10, Confidence, Label, Purpose
from tests.factories import partnership
from tests.unit.agencies.town import IDENTITY, KINDS, Desk, mapping_of

OUTCOME = {"result": "done"}
PRESCRIBING = {"drug": "methadone", "daily_dose_milligrams": 40, "supervised": True, "started": "2026-01-05"}
INCIDENT = {"what": ["assault"], "area": "ashby_north", "month": "2026-10", "vehicle": "silver van"}
ATTENDANCE = {"appointment": "2026-11-02", "result": "attended", "engagement": "condition"}
CONSENT = {"answer": "given", "purpose": "housing_referral", "labels": ["identity"], "alone": True, "capacity": "present"}

# One good record of every type, from a registered client-9; `answers` and `to` are filled in by the test.
RECORDS: dict[str, dict[str, Any]] = {
    "person": {"person": "client-9", "identity": IDENTITY},
    "consent": {"consent": "c-1", "person": "client-9", "to": "housing-ashby", "limits_shown": True, **CONSENT},
    "consent_withdrawal": {"consent": "c-0"},
    "correction": {"corrects": "n-told", "labels": ["identity"], "why": "typing_error"},
    "caseload_check": {"identity": IDENTITY, "presentation": "custody"},
    "case_open": {"person": "client-9", "role": "supplementary"},
    "case_close": {"person": "client-9"},
    "presentation_opened": {"presentation": "custody"},
    "presentation_closed": {"presentation": "custody", "opened": "n-came", "why_not": "she_declined"},
    "review_answer": {"review": "ab" * 16, "answer": "same"},
    "watch": {"person": "client-9", "reason": "lost_contact", "days": 30},
    "new_reference": {"person": "client-9"},
    "need": {"circumstances": {"needs": ["detox"]}},
    "lead_propose": {"person": "client-9", "reason": "her_choice", "request": {"needs": ["lead"]}},
    "referral": {"request": {"needs": ["support"]}, "identity": IDENTITY, "age_band": "adult"},
    "script": {"person": "client-9", "move": "reserve"},
    "attendance": {"person": "client-9", "attendance": ATTENDANCE},
    "incident": {"purpose": "incident_intelligence", "incident": INCIDENT},
}
ANSWERS = {"referral_answer", "lead_accept", "lead_decline"}
TYPES = sorted({*RECORDS, *ANSWERS})
BECOMES = {
    "person": Kind.PERSON_REGISTERED, "consent": Kind.CONSENT_RECORDED, "consent_withdrawal": Kind.CONSENT_WITHDRAWN,
    "correction": Kind.CORRECTION_RECORDED,
    "caseload_check": Kind.CASELOAD_CHECK, "case_open": Kind.CASE_OPENED, "case_close": Kind.CASE_CLOSED,
    "presentation_opened": Kind.PRESENTATION_OPENED, "presentation_closed": Kind.PRESENTATION_CLOSED,
    "review_answer": Kind.REVIEW_ANSWERED, "watch": Kind.WATCH_SET, "need": Kind.NEED_UNMET,
    "new_reference": Kind.REFERENCE_REPLACED,
    "lead_propose": Kind.LEAD_PROPOSED, "referral": Kind.REFERRAL_MADE, "script": Kind.SCRIPT_RESERVED,
    "attendance": Kind.ATTENDANCE_REPORTED, "incident": Kind.INCIDENT_REPORTED,
}  # fmt: skip


def facts_of(sent: Received) -> Facts:
    return open_for_consent(sent.header, sent.submission.to_consent or "", partnership().consent_opener).facts


def recipient(agency: str, name: str) -> str:
    if name == "incident":
        return "police-ashby"
    return "cjit-ashby" if agency in ("project-ashby", "police-ashby") else "project-ashby"


def record(agency: str, name: str, **changes: Any) -> dict[str, Any]:
    fields = {"type": name, "id": f"n-{name}", **RECORDS[name]}
    if name in ("lead_propose", "referral", "attendance", "incident"):
        fields["to"] = recipient(agency, name)
    if name == "referral":
        fields["purpose"] = min(mapping_of(agency).purposes - {Purpose.INCIDENT_INTELLIGENCE, Purpose.CRIME_REPORT}).value
    return {**fields, **changes}


def prepared(desk: Desk) -> Desk:
    """A desk that knows client-9, and a consent c-0 of hers."""
    if "presentation_opened" in desk.party.mapping.sends:
        desk.sent(type="presentation_opened", id="n-came", presentation="custody")
    if desk.party.mapping.knows_people:
        desk.register()
        desk.sent(**{"type": "consent", "id": "n-c0", **RECORDS["consent"], "consent": "c-0"})
    if "referral" in desk.party.mapping.sends:
        desk.sent(**record(desk.party.id, "referral", id="n-told"))
    return desk


SENT = [(agency, name) for agency in KINDS for name in RECORDS if name in mapping_of(agency).sends]
REFUSED = [(agency, name) for agency in KINDS for name in RECORDS if name not in mapping_of(agency).sends]


@pytest.mark.parametrize(("agency", "name"), SENT)
def test_a_record_of_the_kind_becomes_its_message(agency: str, name: str, desk) -> None:
    office = prepared(desk(agency))
    sent = office.sent(**record(agency, name))
    assert sent.header.kind is BECOMES[name]
    assert sent.header.sender == agency
    assert sent.header.not_after - sent.header.created == SHAPES[sent.header.kind].lifetime
    about_her = RECORDS[name].get("person") == "client-9" or name == "consent_withdrawal"
    reference = office.store.reference_of("client-9")
    assert sent.submission.for_broker.reference == (reference[0] if about_her and reference else None)


@pytest.mark.parametrize(("agency", "name"), REFUSED)
def test_a_record_of_another_kind_is_refused_in_words(agency: str, name: str, desk) -> None:
    office = prepared(desk(agency))
    before = office.outbox.depth()
    result = office.take(**record(agency, name))
    assert isinstance(result, Rejected)
    assert result.code in ("not-for-this-kind", "no-person-here")
    assert "Nothing was sent" in result.sentence
    assert office.outbox.depth() == before


@pytest.mark.parametrize("agency", KINDS)
def test_every_kind_takes_what_may_come_to_it(agency: str) -> None:
    mapping = mapping_of(agency)
    assert all(SHAPES[kind].goes is Goes.TO_AGENCY for kind in mapping.receives)
    assert mapping.takes(Kind.REFERRAL_MADE)
    assert not mapping.takes(Kind.CASELOAD_CHECK)


NEVER = [(agency, label) for agency in KINDS for label in mapping_of(agency).never_sends]
PARTS: dict[Label, dict[str, Any]] = {
    Label.DRUG_TREATMENT: {"substances": ["heroin"]},
    Label.PRESCRIBING: PRESCRIBING,
    Label.OFFENDING: {"offence": "soliciting"},
    Label.INVOLVEMENT: {"basis": "her_own_account"},
    Label.SEXUAL_ASSAULT: {"support_wanted": ["advice"]},
    Label.HEALTH: {"needs": ["wound_care"]},
}


@pytest.mark.parametrize(("agency", "label"), NEVER)
def test_a_part_that_a_kind_never_sends_stops_the_record(agency: str, label: Label, desk) -> None:
    result = desk(agency).take(**record(agency, "referral", **{label.value: PARTS[label]}))
    assert isinstance(result, Rejected)
    assert result.code == f"never-sent:{label.value}"


@pytest.mark.parametrize("agency", [one for one in KINDS if Purpose.ARREST_REFERRAL not in mapping_of(one).purposes])
def test_a_purpose_of_another_kind_is_refused(agency: str, desk) -> None:
    result = desk(agency).take(**record(agency, "referral", purpose="arrest_referral"))
    assert isinstance(result, Rejected)
    assert result.code == "purpose-not-ours"


def test_the_police_name_no_person_of_record(desk) -> None:
    police = desk("police-ashby")
    assert police.party.tokens is None
    result = police.take(**record("police-ashby", "referral", person="client-9"))
    assert isinstance(result, Rejected)
    assert result.code == "no-person-here"


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "a person nobody registered": (record("cjit-ashby", "case_open", person="client-1"), "not-registered"),
    "a consent nobody recorded": (record("cjit-ashby", "referral", consents=["c-77"]), "unknown-consent"),
    "a withdrawal of nothing": (record("cjit-ashby", "consent_withdrawal", consent="c-77"), "unknown-consent"),
    "a consent that replaces one nobody recorded": (record("cjit-ashby", "consent", replaces="c-77"), "unknown-consent"),
    "a yes that mixes what is asked alone with other things": (
        record("cjit-ashby", "consent", labels=["identity", "involvement"]),
        "ask-separately",
    ),
    "a check nobody made": (record("cjit-ashby", "case_open", check="n-77"), "unknown-check"),
    "a presentation nobody told of": (record("cjit-ashby", "presentation_closed"), "not-opened"),
    "a check in one that nobody told of": (record("cjit-ashby", "caseload_check", opened="n-77"), "not-opened"),
    "an agency nobody knows": (record("cjit-ashby", "referral", to="nobody-ashby"), "unknown-agency"),
    "itself": (record("cjit-ashby", "referral", to="cjit-ashby"), "unknown-agency"),
    "a name without letters": (
        record("cjit-ashby", "caseload_check", identity={"forename": "-", "surname": "?"}),
        "identity-too-thin",
    ),
    "an answer to nothing": (
        {"type": "referral_answer", "id": "a", "answers": "zz", "answer": "accepted", "outcome": OUTCOME},
        "nothing-to-answer",
    ),
    "a part too large": (
        record("cjit-ashby", "referral", free_text={"text": "€" * 4000, "read_by": "worker_7"}),
        "too-large",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_sent_is_said_and_nothing_is_left_behind(case: str, desk) -> None:
    fields, code = WRONG[case]
    office = desk("cjit-ashby")
    office.register()
    before = office.outbox.depth()
    result = office.take(**fields)
    assert isinstance(result, Rejected)
    assert result.code == code
    assert office.outbox.depth() == before
    assert office.sent(**record("cjit-ashby", "referral", id="next")).header.sequence == before + 1, "no number was used up"


FORMS: dict[str, tuple[dict[str, Any], str]] = {
    "a type nobody knows": ({"type": "gossip", "id": "a"}, "must be one of"),
    "no type": ({"id": "a"}, "type"),
    "a field nobody knows": (record("cjit-ashby", "referral", notes="x"), "notes does not belong"),
    "a field that is missing": ({"type": "case_close", "id": "a"}, "person is missing"),
    "a date as people write it": (
        record("cjit-ashby", "caseload_check", identity={**IDENTITY, "date_of_birth": "09/03/1984"}),
        "write it as YYYY-MM-DD",
    ),
    "a word outside its list": (record("cjit-ashby", "referral", purpose="curiosity"), "purpose must be one of"),
    "an id with a slash": (record("cjit-ashby", "referral", id="../etc"), "letters, digits, dots and hyphens"),
    "a time without its zone": (
        {"type": "consent_withdrawal", "id": "a", "consent": "c", "withdrawn_at": "2026-11-21T22:10:00"},
        "2026-11-21T22:10:00Z",
    ),
}


@pytest.mark.parametrize("case", FORMS)
def test_a_record_of_a_wrong_form_is_told_the_field_and_never_quoted(case: str) -> None:
    fields, words = FORMS[case]
    with pytest.raises(ErrorInRecord) as wrong:
        read_record(fields)
    assert words in wrong.value.sentence
    assert "Quillfeather" not in wrong.value.sentence + wrong.value.code
    assert "09/03" not in wrong.value.sentence


def test_the_five_basis_fields_come_from_the_purpose_and_a_record_may_override_them(desk) -> None:
    office = desk("cjit-ashby")
    usual = facts_of(office.sent(**record("cjit-ashby", "referral", id="a")))
    changed = facts_of(office.sent(**record("cjit-ashby", "referral", id="b", basis={"article_6": "consent"})))
    assert (usual.article_6, usual.article_9_or_10) == (Article6.PUBLIC_TASK, Article9Or10.HEALTH_OR_SOCIAL_CARE)
    assert (usual.confidence, usual.actor) == (Confidence.EXPLICIT_CONSENT, "worker")
    assert changed == usual.model_copy(update={"article_6": Article6.CONSENT})


AGES = {"1984-03-09": AgeBand.ADULT, "2015-06-01": AgeBand.UNDER_13, "1984-01-01": AgeBand.UNKNOWN, None: AgeBand.UNKNOWN}


@pytest.mark.parametrize("born", AGES)
def test_her_age_is_what_her_date_of_birth_says_and_otherwise_nobody_knows(born: str | None, desk) -> None:
    identity = {**IDENTITY, "date_of_birth": born}
    sent = desk("cjit-ashby").sent(**record("cjit-ashby", "referral", identity=identity, age_band=None))
    assert facts_of(sent).age_band is AGES[born]


def test_a_check_lives_no_longer_than_its_asker_waits(desk) -> None:
    header = desk("cjit-ashby").sent(**record("cjit-ashby", "caseload_check", wanted_within_seconds=20)).header
    assert header.not_after - header.created == 20_000


def test_a_full_postcode_never_leaves_the_building(desk) -> None:
    identity = {**IDENTITY, "postcode": "AS1 2BC"}
    fields = read_record(record("cjit-ashby", "caseload_check", identity=identity))
    assert fields.type == "caseload_check"
    wire = fields.identity.on_the_wire()
    assert wire.postcode_district == "AS1"
    assert KeyedTokens((partnership().folder / "cjit-ashby" / "linkage.key").read_bytes()).tokens(details_of(wire))


AT_HOME = {**IDENTITY, "address": "12 Withybrook Road", "town": "Much Dithering"}
TELLS_WHO = [(agency, name) for agency, name in SENT if "identity" in RECORDS[name]]


@pytest.mark.parametrize(("agency", "name"), [*TELLS_WHO, ("project-ashby", "lead_propose")])
def test_where_she_lives_is_in_no_message_and_in_nothing_that_the_adapter_keeps(agency, name, desk, monkeypatch) -> None:
    letters: list[Letter] = []

    def kept(letter: Letter, **keys: Any) -> bytes:
        letters.append(letter)
        return seal(letter, **keys)

    monkeypatch.setattr("agencies.sending.seal", kept)
    office = prepared(desk(agency))
    office.sent(**record(agency, name, identity=AT_HOME))
    # Everything that goes into the message, before any of it is locked; then what the adapter has on its disk.
    said = repr(letters[-1]).casefold()
    assert "withybrook" not in said
    assert "dithering" not in said
    office.store.close()
    disk = b"".join(file.read_bytes() for file in office.path.parent.glob("adapter.sqlite*")).lower()
    assert b"withybrook" not in disk
    assert b"dithering" not in disk


def test_but_the_tokens_are_made_of_it_when_she_is_registered_and_when_she_is_asked_about(desk) -> None:
    for name in ("person", "caseload_check"):
        office = prepared(desk("cjit-ashby"))
        fields = read_record(record("cjit-ashby", name, identity=AT_HOME))
        assert fields.type == name
        maker = office.party.tokens
        assert maker is not None
        kinds = {token.split(":")[0] for each in maker.keyed(fields.identity.details()) for token in each.tokens}
        assert {"xas", "fah", "sah", "has", "xan", "nt", "ht"} <= kinds
