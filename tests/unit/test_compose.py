"""docker-compose.yml, checked as data: what no engine here can check by starting it."""

import importlib
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from contracts.keyring import ASHBY

ROOT = Path(__file__).parents[2]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
ALONE = yaml.safe_load((ROOT / "docker" / "rabbitmq-only.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
ADAPTERS = {party.id: party.kind.value for party in ASHBY}
OURS = ["broker", "consent", *ADAPTERS]
ENDS_BY_ITSELF = {"prepare"}

SETTINGS = {"broker": ("broker.settings", "BROKER_"), "consent": ("consent.settings", "CONSENT_")}


def settings_of(service: str) -> set[str]:
    """Every name in the environment that this program reads."""
    module, prefix = SETTINGS.get(service, ("agencies.settings", "ADAPTER_"))
    fields = importlib.import_module(module).Settings.model_fields
    return {str(field.validation_alias or f"{prefix}{name.upper()}") for name, field in fields.items()}


def bound(service: dict[str, Any]) -> list[str]:
    """The files of this project that a service mounts."""
    mounts = [each for each in service.get("volumes", []) if isinstance(each, dict) and each["type"] == "bind"]
    return [each["source"] for each in mounts if not each["source"].startswith("$")]


def mounted(service: dict[str, Any]) -> dict[str, str]:
    """Which folder of what was prepared lies where, and is read-only there."""
    mounts = [each for each in service["volumes"] if isinstance(each, dict) and each.get("source") == "prepared"]
    assert all(each["read_only"] for each in mounts)
    return {each["target"]: each["volume"]["subpath"] for each in mounts}


@pytest.mark.parametrize("name", OURS)
def test_every_setting_given_is_a_setting_there_is(name: str) -> None:
    assert set(SERVICES[name]["environment"]) <= settings_of(name)


@pytest.mark.parametrize("name", OURS)
def test_every_setting_without_a_default_is_given(name: str) -> None:
    module, prefix = SETTINGS.get(name, ("agencies.settings", "ADAPTER_"))
    fields = importlib.import_module(module).Settings.model_fields
    needed = {f"{prefix}{field.upper()}" for field, info in fields.items() if info.is_required()}
    assert needed <= set(SERVICES[name]["environment"])


def test_the_protocol_is_a_file_that_the_image_holds() -> None:
    inside = SERVICES["consent"]["environment"]["CONSENT_PROTOCOL"]
    assert (ROOT / inside.removeprefix("/relay/")).is_file()
    assert "COPY consent consent" in (ROOT / "Dockerfile").read_text()


def test_every_agency_has_an_adapter_of_its_kind_and_nobody_else_has_one() -> None:
    found = {
        service["environment"]["ADAPTER_AGENCY"]: service["command"]
        for service in SERVICES.values()
        if "ADAPTER_AGENCY" in service.get("environment", {})
    }
    assert found == {agency: [f"agencies.{kind}"] for agency, kind in ADAPTERS.items()}


@pytest.mark.parametrize("name", OURS)
def test_every_program_is_one_that_can_be_started(name: str) -> None:
    (module,) = SERVICES[name]["command"]
    assert importlib.util.find_spec(f"{module}.__main__") is not None


@pytest.mark.parametrize("name", sorted(set(SERVICES) - ENDS_BY_ITSELF))
def test_every_service_says_how_it_feels(name: str) -> None:
    health = SERVICES[name]["healthcheck"]
    assert health["test"][0] == "CMD"
    assert {"interval", "timeout", "retries"} <= set(health)


@pytest.mark.parametrize("name", OURS)
def test_its_health_is_asked_on_the_port_it_listens_on(name: str) -> None:
    (setting,) = (value for key, value in SERVICES[name]["environment"].items() if key.endswith("_HEALTH_PORT"))
    assert f":{setting}/health/ready" in SERVICES[name]["healthcheck"]["test"][-1]


@pytest.mark.parametrize("name", OURS)
def test_a_program_waits_for_what_it_needs(name: str) -> None:
    needs = {each: how["condition"] for each, how in SERVICES[name]["depends_on"].items()}
    assert needs.pop("prepare") == "service_completed_successfully"
    assert set(needs) == {"rabbitmq", "postgres"} - (set() if name in SETTINGS else {"postgres"})
    assert set(needs.values()) == {"service_healthy"}


@pytest.mark.parametrize("name", OURS)
def test_a_program_is_given_its_own_secrets_and_no_other(name: str) -> None:
    own = {"/keys": f"keys/{name}", "/tls": f"tls/{name}", "/public": "public"}
    assert mounted(SERVICES[name]) == own | ({"/passwords": f"passwords/{name}"} if name in SETTINGS else {})


def test_the_servers_are_given_their_own_secrets_and_no_other() -> None:
    assert mounted(SERVICES["rabbitmq"]) == {"/tls": "tls/rabbitmq"}
    assert mounted(SERVICES["postgres"]) == {"/passwords": "passwords/postgres"}


@pytest.mark.parametrize(("compose", "beside"), [(COMPOSE, ROOT), (ALONE, ROOT / "docker")], ids=["all", "alone"])
def test_every_file_that_is_mounted_exists(compose: dict[str, Any], beside: Path) -> None:
    files = [file for service in compose["services"].values() for file in bound(service)]
    assert files
    assert [file for file in files if not (beside / file).is_file()] == []


def test_every_volume_that_is_used_is_declared_and_every_declared_one_is_used() -> None:
    used = set()
    for service in SERVICES.values():
        for each in service.get("volumes", []):
            if isinstance(each, str):
                used.add(each.split(":")[0])
            elif each["type"] == "volume":
                used.add(each["source"])
    assert used == set(COMPOSE["volumes"])


@pytest.mark.parametrize("compose", [COMPOSE, ALONE], ids=["all", "alone"])
def test_rabbitmq_is_version_4(compose: dict[str, Any]) -> None:
    assert re.fullmatch(r"rabbitmq:4(\.\d+)*-management", compose["services"]["rabbitmq"]["image"])


@pytest.mark.parametrize("compose", [COMPOSE, ALONE], ids=["all", "alone"])
def test_nothing_listens_on_the_network(compose: dict[str, Any]) -> None:
    ports = [port for service in compose["services"].values() for port in service.get("ports", [])]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_there_is_no_secret_in_the_file() -> None:
    for service in SERVICES.values():
        for key, value in service.get("environment", {}).items():
            assert not re.search("PASSWORD|SECRET|TOKEN", key.removesuffix("_PASSWORD_FILE")), key
            assert not re.search(r"//[^/@]*:[^/@]*@", str(value)), key


@pytest.mark.parametrize("name", OURS)
def test_a_program_can_change_nothing_but_its_own_data(name: str) -> None:
    assert SERVICES[name]["read_only"] is True
    assert SERVICES[name]["cap_drop"] == ["ALL"]
    writable = [each for each in SERVICES[name]["volumes"] if isinstance(each, str)]
    assert writable == ([f"{name}:/data"] if name in ADAPTERS else [])


@pytest.mark.parametrize("name", OURS)
def test_messages_travel_over_tls_with_a_certificate(name: str) -> None:
    (url,) = (value for key, value in SERVICES[name]["environment"].items() if key.endswith("_AMQP_URL"))
    assert url.startswith("amqps://rabbitmq:5671/relay?auth=external&")
    assert all(f"={file}" in url for file in ("/tls/ca.crt", "/tls/own.crt", "/tls/own.key"))
