"""`live demo` against a whole small server."""

import re
from collections.abc import Iterator
from random import Random
from typing import get_args

import pytest

from domain.catalogue.commands import ListProduct, NewVariant
from domain.catalogue.deciding import PRODUCT
from domain.shared import Language, Money
from interfaces.cli.demo import goods
from interfaces.cli.demo.stand import DemoRefused, Stand
from tests.support.serving import LiveServer


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    with LiveServer(tmp_path_factory.mktemp("demo")) as running:
        yield running


def test_thirty_products_can_be_listed_in_five_languages() -> None:
    products = goods.products("run", 5)
    skus = [variant["sku"] for product in products for variant in product["variants"]]
    assert len(products) == 30
    assert len(set(skus)) == len(skus)
    for product in products:
        assert set(product["title"]) == set(get_args(Language))
        asked = ListProduct(
            product_id="product",
            by="merchant",
            language="zh-TW",
            titles=product["title"],
            variants=tuple(
                NewVariant(
                    sku=one["sku"],
                    options=one["options"],
                    prices=tuple(Money(**price) for price in one["prices"]),
                )
                for one in product["variants"]
            ),
        )
        assert PRODUCT.decide(PRODUCT.initial, asked)


async def test_a_server_that_is_not_there_is_told_in_a_line() -> None:
    stand = Stand("http://127.0.0.1:9", Random(1))  # noqa: S311  # nothing secret is chosen
    try:
        with pytest.raises(DemoRefused, match="does not answer"):
            await stand.sign_in()
    finally:
        await stand.aclose()


@pytest.mark.system
def test_a_crowd_claims_and_the_show_ends_by_itself(server: LiveServer) -> None:
    shown = server.live("demo", "--buyers", "10", "--seconds", "14", "--server", server.url)
    assert shown.startswith("30 products listed")
    end = r"^(\d+) people claimed and made (\d+) orders, (\d+) of them paid: NT\$[\d,]+$"
    told = re.search(end, shown, re.MULTILINE)
    assert told, shown
    claimants, orders, _paid = map(int, told.groups())
    assert claimants > 0, shown
    assert orders > 0, shown
