"""An order's money is in: the order is confirmed and its goods are sold in one append."""

from application.handling import Decision, Handler, Handlers, States
from application.ordering.answers import StatusAnswer, status_answer
from application.processes.checkout import reservation_of, sell
from application.processes.shelves import Shelves
from domain.inventory.deciding import SKU
from domain.ordering import ordering
from domain.ordering.commands import MarkOrderPaid
from domain.ordering.order import Order
from domain.ordering.ordering import ORDER


def _streams(command: MarkOrderPaid) -> tuple[str, ...]:
    return (ORDER.stream(command.order_id), *map(SKU.stream, command.skus))


def _pay(states: States, command: MarkOrderPaid) -> Decision:
    """Of [order, SKUs]."""
    order: Order = states[0]
    shelves = Shelves(command.skus, states[1:])
    facts = ordering.pay(order, command)
    if facts:
        for line in order.lines:
            sell(shelves, line, reservation_of(order, command.order_id, line.offer_id))
    return (facts, *shelves.facts())


def _answer(command: MarkOrderPaid, states: States) -> StatusAnswer:
    return status_answer(command.order_id, states[0])


HANDLERS: Handlers = {MarkOrderPaid: Handler((ORDER, SKU), _streams, _pay, _answer)}
