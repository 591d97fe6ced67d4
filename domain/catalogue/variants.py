"""Decides on a product's variants: what can be had of it, and at what prices. Pure."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from msgspec import UNSET

from domain.catalogue import commands as ask
from domain.catalogue import errors
from domain.catalogue import events as fact
from domain.catalogue.product import Product
from domain.catalogue.values import (
    OPTION_CHARACTERS,
    OPTIONS_AT_MOST,
    PRICE_AT_MOST,
    SKU,
    SKU_CHARACTERS,
    VARIANTS_AT_MOST,
    Variant,
)
from domain.shared import Event, Money
from domain.text import line

_SKU = re.compile(SKU)

Options = dict[str, str]


def listed(wanted: Sequence[ask.NewVariant]) -> tuple[Event, ...]:
    """A product's first ones."""
    if not wanted:
        raise errors.CatalogueRangeError(field="variants", least=1, most=VARIANTS_AT_MOST)
    _refuse_twice(one.sku for one in wanted)
    facts = tuple(_listing(one.sku, one.options, one.prices) for one in wanted)
    _refuse_alike(Product(), facts)
    return facts


def revised(state: Product, wanted: Sequence[ask.VariantChange]) -> tuple[Event, ...]:
    """Those the product has are changed, others become its own."""
    _refuse_twice(one.sku for one in wanted)
    facts = tuple(event for one in wanted for event in _revised(state, one))
    _refuse_alike(state, facts)
    return facts


def is_sku(text: str) -> bool:
    return _SKU.fullmatch(text) is not None


def _revised(state: Product, wanted: ask.VariantChange) -> Iterator[Event]:
    before = state.variants.get(wanted.sku)
    if before is None or before.withdrawn:
        was = before or Variant(options={}, prices=())
        options = was.options if wanted.options is UNSET else wanted.options
        prices = was.prices if wanted.prices is UNSET else wanted.prices
        yield _listing(wanted.sku, options, prices)
        return
    if wanted.initial_stock:
        raise errors.InitialStockError(sku=wanted.sku)
    if wanted.options is not UNSET and (options := _options(wanted.options)) != before.options:
        yield fact.VariantRevised(sku=wanted.sku, options=options)
    if wanted.prices is not UNSET:
        prices = _prices(wanted.sku, wanted.prices)
        if prices != before.prices:
            yield fact.VariantPriced(sku=wanted.sku, prices=prices)


def _listing(sku: str, options: Options, prices: Sequence[Money]) -> fact.VariantListed:
    if not is_sku(sku):
        raise errors.InvalidSkuError(limit=SKU_CHARACTERS)
    return fact.VariantListed(sku=sku, options=_options(options), prices=_prices(sku, prices))


def _options(wanted: Options) -> Options:
    if len(wanted) > OPTIONS_AT_MOST:
        raise errors.TooManyInCatalogueError(field="options", limit=OPTIONS_AT_MOST)
    return {_option(name): _option(value) for name, value in wanted.items()}


def _option(text: str) -> str:
    return line("options", text, limit=OPTION_CHARACTERS)


def _prices(sku: str, wanted: Sequence[Money]) -> tuple[Money, ...]:
    if not wanted:
        raise errors.PriceMissingError(sku=sku)
    for currency, count in Counter(price.currency for price in wanted).items():
        if count > 1:
            raise errors.RepeatedPriceError(sku=sku, currency=currency)
    for price in wanted:
        if not 0 < price.amount <= PRICE_AT_MOST:
            raise errors.CatalogueRangeError(field="prices", least=1, most=PRICE_AT_MOST)
    return tuple(sorted(wanted, key=lambda price: price.currency))


def _refuse_twice(skus: Iterable[str]) -> None:
    for sku, count in Counter(skus).items():
        if count > 1:
            raise errors.RepeatedSkuError(sku=sku)


def _refuse_alike(state: Product, facts: Sequence[Event]) -> None:
    """Buyers choose by the options: no two variants on sale have the same."""
    options = {sku: one.options for sku, one in state.variants.items() if not one.withdrawn}
    had = len(state.variants)
    for event in facts:
        if isinstance(event, fact.VariantListed | fact.VariantRevised):
            had += event.sku not in state.variants
            options[event.sku] = event.options
    if had > VARIANTS_AT_MOST:
        raise errors.TooManyInCatalogueError(field="variants", limit=VARIANTS_AT_MOST)
    seen: set[tuple[tuple[str, str], ...]] = set()
    for sku, each in options.items():
        alike = tuple(sorted(each.items()))
        if alike in seen:
            raise errors.OptionsInUseError(sku=sku)
        seen.add(alike)
