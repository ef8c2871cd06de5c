"""What a store needs to know besides its rows: who takes part, which keys it signs with, how much an inbox may hold."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from broker import routing
from broker.budgets import Budgets
from broker.caseloads import Partners
from broker.matching.score import Weights
from contracts.directory import Directory
from contracts.keys import SigningKey
from contracts.notices import AlertName
from contracts.offers import Service, ServiceDocument
from contracts.vocabulary import AgencyKind

_MINUTE = 60_000
# SARC never contributes to a caseload answer; police have no caseload (design.md, the caseload check).
_HIDDEN = frozenset({AgencyKind.SARC})
_WITHOUT_CASELOAD = frozenset({AgencyKind.SARC, AgencyKind.POLICE})


@dataclass(frozen=True, slots=True)
class House:
    """One partnership, as a broker process serves it."""

    signing: SigningKey
    directory: Directory
    credit: int
    process: str
    weights: Weights
    hidden: frozenset[str]
    keepers: frozenset[str]
    contributors: tuple[str, ...]
    prescribers: Mapping[str, bool]
    budgets: Budgets
    services: Mapping[tuple[str, str], tuple[Service, ...]] = field(default_factory=dict)
    """What each role of an agency offers; empty where the partnership has no directory of services."""
    services_version: int = 0
    """Of the list of services; 0 where there is none."""

    told: dict[tuple[str, str], tuple[int, AlertName | None]] = field(default_factory=dict)
    """What ``reception`` found for a minute: hours change at whole ones, and it is asked for every referral."""

    def reception(self, agency: str, role: str, now: int) -> AlertName | None:
        """Whether a referral to that role meets a closed or a full service."""
        offered = self.services.get((agency, role))
        if not offered:
            return None
        minute, met = self.told.get((agency, role), (-1, None))
        if minute != now // _MINUTE:
            met = routing.reception(offered, now)
            self.told[(agency, role)] = (now // _MINUTE, met)
        return met

    def offering(self, document: ServiceDocument) -> "House":
        """The same house with this list of services."""
        services: defaultdict[tuple[str, str], tuple[Service, ...]] = defaultdict(tuple)
        for service in document.services:
            services[(service.organization, service.role)] += (service,)
        return replace(self, services=dict(services), services_version=document.version, told={})

    @property
    def partners(self) -> Partners:
        """Who the agencies are to the guards."""
        return Partners(self.hidden, self.keepers, self.leaders)

    @property
    def leaders(self) -> frozenset[str]:
        """Who has a caseload, and so may lead."""
        return frozenset(self.contributors)

    @property
    def offered(self) -> tuple[Service, ...]:
        """Every service of the directory."""
        return tuple(service for role in self.services.values() for service in role)


def furnish(
    signing: SigningKey, directory: Directory, credit: int, process: str, weights: Weights, budgets: Budgets,
    offered: ServiceDocument | None = None,
) -> House:  # fmt: skip
    """Derive from the directory what the guards ask of it."""
    agencies = directory.agencies
    house = House(
        signing, directory, credit, process, weights,
        hidden=frozenset(agency.id for agency in agencies if agency.kind in _HIDDEN),
        keepers=frozenset(agency.id for agency in agencies if agency.kind is AgencyKind.CJIT),
        contributors=tuple(sorted(agency.id for agency in agencies if agency.kind not in _WITHOUT_CASELOAD)),
        prescribers={agency.id: agency.prescriber for agency in agencies},
        budgets=budgets,
    )  # fmt: skip
    return house.offering(offered) if offered else house
