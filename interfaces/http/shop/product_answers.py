"""How a product is told: to buyers in their language, to who sells it in all."""

import msgspec
from msgspec import UNSET, UnsetType

from domain.catalogue.values import MediaKind, ProductStatus
from domain.shared import Language, Market, Money
from interfaces.http.request import ApiRequest
from interfaces.http.shop.selling import may_sell
from projections.catalogue.products import ProductView
from projections.translations import best_language


class Variant(msgspec.Struct, frozen=True, kw_only=True):
    """What can be had of a product. Buyers are shown none that is `withdrawn`."""

    sku: str
    options: dict[str, str]
    prices: list[Money]
    withdrawn: bool


class ProductMedium(msgspec.Struct, frozen=True, kw_only=True):
    media_id: str
    kind: MediaKind
    url: str


class Product(msgspec.Struct, frozen=True, kw_only=True):
    """Title and description are in `language`, the best there is for the reader. `markets` are
    those it has a price in. `titles` and `descriptions` in all languages, and the one they were
    first written in, are told to who sells it. `position` is the log position this shows."""

    id: str
    merchant_id: str
    status: ProductStatus
    language: Language
    title: str
    description: str
    variants: list[Variant]
    media: list[ProductMedium]
    markets: list[Market]
    position: int
    own_language: Language | UnsetType = UNSET
    titles: dict[Language, str] | UnsetType = UNSET
    descriptions: dict[Language, str] | UnsetType = UNSET


def product(request: ApiRequest, view: ProductView, position: int) -> Product:
    of, mine = view.product, may_sell(request, view.product.merchant_id)
    language = best_language(of.titles, request.exchange.language, of.language) or of.language
    return Product(
        id=view.id,
        merchant_id=of.merchant_id,
        status=of.status or "listed",
        language=language,
        title=of.titles.get(language, ""),
        description=of.descriptions.get(language, ""),
        variants=[
            Variant(sku=sku, options=one.options, prices=[*one.prices], withdrawn=one.withdrawn)
            for sku, one in of.variants.items()
            if mine or not one.withdrawn
        ],
        media=[
            ProductMedium(
                media_id=one.key,
                kind=one.kind,
                url=request.platform.objects.public_url(one.key),
            )
            for one in of.media
        ],
        markets=sorted(view.markets),
        position=position,
        own_language=of.language if mine else UNSET,
        titles=of.titles if mine else UNSET,
        descriptions=of.descriptions if mine else UNSET,
    )
