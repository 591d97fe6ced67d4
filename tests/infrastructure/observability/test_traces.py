"""Traces follow the sender, reach a collector, and cost nothing when nobody listens."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from infrastructure.observability.trace_export import exported_traces
from infrastructure.observability.traces import current_traceparent, span

TRACE = "0af7651916cd43dd8448eb211c80319c"
TRACEPARENT = f"00-{TRACE}-b7ad6b7169203331-01"


class Collector:
    """An OTLP/HTTP collector that keeps what it is sent."""

    def __init__(self) -> None:
        self.spans: dict[str, Span] = {}
        self.services: set[str] = set()

    def take(self, body: bytes) -> None:
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            for attribute in resource.resource.attributes:
                if attribute.key == "service.name":
                    self.services.add(attribute.value.string_value)
            for scope in resource.scope_spans:
                self.spans.update({sent.name: sent for sent in scope.spans})


@pytest.fixture
def collector() -> Iterator[tuple[Collector, str]]:
    kept = Collector()

    class Endpoint(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.path == "/v1/traces"
            kept.take(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            """Quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Endpoint) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield kept, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_spans_reach_the_collector_as_one_trace(collector: tuple[Collector, str]) -> None:
    kept, endpoint = collector
    with exported_traces(endpoint, role="api"):
        with span("request", TRACEPARENT, route="/streams"):
            sent_along = current_traceparent()
            with span("append"):
                pass
        with span("project", sent_along):
            pass
    assert {sent.trace_id.hex() for sent in kept.spans.values()} == {TRACE}
    assert kept.spans["append"].parent_span_id == kept.spans["request"].span_id
    assert kept.spans["project"].parent_span_id == kept.spans["request"].span_id
    assert kept.services == {"live-api"}


def test_failed_span_tells_the_type_and_not_the_text(collector: tuple[Collector, str]) -> None:
    kept, endpoint = collector
    with exported_traces(endpoint, role="api"):
        with pytest.raises(ValueError, match="planted"), span("request"):
            raise ValueError("planted")
        assert current_traceparent() is None
    failed = kept.spans["request"]
    assert failed.status.code == Status.STATUS_CODE_ERROR
    assert b"ValueError" in failed.SerializeToString()
    assert b"planted" not in failed.SerializeToString()


def test_traceparent_is_carried_along_when_tracing_is_off() -> None:
    with exported_traces("", role="api"), span("request", TRACEPARENT), span("append"):
        assert current_traceparent() == TRACEPARENT
    assert current_traceparent() is None


@pytest.mark.parametrize(
    "malformed",
    ["", "nonsense", f"00-{'0' * 32}-b7ad6b7169203331-01", f"ff-{TRACE}-b7ad6b7169203331-01"],
)
def test_malformed_traceparent_is_ignored(malformed: str) -> None:
    with span("request", malformed):
        assert current_traceparent() is None
