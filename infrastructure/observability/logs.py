"""Structured logs: one line an event, as JSON or for a terminal, with secrets masked.

Owns the set-up of structlog and of the standard library's logging, which goes the same way.
"""

import logging
import sys
from collections.abc import Mapping
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from infrastructure.observability.masking import mask_fields, mask_text
from infrastructure.observability.traces import current_traceparent

# Below WARNING these write statements, signed URLs, headers or frames.
_QUIET = (
    "aiosqlite", "alembic", "asyncio", "asyncmy", "boto3", "botocore", "dramatiq", "httpcore",
    "httpx", "litestar", "opentelemetry", "s3transfer", "sqlalchemy", "urllib3", "uvicorn.access",
    "websockets",
)  # fmt: skip


class _OurHandler(logging.StreamHandler[TextIO]):
    """Marks the handler that a second set-up replaces."""


def configure_logging(*, level: str, style: str = "auto", stream: TextIO | None = None) -> None:
    """Sends every log of this process to `stream` (standard error when left out).

    `style` is json, console, or auto: console on a terminal. May be called again.
    """
    target = stream or sys.stderr
    console = style == "console" or (style == "auto" and target.isatty())
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_enriching(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = _OurHandler(target)
    handler.setFormatter(_formatter(console=console, colors=target.isatty()))
    _install(handler, level.upper())


def _enriching() -> list[Processor]:
    return [
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _add_trace,
    ]


def _formatter(*, console: bool, colors: bool) -> logging.Formatter:
    """Tracebacks are rendered without local variables: those hold what must not be seen."""
    render: list[Processor] = (
        [
            structlog.dev.ConsoleRenderer(
                colors=colors, exception_formatter=structlog.dev.plain_traceback
            )
        ]
        if console
        else [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(default=str)]
    )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_enriching(),
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            _mask_fields,
            *render,
            _mask_rendered,
        ],
    )


def _install(handler: logging.Handler, level: str) -> None:
    root = logging.getLogger()
    for old in [known for known in root.handlers if isinstance(known, _OurHandler)]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level)
    logging.captureWarnings(capture=True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in ("uvicorn", "uvicorn.error"):
        theirs = logging.getLogger(name)
        theirs.handlers.clear()
        theirs.propagate = True


def _add_trace(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    traceparent = current_traceparent()
    if traceparent:
        event.setdefault("trace", traceparent)
    return event


def _mask_fields(_logger: WrappedLogger, _method: str, event: EventDict) -> Mapping[str, Any]:
    return mask_fields(event)


def _mask_rendered(_logger: WrappedLogger, _method: str, line: Any) -> str:
    return mask_text(str(line))
