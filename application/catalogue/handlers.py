"""Which commands products decide alone, and what those who ask are answered.

Those that also put SKUs in stock are decided in `processes.listing`.
"""

import msgspec

from application.handling import Handler, Handlers, States, on_one_stream
from domain.catalogue import commands as ask
from domain.catalogue.deciding import PRODUCT


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """The product, and what became of it."""

    id: str
    status: str


def answer(command: ask.ProductCommand, states: States) -> Answer:
    return Answer(id=command.product_id, status=states[0].status)


def _product_id(command: ask.ProductCommand) -> str:
    return command.product_id


_ABOUT_THE_PRODUCT: Handler = on_one_stream(PRODUCT, _product_id, answer)

HANDLERS: Handlers = {
    ask.WithdrawVariant: _ABOUT_THE_PRODUCT,
    ask.WithdrawProduct: _ABOUT_THE_PRODUCT,
    ask.RelistProduct: _ABOUT_THE_PRODUCT,
}
