"""An order comes to nothing, by somebody's will or by the clock: its goods can be sold to others,
its buyer may claim and use the coupon again, all in one append."""

from application.handling import Decision, Handler, Handlers, States
from application.ordering.answers import StatusAnswer, status_answer
from application.processes.checkout import reservation_of
from application.processes.shelves import Shelves
from domain.inventory import deciding as stock
from domain.inventory.deciding import SKU
from domain.ordering import carting, coupon, ordering
from domain.ordering.carting import CART, Facts
from domain.ordering.commands import CancelOrder, ExpireOrder
from domain.ordering.coupon import COUPON
from domain.ordering.errors import ShopMovedOnError
from domain.ordering.order import Order
from domain.ordering.ordering import ORDER

_Ending = CancelOrder | ExpireOrder


def _streams(command: _Ending) -> tuple[str, ...]:
    return (
        ORDER.stream(command.order_id),
        CART.stream(command.cart_id),
        *((COUPON.stream(command.coupon),) if command.coupon else ()),
        *map(SKU.stream, command.skus),
    )


def _cancel(states: States, command: CancelOrder) -> Decision:
    """Of [order, cart, coupon where it has one, SKUs]."""
    return _ended(states, command, ordering.cancel(states[0], command))


def _expire(states: States, command: ExpireOrder) -> Decision:
    """Of [order, cart, coupon where it has one, SKUs]."""
    return _ended(states, command, ordering.expire(states[0], command))


def _ended(states: States, command: _Ending, facts: Facts) -> Decision:
    order: Order = states[0]
    if not facts:
        return ((),) * len(states)
    if (order.cart_id, order.coupon) != (command.cart_id, command.coupon):
        raise ShopMovedOnError()
    shelves = Shelves(command.skus, states[len(states) - len(command.skus) :])
    _put_back(shelves, order, command)
    given_back = carting.give_back(states[1], command.order_id, order.lines)
    if not command.coupon:
        return (facts, given_back, *shelves.facts())
    redeemable = coupon.give_back(command.order_id, order.buyer_id)
    return (facts, given_back, (redeemable,), *shelves.facts())


def _put_back(shelves: Shelves, order: Order, command: _Ending) -> None:
    """What was sold is on hand again, what was reserved is free; the rest was never taken."""
    for line in order.lines:
        reservation = reservation_of(order, command.order_id, line.offer_id)
        if order.confirmed:
            shelves.move(line.sku, stock.take_back, line.quantity, reservation)
        elif line.held and isinstance(command, ExpireOrder):
            shelves.move(line.sku, stock.expire, line.quantity, reservation)
        elif line.held:
            shelves.move(line.sku, stock.release, line.quantity, reservation, "order_cancelled")


def _answer(command: _Ending, states: States) -> StatusAnswer:
    return status_answer(command.order_id, states[0])


_DECIDERS = (ORDER, CART, COUPON, SKU)

HANDLERS: Handlers = {
    CancelOrder: Handler(_DECIDERS, _streams, _cancel, _answer),
    ExpireOrder: Handler(_DECIDERS, _streams, _expire, _answer),
}
