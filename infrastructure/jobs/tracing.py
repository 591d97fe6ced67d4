"""Carries a trace from who hands a job over to who runs it (W3C Trace Context)."""

from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

_PROPAGATOR = TraceContextTextMapPropagator()


def current_traceparent() -> str | None:
    carrier: dict[str, str] = {}
    _PROPAGATOR.inject(carrier)
    return carrier.get("traceparent")


@contextmanager
def span_under(traceparent: str | None, name: str) -> Iterator[None]:
    """A span below the sender's; without a sender, the root of a trace of its own."""
    context = _PROPAGATOR.extract({"traceparent": traceparent} if traceparent else {})
    with trace.get_tracer("live.jobs").start_as_current_span(name, context=context):
        yield
