"""Goods that came back: what is fit to be sold is on hand again, in one append with the order."""

from application.handling import Decision, Handler, Handlers, States
from application.ordering.answers import ReturnAnswer, StatusAnswer, return_answer, status_answer
from application.processes.checkout import reservation_of
from application.processes.shelves import Shelves
from domain.inventory import deciding as stock
from domain.inventory.deciding import SKU
from domain.inventory.values import Reservation
from domain.ordering import ordering, returning
from domain.ordering.commands import ReceiveReturn, ReceiveUncollected
from domain.ordering.events import OrderUncollected, ReturnReceived
from domain.ordering.order import Order
from domain.ordering.ordering import ORDER
from domain.ordering.returning import Facts
from domain.ordering.values import ReceivedLine

_Receiving = ReceiveReturn | ReceiveUncollected


def _streams(command: _Receiving) -> tuple[str, ...]:
    return (ORDER.stream(command.order_id), *map(SKU.stream, command.skus))


def _receive(states: States, command: ReceiveReturn) -> Decision:
    """Of [order, SKUs]."""
    ordering.refuse_unplaced(states[0], command.order_id)
    return _shelved(states, command, returning.receive(states[0], command))


def _receive_uncollected(states: States, command: ReceiveUncollected) -> Decision:
    """Of [order, SKUs]."""
    ordering.refuse_unplaced(states[0], command.order_id)
    return _shelved(states, command, returning.receive_uncollected(states[0], command))


def _shelved(states: States, command: _Receiving, facts: Facts) -> Decision:
    shelves = Shelves(command.skus, states[1:])
    for fact in facts:
        if isinstance(fact, ReturnReceived | OrderUncollected):
            _shelve(shelves, states[0], command, fact)
    return (facts, *shelves.facts())


def _shelve(
    shelves: Shelves,
    order: Order,
    command: _Receiving,
    received: ReturnReceived | OrderUncollected,
) -> None:
    for each in received.lines:
        line = order.line(each.offer_id)
        if line is not None:
            reservation = reservation_of(order, command.order_id, each.offer_id)
            _put(shelves, line.sku, each, reservation, command.return_id)


def _put(
    shelves: Shelves, sku: str, line: ReceivedLine, reservation: Reservation, return_id: str
) -> None:
    if line.restocked:
        shelves.move(sku, stock.take_back, line.restocked, reservation, return_id)
    if line.written_off:
        shelves.move(sku, stock.write_off, line.written_off, reservation, return_id)


def _answer(command: ReceiveReturn, states: States) -> ReturnAnswer:
    return return_answer(command.return_id, command.order_id, states[0])


def _status(command: ReceiveUncollected, states: States) -> StatusAnswer:
    return status_answer(command.order_id, states[0])


HANDLERS: Handlers = {
    ReceiveReturn: Handler((ORDER, SKU), _streams, _receive, _answer),
    ReceiveUncollected: Handler((ORDER, SKU), _streams, _receive_uncollected, _status),
}
