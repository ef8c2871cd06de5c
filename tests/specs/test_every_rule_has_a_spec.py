"""Every numbered rule that the program judges has a spec, and every spec that names a rule of consent has that rule."""

import importlib
import pkgutil
from types import ModuleType

import tests.specs
from tests.specs import consent as consent_specs
from tests.specs.consent.judging import ashby

RULES = frozenset(clause.partition("-")[0] for clause in ashby().clauses if clause.startswith("R"))
"""The numbered rules that the table judges."""


def specs(package: ModuleType) -> list[ModuleType]:
    found = pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
    return [importlib.import_module(one.name) for one in found if one.name.rpartition(".")[2].startswith("test_")]


def rules_of(package: ModuleType) -> set[str]:
    return {rule for spec in specs(package) for rule in getattr(spec, "rules", ())}


def test_every_rule_has_a_spec() -> None:
    assert rules_of(tests.specs) >= RULES


def test_every_spec_has_its_rule() -> None:
    assert rules_of(consent_specs) == RULES


def test_every_spec_of_consent_says_what_it_is_about() -> None:
    assert all(getattr(spec, "title", "") and hasattr(spec, "rules") for spec in specs(consent_specs))
