"""The buyer's own cart of a show."""

from datetime import UTC, datetime
from typing import Annotated

import msgspec
from litestar import Response, delete, get, put
from litestar.params import JSONBody, QueryParameter

from application.processes.claiming import CartItemAnswer
from domain.money import CURRENCY_OF, times, total
from domain.ordering.cart import Cart, CartLine
from domain.ordering.commands import SetCartItem
from domain.ordering.values import QUANTITY_AT_MOST
from domain.shared import Language, Market, Money
from domain.showcase.errors import OfferNotFoundError
from domain.showcase.showcase import Showcase
from domain.streaming.errors import LiveStreamNotFoundError
from interfaces.http.auth import REGISTERED
from interfaces.http.commands import accepted, envelope
from interfaces.http.parameters import UUID, Id, IdQuery
from interfaces.http.queries import answer, wanted_position
from interfaces.http.request import ApiRequest
from projections.ordering.carts import CartView, get_cart
from projections.projection import Seen
from projections.showcase.offers import get_offer
from projections.streaming.live_streams import get_live_stream
from projections.translations import translated

_TAGS = ["Cart"]
_Stream = Annotated[
    str, QueryParameter(name="stream", pattern=UUID, max_length=36, description="The show's id.")
]


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """So many of one offer that an order would take; what is reserved of it is so until
    `held_until`, null where nothing is. `waitlisted` more are not there yet."""

    offer_id: str
    sku: str
    code: str
    title: str
    options: dict[str, str]
    quantity: int
    price: Money
    total: Money
    held_until: datetime | None
    waitlisted: int


class CartAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """`subtotal` is of what an order would take, tax included, before shipping and coupons.
    `order_id` is the last order made of the cart."""

    id: str
    stream_id: str
    items: list[Item]
    subtotal: Money
    order_id: str | None
    position: int


class SetItem(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many in all; 0 takes it out."""

    quantity: Annotated[int, msgspec.Meta(ge=0, le=QUANTITY_AT_MOST, examples=[2])]


@get("/me/cart", access=REGISTERED, kind="cart", tags=_TAGS, summary="My cart of a show")
async def read_cart(request: ApiRequest, stream: _Stream) -> Response[CartAnswer]:
    """Empty, where nothing was claimed yet."""
    platform, claims = request.platform, request.platform.services.claims
    show = (await get_live_stream(platform.views, stream)).value
    if show is None:
        raise LiveStreamNotFoundError(stream_id=stream)
    cart_id = claims.cart_id(stream, request.caller.user_id)
    seen = await get_cart(platform.views, cart_id, min_position=wanted_position(request))
    view = seen.value or _empty(cart_id, stream, show.market, seen)
    shown = _cart(view, await claims.showcase(stream), request.exchange.language, show.market)
    return answer(seen, shown, {"cache-control": "no-store", "etag": f'"{view.version}"'})


@put(
    "/me/cart/items/{offer_id:str}",
    access=REGISTERED,
    kind="command",
    tags=_TAGS,
    summary="Have so many of an offer",
)
async def set_item(
    request: ApiRequest, offer_id: Id, data: JSONBody[SetItem], stream: IdQuery = None
) -> Response[CartItemAnswer]:
    """What is there is held, or put aside where the offer holds later; for what is not, the buyer
    waits. `stream`, the show's id, spares looking it up."""
    return await _set(request, offer_id, data, stream)


@delete(
    "/me/cart/items/{offer_id:str}",
    access=REGISTERED,
    kind="command",
    status_code=200,
    tags=_TAGS,
    summary="Take an offer out of the cart",
)
async def remove_item(
    request: ApiRequest, offer_id: Id, stream: IdQuery = None
) -> Response[CartItemAnswer]:
    return await _set(request, offer_id, SetItem(quantity=0), stream)


async def _set(
    request: ApiRequest, offer_id: str, wanted: SetItem, stream: str | None
) -> Response[CartItemAnswer]:
    stream_id = stream or await _show_of(request, offer_id)
    command = SetCartItem(
        cart_id="",
        buyer_id=request.caller.user_id,
        stream_id=stream_id,
        now=datetime.now(UTC),
        offer_id=offer_id,
        sku="",
        quantity=wanted.quantity,
    )
    claims = request.platform.services.claims
    return accepted(await claims.execute(envelope(request, command, wanted)))


async def _show_of(request: ApiRequest, offer_id: str) -> str:
    position = wanted_position(request)
    offer = (await get_offer(request.platform.views, offer_id, min_position=position)).value
    if offer is None:
        raise OfferNotFoundError()
    return offer.stream_id


def _empty(cart_id: str, stream_id: str, market: Market, seen: Seen[CartView | None]) -> CartView:
    cart = Cart(stream_id=stream_id, market=market)
    return CartView(id=cart_id, cart=cart, version=0, position=seen.position)


def _cart(view: CartView, showcase: Showcase, language: Language, market: Market) -> CartAnswer:
    currency = CURRENCY_OF[market]
    items = [
        _item(offer_id, line, showcase, language)
        for offer_id, line in view.cart.lines.items()
        if line.quantity + line.waiting
    ]
    return CartAnswer(
        id=view.id,
        stream_id=view.cart.stream_id,
        items=items,
        subtotal=total((item.total for item in items), currency),
        order_id=view.cart.order_id,
        position=view.position,
    )


def _item(offer_id: str, line: CartLine, showcase: Showcase, language: Language) -> Item:
    offer = showcase.offers.get(offer_id)
    return Item(
        offer_id=offer_id,
        sku=line.sku,
        code=line.code,
        title=translated(offer.terms.titles, language) if offer else line.code,
        options=offer.terms.options if offer else {},
        quantity=line.quantity,
        price=line.price,
        total=times(line.price, line.quantity),
        held_until=line.held_until,
        waitlisted=line.waiting,
    )


ROUTES = [read_cart, set_item, remove_item]
