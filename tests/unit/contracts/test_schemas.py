"""The published forms are current, and say of real messages what the reader says."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from contracts import topology
from contracts.kinds import SHAPES, Kind
from contracts.schemas import FOLDER, documents, kind_file, main
from tests.factories import delivery_bytes, delivery_of, letter, partnership, sealed

FILES: dict[str, dict[str, Any]] = {name: json.loads(content) for name, content in documents().items()}
SCHEMAS = {name: content for name, content in FILES.items() if name != "asyncapi.json"}
ASYNCAPI = FILES["asyncapi.json"]
PUBLISHED: Registry[Any] = Registry().with_resources(
    [(name, Resource.from_contents(content)) for name, content in SCHEMAS.items()]
)


def accepted(name: str, value: Any) -> bool:
    return Draft202012Validator(SCHEMAS[name], registry=PUBLISHED).is_valid(value)


def test_the_files_in_the_repository_are_current(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--check"]) == 0
    assert capsys.readouterr().err == ""
    assert {path.name for path in FOLDER.iterdir()} == set(FILES)


def test_a_stale_a_missing_and_a_stray_file_are_each_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path)]) == 0
    (tmp_path / "permit.json").write_text("{}")
    (tmp_path / "notice.json").unlink()
    (tmp_path / "stray.json").write_text("{}")
    capsys.readouterr()
    assert main(["--check", str(tmp_path)]) == 1
    assert [line.split()[0] for line in capsys.readouterr().err.splitlines()] == ["notice.json", "permit.json", "stray.json"]
    # Checking changed nothing; writing puts it right.
    assert (tmp_path / "stray.json").exists()
    assert main([str(tmp_path)]) == 0
    assert main(["--check", str(tmp_path)]) == 0


def test_they_are_written_the_same_each_time() -> None:
    assert documents() == documents()


@pytest.mark.parametrize("name", SCHEMAS)
def test_each_is_a_schema_that_names_itself(name: str) -> None:
    Draft202012Validator.check_schema(SCHEMAS[name])
    assert SCHEMAS[name]["$id"] == name
    assert SCHEMAS[name]["description"].endswith((".", ")"))


@pytest.mark.parametrize("kind", list(Kind))
def test_a_real_message_of_every_kind_fits_its_published_form(kind: Kind) -> None:
    made = letter(kind)
    assert accepted("submission.json", json.loads(sealed(kind)))
    parts: dict[str, Any] = {"said": made.said, "facts": made.facts, "step": made.step}
    inside = {name: part.model_dump(mode="json") for name, part in parts.items() if part is not None}
    assert accepted(kind_file(kind), inside)
    assert not accepted(kind_file(kind), {**inside, "more": 1})
    for name in inside:
        assert not accepted(kind_file(kind), {key: value for key, value in inside.items() if key != name})


def test_a_real_delivery_and_the_real_directory_fit_theirs() -> None:
    delivery = json.loads(delivery_bytes(delivery_of(sealed())))
    assert accepted("delivery.json", delivery)
    assert accepted("permit.json", delivery["permit"])
    keys = partnership().folder
    assert accepted("directory.json", json.loads((keys / "directory.json").read_bytes()))
    assert accepted("root.json", json.loads((keys / "root.json").read_bytes()))


def test_the_published_form_refuses_what_the_reader_refuses() -> None:
    good = json.loads(sealed())
    spoilt: list[dict[str, Any]] = [
        {**good, "more": 1},
        {**good, "header": {**good["header"], "v": 2}},
        {**good, "header": {**good["header"], "kind": "referral-made/9"}},
        {**good, "header": {key: value for key, value in good["header"].items() if key != "in_reply_to"}},
        {**good, "for_broker": {**good["for_broker"], "step": {"step": "promote"}}},
        {**good, "for_broker": {key: value for key, value in good["for_broker"].items() if key != "step"}},
        {**good, "signature": "not base64"},
    ]
    assert [number for number, value in enumerate(spoilt) if accepted("submission.json", value)] == []


# --- AsyncAPI 3.0: what the specification requires, as far as it can be told without a network


def test_the_document_has_what_asyncapi_requires() -> None:
    assert ASYNCAPI["asyncapi"] == "3.0.0"
    assert {"title", "version"} <= set(ASYNCAPI["info"])
    for server in ASYNCAPI["servers"].values():
        assert {"host", "protocol"} <= set(server)
    for operation in ASYNCAPI["operations"].values():
        assert operation["action"] in {"send", "receive"}
        assert set(operation["channel"]) == {"$ref"}
    for channel in ASYNCAPI["channels"].values():
        assert {"address", "messages"} <= set(channel)
        used = {name.split("}")[0] for name in (channel["address"] or "").split("{")[1:]}
        assert used == set(channel.get("parameters", {}))
    for scheme in ASYNCAPI["components"]["securitySchemes"].values():
        assert scheme["type"] in {"X509", "userPassword"}


def references(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [one for key, inside in value.items() for one in ([inside] if key == "$ref" else references(inside))]
    return [one for inside in value for one in references(inside)] if isinstance(value, list) else []


def test_every_reference_leads_somewhere() -> None:
    found = references(ASYNCAPI)
    for reference in found:
        if reference.startswith("./"):
            assert reference[2:] in FILES
            continue
        inside: Any = ASYNCAPI
        for step in reference.removeprefix("#/").split("/"):
            inside = inside[step]
    assert len(found) > 50


def test_every_kind_can_be_sent_and_every_message_travels_somewhere() -> None:
    channels = ASYNCAPI["channels"]
    assert {message["name"] for message in ASYNCAPI["components"]["messages"].values()} >= {kind.value for kind in SHAPES}
    assert len(channels["submit"]["messages"]) == len(Kind)
    travelling = {name for channel in channels.values() for name in channel["messages"]}
    assert travelling == set(ASYNCAPI["components"]["messages"])


def test_channels_are_those_of_the_topology() -> None:
    channels = ASYNCAPI["channels"]
    assert channels["submit"]["bindings"]["amqp"]["exchange"]["name"] == topology.SUBMIT
    queues = {queue.name for queue in topology.queues(("{agency}",))}
    addresses = {channels[name]["address"] for name in ("inbox", "questions", "outcomes")}
    assert addresses <= queues
