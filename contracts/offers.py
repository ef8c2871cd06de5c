"""The directory of services: what each agency offers to whom and when, and why one does not fit (W08). Signed like the keys.

The field names are those of Open Referral UK (service, organization, schedules, capacities, languages, eligibility); what that
standard has no name for stands in ``eligibility``. Leaves out: who she is. A search is asked with circumstances, never names.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field, ValidationError

from contracts.canonical import MalformedError, from_base64, parse_canonical
from contracts.directory import DirectoryError, OfficerSignature, Root
from contracts.frozen import Frozen
from contracts.hashes import domain_hash
from contracts.identifiers import AgencyId, Code, Moment, RoleName
from contracts.keys import SignatureError, VerifyKey

SERVICES_FILE: Final = "services.json"
MAX_SERVICES_BYTES: Final = 2**20
DAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_MINUTES: Final = 60
_CAPACITY_IS_NEWS_FOR: Final = 14 * 86_400_000
"""How long a count of free places is believed; after that nobody knows, and it excludes nobody."""

Words = Annotated[tuple[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,48}$")], ...], Field(max_length=20)]
Text = Annotated[str, Field(min_length=1, max_length=300)]
Clock = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]


class Schedule(Frozen):
    """When it is open, by the clock on its wall. ``opens_at`` after ``closes_at``: over midnight, as outreach is."""

    byday: Annotated[tuple[Literal["MO", "TU", "WE", "TH", "FR", "SA", "SU"], ...], Field(min_length=1, max_length=7)]
    opens_at: Clock
    closes_at: Clock
    valid_from: Moment | None = None
    valid_to: Moment | None = None


class Capacity(Frozen):
    """Places that were free when somebody last counted."""

    available: Annotated[int, Field(ge=0, le=10_000)]
    maximum: Annotated[int, Field(ge=0, le=10_000)] | None = None
    updated: Moment


class Eligibility(Frozen):
    """Whom it is for. What is not said excludes nobody: no residence test (R52) and no wish to exit (R51) unless it says so."""

    gender: Literal["any", "women", "men"] = "any"
    women_only: bool = False
    """A place or a session where no men are, staff included."""
    residence: Words = ()
    """Districts one must live in; empty: none."""
    gp_needed: bool = False
    accepts_current_use: bool = True
    accepts_still_working: bool = True
    wish_to_exit_needed: bool = False
    accepts_partner: bool = True
    accepts_children: bool = True


class Service(Frozen):
    """One thing that one agency offers."""

    id: Code
    organization: AgencyId
    name: Text
    description: Text | None = None
    status: Literal["active", "inactive", "defunct", "temporarily closed"] = "active"
    role: RoleName = "intake"
    """The role of the agency that referrals to it go to."""
    needs: Annotated[Words, Field(min_length=1)]
    """What it is for: the words of a referral's request."""
    does_not_provide: Words = ()
    """What is often asked of it, and what it cannot do (002:122)."""
    minimum_age: Annotated[int, Field(ge=0, le=120)] | None = None
    maximum_age: Annotated[int, Field(ge=0, le=120)] | None = None
    eligibility: Eligibility = Eligibility()
    languages: Words = ()
    interpretation_services: bool = False
    attending_type: Literal["venue", "phone", "online", "home_visit", "outreach"] = "venue"
    location: Text | None = None
    application_process: Text | None = None
    schedules: Annotated[tuple[Schedule, ...], Field(max_length=20)] = ()
    """Empty: always, as a telephone line is."""
    capacities: Annotated[tuple[Capacity, ...], Field(max_length=4)] = ()


class ServiceDocument(Frozen):
    """All services of the partnership, as its officers sign them."""

    v: Literal[1]
    version: Annotated[int, Field(ge=1)]
    valid_from: Moment
    expires: Moment
    services: Annotated[tuple[Service, ...], Field(max_length=2_000)]


class SignedServices(Frozen):
    """The file beside the key directory."""

    document: ServiceDocument
    signatures: Annotated[tuple[OfficerSignature, ...], Field(max_length=20)]


class Circumstances(Frozen):
    """What is asked for, and of her only what a service asks about. None: not known, which never excludes her."""

    needs: Annotated[Words, Field(min_length=1)]
    age: Annotated[int, Field(ge=0, le=120)] | None = None
    gender: Literal["women", "men", "other"] | None = None
    lives_in: Annotated[str, Field(pattern=r"^[a-z0-9_]{2,48}$")] | None = None
    has_gp: bool | None = None
    uses_now: bool | None = None
    works_now: bool | None = None
    wishes_to_exit: bool | None = None
    with_partner: bool = False
    with_children: bool = False
    language: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,48}$")] = "english"
    women_only: bool = False
    """She wants a place without men."""


NotFor = Literal[
    "not_running", "another_need", "not_provided", "too_young", "too_old", "gender", "not_women_only", "residence", "gp_needed",
    "current_use", "still_working", "wish_to_exit", "partner", "children", "language", "closed_now", "full",
]  # fmt: skip


def services_hash(document: ServiceDocument) -> bytes:
    """What an officer signs."""
    return domain_hash("relay-1 services", document.wire())


