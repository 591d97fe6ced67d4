"""The stock that is shown is the stock that is decided on."""

import pytest
from msgspec.structs import replace

from domain.inventory.deciding import SKU
from domain.inventory.events import StockReceived
from projections.inventory.stock import STOCK, StockView
from tests.support.builders import recorded
from tests.support.shop_floor import ARI, COAT, MEI, claim, expire, floor, put, serve


def test_after_each_fact_the_view_counts_as_the_decider_does() -> None:
    shop = floor(units=3)
    for command in (
        claim(2),
        claim(3, ARI),
        put(1),
        serve(ARI),
        put(1, ARI),
        expire(seconds=901),
        claim(1, seconds=902),
    ):
        shop.ask(command)
    state, view = SKU.initial, None
    for position, (stream, event) in enumerate(shop.facts, start=1):
        if stream == SKU.stream(COAT):
            state = SKU.evolve(state, event)
            at_hand = replace(recorded(event, position=position), stream=stream)
            view = STOCK.fold(view, at_hand)
            assert view == StockView(
                sku=COAT,
                product_id=state.product_id,
                merchant_id=state.merchant_id,
                on_hand=state.on_hand,
                reserved=state.reserved,
                available=state.available,
                waiting=state.waiting,
                position=position,
            )
    assert state == shop.sku()
    assert shop.line(MEI).held == 1


def test_stock_of_what_nobody_registered_is_an_error() -> None:
    with pytest.raises(ValueError, match="registered"):
        STOCK.fold(None, recorded(StockReceived(quantity=1, available=1)))
