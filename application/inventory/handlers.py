"""Which commands stock decides alone, and what those who ask are answered."""

import msgspec

from application.handling import Handler, Handlers, States, on_one_stream
from domain.inventory.commands import AdjustStock, ReceiveStock, StockCommand
from domain.inventory.deciding import SKU
from domain.inventory.sku import Sku


class StockAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The SKU, and its units: reserved + available = on hand. `waiting` are units that people
    wait for."""

    id: str
    sku: str
    on_hand: int
    reserved: int
    available: int
    waiting: int


def _sku(command: StockCommand) -> str:
    return command.sku


def _stock(command: StockCommand, states: States) -> StockAnswer:
    state: Sku = states[0]
    return StockAnswer(
        id=command.sku,
        sku=command.sku,
        on_hand=state.on_hand,
        reserved=state.reserved,
        available=state.available,
        waiting=state.waiting,
    )


_ABOUT_STOCK: Handler = on_one_stream(SKU, _sku, _stock)

HANDLERS: Handlers = {ReceiveStock: _ABOUT_STOCK, AdjustStock: _ABOUT_STOCK}
