"""The scheduler: hands over deadlines as they fall due, and does what is done now and then.

Any number may run: deadlines are taken row by row, and the rest is harmless when done twice.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable

import structlog

from application.catalogue.services import REMOVE_ORPHANS
from infrastructure.cancelling import cancel
from infrastructure.faults import fault_text
from infrastructure.housekeeping import drop_expired_sessions, forget_commands
from infrastructure.scrubbing import scrub
from interfaces.platform import Platform
from projections.inventory.stock import list_unserved
from projections.projection import ProjectionBehind

_LONGEST_SLEEP = 1.0
_RETRY_SECONDS = 5.0
_SETTLING_SECONDS = 3.0
_UNSERVED_SECONDS = 3.0
_UNSERVED_AT_ONCE = 200
_EXPIRY_SECONDS = 0.5  # what is held is back in stock within two seconds of its time
_HOUR = 3600.0
_DAY = 24 * _HOUR
_KEPT_WEBHOOKS = 30 * _DAY
_KEPT_DEAD_JOBS = 90 * _DAY
_log = structlog.get_logger(__name__)


class Scheduler:
    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        settings = self._platform.settings
        audience = self._platform.services.audience
        look_seconds = self._platform.presence.refresh_seconds
        self._tasks = [
            asyncio.create_task(self._fire_deadlines()),
            asyncio.create_task(_every(settings.sweep_seconds, self._sweep)),
            asyncio.create_task(_every(settings.sweep_seconds, self._sweep_notices)),
            asyncio.create_task(_every(look_seconds, audience.look)),
            asyncio.create_task(_every(settings.audience_sample_seconds, self._count)),
            asyncio.create_task(_every(_EXPIRY_SECONDS, self._expire_holds)),
            asyncio.create_task(_every(_EXPIRY_SECONDS, self._expire_orders)),
            asyncio.create_task(_every(_UNSERVED_SECONDS, self._serve_waitlists)),
            asyncio.create_task(_every(settings.checkpoint_seconds, self._sign)),
            asyncio.create_task(_every(_HOUR, self._tidy)),
            asyncio.create_task(_every(_HOUR, self._renew_signing_keys)),
            asyncio.create_task(_every(_DAY, self._forget_commands)),
            asyncio.create_task(_every(_DAY, self._drop_sessions)),
            asyncio.create_task(_every(_DAY, self._scrub)),
            asyncio.create_task(_every(_DAY, self._remove_orphans)),
        ]

    async def stop(self) -> None:
        tasks, self._tasks = self._tasks, []
        await cancel(*tasks)

    async def _fire_deadlines(self) -> None:
        deadlines = self._platform.deadlines
        while True:
            try:
                if not await deadlines.fire_due():
                    await deadlines.wait_for_next(_LONGEST_SLEEP)
            except Exception as error:  # noqa: BLE001  # a dependency is away; they fire later
                _log.warning("deadlines wait", error=fault_text(error), seconds=_RETRY_SECONDS)
                await asyncio.sleep(_RETRY_SECONDS)

    async def _sweep(self) -> None:
        await self._platform.jobs.enqueue("streaming.sweep_live_inputs", f"{time.time():.3f}")

    async def _sweep_notices(self) -> None:
        await self._platform.jobs.enqueue("identity.sweep_notices")

    async def _expire_holds(self) -> None:
        await self._platform.services.holds.expire_due()

    async def _expire_orders(self) -> None:
        await self._platform.services.orders.expire_due()

    async def _serve_waitlists(self) -> None:
        """Whose job was lost: while somebody could be served, nobody else gets what is free."""
        after = ""
        while skus := await list_unserved(
            self._platform.views, limit=_UNSERVED_AT_ONCE, after=after
        ):
            await self._platform.services.waitlists.serve_each(skus)
            after = skus[-1]

    async def _count(self) -> None:
        """Who is in rooms, and how they react."""
        services = self._platform.services
        rooms = await services.audience.record()
        await asyncio.gather(*(services.chat.count_reactions(room) for room in rooms))

    async def _sign(self) -> None:
        checkpoint = await self._platform.checkpoints.sign()
        if checkpoint is not None:
            _log.info("log checkpoint signed", position=checkpoint.position, hash=checkpoint.hash)

    async def _tidy(self) -> None:
        platform = self._platform
        _log.info(
            "tidied up",
            webhooks=await platform.inbox.prune(older_than_seconds=_KEPT_WEBHOOKS),
            dead_jobs=await platform.dead_jobs.prune(older_than_seconds=_KEPT_DEAD_JOBS),
        )

    async def _renew_signing_keys(self) -> None:
        keys = self._platform.signing_keys
        made = await keys.rotate(days=self._platform.settings.signing_key_days)
        dropped = await keys.retire()
        if made or dropped:
            _log.info("signing keys renewed", made=int(made), dropped=dropped)

    async def _forget_commands(self) -> None:
        platform = self._platform
        days = platform.settings.command_retention_days
        forgotten = await forget_commands(platform.engine, older_than_days=days)
        _log.info("old commands forgotten", commands=forgotten)

    async def _drop_sessions(self) -> None:
        dropped = await drop_expired_sessions(self._platform.engine)
        _log.info("expired sessions dropped", sessions=dropped)

    async def _remove_orphans(self) -> None:
        if self._platform.settings.r2_endpoint_url:
            await self._platform.jobs.enqueue(REMOVE_ORPHANS)

    async def _scrub(self) -> None:
        await scrub(self._platform.engine, self._platform.redis)
        _log.info("stores scrubbed")


async def _every(seconds: float, do: Callable[[], Awaitable[None]]) -> None:
    """The first time soon, once the other roles are up. What fails is done again at its turn."""
    await asyncio.sleep(min(seconds, _SETTLING_SECONDS))
    while True:
        try:
            await do()
        except ProjectionBehind:
            _log.debug("periodic work waits for a view that is being built", work=do.__name__)
        except Exception as error:  # noqa: BLE001  # whatever it was, the next turn comes
            _log.warning("periodic work failed", work=do.__name__, error=fault_text(error))
        await asyncio.sleep(seconds)
