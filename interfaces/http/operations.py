"""For those who run it, and the texts client apps share: health, metrics, languages."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import cast

import msgspec
from litestar import Response, get
from litestar.params import FromPath
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from application.ports import JobsUnavailable, LogUnavailable
from interfaces.http.auth import PUBLIC, UNCOUNTED
from interfaces.http.i18n import LANGUAGES, catalogue
from interfaces.http.refusals import Refusal
from interfaces.http.request import ApiRequest
from interfaces.http.validation import FieldError
from interfaces.platform import Platform

_PATIENCE_SECONDS = 1.0
_DOWN = (SQLAlchemyError, RedisError, JobsUnavailable, LogUnavailable, OSError, TimeoutError)


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """`dependencies` has each one's state by name."""

    status: str
    dependencies: dict[str, str] = {}


class NotReady(Refusal):
    """`errors` names the dependencies that are down."""

    code = "not_ready"
    status = 503


class LanguageNotFound(Refusal):
    code = "language_not_found"
    status = 404


@get("/health/live", access=UNCOUNTED, tags=["Operations"], summary="Is the process alive?")
async def live() -> Health:
    """Answers as long as the process serves at all; asks no dependency."""
    return Health(status="live")


@get("/health/ready", access=UNCOUNTED, tags=["Operations"], summary="Can requests be served?")
async def ready(request: ApiRequest) -> Health:
    """503 `not_ready` names every dependency that does not answer within a second, and the
    `sequencer` once it takes no more commands: then only a restart helps."""
    checks = _checks(request.platform)
    states = dict(zip(checks, await asyncio.gather(*map(_is_up, checks.values())), strict=True))
    down = [FieldError(name, "down") for name, up in states.items() if not up]
    if down:
        raise NotReady({"retry-after": "1"}, errors=tuple(down))
    return Health(status="ready", dependencies=dict.fromkeys(states, "up"))


@get(
    "/metrics",
    access=UNCOUNTED,
    tags=["Operations"],
    summary="Metrics for Prometheus",
    media_type="text/plain",
)
async def metrics() -> Response[bytes]:
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


@get("/i18n/{language:str}", access=PUBLIC, tags=["Operations"], summary="Texts in one language")
async def texts(request: ApiRequest, language: FromPath[str]) -> Response[bytes]:
    """An ARB file; the same texts the problems are made of. Answers 304 to a matching ETag."""
    if language not in LANGUAGES:
        raise LanguageNotFound
    body, etag = catalogue().file(language)
    headers = {"etag": etag, "cache-control": "public, max-age=300", "content-language": language}
    if etag in request.exchange.header(b"if-none-match"):
        return Response(b"", status_code=304, headers=headers)
    return Response(body, headers=headers, media_type="application/json")


def _checks(platform: Platform) -> dict[str, Callable[[], Awaitable[object]]]:
    async def database() -> None:
        async with platform.engine.connect() as connection:
            await connection.execute(text("SELECT 1"))

    async def sequencer() -> None:
        if not platform.bus.at_work:
            raise LogUnavailable

    return {
        "database": database,
        "sequencer": sequencer,
        "redis": lambda: cast("Awaitable[object]", platform.redis.ping()),
        "jobs": platform.jobs.sizes,
    }


async def _is_up(check: Callable[[], Awaitable[object]]) -> bool:
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            await check()
    except _DOWN:
        return False
    return True


PROBES = [live, ready, metrics]
ROUTES = [*PROBES, texts]
