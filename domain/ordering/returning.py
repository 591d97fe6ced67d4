"""Goods that come back: what may, and what is to be paid back for it. Pure."""

from collections import Counter
from collections.abc import Sequence

from domain.money import minus, nothing, total
from domain.ordering import commands as ask
from domain.ordering import errors
from domain.ordering import events as fact
from domain.ordering.access import refuse_unless_buyer, refuse_unless_merchant
from domain.ordering.order import Order, Return
from domain.ordering.pricing import paid_of
from domain.ordering.values import (
    QUANTITY_AT_MOST,
    RETURNS_AT_MOST,
    OrderLine,
    ReceivedLine,
    RefundReason,
    ReturnedLine,
)
from domain.shared import Event, Money

Facts = tuple[Event, ...]


def request(state: Order, command: ask.RequestReturn) -> Facts:
    """Nothing where this return is known. Each unit can be announced once, until it turned out
    that it did not come."""
    refuse_unless_buyer(state, command)
    if command.return_id in state.returns:
        return ()
    _refuse_untimely(state, command)
    if len(state.returns) >= RETURNS_AT_MOST:
        raise errors.TooManyReturnsError(field="returns", limit=RETURNS_AT_MOST)
    wanted = _added_up(command.lines)
    announced = _announced(state)
    for line in wanted:
        _refuse_more_than_there_are(state, line, announced[line.offer_id])
    return (
        fact.ReturnRequested(
            buyer_id=state.buyer_id,
            stream_id=state.stream_id,
            return_id=command.return_id,
            lines=wanted,
            reason=command.reason,
        ),
    )


def receive(state: Order, command: ask.ReceiveReturn) -> Facts:
    """With what is to be paid back for it. Nothing where it was received with this outcome."""
    refuse_unless_merchant(state, command)
    asked = state.returns.get(command.return_id)
    if asked is None:
        raise errors.ReturnNotFoundError(return_id=command.return_id)
    lines = _outcome(asked, command.lines)
    if asked.received is not None:
        if asked.received != lines:
            raise errors.ReturnReceivedError()
        return ()
    received = fact.ReturnReceived(
        buyer_id=state.buyer_id,
        stream_id=state.stream_id,
        return_id=command.return_id,
        lines=lines,
    )
    returned = _all_returned(state, lines)
    owed = _worth(state, lines)
    if returned and state.refunds_shipping:
        owed = total((owed, state.totals.shipping), owed.currency)
    return (received, *refund(state, owed, "returned", command.return_id), *returned)


def receive_uncollected(state: Order, command: ask.ReceiveUncollected) -> Facts:
    """With what is to be paid back: all goods, where they were paid, whatever the parcel still had;
    sending them was done. Nothing where it came back with this outcome."""
    refuse_unless_merchant(state, command)
    sent = tuple(
        ReturnedLine(offer_id=line.offer_id, quantity=line.quantity) for line in state.lines
    )
    everything = _outcome(Return(lines=sent), ())
    lines = _outcome(Return(lines=sent), command.lines)
    if state.uncollected == lines:
        return ()
    _refuse_unless_on_its_way(state)
    back = fact.OrderUncollected(
        buyer_id=state.buyer_id,
        stream_id=state.stream_id,
        return_id=command.return_id,
        lines=lines,
    )
    if state.payment_id is None:
        return (back,)
    return (back, *refund(state, _worth(state, everything), "returned", command.return_id))


def _refuse_unless_on_its_way(state: Order) -> None:
    if state.status == "returned":
        raise errors.OrderReturnedError()
    if state.status == "delivered":
        raise errors.OrderDeliveredError()
    if state.status != "shipped":
        raise errors.OrderNotShippedError()


def refund(
    state: Order, amount: Money, reason: RefundReason, return_id: str | None = None
) -> tuple[fact.RefundDue, ...]:
    """Nothing where nothing was paid."""
    if not amount.amount:
        return ()
    return (
        fact.RefundDue(
            buyer_id=state.buyer_id,
            stream_id=state.stream_id,
            amount=amount,
            reason=reason,
            return_id=return_id,
        ),
    )


