"""Traces are sent to whoever the settings name, as one chain through all services; else nowhere."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import app_fleet
import pytest
from app_fleet import Instance
from app_servers import HERE, free_port
from app_traffic import Client
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from waiting import eventually


@contextmanager
def collector() -> Iterator[tuple[str, list[Span]]]:
    """Somebody to send traces to, and what came."""
    spans: list[Span] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path == "/v1/traces":
                sent = ExportTraceServiceRequest.FromString(body)
                for resource in sent.resource_spans:
                    for scope in resource.scope_spans:
                        spans.extend(scope.spans)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer((HERE, 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://{HERE}:{server.server_port}", spans
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.servers
def test_a_request_through_two_services_is_one_trace(env: dict[str, str], logs: Path) -> None:
    port = free_port()
    with collector() as (endpoint, spans):
        own = env | {
            "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint, "OTEL_BSP_SCHEDULE_DELAY": "100",
            "SERVICE_URL": f"http://{HERE}:{port}/{{module}}/..",
        }  # fmt: skip
        service = Instance("web", own | {"MODULES": "payment"}, logs / "payment.log", port=port)
        try:
            service.ready()
            with app_fleet.instance("web", own | {"MODULES": "user"}, logs) as web:
                client = Client(f"http://{HERE}:{web.port}")
                assert client.ask("GET", "/api/payment/records").status == 200
                assert eventually(lambda: len(spans) == 2)
        finally:
            service.stop()
    assert {span.name for span in spans} == {"GET /api/{module}/records"}
    assert len({span.trace_id for span in spans}) == 1
    ids, parents = {span.span_id for span in spans}, {span.parent_span_id for span in spans}
    assert len(ids & parents) == 1, "one is below the other"


def test_without_an_endpoint_there_is_not_even_an_exporter() -> None:
    code = (
        "import sys; from reference_app import tracing, web;"
        " tracing.start(None, 'web')();"
        " sys.exit(any(name.startswith('opentelemetry.exporter') for name in sys.modules))"
    )
    done = subprocess.run(  # noqa: S603 our own arguments
        [sys.executable, "-c", code], env=app_fleet.own_environment(), check=False
    )
    assert done.returncode == 0
