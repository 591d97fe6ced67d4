"""What a show sells, for its host: in all, by item, by minute, and who claimed an item."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import msgspec
from litestar import Response, get

from domain.money import CURRENCY_OF, times, total
from domain.shared import EPOCH, Currency, Language, Money
from domain.showcase.errors import OfferNotFoundError
from domain.streaming.errors import LiveStreamNotFoundError
from interfaces.http.hosting import HOST_OR_ADMIN, may_run
from interfaces.http.paging import Page, next_cursor, wanted_cursor, wanted_limit
from interfaces.http.parameters import Id
from interfaces.http.queries import answer, wanted_position
from interfaces.http.refusals import Forbidden
from interfaces.http.request import ApiRequest
from interfaces.http.shop.order_answers import Buyer
from projections.identity.accounts import names_of
from projections.ordering.claims import ClaimView, claims_of_offer
from projections.ordering.item_sales import ItemSales, sales_of_item, sales_of_items
from projections.ordering.order_queries import orders_of
from projections.ordering.orders import OrderView
from projections.ordering.sales import MinuteSales, ShowSales, minutes_of_show, sales_of_show
from projections.projection import Seen
from projections.streaming.live_streams import LiveStreamView, get_live_stream
from projections.translations import translated

_TAGS = ["Sales"]
_NO_STORE = {"cache-control": "no-store"}


class Sold(msgspec.Struct, frozen=True, kw_only=True):
    """So many units, and what they cost: prices, before coupons and shipping."""

    quantity: int
    amount: Money


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """An offer. `claimed` is all that was ever asked for, `reserved` what is kept for buyers now,
    `sold` what was paid or is paid on delivery, `returned` what of it came back."""

    offer_id: str
    sku: str
    code: str
    title: str
    options: dict[str, str]
    price: Money
    claimed: Sold
    reserved: Sold
    sold: Sold
    returned: Sold
    waiting: int


class Sales(msgspec.Struct, frozen=True, kw_only=True):
    """A show. `paid` is what came in, shipping and all; `net` is that without `refunded`, which is
    due back or paid back. `conversion` is the part of all claimed units that were sold, 0 to 1.
    `items` are the best sold first."""

    stream_id: str
    claimed: Sold
    reserved: Sold
    sold: Sold
    paid: Money
    refunded: Money
    net: Money
    conversion: float
    buyers: int
    orders: int
    orders_paid: int
    orders_cancelled: int
    orders_expired: int
    refused_claims: int
    items: list[Item]
    position: int


class Minute(msgspec.Struct, frozen=True, kw_only=True):
    """What was claimed, ordered, paid and to be refunded in the minute from `at` on."""

    at: datetime
    claimed: Sold
    orders: int
    paid: Money
    refunded: Money


class Claimant(msgspec.Struct, frozen=True, kw_only=True):
    """A buyer of an item, in units: of all they `claimed` what is `held` for them now, lies in
    their cart unreserved (`aside`), is waited for, `ordered` and `paid`."""

    buyer: Buyer
    claimed: int
    held: int
    held_until: datetime | None
    aside: int
    waiting: int
    ordered: int
    paid: int
    first_claimed_at: datetime


@get(
    "/streams/{stream_id:str}/sales",
    access=HOST_OR_ADMIN,
    kind="query",
    tags=_TAGS,
    summary="What a show sells",
)
async def show_sales(request: ApiRequest, stream_id: Id) -> Response[Sales]:
    """To its host, and to admins."""
    views, wanted = request.platform.views, wanted_position(request)
    show = await _own_show(request, stream_id)
    items = await sales_of_items(views, stream_id, min_position=wanted)
    seen = await sales_of_show(views, stream_id, min_position=wanted)
    position = min(items.position, seen.position)
    told = [_item(view, request.exchange.language) for view in items.value]
    currency = CURRENCY_OF[show.market]
    body = _sales(seen.value, _best_first(told), currency, position)
    return answer(Seen(body, position), body, _NO_STORE)


@get(
    "/streams/{stream_id:str}/sales/minutes",
    access=HOST_OR_ADMIN,
    kind="list",
    tags=_TAGS,
    summary="What a show sells, minute by minute, the latest first",
)
async def list_minutes(request: ApiRequest, stream_id: Id) -> Response[Page[Minute]]:
    """Minutes in which nothing happened are left out."""
    show = await _own_show(request, stream_id)
    listing, limit = f"sales_minutes:{stream_id}", wanted_limit(request)
    seen = await minutes_of_show(
        request.platform.views,
        stream_id,
        limit=limit + 1,
        before=wanted_cursor(request, listing, int),
        min_position=wanted_position(request),
    )
    shown = seen.value[:limit]
    last = shown[-1].minute if shown else 0
    page = Page(
        items=[_minute(view, CURRENCY_OF[show.market]) for view in shown],
        next_cursor=next_cursor(listing, last, more=len(seen.value) > limit),
    )
    return answer(seen, page, _NO_STORE)


@get(
    "/streams/{stream_id:str}/offers/{offer_id:str}/buyers",
    access=HOST_OR_ADMIN,
    kind="list",
    tags=_TAGS,
    summary="Who claimed an item, the first first",
)
async def list_buyers(request: ApiRequest, stream_id: Id, offer_id: Id) -> Response[Page[Claimant]]:
    """With what they claimed of it, and what became of that."""
    await _own_show(request, stream_id)
    await _offered(request, stream_id, offer_id)
    listing, limit = f"buyers:{offer_id}", wanted_limit(request)
    seen = await claims_of_offer(
        request.platform.views,
        offer_id,
        limit=limit + 1,
        after=wanted_cursor(request, listing, int) or 0,
        min_position=wanted_position(request),
    )
    shown = seen.value[:limit]
    last = shown[-1].listed_at if shown else 0
    page = Page(
        items=await _claimants(request, shown),
        next_cursor=next_cursor(listing, last, more=len(seen.value) > limit),
    )
    return answer(seen, page, _NO_STORE)


async def _own_show(request: ApiRequest, stream_id: str) -> LiveStreamView:
    seen = await get_live_stream(
        request.platform.views, stream_id, min_position=wanted_position(request)
    )
    if seen.value is None:
        raise LiveStreamNotFoundError(stream_id=stream_id)
    if not may_run(request, seen.value.host_id):
        raise Forbidden
    return seen.value


async def _offered(request: ApiRequest, stream_id: str, offer_id: str) -> None:
    views, wanted = request.platform.views, wanted_position(request)
    item = (await sales_of_item(views, offer_id, min_position=wanted)).value
    if item is None or item.stream_id != stream_id:
        raise OfferNotFoundError(offer_id=offer_id)


async def _claimants(request: ApiRequest, shown: Sequence[ClaimView]) -> list[Claimant]:
    views = request.platform.views
    order_ids = sorted({order_id for view in shown for order_id in view.order_ids})
    orders = (await orders_of(views, order_ids)).value if order_ids else {}
    buyers = sorted({view.buyer_id for view in shown})
    names = (await names_of(views, buyers)).value if buyers else {}
    return [_claimant(view, names, orders) for view in shown]


def _claimant(
    view: ClaimView, names: Mapping[str, str], orders: Mapping[str, OrderView]
) -> Claimant:
    return Claimant(
        buyer=Buyer(id=view.buyer_id, name=names.get(view.buyer_id)),
        claimed=view.claimed,
        held=view.held,
        held_until=view.held_until,
        aside=view.aside,
        waiting=view.waiting,
        ordered=view.ordered,
        paid=sum(_paid_units(view, orders.get(each)) for each in view.order_ids),
        first_claimed_at=view.first_claimed_at,
    )


def _paid_units(claim: ClaimView, order: OrderView | None) -> int:
    if order is None or order.paid is None:
        return 0
    return sum(line.quantity for line in order.lines if line.offer_id == claim.offer_id)


def _item(view: ItemSales, language: Language) -> Item:
    def sold(quantity: int) -> Sold:
        return Sold(quantity=quantity, amount=times(view.price, quantity))

    return Item(
        offer_id=view.offer_id,
        sku=view.sku,
        code=view.code,
        title=translated(view.titles, language),
        options=view.options,
        price=view.price,
        claimed=sold(view.claimed),
        reserved=sold(view.reserved),
        sold=sold(view.sold),
        returned=sold(view.returned),
        waiting=view.waiting,
    )


def _best_first(items: list[Item]) -> list[Item]:
    return sorted(items, key=lambda item: (-item.sold.amount.amount, -item.claimed.amount.amount))


def _sales(view: ShowSales, items: list[Item], currency: Currency, position: int) -> Sales:
    claimed = _together([item.claimed for item in items], currency)
    sold = _together([item.sold for item in items], currency)
    return Sales(
        stream_id=view.stream_id,
        claimed=claimed,
        reserved=_together([item.reserved for item in items], currency),
        sold=sold,
        paid=Money(amount=view.paid, currency=currency),
        refunded=Money(amount=view.refunded, currency=currency),
        net=Money(amount=view.paid - view.refunded, currency=currency),
        conversion=round(sold.quantity / claimed.quantity, 4) if claimed.quantity else 0.0,
        buyers=view.buyers,
        orders=view.orders,
        orders_paid=view.orders_paid,
        orders_cancelled=view.orders_cancelled,
        orders_expired=view.orders_expired,
        refused_claims=view.refused_claims,
        items=items,
        position=position,
    )


def _together(parts: Sequence[Sold], currency: Currency) -> Sold:
    return Sold(
        quantity=sum(part.quantity for part in parts),
        amount=total((part.amount for part in parts), currency),
    )


def _minute(view: MinuteSales, currency: Currency) -> Minute:
    claimed = Money(amount=view.claimed_amount, currency=currency)
    return Minute(
        at=EPOCH + timedelta(minutes=view.minute),
        claimed=Sold(quantity=view.claimed, amount=claimed),
        orders=view.orders,
        paid=Money(amount=view.paid, currency=currency),
        refunded=Money(amount=view.refunded, currency=currency),
    )


ROUTES = [show_sales, list_minutes, list_buyers]
