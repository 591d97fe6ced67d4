"""What carts hold beyond its time goes back to stock, whoever made the hold and wherever."""

from collections.abc import Callable, Sequence
from datetime import datetime

from application.handling import Decision, Handler, Handlers, States, no_answer
from application.ordering.carts import CartIndex, DueCart
from application.ports import CommandBus, DerivedId, Dispatch, EventLog
from application.processes.dispatching import by_system
from application.processes.expiring import expire_all
from application.processes.shelves import Shelves, cart_reservation
from domain.inventory import deciding as stock
from domain.inventory.deciding import SKU
from domain.ordering import carting
from domain.ordering.cart import Cart
from domain.ordering.carting import CART
from domain.ordering.commands import ExpireHolds
from domain.ordering.errors import ShopMovedOnError

EXPIRE_HOLDS = "shop.expire_holds"
_TRIES = 3


class Holds:
    """Looks for what is due in a view, and has each cart decide on the log. Any number may look at
    once: each cart and time is one command."""

    def __init__(
        self,
        *,
        bus: CommandBus,
        log: EventLog,
        index: CartIndex,
        clock: Callable[[], datetime],
        derived_id: DerivedId,
    ) -> None:
        self._bus = bus
        self._log = log
        self._index = index
        self._clock = clock
        self._derived_id = derived_id

    async def expire_due(self) -> int:
        """How many carts were due. One that fails does not keep the others; the first failure is
        raised when all have been tried."""
        now = self._clock()
        return await expire_all(
            lambda limit, after: self._index.due(now, limit=limit, after=after),
            lambda due: (due.due_at, due.cart_id),
            lambda due: self._expire(due, now),
        )

    async def _expire(self, due: DueCart, now: datetime) -> None:
        """Where the cart holds of other SKUs by now than the view knew, it is looked at itself."""
        skus: Sequence[str] = due.skus
        for last in (False,) * (_TRIES - 1) + (True,):
            command = ExpireHolds(cart_id=due.cart_id, skus=tuple(skus), now=now)
            try:
                await self._bus.execute(self._dispatch(command, due))
            except ShopMovedOnError:
                if last:
                    raise
                cart = (await self._log.load(CART, CART.stream(due.cart_id))).state
                skus = held_skus(cart)
            else:
                return

    def _dispatch(self, command: ExpireHolds, due: DueCart) -> Dispatch:
        """The id tells what the view knew: where that was behind and nothing is due yet, what
        becomes due has another."""
        command_id = self._derived_id(
            EXPIRE_HOLDS, due.cart_id, due.due_at.isoformat(), str(due.position)
        )
        return by_system(command, command_id, job=EXPIRE_HOLDS, now=command.now)


def held_skus(cart: Cart) -> tuple[str, ...]:
    """Of which the cart holds something, each once."""
    return tuple(dict.fromkeys(line.sku for line in cart.lines.values() if line.held))


def _streams(command: ExpireHolds) -> tuple[str, ...]:
    return (CART.stream(command.cart_id), *map(SKU.stream, command.skus))


def _expire(states: States, command: ExpireHolds) -> Decision:
    """Of [cart, SKUs …]."""
    cart: Cart = states[0]
    shelves = Shelves(command.skus, states[1:])
    expired = carting.expire_holds(cart, command.now)
    for each in expired:
        reservation = cart_reservation(command.cart_id, cart, each.offer_id)
        shelves.move(cart.line(each.offer_id).sku, stock.expire, each.quantity, reservation)
    return (expired, *shelves.facts())


HANDLERS: Handlers = {ExpireHolds: Handler((CART, SKU), _streams, _expire, no_answer)}
