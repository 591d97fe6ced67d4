"""Spans that follow a command from request through log, projection and job (W3C trace context).

Without an exporter nothing is recorded and a span costs next to nothing; a caller's traceparent
is carried along all the same. Sending spans away is trace_export.py's.
"""

import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar

from opentelemetry import trace
from opentelemetry.trace import SpanContext, Status, StatusCode, TraceFlags, Tracer

_TRACEPARENT = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")
_NOTHING = nullcontext()
_CARRIED: ContextVar[str | None] = ContextVar("traceparent", default=None)

AttributeValue = str | int | float | bool


class _Tracing:
    tracer: Tracer | None = None


def use_tracer(tracer: Tracer | None) -> None:
    """None turns recording off."""
    _Tracing.tracer = tracer


def current_traceparent() -> str | None:
    """The `traceparent` of the span we are in, as it goes into headers, envelopes and jobs."""
    if _Tracing.tracer is None:
        return _CARRIED.get()
    context = trace.get_current_span().get_span_context()
    if not context.is_valid:
        return None
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"


def span(
    name: str, traceparent: str | None = None, **attributes: AttributeValue
) -> AbstractContextManager[None]:
    """A span below the one that is open, or below the remote one that `traceparent` names.

    A malformed `traceparent` is ignored, as the specification asks for.
    """
    if _Tracing.tracer is not None:
        return _recorded(_Tracing.tracer, name, traceparent, attributes)
    if traceparent and _remote(traceparent):
        return _carrying(traceparent)
    return _NOTHING


@contextmanager
def _recorded(
    tracer: Tracer, name: str, traceparent: str | None, attributes: dict[str, AttributeValue]
) -> Iterator[None]:
    """An error is told by its type alone: its text may hold what does not belong in a trace."""
    remote = _remote(traceparent) if traceparent else None
    parent = trace.set_span_in_context(trace.NonRecordingSpan(remote)) if remote else None
    with tracer.start_as_current_span(
        name, parent, attributes=attributes, record_exception=False, set_status_on_exception=False
    ) as opened:
        try:
            yield
        except Exception as error:
            opened.set_attribute("error.type", type(error).__qualname__)
            opened.set_status(Status(StatusCode.ERROR))
            raise


@contextmanager
def _carrying(traceparent: str) -> Iterator[None]:
    token = _CARRIED.set(traceparent)
    try:
        yield
    finally:
        _CARRIED.reset(token)


def _remote(traceparent: str) -> SpanContext | None:
    found = _TRACEPARENT.fullmatch(traceparent)
    if not found:
        return None
    trace_id, span_id, flags = (int(part, 16) for part in found.groups())
    context = SpanContext(trace_id, span_id, is_remote=True, trace_flags=TraceFlags(flags))
    return context if context.is_valid else None
