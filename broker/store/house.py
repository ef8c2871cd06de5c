"""What a store needs to know besides its rows: who takes part, which keys it signs with, how much an inbox may hold."""

from collections.abc import Mapping
from dataclasses import dataclass

from broker.budgets import Budgets
from broker.caseloads import Partners
from broker.matching.score import Weights
from contracts.directory import Directory
from contracts.keys import SigningKey
from contracts.vocabulary import AgencyKind

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

    @property
    def partners(self) -> Partners:
        """Who the agencies are to the guards."""
        return Partners(self.hidden, self.keepers)


def furnish(signing: SigningKey, directory: Directory, credit: int, process: str, weights: Weights, budgets: Budgets) -> House:
    """Derive from the directory what the guards ask of it."""
    agencies = directory.agencies
    return House(
        signing, directory, credit, process, weights,
        hidden=frozenset(agency.id for agency in agencies if agency.kind in _HIDDEN),
        keepers=frozenset(agency.id for agency in agencies if agency.kind is AgencyKind.CJIT),
        contributors=tuple(sorted(agency.id for agency in agencies if agency.kind not in _WITHOUT_CASELOAD)),
        prescribers={agency.id: agency.prescriber for agency in agencies},
        budgets=budgets,
    )  # fmt: skip
