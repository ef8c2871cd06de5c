"""The page for the operator: alive, ready or why not, counters; and nothing else."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from wsgiref.simple_server import WSGIServer

import pytest

from contracts.health import start_health_page

reasons: list[str] = []
notes: list[str] = []


@pytest.fixture(scope="module")
def page() -> Iterator[WSGIServer]:
    server = start_health_page(0, lambda: list(reasons), notes=lambda: list(notes))
    yield server
    server.shutdown()
    server.server_close()


def asked(page: WSGIServer, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{page.server_port}{path}", timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_it_is_ready_when_there_is_no_reason_against_it(page: WSGIServer) -> None:
    reasons.clear()
    assert asked(page, "/health/ready") == (200, json.dumps({"ready": True, "reasons": []}))


def test_it_says_why_it_is_not_ready_and_is_alive_all_the_same(page: WSGIServer) -> None:
    reasons[:] = ["RabbitMQ is away", "the store is locked"]
    status, body = asked(page, "/health/ready")
    assert (status, json.loads(body)) == (503, {"ready": False, "reasons": ["RabbitMQ is away", "the store is locked"]})
    assert asked(page, "/health/live")[0] == 200


def test_what_is_under_way_is_said_beside_and_makes_nobody_unready(page: WSGIServer) -> None:
    reasons.clear()
    notes[:] = ["people are being given again"]
    status, body = asked(page, "/health/ready")
    notes.clear()
    assert (status, json.loads(body)) == (200, {"ready": True, "reasons": [], "notes": ["people are being given again"]})
    assert "notes" not in asked(page, "/health/live")[1]


def test_it_shows_its_counters(page: WSGIServer) -> None:
    status, body = asked(page, "/metrics")
    assert status == 200
    assert "# TYPE python_info gauge" in body


def test_there_is_nothing_else_to_see(page: WSGIServer) -> None:
    for path in ("/", "/health", "/health/ready/x", "/../directory.json"):
        assert asked(page, path) == (404, "not found\n")


def test_it_answers_on_this_machine_only(page: WSGIServer) -> None:
    assert page.server_address[0] == "127.0.0.1"
