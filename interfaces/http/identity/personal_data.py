"""What is held on me, and being forgotten.

An export looks through the whole log, and anybody who is signed in may ask for theirs, guests too:
so one at a time is made in a process, and an account may ask a few times a minute.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
from litestar import Response, delete, get
from redis.asyncio import Redis

from application.ports import Overloaded
from application.processes.person_export import PersonExport
from domain.identity.commands import RequestErasure
from infrastructure.settings import Settings
from interfaces.http.auth import SIGNED_IN
from interfaces.http.commands import Accepted, execute
from interfaces.http.identity.answers import private
from interfaces.http.limits import RateLimiter
from interfaces.http.queries import seen_at
from interfaces.http.request import ApiRequest

_TAGS = ["Identity"]
_PER_MINUTE = 3
_PATIENCE_SECONDS = 10.0  # an export takes a second or two
_AGAIN_SECONDS = 15.0


class OneAtATime:
    def __init__(self, *, patience_seconds: float = _PATIENCE_SECONDS) -> None:
        self._turn = asyncio.Lock()
        self._patience_seconds = patience_seconds

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Waits for the others. Raises `Overloaded` when that takes too long."""
        try:
            async with asyncio.timeout(self._patience_seconds):
                await self._turn.acquire()
        except TimeoutError:
            raise Overloaded(_AGAIN_SECONDS) from None
        try:
            yield
        finally:
            self._turn.release()


class Exports(msgspec.Struct, frozen=True):
    limiter: RateLimiter
    desk: OneAtATime


def open_exports(redis: Redis, settings: Settings) -> Exports:
    limiter = RateLimiter(
        redis, prefix=f"{settings.redis_prefix}export:", per_minute=_PER_MINUTE, name="export"
    )
    return Exports(limiter, OneAtATime())


@get("/me/export", access=SIGNED_IN, tags=_TAGS, summary="Everything held on me")
async def export_me(request: ApiRequest) -> Response[PersonExport]:
    """From the log itself, complete up to `position`."""
    exports: Exports = request.app.state["exports"]
    await exports.limiter.count(request.exchange, request.scope["client"])
    async with exports.desk.turn():
        document = await request.platform.services.person_exports.export(request.caller.user_id)
    attachment = {"content-disposition": 'attachment; filename="my-data.json"'}
    return private(document, {**seen_at(document.position), **attachment})


@delete(
    "/me",
    access=SIGNED_IN,
    kind="command",
    status_code=202,
    tags=_TAGS,
    summary="Forget me",
)
async def erase_me(request: ApiRequest) -> Response[Accepted]:
    """Cannot be undone. Nobody gets into the account any more; within minutes the person's data
    can be read nowhere, and the providers have been told."""
    return await execute(request, RequestErasure(user_id=request.caller.user_id), status=202)


ROUTES = [export_me, erase_me]
