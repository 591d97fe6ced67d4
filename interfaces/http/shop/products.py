"""Products: listing, changing, finding them. Deciding is `domain.catalogue`'s."""

from collections.abc import Sequence
from typing import Annotated

import msgspec
from litestar import Response, delete, get, patch, post
from litestar.params import FromQuery, JSONBody, PathParameter, QueryParameter
from msgspec import UNSET, UnsetType

from application.catalogue.media import media_named
from domain.catalogue import commands as ask
from domain.catalogue.errors import ProductNotFoundError
from domain.catalogue.values import SKU, SKU_CHARACTERS, ProductStatus
from domain.inventory.values import QUANTITY_AT_MOST
from domain.shared import Currency, Language, Market, Money
from infrastructure.ids import new_id
from interfaces.http.auth import PUBLIC
from interfaces.http.commands import Accepted, accepted, envelope, execute
from interfaces.http.paging import Page, next_cursor, wanted_cursor, wanted_limit
from interfaces.http.parameters import Id, IdQuery
from interfaces.http.queries import answer, wanted_position
from interfaces.http.refusals import Forbidden
from interfaces.http.request import ApiRequest
from interfaces.http.shop import product_answers as answers
from interfaces.http.shop.selling import SELLER, as_seller, may_sell
from projections.catalogue.products import Wanted, get_product, list_products

_TAGS = ["Products"]
_NO_STORE = {"cache-control": "no-store"}
_Sku = Annotated[
    str, msgspec.Meta(pattern=f"^{SKU}$", max_length=SKU_CHARACTERS, examples=["COAT-RED-M"])
]
_SkuPath = Annotated[str, PathParameter(pattern=f"^{SKU}$", max_length=SKU_CHARACTERS)]
_Units = Annotated[int, msgspec.Meta(ge=0, le=QUANTITY_AT_MOST)]
_MediaId = Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9/._-]+$", max_length=300)]
_Search = Annotated[str, QueryParameter(max_length=200, description="Words, or parts of words.")]
_Texts = Annotated[dict[Language, str], msgspec.Meta(examples=[{"zh-TW": "羊毛大衣"}])]


