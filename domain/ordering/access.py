"""Who may do what with an order: its buyer, the show's host who sells it, an admin for anybody."""

from domain.ordering import errors
from domain.ordering.commands import OrderCommand
from domain.ordering.order import Order
from domain.ordering.values import CancelledBy


def role_of(state: Order, command: OrderCommand) -> CancelledBy:
    """As what they ask. Raises `NotTheBuyerError` for anybody else."""
    if command.by == state.buyer_id:
        return "buyer"
    if command.by == state.host_id:
        return "merchant"
    if command.as_staff:
        return "system"
    raise errors.NotTheBuyerError()


def refuse_unless_merchant(state: Order, command: OrderCommand) -> None:
    if role_of(state, command) == "buyer" and not command.as_staff:
        raise errors.NotTheBuyerError()


def refuse_unless_buyer(state: Order, command: OrderCommand) -> None:
    if command.by != state.buyer_id and not command.as_staff:
        raise errors.NotTheBuyerError()
