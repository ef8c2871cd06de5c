"""Synthetic people, a demonstration partnership, and sealed messages of every kind, for any test that needs one.

Nobody here is real: names are invented and NHS numbers come from the range that is never issued. What is made is made by
the shipped code (``contracts.seal``); only the permit is written by hand, for tests that have no consent service.
"""

import atexit
import random
import shutil
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass, replace
from functools import cache, cached_property, lru_cache
from hashlib import sha256
from itertools import count, product
from pathlib import Path
from typing import Any

from agencies.identity import Details, KeyedTokens, details_of
from agencies.names import soundex
from consent.officer.demonstration import sign_demonstration
from contracts.approvals import APPROVALS_FILE
from contracts.assurances import Notice, Relation
from contracts.canonical import canonical, to_base64
from contracts.checkpoint import Checkpoint, sign
from contracts.directory import Directory, load_directory
from contracts.envelope import Received, read_submission
from contracts.epoch_keys import EpochKeys
from contracts.facts import Facts
from contracts.identifiers import BROKER, CONSENT, new_id
from contracts.keyring import ASHBY, DIRECTORY_FILE, load_open_key, load_signing_key, make_partnership
from contracts.keys import OpenKey, SigningKey
from contracts.kinds import SHAPES, Goes, Kind
from contracts.messages.attendance import AttendanceReported
from contracts.messages.caseloads import LeadAccepted, LeadDeclined, LeadProposed
from contracts.messages.compartments import (
    Attendance,
    Contact,
    Identity,
    Incident,
    Outcome,
    Prescribing,
    Request,
    Safety,
)
from contracts.messages.consents import ConsentRecorded, ConsentWithdrawn, CorrectionRecorded, ForConsent
from contracts.messages.conversation import Said
from contracts.messages.prescriptions import ScriptTransferred
from contracts.messages.referrals import (
    IncidentReported,
    ReferralAccepted,
    ReferralCompleted,
    ReferralDeclined,
    ReferralMade,
    ReferralReceived,
    ReferralWithdrawn,
)
from contracts.opening import lock_shares, open_for_consent
from contracts.permit import Decision, Delivery, Permit, permit_hash, shares_context
from contracts.proofs import (
    group_commitment,
    leaf_bytes,
    leaf_hash,
    node_hash,
    record_commitment,
)
from contracts.seal import Letter, seal
from contracts.steps import (
    CaseStep,
    CheckStep,
    GapStep,
    LeadStep,
    PresentationStep,
    Receipt,
    ReceiptsStep,
    ReferenceStep,
    RegisterStep,
    ReviewStep,
    ScriptStep,
    Step,
    WatchStep,
)
from contracts.vocabulary import (
    AgeBand,
    Article6,
    Article9Or10,
    Capacity,
    CaseMove,
    CaseRole,
    CloseReason,
    Confidence,
    ConsentAnswer,
    Engagement,
    Label,
    LeadMove,
    LeadReason,
    NoCheck,
    Presentation,
    Purpose,
    ReviewAnswer,
    ScriptMove,
    WatchMove,
)

AGENCIES = tuple(party.id for party in ASHBY)
CLAUSES = Path(__file__).parents[1] / "consent" / "clauses"
PROTOCOLS = (CLAUSES / "ashby.yaml", CLAUSES / "ashby-demonstration.yaml")
MINUTE = 60_000
DAY = 24 * 60 * MINUTE

TOKENS = KeyedTokens(b"the linkage key of nobody at all")

FORENAMES = ("Marisol", "Tamsin", "Oluchi", "Bronagh", "Keziah", "Fenella", "Saoirse", "Ottilie", "Jessamy", "Priyanka")
_SYLLABLES = ("Bal", "Dor", "Fin", "Gam", "Kel", "Lim", "Mar", "Nob", "Pel", "Rod", "Sul", "Tam", "Vog", "Zek", "Jup", "Lad")
SURNAMES = ("Quillfeather", "Oakapple", "Thistlewood", "Larkspur", "Windlestone", "Marchbanks-Ivory", "Dunnockson", "Hazelrigg")


@dataclass(frozen=True)
class Person:
    """Someone who does not exist."""

    number: int
    identity: Identity

    @property
    def tokens(self) -> tuple[str, ...]:
        """Her tokens under a key of the tests' own."""
        return _tokens_of(details_of(self.identity))


