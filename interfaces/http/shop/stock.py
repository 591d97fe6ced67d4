"""Stock, for the merchant whose goods they are."""

from typing import Annotated

import msgspec
from litestar import Response, get, post
from litestar.params import JSONBody, PathParameter

from application.inventory.handlers import StockAnswer
from domain.inventory.commands import AdjustStock, ReceiveStock
from domain.inventory.errors import SkuNotFoundError
from domain.inventory.values import QUANTITY_AT_MOST, REASON_CHARACTERS, SKU, AdjustmentReason
from interfaces.http.commands import execute
from interfaces.http.paging import Page, next_cursor, wanted_cursor, wanted_limit
from interfaces.http.queries import answer, wanted_position
from interfaces.http.request import ApiRequest
from interfaces.http.shop.selling import SELLER, as_seller, may_sell
from projections.inventory.stock import StockView, get_stock, list_stock

_TAGS = ["Stock"]
_NO_STORE = {"cache-control": "no-store"}
_LISTING = "stock"
SkuPath = Annotated[str, PathParameter(pattern=f"^{SKU}$", max_length=64)]


class Stock(msgspec.Struct, frozen=True, kw_only=True):
    """reserved + available = on_hand. `waiting` are units that people wait for."""

    sku: str
    product_id: str
    on_hand: int
    reserved: int
    available: int
    waiting: int
    position: int


class Receive(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """Goods came in."""

    quantity: Annotated[int, msgspec.Meta(ge=1, le=QUANTITY_AT_MOST, examples=[100])]
    reason: Annotated[str, msgspec.Meta(max_length=REASON_CHARACTERS)] = ""


class Adjust(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """So many units more on the shelf than we believe, or fewer (negative)."""

    quantity: Annotated[int, msgspec.Meta(ge=-QUANTITY_AT_MOST, le=QUANTITY_AT_MOST, examples=[-2])]
    reason: AdjustmentReason


@get("/stock", access=SELLER, kind="stock", tags=_TAGS, summary="The caller's goods, by SKU")
async def list_my_stock(request: ApiRequest) -> Response[Page[Stock]]:
    limit, after = wanted_limit(request), wanted_cursor(request, _LISTING, str)
    seen = await list_stock(
        request.platform.views,
        request.caller.user_id,
        limit=limit + 1,
        after=after or "",
        min_position=wanted_position(request),
    )
    shown, more = seen.value[:limit], len(seen.value) > limit
    page = Page(
        items=[_stock(view) for view in shown],
        next_cursor=next_cursor(_LISTING, shown[-1].sku, more=more) if shown else None,
    )
    return answer(seen, page, _NO_STORE)


@get(
    "/stock/{sku:str}",
    access=SELLER,
    kind="stock",
    tags=_TAGS,
    summary="How much there is of a SKU",
)
async def read_stock(request: ApiRequest, sku: SkuPath) -> Response[Stock]:
    """Of others' goods nobody learns that there are any."""
    seen = await get_stock(request.platform.views, sku, min_position=wanted_position(request))
    view = seen.value
    if view is None or not may_sell(request, view.merchant_id):
        raise SkuNotFoundError(sku=sku)
    return answer(seen, _stock(view), _NO_STORE)


@post(
    "/stock/{sku:str}/receive",
    access=SELLER,
    kind="command",
    status_code=200,
    tags=_TAGS,
    summary="Goods came in",
)
async def receive_stock(
    request: ApiRequest, sku: SkuPath, data: JSONBody[Receive]
) -> Response[StockAnswer]:
    command = ReceiveStock(sku=sku, **as_seller(request), **msgspec.structs.asdict(data))
    return await execute(request, command, data)


@post(
    "/stock/{sku:str}/adjust",
    access=SELLER,
    kind="command",
    status_code=200,
    tags=_TAGS,
    summary="The shelf holds more, or fewer, than we believe",
)
async def adjust_stock(
    request: ApiRequest, sku: SkuPath, data: JSONBody[Adjust]
) -> Response[StockAnswer]:
    command = AdjustStock(sku=sku, **as_seller(request), **msgspec.structs.asdict(data))
    return await execute(request, command, data)


def _stock(view: StockView) -> Stock:
    return Stock(
        sku=view.sku,
        product_id=view.product_id,
        on_hand=view.on_hand,
        reserved=view.reserved,
        available=view.available,
        waiting=view.waiting,
        position=view.position,
    )


ROUTES = [list_my_stock, read_stock, receive_stock, adjust_stock]
