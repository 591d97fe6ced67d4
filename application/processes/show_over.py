"""A show that is over sells nothing more, and nobody waits for what it offered."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime

from application.ports import CommandBus, DerivedId, EventLog
from application.processes.dispatching import by_system
from application.processes.process import Enqueue, Reaction
from domain.inventory.deciding import SKU
from domain.ordering.cart import Cart
from domain.ordering.carting import CART
from domain.ordering.commands import EndWaiting
from domain.ordering.errors import ShopMovedOnError
from domain.shared import Command, Recorded
from domain.showcase.commands import CloseShowcase
from domain.showcase.deciding import SHOWCASE
from domain.streaming.events import LiveStreamCancelled, LiveStreamEnded, LiveStreamFailed

CLOSE_SHOWCASE = "shop.close_showcase"
_AT_ONCE = 32
_TRIES = 3


class ShowOver:
    """Need not look twice, as the room's closing does: an offer is prepared only where the log has
    the show as not over."""

    name = "show_over"
    contexts = frozenset({"streaming"})

    def react(self, recorded: Recorded) -> Sequence[Reaction]:
        if not isinstance(recorded.event, LiveStreamEnded | LiveStreamFailed | LiveStreamCancelled):
            return ()
        return (Enqueue(CLOSE_SHOWCASE, (recorded.entity_id,)),)


class ShowClosing:
    """Closes first: nobody joins a waitlist from then on, so whoever is found waiting is all."""

    def __init__(
        self,
        *,
        bus: CommandBus,
        log: EventLog,
        clock: Callable[[], datetime],
        derived_id: DerivedId,
    ) -> None:
        self._bus = bus
        self._log = log
        self._clock = clock
        self._derived_id = derived_id

    async def close_showcase(self, stream_id: str) -> None:
        """The job. Repeating it, after breaking off anywhere, goes on with who still waits."""
        await self._execute(CloseShowcase(stream_id=stream_id), stream_id)
        waiting = await self._who_waits(stream_id)
        for start in range(0, len(waiting), _AT_ONCE):
            await asyncio.gather(*map(self._end_waiting, waiting[start : start + _AT_ONCE]))

    def jobs(self) -> Mapping[str, Callable[..., Awaitable[None]]]:
        """The methods that run as jobs, by the jobs' names. Their arguments are all text."""
        return {CLOSE_SHOWCASE: self.close_showcase}

    async def _who_waits(self, stream_id: str) -> list[str]:
        """Carts of this show, each once."""
        showcase = (await self._log.load(SHOWCASE, SHOWCASE.stream(stream_id))).state
        found: dict[str, None] = {}
        for sku in dict.fromkeys(offer.terms.sku for offer in showcase.offers.values()):
            line = (await self._log.load(SKU, SKU.stream(sku))).state.waitlist
            found.update({one.cart_id: None for one in line if one.stream_id == stream_id})
        return list(found)

    async def _end_waiting(self, cart_id: str) -> None:
        for last in (False,) * (_TRIES - 1) + (True,):
            cart = (await self._log.load(CART, CART.stream(cart_id))).state
            try:
                await self._execute(EndWaiting(cart_id=cart_id, skus=_awaited(cart)), cart_id)
            except ShopMovedOnError:
                if last:
                    raise
            else:
                return

    async def _execute(self, command: Command, about: str) -> None:
        command_id = self._derived_id(CLOSE_SHOWCASE, about)
        await self._bus.execute(
            by_system(command, command_id, job=CLOSE_SHOWCASE, now=self._clock())
        )


def _awaited(cart: Cart) -> tuple[str, ...]:
    """SKUs the cart waits for, each once."""
    return tuple(dict.fromkeys(line.sku for line in cart.lines.values() if line.waiting))