class Price(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """In minor units of the currency, tax included."""

    amount: Annotated[int, msgspec.Meta(ge=1, examples=[1280])]
    currency: Currency


class NewVariant(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """One price in a currency. `initial_stock` is on the shelf now."""

    sku: _Sku
    prices: list[Price]
    options: dict[str, str] = {}
    initial_stock: _Units = 0


class ListProduct(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """`language` is the one the merchant writes in themselves; left out, it is their profile's
    where there is a title in it, else the first title's. `media` are what POST /media answered,
    uploaded."""

    title: _Texts
    variants: list[NewVariant]
    description: _Texts = {}
    language: Language | None = None
    media: list[_MediaId] = []


class VariantChange(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """A SKU the product has is changed, another one listed."""

    sku: _Sku
    prices: list[Price] | UnsetType = UNSET
    options: dict[str, str] | UnsetType = UNSET
    initial_stock: _Units = 0


class ReviseProduct(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """What is left out stays: languages, variants. A title of null takes its language away;
    `media` are all there shall be, in order."""

    title: dict[Language, str | None] = {}
    description: dict[Language, str] = {}
    variants: list[VariantChange] = []
    media: list[_MediaId] | UnsetType = UNSET


@post(
    "/products",
    access=SELLER,
    kind="command",
    status_code=201,
    tags=_TAGS,
    summary="List a product with its variants and what is in stock",
)
async def list_product(request: ApiRequest, data: JSONBody[ListProduct]) -> Response[Accepted]:
    command = ask.ListProduct(
        product_id=new_id(),
        **as_seller(request),
        language=_own_language(request, data),
        titles=data.title,
        descriptions=data.description,
        variants=tuple(
            ask.NewVariant(
                sku=one.sku,
                options=one.options,
                prices=_money(one.prices),
                initial_stock=one.initial_stock,
            )
            for one in data.variants
        ),
        media=tuple(map(media_named, data.media)),
    )
    services = request.platform.services.catalogue
    outcome = await services.list_product(envelope(request, command, data), command)
    return accepted(outcome, status=201)


@patch(
    "/products/{product_id:str}",
    access=SELLER,
    kind="command",
    tags=_TAGS,
    summary="Change words, variants and pictures",
)
async def revise_product(
    request: ApiRequest, product_id: Id, data: JSONBody[ReviseProduct]
) -> Response[Accepted]:
    """What is offered in a show already keeps its price and its words."""
    command = ask.ReviseProduct(
        product_id=product_id,
        **as_seller(request),
        titles=data.title,
        descriptions=data.description,
        variants=tuple(
            ask.VariantChange(
                sku=one.sku,
                options=one.options,
                prices=UNSET if one.prices is UNSET else _money(one.prices),
                initial_stock=one.initial_stock,
            )
            for one in data.variants
        ),
        media=UNSET if data.media is UNSET else tuple(map(media_named, data.media)),
    )
    services = request.platform.services.catalogue
    return accepted(await services.revise_product(envelope(request, command, data), command))


@delete(
    "/products/{product_id:str}",
    access=SELLER,
    kind="command",
    status_code=200,
    tags=_TAGS,
    summary="Sell a product no more",
)
async def withdraw_product(request: ApiRequest, product_id: Id) -> Response[Accepted]:
    """What was offered, claimed or ordered of it stays."""
    return await execute(request, ask.WithdrawProduct(product_id=product_id, **as_seller(request)))


@post(
    "/products/{product_id:str}/relist",
    access=SELLER,
    kind="command",
    status_code=200,
    tags=_TAGS,
    summary="Sell a withdrawn product again",
)
async def relist_product(request: ApiRequest, product_id: Id) -> Response[Accepted]:
    return await execute(request, ask.RelistProduct(product_id=product_id, **as_seller(request)))


@delete(
    "/products/{product_id:str}/variants/{sku:str}",
    access=SELLER,
    kind="command",
    status_code=200,
    tags=_TAGS,
    summary="Sell a variant no more",
)
async def withdraw_variant(
    request: ApiRequest, product_id: Id, sku: _SkuPath
) -> Response[Accepted]:
    command = ask.WithdrawVariant(product_id=product_id, **as_seller(request), sku=sku)
    return await execute(request, command)


@get("/products", access=PUBLIC, kind="list", tags=_TAGS, summary="List and find products")
async def list_all_products(
    request: ApiRequest,
    merchant: IdQuery = None,
    market: FromQuery[Market | None] = None,
    status: FromQuery[ProductStatus] = "listed",
    q: _Search = "",
) -> Response[Page[answers.Product]]:
    """Those that have every value given, the newest first. `q` finds what has each of its words in
    a title of any language, an option or a SKU. The withdrawn are for their merchant alone."""
    if status != "listed" and not may_sell(request, merchant or ""):
        raise Forbidden
    listing, limit = f"products/{merchant}/{market}/{status}/{q}", wanted_limit(request)
    seen = await list_products(
        request.platform.views,
        Wanted(
            merchant=merchant,
            market=market,
            status=status,
            words=q,
            min_position=wanted_position(request),
        ),
        limit=limit + 1,
        before=wanted_cursor(request, listing, int),
    )
    shown, more = seen.value[:limit], len(seen.value) > limit
    page = Page(
        items=[answers.product(request, view, seen.position) for view in shown],
        next_cursor=next_cursor(listing, shown[-1].listed_at, more=more) if shown else None,
    )
    return answer(seen, page, _NO_STORE)


@get("/products/{product_id:str}", access=PUBLIC, kind="query", tags=_TAGS, summary="One product")
async def show_product(request: ApiRequest, product_id: Id) -> Response[answers.Product]:
    """Also when it is withdrawn: orders still name it."""
    views, wanted = request.platform.views, wanted_position(request)
    seen = await get_product(views, product_id, min_position=wanted)
    if seen.value is None:
        raise ProductNotFoundError(product_id=product_id)
    return answer(seen, answers.product(request, seen.value, seen.position), _NO_STORE)


def _own_language(request: ApiRequest, data: ListProduct) -> Language:
    """The domain refuses a product without a title in it."""
    profile = request.caller.language
    if data.language is not None or profile in data.title:
        return data.language or profile
    return next(iter(data.title), profile)


def _money(prices: Sequence[Price]) -> tuple[Money, ...]:
    return tuple(Money(amount=one.amount, currency=one.currency) for one in prices)


ROUTES = [
    list_product,
    list_all_products,
    show_product,
    revise_product,
    withdraw_product,
    relist_product,
    withdraw_variant,
]
