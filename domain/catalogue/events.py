"""The facts recorded about one product, on the stream `product-<id>`."""

from typing import ClassVar

from domain.catalogue.values import MediaKind
from domain.shared import Event, Language, Money


class ProductListed(Event, frozen=True, kw_only=True):
    """A merchant has a product to sell. `language` is the one they write it in themselves: who
    reads another that there are no words in gets those."""

    tag = "catalogue.ProductListed"
    merchant_id: str
    language: Language
    titles: dict[Language, str]
    descriptions: dict[Language, str]


class ProductTranslated(Event, frozen=True, kw_only=True):
    """The product's words in a language, new or changed."""

    tag = "catalogue.ProductTranslated"
    language: Language
    title: str
    description: str


class TranslationWithdrawn(Event, frozen=True, kw_only=True):
    """The product has no words of its own in a language any more."""

    tag = "catalogue.TranslationWithdrawn"
    language: Language


class VariantFact(Event, frozen=True, kw_only=True):
    """What every fact of a variant tells: which it is."""

    tag: ClassVar[str]
    sku: str


class VariantListed(VariantFact, frozen=True, kw_only=True):
    """The product can be had so, at these prices, tax included: one in a currency at most."""

    tag = "catalogue.VariantListed"
    options: dict[str, str]
    prices: tuple[Money, ...]


class VariantPriced(VariantFact, frozen=True, kw_only=True):
    """A variant costs something else now. What is offered already keeps its price."""

    tag = "catalogue.VariantPriced"
    prices: tuple[Money, ...]


class VariantRevised(VariantFact, frozen=True, kw_only=True):
    """What tells a variant from the others reads differently."""

    tag = "catalogue.VariantRevised"
    options: dict[str, str]


class VariantWithdrawn(VariantFact, frozen=True, kw_only=True):
    """The product is not to be had so any more."""

    tag = "catalogue.VariantWithdrawn"


class ProductMediaAttached(Event, frozen=True, kw_only=True):
    """A picture or film was put behind those the product is shown with."""

    tag = "catalogue.ProductMediaAttached"
    key: str
    kind: MediaKind


class ProductMediaDetached(Event, frozen=True, kw_only=True):
    """The product is not shown with it any more."""

    tag = "catalogue.ProductMediaDetached"
    key: str


class ProductMediaArranged(Event, frozen=True, kw_only=True):
    """Pictures and films come in this order; the first stands for the product."""

    tag = "catalogue.ProductMediaArranged"
    keys: tuple[str, ...]


class ProductWithdrawn(Event, frozen=True, kw_only=True):
    """The product is not sold any more. What was offered, claimed or ordered of it stays."""

    tag = "catalogue.ProductWithdrawn"


class ProductRelisted(Event, frozen=True, kw_only=True):
    """A withdrawn product is sold again."""

    tag = "catalogue.ProductRelisted"


EVENTS: tuple[type[Event], ...] = (
    ProductListed,
    ProductTranslated,
    TranslationWithdrawn,
    VariantListed,
    VariantPriced,
    VariantRevised,
    VariantWithdrawn,
    ProductMediaAttached,
    ProductMediaDetached,
    ProductMediaArranged,
    ProductWithdrawn,
    ProductRelisted,
)
