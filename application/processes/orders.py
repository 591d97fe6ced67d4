"""Orders from checkout to return, as HTTP and the clock ask for them: looks up which streams a
command touches, and looks again where the shop was faster."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from msgspec.structs import replace

from application.ordering.answers import OrderAnswer
from application.ordering.due_orders import DueOrder, OrderIndex
from application.ordering.numbering import Numbers
from application.ordering.ports import Clock, CommerceTerms, NewId
from application.ports import (
    CommandBus,
    DerivedId,
    Dispatch,
    EventLog,
    KnownCommands,
    Outcome,
    RecentStates,
)
from application.processes import purchasing
from application.processes.dispatching import by_system
from application.processes.expiring import expire_all
from application.processes.looking import Look, Lookout
from application.processes.purchasing import Purchase
from domain.money import nothing
from domain.ordering.commands import (
    CancelOrder,
    DeliverOrder,
    ExpireOrder,
    MarkOrderPaid,
    OrderCommand,
    PlaceOrder,
    ReceiveReturn,
    ReceiveUncollected,
)
from domain.ordering.errors import (
    NotTheBuyerError,
    OrderNotFoundError,
    ShopMovedOnError,
    WrongAmountError,
)
from domain.ordering.order import Order
from domain.ordering.ordering import ORDER
from domain.shared import Command, DomainError

EXPIRE_ORDER = "shop.expire_order"
# Puts a command into the envelope of whoever asks; the same command id every time.
Enveloped = Callable[[Command], Dispatch]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderPorts:
    """Everything orders need from the outside."""

    bus: CommandBus
    log: EventLog
    recent: RecentStates
    known: KnownCommands
    terms: CommerceTerms
    numbers: Numbers
    index: OrderIndex
    clock: Clock
    new_id: NewId
    derived_id: DerivedId


class Orders:
    """Checkout, settling, cancelling, sending and returns. A command id that comes again gets its
    first answer, whatever has become of the order since."""

    def __init__(self, ports: OrderPorts) -> None:
        self._bus = ports.bus
        self._known = ports.known
        self._terms = ports.terms
        self._numbers = ports.numbers
        self._index = ports.index
        self._clock = ports.clock
        self._new_id = ports.new_id
        self._derived_id = ports.derived_id
        self._lookout = Lookout(ports.bus, ports.recent, ports.log)
        self._log = ports.log

    async def place(self, purchase: Purchase, enveloped: Enveloped) -> Outcome:
        """Orders what is in the cart; answers the order, or the one it joined. Raises what the
        cart, the coupon, the stock or the terms refuse with."""
        order_id = self._new_id()

        async def named(look: Look) -> Dispatch:
            command = await self._place_order(purchase, order_id, look)
            return replace(envelope, command=command)

        envelope = enveloped(purchasing.unresolved(purchase, order_id))
        try:
            return await self._lookout.execute(named)
        except DomainError:
            first = await self._known.outcome(envelope)
            if first is None:
                raise
            return first

    async def quote(self, purchase: Purchase) -> OrderAnswer:
        """What it would come to now; nothing is recorded. Raises what placing it would."""
        look = self._log.load
        command = await purchasing.resolved(purchase, "", look, self._terms)
        command = await purchasing.merged(command, look, self._log)
        return await purchasing.quoted(purchasing.sent_somewhere(command), look)

    async def _place_order(self, purchase: Purchase, order_id: str, look: Look) -> PlaceOrder:
        command = await purchasing.resolved(purchase, order_id, look, self._terms)
        command = await purchasing.merged(command, look, self._log)
        if command.merges_into is not None:
            return command
        market = (await purchasing.cart_of(command.cart_id, look)).market
        return replace(command, number=await self._numbers.take(market))

    async def pay_as_buyer(
        self, order_id: str, method: str, by: str, enveloped: Enveloped
    ) -> tuple[str, Outcome]:
        """Settles what the order comes to, and the id of that payment. Only for payments nobody
        has to make: a provider's word goes through `mark_paid`."""
        nothing_yet = MarkOrderPaid(
            order_id=order_id,
            payment_id="",
            method=method,
            amount=nothing("TWD"),
            skus=(),
            now=self._clock(),
        )
        envelope = enveloped(nothing_yet)
        payment_id = self._derived_id("payment", order_id, envelope.command_id)

        async def named(look: Look) -> Dispatch:
            order = await _order(order_id, look)
            if order.buyer_id != by:
                raise NotTheBuyerError()
            whole = order.totals.total
            paid = replace(nothing_yet, payment_id=payment_id, amount=whole, skus=_skus(order))
            return replace(envelope, command=paid)

        # Another amount than it comes to: it has grown since it was looked at.
        return payment_id, await self._lookout.execute(named, (ShopMovedOnError, WrongAmountError))

    async def mark_paid(self, dispatch: Dispatch) -> Outcome:
        """Has a `MarkOrderPaid` decided; its SKUs are filled in here."""
        command = dispatch.command
        if not isinstance(command, MarkOrderPaid):
            raise TypeError(f"{type(command).__name__} is no payment")

        async def named(look: Look) -> Dispatch:
            order = await _order(command.order_id, look)
            return replace(dispatch, command=replace(command, skus=_skus(order)))

        return await self._lookout.execute(named)

    async def cancel(self, dispatch: Dispatch) -> Outcome:
        """Has a `CancelOrder` decided; cart, coupon and SKUs are filled in here."""
        command = dispatch.command
        if not isinstance(command, CancelOrder):
            raise TypeError(f"{type(command).__name__} cancels nothing")

        async def named(look: Look) -> Dispatch:
            order = await _order(command.order_id, look)
            full = replace(command, cart_id=order.cart_id, coupon=order.coupon, skus=_skus(order))
            return replace(dispatch, command=full)

        return await self._lookout.execute(named)

    async def deliver(self, dispatch: Dispatch) -> Outcome:
        """Has a `DeliverOrder` decided; how long it may be returned and what is paid back then, and
        the id of what is paid at the door, are filled in here."""
        command = dispatch.command
        if not isinstance(command, DeliverOrder):
            raise TypeError(f"{type(command).__name__} delivers nothing")
        order = await _order(command.order_id, self._log.load)
        terms = self._terms.at(order.market, command.now)
        named = replace(
            command,
            return_days=terms.return_days,
            refunds_shipping=terms.refunds_shipping,
            payment_id=self._derived_id("payment", command.order_id, "on delivery"),
        )
        return await self._bus.execute(replace(dispatch, command=named))

    async def receive_back(self, dispatch: Dispatch) -> Outcome:
        """Has a `ReceiveReturn` or a `ReceiveUncollected` decided; its SKUs are filled in here."""
        command = dispatch.command
        if not isinstance(command, ReceiveReturn | ReceiveUncollected):
            raise TypeError(f"{type(command).__name__} receives nothing")
        order = await _order(command.order_id, self._log.load)
        named = replace(command, skus=_skus(order))
        return await self._bus.execute(replace(dispatch, command=named))

    async def execute(self, dispatch: Dispatch) -> Outcome:
        """A command that its order decides alone."""
        if not isinstance(dispatch.command, OrderCommand):
            raise TypeError(f"{type(dispatch.command).__name__} is about no order")
        return await self._bus.execute(dispatch)

    async def expire_due(self) -> int:
        """How many orders were due. One that fails does not keep the others; the first failure is
        raised when all have been tried."""
        now = self._clock()
        return await expire_all(
            lambda limit, after: self._index.due(now, limit=limit, after=after),
            lambda due: (due.due_at, due.order_id),
            lambda due: self._expire(due, now),
        )

    async def _expire(self, due: DueOrder, now: datetime) -> None:
        """The id tells what the view knew: where the order has grown since and is not due yet, that
        is what the id stands for, and it is due under another."""
        command = ExpireOrder(
            order_id=due.order_id,
            cart_id=due.cart_id,
            skus=due.skus,
            coupon=due.coupon,
            now=now,
        )
        command_id = self._derived_id(
            EXPIRE_ORDER, due.order_id, due.due_at.isoformat(), str(due.position)
        )
        dispatch = by_system(command, command_id, job=EXPIRE_ORDER, now=now)

        async def named(look: Look) -> Dispatch:
            order = await _order(due.order_id, look)
            return replace(dispatch, command=replace(command, skus=_skus(order)))

        await self._lookout.execute(named)


async def _order(order_id: str, look: Look) -> Order:
    """Raises `OrderNotFoundError`."""
    order: Order = (await look(ORDER, ORDER.stream(order_id))).state
    if not order.status:
        raise OrderNotFoundError(order_id=order_id)
    return order


def _skus(order: Order) -> tuple[str, ...]:
    """Each once, in the order they were ordered."""
    return tuple(dict.fromkeys(line.sku for line in order.lines))
