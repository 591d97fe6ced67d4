"""The state of one product and how recorded facts change it. Deciding is in `deciding`."""

from collections.abc import Callable
from typing import Any

import msgspec
from msgspec.structs import replace

from domain.catalogue import events as fact
from domain.catalogue.values import Media, ProductStatus, Variant
from domain.shared import Event, Language


class Product(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """`status` is None before it is listed; `variants` by SKU, in the order they were listed, the
    withdrawn among them. `language` is the merchant's own: there is always a title in it."""

    status: ProductStatus | None = None
    merchant_id: str = ""
    language: Language = "en"
    titles: dict[Language, str] = {}
    descriptions: dict[Language, str] = {}
    variants: dict[str, Variant] = {}
    media: tuple[Media, ...] = ()

    def on_sale(self, sku: str) -> Variant | None:
        """The variant, while it is sold."""
        variant = self.variants.get(sku)
        if self.status != "listed" or variant is None or variant.withdrawn:
            return None
        return variant


def evolve(state: Product, event: Event) -> Product:
    """A fact of a type unknown here changes nothing."""
    change = CHANGES.get(type(event))
    return state if change is None else change(state, event)


def _listed(state: Product, event: fact.ProductListed) -> Product:
    return replace(
        state,
        status="listed",
        merchant_id=event.merchant_id,
        language=event.language,
        titles=event.titles,
        descriptions=event.descriptions,
    )


def _translated(state: Product, event: fact.ProductTranslated) -> Product:
    described = {**state.descriptions, event.language: event.description}
    return replace(
        state,
        titles={**state.titles, event.language: event.title},
        descriptions={language: text for language, text in described.items() if text},
    )


def _untranslated(state: Product, event: fact.TranslationWithdrawn) -> Product:
    return replace(
        state,
        titles=_without(state.titles, event.language),
        descriptions=_without(state.descriptions, event.language),
    )


def _without(texts: dict[Language, str], gone: Language) -> dict[Language, str]:
    return {language: text for language, text in texts.items() if language != gone}


def _variant_listed(state: Product, event: fact.VariantListed) -> Product:
    return _with(state, event.sku, Variant(options=event.options, prices=event.prices))


def _variant_priced(state: Product, event: fact.VariantPriced) -> Product:
    return _changed(state, event.sku, prices=event.prices)


def _variant_revised(state: Product, event: fact.VariantRevised) -> Product:
    return _changed(state, event.sku, options=event.options)


def _variant_withdrawn(state: Product, event: fact.VariantWithdrawn) -> Product:
    return _changed(state, event.sku, withdrawn=True)


def _changed(state: Product, sku: str, **changes: Any) -> Product:
    variant = state.variants.get(sku)
    return state if variant is None else _with(state, sku, replace(variant, **changes))


def _with(state: Product, sku: str, variant: Variant) -> Product:
    return replace(state, variants={**state.variants, sku: variant})


def _attached(state: Product, event: fact.ProductMediaAttached) -> Product:
    return replace(state, media=(*state.media, Media(key=event.key, kind=event.kind)))


def _detached(state: Product, event: fact.ProductMediaDetached) -> Product:
    return replace(state, media=tuple(one for one in state.media if one.key != event.key))


def _arranged(state: Product, event: fact.ProductMediaArranged) -> Product:
    place = {key: number for number, key in enumerate(event.keys)}
    last = len(place)
    return replace(
        state, media=tuple(sorted(state.media, key=lambda one: place.get(one.key, last)))
    )


def _withdrawn(state: Product, _event: fact.ProductWithdrawn) -> Product:
    return replace(state, status="withdrawn")


def _relisted(state: Product, _event: fact.ProductRelisted) -> Product:
    return replace(state, status="listed")


CHANGES: dict[type[Event], Callable[[Product, Any], Product]] = {
    fact.ProductListed: _listed,
    fact.ProductTranslated: _translated,
    fact.TranslationWithdrawn: _untranslated,
    fact.VariantListed: _variant_listed,
    fact.VariantPriced: _variant_priced,
    fact.VariantRevised: _variant_revised,
    fact.VariantWithdrawn: _variant_withdrawn,
    fact.ProductMediaAttached: _attached,
    fact.ProductMediaDetached: _detached,
    fact.ProductMediaArranged: _arranged,
    fact.ProductWithdrawn: _withdrawn,
    fact.ProductRelisted: _relisted,
}