def came_back(line: ReceivedLine) -> int:
    return line.restocked + line.written_off


def _refuse_untimely(state: Order, command: ask.RequestReturn) -> None:
    if state.status == "returned":
        raise errors.OrderReturnedError()
    if state.status != "delivered" or state.returnable_until is None:
        raise errors.OrderNotDeliveredError()
    if command.now > state.returnable_until:
        raise errors.ReturnTimeOverError(until=state.returnable_until)


def _added_up(lines: Sequence[ReturnedLine]) -> tuple[ReturnedLine, ...]:
    """Each offer once. Raises `QuantityOutOfRangeError`."""
    units: Counter[str] = Counter()
    for line in lines:
        if line.quantity < 1:
            _refuse_quantity(1, QUANTITY_AT_MOST)
        units[line.offer_id] += line.quantity
    if not units:
        _refuse_quantity(1, QUANTITY_AT_MOST)
    return tuple(ReturnedLine(offer_id=offer, quantity=count) for offer, count in units.items())


def _refuse_quantity(least: int, limit: int) -> None:
    raise errors.QuantityOutOfRangeError(field="lines", least=least, most=limit)


def _announced(state: Order) -> Counter[str]:
    """Units by offer that came back, or are on their way."""
    units: Counter[str] = Counter()
    for each in state.returns.values():
        if each.received is None:
            units.update({line.offer_id: line.quantity for line in each.lines})
        else:
            units.update({line.offer_id: came_back(line) for line in each.received})
    return units


def _refuse_more_than_there_are(state: Order, wanted: ReturnedLine, announced: int) -> None:
    line = state.line(wanted.offer_id)
    left = line.quantity - announced if line else 0
    if wanted.quantity > left:
        raise errors.AlreadyReturnedError(offer_id=wanted.offer_id, left=left)


def _outcome(asked: Return, lines: Sequence[ReceivedLine]) -> tuple[ReceivedLine, ...]:
    """In the order they were announced. Raises `QuantityOutOfRangeError` for what was not."""
    if not lines:
        return tuple(
            ReceivedLine(offer_id=line.offer_id, restocked=line.quantity) for line in asked.lines
        )
    told = {line.offer_id: line for line in lines}
    announced = {line.offer_id: line.quantity for line in asked.lines}
    if len(told) < len(lines) or not told.keys() <= announced.keys():
        _refuse_quantity(0, max(announced.values()))
    for line in lines:
        _refuse_other_than_announced(line, announced[line.offer_id])
    return tuple(told[offer_id] for offer_id in announced if offer_id in told)


def _refuse_other_than_announced(line: ReceivedLine, announced: int) -> None:
    if min(line.restocked, line.written_off) < 0 or came_back(line) > announced:
        _refuse_quantity(0, announced)


def _worth(state: Order, lines: Sequence[ReceivedLine]) -> Money:
    """The share of what was paid for these units. Of each line, as much is owed in all as its units
    so far come to, rounded down: over partial returns that adds up to the line, to the unit."""
    before = _received(state)
    currency = state.totals.total.currency
    shares = [nothing(currency)]
    for each in lines:
        line = state.line(each.offer_id)
        if line is not None:
            back = before[each.offer_id]
            owed = _share(line, back + came_back(each))
            shares.append(minus(owed, _share(line, back)))
    return total(shares, currency)


def _share(line: OrderLine, units: int) -> Money:
    paid = paid_of(line)
    return Money(amount=paid.amount * units // line.quantity, currency=paid.currency)


def _received(state: Order) -> Counter[str]:
    units: Counter[str] = Counter()
    for each in state.returns.values():
        units.update({line.offer_id: came_back(line) for line in each.received or ()})
    return units


def _all_returned(state: Order, lines: Sequence[ReceivedLine]) -> Facts:
    units = _received(state)
    units.update({line.offer_id: came_back(line) for line in lines})
    if any(units[line.offer_id] < line.quantity for line in state.lines):
        return ()
    return (fact.OrderReturned(buyer_id=state.buyer_id, stream_id=state.stream_id),)
