"""The page every service shows its operator: alive, ready or why not, and its counters for Prometheus.

``/health/live`` answers while the process runs; ``/health/ready`` answers 200, or 503 with the reasons, and in either case with
notes on what is under way, if anything is; ``/metrics`` is Prometheus text. On a thread of its own, so that a busy loop still
answers. Leaves out: what readiness means to a service.
"""

import json
import threading
from collections.abc import Callable, Iterable
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import make_wsgi_app

Ready = Callable[[], list[str]]
Notes = Callable[[], list[str]]


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name that the standard library gave it
        """Say nothing: an address line for each probe is no news."""


def start_health_page(port: int, ready: Ready, *, notes: Notes = list, host: str = "127.0.0.1") -> WSGIServer:
    """Serve until the process ends. ``ready`` returns the reasons why not, in plain words; none means ready.

    ``notes``: what is under way and no reason against being ready, such as a register that is being re-keyed.
    """
    metrics = make_wsgi_app()

    def page(environ, start_response) -> Iterable[bytes]:  # type: ignore[no-untyped-def]
        path = environ["PATH_INFO"]
        if path == "/metrics":
            return metrics(environ, start_response)  # type: ignore[no-any-return]
        if path not in {"/health/live", "/health/ready"}:
            start_response("404 Not Found", [("Content-Type", "text/plain")])
            return [b"not found\n"]
        asked = path == "/health/ready"
        reasons, under_way = (ready(), notes()) if asked else ([], [])
        said = {"ready" if asked else "live": not reasons, "reasons": reasons} | ({"notes": under_way} if under_way else {})
        start_response("503 Service Unavailable" if reasons else "200 OK", [("Content-Type", "application/json")])
        return [json.dumps(said).encode()]

    server = make_server(host, port, page, handler_class=_Quiet)
    threading.Thread(target=server.serve_forever, name="health", daemon=True).start()
    return server
