"""Sends spans to an OpenTelemetry collector over OTLP/HTTP, when one is configured."""

from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from infrastructure.observability.traces import use_tracer


@contextmanager
def exported_traces(endpoint: str, *, role: str) -> Iterator[None]:
    """Exports to `endpoint`/v1/traces while inside and sends what is left on the way out.

    `role` (api, worker …) completes the service's name. An empty endpoint turns tracing off.
    """
    if not endpoint:
        yield
        return
    provider = TracerProvider(resource=Resource.create({SERVICE_NAME: f"live-{role}"}))
    exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces")
    provider.add_span_processor(BatchSpanProcessor(exporter))
    use_tracer(provider.get_tracer("live"))
    try:
        yield
    finally:
        use_tracer(None)
        provider.shutdown()
