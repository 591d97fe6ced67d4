"""Who waits for a SKU gets what comes free of it, first come first served."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime

from application.handling import Decision, Handler, Handlers, States, no_answer
from application.ports import CommandBus, DerivedId, Dispatch, EventLog
from application.processes.dispatching import by_system
from application.processes.process import Enqueue, Reaction
from application.processes.shelves import Shelves, cart_reservation
from domain.inventory import deciding as stock
from domain.inventory import events as fact
from domain.inventory.deciding import SKU
from domain.inventory.sku import Sku
from domain.ordering import carting
from domain.ordering.cart import Cart
from domain.ordering.carting import CART, Facts
from domain.ordering.commands import EndWaiting, ServeWaitlist
from domain.shared import Recorded

SERVE_WAITLIST = "shop.serve_waitlist"
_AT_ONCE = 20  # who is served by one command: a long line must not hold up whoever else decides
_FREEING = (
    fact.StockReceived
    | fact.StockAdjusted
    | fact.ReservationReleased
    | fact.ReservationExpired
    | fact.StockReturned
    | fact.WaitlistJoined
)


class WaitlistServing:
    """Sees units come free while somebody waits, or somebody wait while units are free. Other facts
    need no look: the job goes on until nothing is left or nobody can be served."""

    name = "waitlist"
    contexts = frozenset({"inventory"})

    def react(self, recorded: Recorded) -> Sequence[Reaction]:
        event = recorded.event
        if isinstance(event, _FREEING) and event.available > 0 and event.waiting > 0:
            return (Enqueue(SERVE_WAITLIST, (recorded.entity_id,)),)
        return ()


class Waitlists:
    """Serves by what the log says; it never lags."""

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

    async def serve(self, sku: str) -> None:
        """The job. Whoever runs it as well at the same time asks under the same command ids, and
        what came between is seen by the next look."""
        while True:
            found = await self._log.load(SKU, SKU.stream(sku))
            cart_ids = stock.first_in_line(found.state, _AT_ONCE)
            if not cart_ids:
                return
            command = ServeWaitlist(sku=sku, cart_ids=cart_ids, now=self._clock())
            command_id = self._derived_id(SERVE_WAITLIST, sku, str(found.version))
            await self._bus.execute(self._dispatch(command, command_id))

    async def serve_each(self, skus: Sequence[str]) -> None:
        """One that fails does not keep the others; the first failure is raised when all have been
        tried."""
        outcomes = await asyncio.gather(*map(self.serve, skus), return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome

    def jobs(self) -> Mapping[str, Callable[..., Awaitable[None]]]:
        """The methods that run as jobs, by the jobs' names. Their arguments are all text."""
        return {SERVE_WAITLIST: self.serve}

    def _dispatch(self, command: ServeWaitlist, command_id: str) -> Dispatch:
        return by_system(command, command_id, job=SERVE_WAITLIST, now=command.now)


def _serve_streams(command: ServeWaitlist) -> tuple[str, ...]:
    return (SKU.stream(command.sku), *map(CART.stream, command.cart_ids))


def _serve(states: States, command: ServeWaitlist) -> Decision:
    """Of [SKU, carts …]. Stops where another than the named is first: nobody is passed by.
    One cart may wait for many offers, so who is served is counted, not carts."""
    sku: Sku = states[0]
    carts: dict[str, Cart] = dict(zip(command.cart_ids, states[1:], strict=True))
    in_carts: dict[str, Facts] = dict.fromkeys(command.cart_ids, ())
    in_stock: Facts = ()
    for _ in range(_AT_ONCE):
        first = stock.next_in_line(sku)
        if first is None or first.cart_id not in carts:
            break
        quantity, served = stock.serve(sku, first)
        sku, in_stock = stock.after(sku, served), (*in_stock, *served)
        cart = carts[first.cart_id]
        until = carting.seconds_from(command.now, first.answer_seconds)
        held = carting.hold(cart, first.offer_id, quantity, until, waited=True)
        carts[first.cart_id] = carting.after(cart, held)
        in_carts[first.cart_id] += held
    return (in_stock, *in_carts.values())


def _end_streams(command: EndWaiting) -> tuple[str, ...]:
    return (CART.stream(command.cart_id), *map(SKU.stream, command.skus))


def _end(states: States, command: EndWaiting) -> Decision:
    """Of [cart, SKUs …]."""
    cart: Cart = states[0]
    shelves = Shelves(command.skus, states[1:])
    ended = carting.end_waiting(cart)
    for each in ended:
        reservation = cart_reservation(command.cart_id, cart, each.offer_id)
        sku = cart.line(each.offer_id).sku
        shelves.move(sku, stock.leave_waitlist, each.quantity, reservation, "show_over")
    return (ended, *shelves.facts())


HANDLERS: Handlers = {
    ServeWaitlist: Handler((SKU, CART), _serve_streams, _serve, no_answer),
    EndWaiting: Handler((CART, SKU), _end_streams, _end, no_answer),
}
