"""Write the directory of services: from the list that people keep to the signed file beside the key directory.

The list is YAML, one entry a service, in the words of ``offers``. Leaves out: trusting the file (``offers``).
"""

from pathlib import Path
from typing import Any, Final

import yaml
from pydantic import ValidationError

from contracts.canonical import to_base64
from contracts.directory import DirectoryError, OfficerSignature
from contracts.keyring import load_signing_key
from contracts.offers import SERVICES_FILE, Service, ServiceDocument, SignedServices, services_hash

_YEAR: Final = 365 * 86_400_000


def sign_services(entries: Path, keys: Path, officers: tuple[str, ...], *, now: int, version: int) -> ServiceDocument:
    """Read the list, sign it with the keys of these officers in ``keys``/officers, and write it. DirectoryError: why not."""
    document = ServiceDocument(
        v=1, version=version, valid_from=now - 60_000, expires=now + _YEAR, services=read_entries(entries, now)
    )
    signatures = []
    for officer in officers:
        key = load_signing_key(keys / "officers", officer)
        signatures.append(OfficerSignature(officer=key.id, signature=to_base64(key.sign(services_hash(document)))))
    signed = SignedServices(document=document, signatures=tuple(signatures))
    # In one step: the broker takes it in while it runs.
    fresh = keys / f".{SERVICES_FILE}.new"
    fresh.write_bytes(signed.wire())
    fresh.replace(keys / SERVICES_FILE)
    return document


def read_entries(entries: Path, now: int) -> tuple[Service, ...]:
    """The services of a list. A count of places without a time was made now."""
    try:
        found = yaml.safe_load(entries.read_text())
        return tuple(Service.model_validate(_tuples(_counted(entry, now))) for entry in found["services"])
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors(include_input=False)[0]["loc"])
        raise DirectoryError(f"{entries.name}: the field {where} of an entry is not as it should be") from None
    except (OSError, KeyError, TypeError, yaml.YAMLError):
        raise DirectoryError(f"{entries.name} cannot be read as a list of services") from None


def _counted(entry: dict[str, Any], now: int) -> dict[str, Any]:
    counts = [{"updated": now} | each for each in entry.get("capacities", [])]
    return {**entry, "capacities": counts}


def _tuples(value: Any) -> Any:
    """Lists as the strict models want them."""
    if isinstance(value, list):
        return tuple(_tuples(each) for each in value)
    if isinstance(value, dict):
        return {name: _tuples(each) for name, each in value.items()}
    return value
