"""What can be had of a product, and at what prices."""

from typing import Any

import pytest

from domain.catalogue import commands as ask
from domain.catalogue import errors, values
from domain.catalogue import events as fact
from domain.catalogue.deciding import PRODUCT
from domain.inventory import values as inventory
from domain.shared import DomainError
from tests.support.goods import (
    BLUE,
    COAT,
    MERCHANT,
    RED,
    given,
    list_product,
    new_variant,
    price,
    revise,
    variant_listed,
)
from tests.support.scenario import Scenario

BAHT = price(129_950, "THB")
GREEN = "COAT-GREEN"


def change(sku: str = RED, **changes: Any) -> ask.ReviseProduct:
    return revise(variants=(ask.VariantChange(sku=sku, **changes),))


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"sku": ""}, errors.InvalidSkuError),
        ({"sku": "-A"}, errors.InvalidSkuError),
        ({"sku": "A 1"}, errors.InvalidSkuError),
        ({"sku": "外套"}, errors.InvalidSkuError),
        ({"sku": "A" * 65}, errors.InvalidSkuError),
        ({"prices": ()}, errors.PriceMissingError),
        ({"prices": (price(0),)}, errors.CatalogueRangeError),
        ({"prices": (price(values.PRICE_AT_MOST + 1),)}, errors.CatalogueRangeError),
        ({"prices": (price(1), price(2))}, errors.RepeatedPriceError),
        ({"options": {str(n): "x" for n in range(6)}}, errors.TooManyInCatalogueError),
    ],
    ids=str,
)
def test_list_product_refused_when_a_variant_is_unfit(
    wrong: dict[str, Any], error: type[DomainError]
) -> None:
    asked = list_product(variants=(new_variant(**wrong),))
    Scenario(PRODUCT).when(asked).then_refused(error)


def test_list_product_refused_without_variants_or_with_too_many() -> None:
    new = Scenario(PRODUCT)
    new.when(list_product(variants=())).then_refused(errors.CatalogueRangeError)
    many = tuple(new_variant(f"S{number}", str(number)) for number in range(101))
    new.when(list_product(variants=many)).then_refused(errors.TooManyInCatalogueError)


def test_list_product_refused_when_two_variants_are_the_same() -> None:
    new = Scenario(PRODUCT)
    twice = list_product(variants=(new_variant(), new_variant(colour="blue")))
    new.when(twice).then_refused(errors.RepeatedSkuError, sku=RED)
    alike = list_product(variants=(new_variant(), new_variant(BLUE)))
    new.when(alike).then_refused(errors.OptionsInUseError, sku=BLUE)


def test_a_variant_has_one_price_in_a_currency() -> None:
    asked = change(prices=(price(), BAHT))
    state = given().when(asked).then(fact.VariantPriced(sku=RED, prices=(BAHT, price()))).state
    assert state.variants[RED].price_in("THB") == BAHT
    assert state.variants[RED].price_in("JPY") is None
    given().when(change(prices=(price(),))).then_nothing()


def test_revise_changes_what_tells_a_variant_from_others() -> None:
    wine = change(options={"colour": "wine"})
    given().when(wine).then(fact.VariantRevised(sku=RED, options={"colour": "wine"}))
    taken = change(options={"colour": "blue"})
    given().when(taken).then_refused(errors.OptionsInUseError)


def test_revise_lets_two_variants_exchange_their_options() -> None:
    swapped = revise(
        variants=(
            ask.VariantChange(sku=RED, options={"colour": "blue"}),
            ask.VariantChange(sku=BLUE, options={"colour": "red"}),
        )
    )
    given().when(swapped).then(
        fact.VariantRevised(sku=RED, options={"colour": "blue"}),
        fact.VariantRevised(sku=BLUE, options={"colour": "red"}),
    )


def test_revise_lists_a_variant_that_is_new() -> None:
    asked = change(GREEN, options={"colour": "green"}, prices=(price(),))
    given().when(asked).then(variant_listed(GREEN, "green"))
    given().when(change(GREEN)).then_refused(errors.PriceMissingError, sku=GREEN)


def test_revise_refused_when_a_known_variant_gets_an_initial_stock() -> None:
    given().when(change(initial_stock=5)).then_refused(errors.InitialStockError, sku=RED)


def test_a_withdrawn_variant_is_not_on_sale_until_it_is_listed_again() -> None:
    asked = ask.WithdrawVariant(product_id=COAT, by=MERCHANT, sku=RED)
    gone = given().when(asked).then(fact.VariantWithdrawn(sku=RED))
    gone.when(asked).then_nothing()
    assert gone.state.on_sale(RED) is None
    assert gone.state.on_sale(BLUE) is not None
    back = gone.when(change(initial_stock=3)).then(variant_listed())
    assert back.state.on_sale(RED) is not None


def test_withdraw_variant_refused_when_there_is_none() -> None:
    asked = ask.WithdrawVariant(product_id=COAT, by=MERCHANT, sku=GREEN)
    given().when(asked).then_refused(errors.VariantNotFoundError, sku=GREEN)


def test_a_sku_is_the_same_to_the_catalogue_and_to_the_stock() -> None:
    assert values.SKU == inventory.SKU