@lru_cache(4096)
def _tokens_of(details: Details) -> tuple[str, ...]:
    """Made once: it takes two milliseconds, and a test speaks of the same few people again and again."""
    return TOKENS.tokens(details)


@cache
def _surnames() -> tuple[str, ...]:
    """Surnames that sound like no other, however roughly one listens: in a test nobody is taken for somebody else by chance."""
    heard = {soundex(name.casefold()): name for name in SURNAMES}
    for first, second in product(_SYLLABLES, repeat=2):
        name = f"{second}{first.lower()}berg"
        heard.setdefault(soundex(name.casefold()), name)
    return tuple(heard.values())


UNLIKE = len(FORENAMES) * 200
"""So many people, counted from number 0, are nobody's possible match. Of more than these some have namesakes."""


@cache
def person(number: int = 0) -> Person:
    """The same person for the same number."""
    names = _surnames()
    state = random.getstate()
    random.seed(number)
    born = f"{random.randint(1960, 2004)}-{random.randint(1, 12):02}-{random.randint(1, 28):02}"
    identity = Identity(
        forename=FORENAMES[number % len(FORENAMES)],
        surname=names[number // len(FORENAMES) % len(names)],
        date_of_birth=born,
        sex="female",
        nhs_number=_nhs_number(number),
        postcode_district=f"ZZ{random.randint(1, 9)}",
    )
    random.setstate(state)
    return Person(number, identity)


def _nhs_number(number: int) -> str:
    """A number that is never issued, nobody else's, and not nearly anybody's: the tenth digit is made to fit."""
    for nine in range(900_000_000 + number * 61_803_399 % 99_999_971, 999_999_999):
        check = 11 - sum(int(digit) * weight for digit, weight in zip(str(nine), range(10, 1, -1), strict=True)) % 11
        if check != 10:
            return f"{nine}{check % 11}"
    raise ValueError(number)


def may_be(her: Person) -> Person:
    """Someone who may be she or her twin: another forename, no number, and everything else hers."""
    other = her.identity.forename[::-1].capitalize()
    return replace(her, identity=her.identity.model_copy(update={"forename": other, "nhs_number": None}))


@dataclass(frozen=True)
class Partnership:
    """The fictional partnership of Ashby with every party's private keys in one folder, as no real one would have them."""

    folder: Path
    now: int

    @cached_property
    def directory(self) -> Directory:
        return load_directory(self.folder / DIRECTORY_FILE, now=self.now, demonstration=True)

    @cache  # noqa: B019 - one partnership lives as long as the tests
    def signing(self, party: str) -> SigningKey:
        """The signing key of an agency, of ``broker`` or of ``consent``."""
        return load_signing_key(self.folder / party)

    @cache  # noqa: B019
    def opener(self, party: str, role: str = "intake") -> OpenKey:
        """The key with which a role of an agency opens what is sealed to it."""
        return load_open_key(self.folder / party, role)

    @property
    def consent_opener(self) -> OpenKey:
        return self.opener(CONSENT, "sealing")

    @cached_property
    def log_signing(self) -> SigningKey:
        return load_signing_key(self.folder / CONSENT, "log")


def make_demonstration(folder: Path, *, now: int | None = None) -> Partnership:
    """Write the keys of all six agencies and both services into a folder, and let their officers sign the protocol."""
    moment = now if now is not None else time.time_ns() // 1_000_000
    make_partnership(folder, ASHBY, now=moment, demonstration=True)
    made = Partnership(folder, moment)
    sign_demonstration(folder, folder / APPROVALS_FILE, PROTOCOLS, made.directory, moment)
    return made


@cache
def partnership() -> Partnership:
    """The partnership that all tests of one run share."""
    parent = Path(tempfile.mkdtemp(prefix="relay-keys-"))
    atexit.register(shutil.rmtree, parent, ignore_errors=True)
    return make_demonstration(parent / "keys")


def facts(**changes: Any) -> Facts:
    """What a worker states about an ordinary consented referral of an adult."""
    ordinary = Facts(
        purpose=Purpose.SUPPORT_REFERRAL,
        article_6=Article6.PUBLIC_TASK,
        article_9_or_10=Article9Or10.HEALTH_OR_SOCIAL_CARE,
        confidence=Confidence.EXPLICIT_CONSENT,
        actor="worker_7",
        age_band=AgeBand.ADULT,
        capacity=Capacity.PRESENT,
        consents=("c0" * 16,),
        relation=Relation.NONE,
        privacy_notice=Notice.GIVEN,
        free_text_read_by="worker_7",
    )
    return Facts.model_validate({**dict(ordinary), **changes})


def referral(about: Person | None = None, **changes: Any) -> ReferralMade:
    """A referral of four compartments."""
    said = ReferralMade(
        request=Request(needs=("housing", "support")),
        identity=(about or person()).identity,
        contact=Contact(safe_method="text_only", details="07700 900123"),
        safety=Safety(risks=("violence_from_partner",), safe_to_contact=True),
    )
    return said.model_copy(update=changes)


_OUTCOME = Outcome(result="accepted", next_step="first_meeting")


def said_in(kind: Kind, about: Person, now: int) -> Said | ForConsent | None:
    """What a message of a kind says, or None for one that carries a step alone."""
    prescribing = Prescribing(
        drug="methadone",
        daily_dose_milligrams=40,
        supervised=True,
        started="2026-01-05",
        last_dose="2026-11-20",
        last_dose_milligrams=40,
    )
    table: dict[Kind, Said | ForConsent] = {
        Kind.CONSENT_RECORDED: consent_given(taken_at=now),
        Kind.CONSENT_WITHDRAWN: ConsentWithdrawn(consent="c0" * 16, withdrawn_at=now, taken_by="worker_7"),
        Kind.CORRECTION_RECORDED: CorrectionRecorded(
            message="ab" * 16, labels=(Label.IDENTITY,), why="typing_error", found_at=now, taken_by="worker_7"
        ),
        Kind.LEAD_PROPOSED: LeadProposed(request=Request(needs=("lead",)), identity=about.identity),
        Kind.LEAD_ACCEPTED: LeadAccepted(outcome=_OUTCOME),
        Kind.LEAD_DECLINED: LeadDeclined(outcome=_OUTCOME),
        Kind.REFERRAL_MADE: referral(about),
        Kind.REFERRAL_RECEIVED: ReferralReceived(outcome=_OUTCOME),
        Kind.REFERRAL_ACCEPTED: ReferralAccepted(outcome=_OUTCOME),
        Kind.REFERRAL_DECLINED: ReferralDeclined(outcome=_OUTCOME),
        Kind.REFERRAL_WITHDRAWN: ReferralWithdrawn(outcome=_OUTCOME),
        Kind.REFERRAL_COMPLETED: ReferralCompleted(outcome=_OUTCOME),
        Kind.INCIDENT_REPORTED: IncidentReported(
            incident=Incident(what=("assault",), area="ashby_north", month="2026-10", vehicle="silver van")
        ),
        Kind.SCRIPT_TRANSFERRED: ScriptTransferred(prescribing=prescribing, identity=about.identity),
        Kind.ATTENDANCE_REPORTED: AttendanceReported(
            attendance=Attendance(appointment="2026-11-02", result="attended", engagement=Engagement.CONDITION)
        ),
    }
    return table.get(kind)


def consent_given(**changes: Any) -> ConsentRecorded:
    """She agreed to one purpose and one recipient; the labels are those of ``referral``."""
    given = ConsentRecorded(
        consent="c0" * 16,
        answer=ConsentAnswer.GIVEN,
        purpose=Purpose.SUPPORT_REFERRAL,
        recipient="project-ashby",
        labels=(Label.IDENTITY, Label.CONTACT, Label.REQUEST, Label.SAFETY),
        wording="plain_words_1",
        language="english",
        taken_at=0,
        taken_by="worker_7",
        how="in_person",
        alone=True,
        capacity=Capacity.PRESENT,
        limits_shown=True,
        freely=True,
        setting="drop_in",
        notice="notice_1",
        review=4_000_000_000_000,
    )
    return given.model_copy(update=changes)


def step_in(kind: Kind, about: Person) -> Step | None:
    """The guard step of a kind, or None."""
    table: dict[Kind, Step] = {
        Kind.PERSON_REGISTERED: RegisterStep(tokens=about.tokens),
        Kind.REFERENCE_REPLACED: ReferenceStep(fresh="cd" * 16),
        Kind.CASELOAD_CHECK: CheckStep(tokens=about.tokens, presentation=Presentation.CUSTODY),
        Kind.PRESENTATION_OPENED: PresentationStep(presentation=Presentation.CUSTODY),
        Kind.PRESENTATION_CLOSED: PresentationStep(
            presentation=Presentation.CUSTODY, closes="ab" * 16, why_not=NoCheck.SHE_DECLINED
        ),
        Kind.REVIEW_ANSWERED: ReviewStep(review="ab" * 16, answer=ReviewAnswer.SAME),
        Kind.CASE_OPENED: CaseStep(move=CaseMove.OPEN, role=CaseRole.SUPPLEMENTARY),
        Kind.CASE_CLOSED: CaseStep(move=CaseMove.CLOSE, role=CaseRole.SUPPLEMENTARY, reason=CloseReason.HER_CHOICE),
        Kind.WATCH_SET: WatchStep(move=WatchMove.END),
        Kind.NEED_UNMET: GapStep(needs=("detox",), why=("full",)),
        Kind.LEAD_PROPOSED: LeadStep(move=LeadMove.PROPOSE, reason=LeadReason.BETTER_PLACED),
        Kind.LEAD_ACCEPTED: LeadStep(move=LeadMove.ACCEPT, reason=LeadReason.BETTER_PLACED),
        Kind.LEAD_DECLINED: LeadStep(move=LeadMove.DECLINE, reason=LeadReason.BETTER_PLACED),
        Kind.SCRIPT_RESERVED: ScriptStep(move=ScriptMove.RESERVE),
        Kind.SCRIPT_CONFIRMED: ScriptStep(move=ScriptMove.CONFIRM),
        Kind.SCRIPT_TRANSFERRED: ScriptStep(move=ScriptMove.BEGIN_TRANSFER, last_dose=True),
        Kind.SCRIPT_ENDED: ScriptStep(move=ScriptMove.END),
        Kind.RECEIPTS: ReceiptsStep(receipts=(Receipt(message="ab" * 16, attempt=1, result="delivered"),)),
    }
    return table.get(kind)


FACTS_CHANGES: dict[Kind, dict[str, Any]] = {
    Kind.CASELOAD_CHECK: {"purpose": Purpose.CASELOAD_CHECK, "presentation": Presentation.CUSTODY},
    Kind.LEAD_PROPOSED: {"purpose": Purpose.LEAD_ALLOCATION},
    Kind.LEAD_ACCEPTED: {"purpose": Purpose.LEAD_ALLOCATION},
    Kind.LEAD_DECLINED: {"purpose": Purpose.LEAD_ALLOCATION},
    Kind.INCIDENT_REPORTED: {"purpose": Purpose.INCIDENT_INTELLIGENCE},
    Kind.SCRIPT_TRANSFERRED: {"purpose": Purpose.PRESCRIBING_SAFETY},
    Kind.ATTENDANCE_REPORTED: {"purpose": Purpose.COMPLIANCE, "engagement": Engagement.CONDITION},
}
# Who usually sends a kind, and to whom, where it is not the CJIT to the project.
USUAL_SENDER = {Kind.SCRIPT_RESERVED: "drugs-ashby", Kind.SCRIPT_CONFIRMED: "drugs-ashby", Kind.SCRIPT_ENDED: "drugs-ashby",
                Kind.SCRIPT_TRANSFERRED: "drugs-ashby", Kind.INCIDENT_REPORTED: "project-ashby"}  # fmt: skip
USUAL_RECIPIENT = {Kind.INCIDENT_REPORTED: "police-ashby"}
USUAL_ROLE = {Kind.SCRIPT_TRANSFERRED: "prescribing"}

EPOCH_KEYS = EpochKeys()
_sequences: "defaultdict[str, count[int]]" = defaultdict(lambda: count(1))


def letter(
    kind: Kind = Kind.REFERRAL_MADE,
    sender: str | None = None,
    *,
    about: Person | None = None,
    created: int | None = None,
    facts_changes: dict[str, Any] | None = None,
    **changes: Any,
) -> Letter:
    """A letter of a kind that fits its shape; anything may be changed. ``created`` is the moment the keys were made."""
    shape, her = SHAPES[kind], about or person()
    sender = sender or USUAL_SENDER.get(kind, "cjit-ashby")
    moment = created if created is not None else partnership().now
    default = {
        Goes.TO_AGENCY: (USUAL_RECIPIENT.get(kind, "project-ashby"), USUAL_ROLE.get(kind, "intake")),
        Goes.TO_BROKER: (BROKER, "caseload"),
        Goes.TO_CONSENT: (CONSENT, CONSENT),
    }[shape.goes]
    if shape.goes is Goes.TO_AGENCY and default[0] == sender:
        default = ("cjit-ashby", "intake")
    made = Letter(
        id=new_id(),
        conversation=new_id(),
        kind=kind,
        sender=sender,
        recipient=default[0],
        role=default[1],
        created=moment,
        not_after=moment + min(DAY, shape.lifetime),
        sequence=changes.pop("sequence", None) or next(_sequences[sender]),
        reference=new_id() if shape.names_person or kind is Kind.REFERRAL_MADE else None,
        step=step_in(kind, her),
        said=said_in(kind, her, moment),
        facts=facts(**{**FACTS_CHANGES.get(kind, {}), **(facts_changes or {})}) if shape.asks_consent else None,
    )
    return replace(made, **changes)


def seal_letter(made: Letter, *, keys: Partnership | None = None) -> bytes:
    """The bytes of a letter, signed by its sender and sealed to its recipient's role key."""
    keys = keys or partnership()
    shape = SHAPES[made.kind]
    recipient = keys.directory.role_key(made.recipient, made.role) if shape.goes is Goes.TO_AGENCY else None
    return seal(
        made,
        signing=keys.signing(made.sender),
        recipient=recipient,
        consent=keys.directory.consent_key if shape.asks_consent else None,
    )


def sealed(kind: Kind = Kind.REFERRAL_MADE, sender: str | None = None, **changes: Any) -> bytes:
    """The bytes of a good message of a kind; changes as for ``letter``."""
    return seal_letter(letter(kind, sender, **changes))


def permit_for(
    received: Received,
    *,
    slots: tuple[int, ...] | None = None,
    attempt: int = 1,
    valid_until: int | None = None,
    keys: Partnership | None = None,
    **decision_changes: Any,
) -> Permit:
    """A sound permit for a message, as the consent service would give it from a log of two entries."""
    keys = keys or partnership()
    header = received.header
    part = open_for_consent(header, received.submission.to_consent or "", keys.consent_opener)
    shown_slots = slots if slots is not None else tuple(sorted(opening.slot for opening in part.openings))
    role = keys.directory.role_key(header.recipient, header.role)
    assert role is not None
    decision = Decision(
        message=header.id,
        header=received.header_hash.hex(),
        attempt=attempt,
        recipient=header.recipient,
        role=header.role,
        recipient_key=role.id,
        reference="ee" * 16,
        slots=shown_slots,
        protocol="00" * 32,
        decided=keys.now,
        valid_until=valid_until if valid_until is not None else keys.now + 10 * MINUTE,
    ).model_copy(update=decision_changes)
    salt, skeleton, subject = b"\1" * 32, b"\2" * 32, b"\3" * 32
    epoch = EPOCH_KEYS.of(header.recipient, header.role, role, keys.now)
    shown = canonical(decision.model_dump(mode="json"))
    leaf = leaf_hash(leaf_bytes(record_commitment(group_commitment("shown", salt, shown), skeleton, subject)))
    sibling = sha256(b"the other entry").digest()
    checkpoint = Checkpoint(keys.directory.log_name, 2, node_hash(leaf, sibling))
    unsigned = Permit(
        decision=decision,
        salt=salt.hex(),
        skeleton=skeleton.hex(),
        subject=subject.hex(),
        index=0,
        proof=(sibling.hex(),),
        checkpoint=sign(checkpoint, keys.directory.log_name, keys.log_signing.ed25519),
        wrap=epoch.wrap,
        shares=to_base64(lock_shares(part, shown_slots, epoch.key, shares_context(received.header_hash, attempt, salt))),
        signature="AAAA",
    )
    return sign_permit(unsigned, keys=keys)


def sign_permit(permit: Permit, *, keys: Partnership | None = None) -> Permit:
    """The permit under the consent service's signature, whatever it says."""
    signature = (keys or partnership()).signing(CONSENT).sign(permit_hash(permit))
    return permit.model_copy(update={"signature": to_base64(signature)})


def delivery_of(body: bytes, **changes: Any) -> Delivery:
    """What would arrive in the recipient's inbox for the bytes of a submission; changes as for ``permit_for``."""
    received = read_submission(body)
    permit = permit_for(received, **changes)
    submission = received.submission
    assert submission.to_recipient is not None
    return Delivery(
        header=submission.header,
        signature=submission.signature,
        compartments={k: v for k, v in submission.compartments.items() if int(k) in permit.decision.slots},
        to_recipient=submission.to_recipient,
        permit=permit,
    )


def delivery_bytes(delivery: Delivery) -> bytes:
    """A delivery as it stands in an inbox."""
    return canonical(delivery.model_dump(mode="json"))
