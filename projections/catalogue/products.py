"""What merchants sell: each product, the lists of them, and the search.

What is in stock of them the stock's own views tell.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

import msgspec
from sqlalchemy import BigInteger, Boolean, Column, Select, Table, Text, select
from sqlalchemy.dialects import mysql

from domain.catalogue import events as fact
from domain.catalogue.product import CHANGES, Product, evolve
from domain.catalogue.values import ProductStatus
from domain.money import CURRENCY_OF
from domain.shared import Market, Recorded
from domain.text import folded
from projections.columns import LAST_POSITION, ascii_text
from projections.projection import Seen, TableProjection, Views

SEARCH_TERMS_AT_MOST = 8
# Both sides are folded, so they compare byte by byte: what is alike differs between databases.
_FOLDED = Text().with_variant(
    mysql.MEDIUMTEXT(charset="utf8mb4", collation="utf8mb4_bin"), "mysql", "mariadb"
)


class ProductView(msgspec.Struct, frozen=True, kw_only=True):
    """The product as it decides on itself. `listed_at` is the log position it was listed at, which
    orders lists; `position` the one of its last event."""

    id: str
    product: Product
    listed_at: int
    position: int

    @property
    def markets(self) -> frozenset[Market]:
        """Where it has a price: in the market's own currency, for a variant on sale."""
        on_sale = [one for one in self.product.variants.values() if not one.withdrawn]
        return frozenset(
            market
            for market, currency in CURRENCY_OF.items()
            if any(one.price_in(currency) for one in on_sale)
        )


def _fold(view: ProductView | None, recorded: Recorded) -> ProductView:
    if view is None and not isinstance(recorded.event, fact.ProductListed):
        raise ValueError("a product begins by being listed")
    return ProductView(
        id=recorded.entity_id,
        product=evolve(Product() if view is None else view.product, recorded.event),
        listed_at=recorded.position if view is None else view.listed_at,
        position=recorded.position,
    )


def _product_id(recorded: Recorded) -> str:
    return recorded.entity_id


def _row(view: ProductView) -> Mapping[str, Any]:
    markets = view.markets
    return {
        "merchant_id": view.product.merchant_id,
        "status": view.product.status,
        "in_tw": "TW" in markets,
        "in_th": "TH" in markets,
        "listed_at": view.listed_at,
        "searched": "\n".join(map(folded, _searched(view.product))),
    }


def _searched(product: Product) -> Iterator[str]:
    yield from product.titles.values()
    for sku, variant in product.variants.items():
        if not variant.withdrawn:
            yield sku
            yield from variant.options.values()


PRODUCTS = TableProjection(
    name="products",
    version=1,
    view=ProductView,
    types=frozenset(event.tag for event in CHANGES),
    key=_product_id,
    fold=_fold,
    begins=frozenset({fact.ProductListed.tag}),
    columns=(
        Column("merchant_id", ascii_text(64), nullable=False, index=True),
        Column("status", ascii_text(16), nullable=False),
        Column("in_tw", Boolean, nullable=False),
        Column("in_th", Boolean, nullable=False),
        Column("listed_at", BigInteger, nullable=False, index=True),
        Column("searched", _FOLDED, nullable=False),
    ),
    row=_row,
)


async def get_product(
    views: Views, product_id: str, *, min_position: int = 0
) -> Seen[ProductView | None]:
    """Raises `ProjectionBehind`."""
    await views.wait(PRODUCTS, min_position)
    return await views.get(PRODUCTS, product_id)


async def products_of(views: Views, product_ids: Collection[str]) -> Seen[dict[str, ProductView]]:
    """Those that are known, by id. Raises `ProjectionBehind`."""
    seen = await views.select(
        PRODUCTS, lambda table: select(table.c.view).where(table.c.key.in_(product_ids))
    )
    return Seen({view.id: view for view in seen.value}, seen.position)


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which products: all that have every value given. `words` must each stand somewhere in a
    title of any language, an option or a SKU, be it within a word: Chinese, Japanese and Thai are
    written without spaces. `min_position`: wait for it."""

    merchant: str | None = None
    market: Market | None = None
    status: ProductStatus | None = "listed"
    words: str = ""
    min_position: int = 0


async def list_products(
    views: Views, wanted: Wanted, *, limit: int, before: int | None = None
) -> Seen[list[ProductView]]:
    """The newest first, from just behind the product whose `listed_at` is `before`.

    No index helps a search: it reads on from there until it has found `limit`. Raises
    `ProjectionBehind`.
    """

    def build(table: Table) -> Select[Any]:
        newest = LAST_POSITION if before is None else before - 1
        chosen = select(table.c.view).where(table.c.listed_at <= newest)
        for condition in _conditions(table, wanted):
            chosen = chosen.where(condition)
        return chosen.order_by(table.c.listed_at.desc()).limit(limit)

    await views.wait(PRODUCTS, wanted.min_position)
    return await views.select(PRODUCTS, build)


def _conditions(table: Table, wanted: Wanted) -> Iterator[Any]:
    if wanted.merchant is not None:
        yield table.c.merchant_id == wanted.merchant
    if wanted.status is not None:
        yield table.c.status == wanted.status
    if wanted.market is not None:
        yield table.c[f"in_{wanted.market.lower()}"]
    for word in folded(wanted.words).split()[:SEARCH_TERMS_AT_MOST]:
        yield table.c.searched.contains(word, autoescape=True)
