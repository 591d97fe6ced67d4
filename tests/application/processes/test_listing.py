"""Products and their stock in one append."""

import pytest

from application.processes.listing import HANDLERS, INITIAL_STOCK
from domain.catalogue import events as listing
from domain.catalogue.commands import ListProduct, ReviseProduct, VariantChange
from domain.catalogue.deciding import PRODUCT
from domain.catalogue.errors import InvalidSkuError, RepeatedSkuError
from domain.inventory import events as stock
from domain.inventory.deciding import SKU
from domain.inventory.errors import QuantityOutOfRangeError, SkuTakenError
from domain.inventory.sku import Sku
from domain.inventory.values import QUANTITY_AT_MOST
from domain.shared import Event
from tests.support.goods import (
    BLUE,
    COAT,
    LISTED,
    MERCHANT,
    OTHER,
    RED,
    given,
    list_product,
    new_variant,
    price,
    revise,
)

REGISTERED = stock.SkuRegistered(product_id=COAT, merchant_id=MERCHANT)
TAKEN = Sku(product_id="another", merchant_id=OTHER)


def received(quantity: int) -> stock.StockReceived:
    return stock.StockReceived(quantity=quantity, available=quantity, reason=INITIAL_STOCK)


def decided(command: ListProduct | ReviseProduct, *states: object) -> list[tuple[Event, ...]]:
    handler = HANDLERS[type(command)]
    assert len(handler.streams(command)) == len(states)
    return [*handler.decide(states, command)]


def test_list_product_registers_each_sku_with_what_is_on_the_shelf() -> None:
    asked = list_product(variants=(new_variant(initial_stock=7), new_variant(BLUE, "blue")))
    assert HANDLERS[ListProduct].streams(asked) == (
        f"product-{COAT}",
        f"sku-{RED}",
        f"sku-{BLUE}",
    )
    facts = decided(asked, PRODUCT.initial, SKU.initial, SKU.initial)
    assert facts == [LISTED, (REGISTERED, received(7)), (REGISTERED,)]


def test_list_product_refused_when_one_sku_is_another_products() -> None:
    with pytest.raises(SkuTakenError):
        decided(list_product(), PRODUCT.initial, SKU.initial, TAKEN)


def test_list_product_refused_when_there_is_more_stock_than_can_be() -> None:
    asked = list_product(variants=(new_variant(initial_stock=QUANTITY_AT_MOST + 1),))
    with pytest.raises(QuantityOutOfRangeError):
        decided(asked, PRODUCT.initial, SKU.initial)


def test_what_is_no_sku_names_no_stream_and_is_refused() -> None:
    with pytest.raises(InvalidSkuError):
        decided(list_product(variants=(new_variant("外套"),)), PRODUCT.initial)
    with pytest.raises(RepeatedSkuError):
        decided(list_product(variants=(new_variant(), new_variant())), PRODUCT.initial, SKU.initial)


def test_revise_touches_the_stock_of_what_is_new_alone() -> None:
    dearer = VariantChange(sku=RED, prices=(price(1480),))
    green = VariantChange(
        sku="COAT-GREEN", options={"colour": "green"}, prices=(price(),), initial_stock=4
    )
    held = Sku(product_id=COAT, merchant_id=MERCHANT, on_hand=3, reserved=3)
    facts = decided(revise(variants=(dearer, green)), given().state, held, SKU.initial)
    assert facts[0][0] == listing.VariantPriced(sku=RED, prices=(price(1480),))
    assert facts[1:] == [(), (REGISTERED, received(4))]


def test_what_an_admin_lists_anew_belongs_to_the_products_merchant() -> None:
    green = VariantChange(sku="COAT-GREEN", options={"colour": "green"}, prices=(price(),))
    asked = revise(by=OTHER, as_admin=True, variants=(green,))
    assert decided(asked, given().state, SKU.initial)[1] == (REGISTERED,)