def why_not(service: Service, her: Circumstances, now: int) -> tuple[NotFor, ...]:
    """Every reason why this service is not for her; empty when she is eligible. Age bands are the service's own (R40)."""
    rules = service.eligibility
    found: dict[NotFor, bool] = {
        "not_running": service.status != "active",
        "another_need": not set(her.needs) & set(service.needs),
        "not_provided": bool(set(her.needs) & set(service.does_not_provide)),
        "too_young": None not in (her.age, service.minimum_age) and (her.age or 0) < (service.minimum_age or 0),
        "too_old": None not in (her.age, service.maximum_age) and (her.age or 0) > (service.maximum_age or 0),
        "gender": rules.gender != "any" and her.gender is not None and her.gender != rules.gender,
        "not_women_only": her.women_only and not rules.women_only,
        "residence": bool(rules.residence) and her.lives_in is not None and her.lives_in not in rules.residence,
        "gp_needed": rules.gp_needed and her.has_gp is False,
        "current_use": not rules.accepts_current_use and her.uses_now is True,
        "still_working": not rules.accepts_still_working and her.works_now is True,
        "wish_to_exit": rules.wish_to_exit_needed and her.wishes_to_exit is False,
        "partner": not rules.accepts_partner and her.with_partner,
        "children": not rules.accepts_children and her.with_children,
        "language": not speaks(service, her.language),
        "full": is_full(service, now),
    }
    return tuple(reason for reason, holds in found.items() if holds)


def eligible(services: Iterable[Service], her: Circumstances, now: int) -> tuple[Service, ...]:
    """The services for her, those that are open now first."""
    fit = [service for service in services if not why_not(service, her, now)]
    return tuple(sorted(fit, key=lambda service: (not is_open(service, now), service.id)))


def speaks(service: Service, language: str) -> bool:
    """Whether she is understood there. A service that names no language speaks English."""
    return service.interpretation_services or language in (service.languages or ("english",))


def is_full(service: Service, now: int) -> bool:
    """Whether the last count found no place. An old count says nothing."""
    fresh = [each for each in service.capacities if now - each.updated <= _CAPACITY_IS_NEWS_FOR]
    return bool(fresh) and all(each.available == 0 for each in fresh)


def is_open(service: Service, now: int) -> bool:
    """Whether it is open at this moment."""
    moment = _on_the_wall(now)
    today, minute = moment.weekday(), moment.hour * _MINUTES + moment.minute
    return not service.schedules or any(_open_in(each, now, today, minute) for each in service.schedules)


def _open_in(schedule: Schedule, now: int, today: int, minute: int) -> bool:
    if (schedule.valid_from or 0) > now or (schedule.valid_to is not None and schedule.valid_to <= now):
        return False
    opens, closes = _minutes(schedule.opens_at), _minutes(schedule.closes_at)
    if opens < closes:
        return DAYS[today] in schedule.byday and opens <= minute < closes
    # Over midnight: the evening belongs to its own day, the small hours to the day before.
    return (DAYS[today] in schedule.byday and minute >= opens) or (DAYS[today - 1] in schedule.byday and minute < closes)


def _on_the_wall(now: int) -> datetime:
    """The time in Britain: an hour ahead from the last Sunday of March to that of October, at one in the morning UTC."""
    moment = datetime.fromtimestamp(now / 1000, UTC)
    begins, ends = (_last_sunday(moment.year, month) for month in (3, 10))
    return moment + timedelta(hours=1) if begins <= moment < ends else moment


def _last_sunday(year: int, month: int) -> datetime:
    last = datetime(year, month, 31, 1, tzinfo=UTC)
    return last - timedelta(days=(last.weekday() + 1) % 7)


def _minutes(clock: str) -> int:
    hours, _, minutes = clock.partition(":")
    return int(hours) * _MINUTES + int(minutes)


def verify_services(body: bytes, root: Root, *, now: int) -> ServiceDocument:
    """Trust a services file, or raise DirectoryError saying why not: its form, enough officers' signatures, and its time."""
    try:
        parse_canonical(body.strip(), limit=MAX_SERVICES_BYTES)
        signed = SignedServices.model_validate_json(body)
        officers = {key.id: key for key in (VerifyKey.from_bytes(from_base64(text)) for text in root.officers)}
        message = services_hash(signed.document)
        good = set()
        for one in signed.signatures:
            if (key := officers.get(one.officer)) is not None:
                key.verify(from_base64(one.signature), message)
                good.add(one.officer)
    except (MalformedError, ValidationError, ValueError, SignatureError):
        raise DirectoryError("the directory of services is not in its agreed form, or its signatures do not fit") from None
    if len(good) < root.threshold:
        raise DirectoryError(f"only {len(good)} of the {root.threshold} officers needed signed the directory of services")
    if len({service.id for service in signed.document.services}) < len(signed.document.services):
        raise DirectoryError("one id stands twice in the directory of services")
    if not signed.document.valid_from <= now < signed.document.expires:
        raise DirectoryError("the directory of services is not in force today; take the current one from your partnership")
    return signed.document


def load_services(keys: Path, *, now: int) -> ServiceDocument | None:
    """The services beside the key directory, verified; None where a partnership has not written any yet."""
    path = keys / SERVICES_FILE
    if not path.exists():
        return None
    try:
        root = Root.model_validate_json((keys / "root.json").read_bytes())
        body = path.read_bytes()
    except (OSError, ValidationError):
        raise DirectoryError(f"cannot read {SERVICES_FILE} and root.json beside it") from None
    return verify_services(body, root, now=now)
