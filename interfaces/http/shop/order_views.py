"""Orders to be read: a buyer's own, and a merchant's of their own shows."""

from typing import Annotated, Literal

from litestar import Response, get
from litestar.params import FromQuery, QueryParameter
from msgspec.structs import replace

from domain.ordering.errors import OrderNotFoundError
from domain.ordering.values import OrderStatus
from interfaces.http.auth import REGISTERED
from interfaces.http.hosting import may_run
from interfaces.http.paging import Page, next_cursor, wanted_cursor, wanted_limit
from interfaces.http.parameters import Id, IdQuery
from interfaces.http.queries import answer, wanted_position
from interfaces.http.request import ApiRequest
from interfaces.http.shop import order_answers as answers
from projections.identity.accounts import names_of
from projections.ordering.order_queries import Listed, get_order, list_orders
from projections.ordering.orders import OrderView
from projections.projection import Seen, Views

_TAGS = ["Orders"]
_ADMIN = "admin"
_NO_STORE = {"cache-control": "no-store"}

Side = Annotated[
    Literal["bought", "sold"] | None,
    QueryParameter(description="Those you bought, or those you sold; both where it is left out."),
]


@get("/orders", access=REGISTERED, kind="list", tags=_TAGS, summary="List orders, the newest first")
async def list_own_orders(
    request: ApiRequest,
    side: Side = None,
    status: FromQuery[OrderStatus | None] = None,
    stream: IdQuery = None,
) -> Response[Page[answers.Order]]:
    """Those the caller bought, and those of their own shows; an admin who names a show gets all of
    that. Those that have every value given."""
    listing, limit = f"orders:{side}:{status}:{stream}", wanted_limit(request)
    before = wanted_cursor(request, listing, int)
    asked = _asked(request, side, status, stream)
    seen = await _newest(request.platform.views, asked, limit=limit + 1, before=before)
    shown = seen.value[:limit]
    last = shown[-1].listed_at if shown else 0
    page = Page(
        items=await _told(request, shown, seen.position),
        next_cursor=next_cursor(listing, last, more=len(seen.value) > limit),
    )
    return answer(seen, page, _NO_STORE)


@get(
    "/orders/{order_id:str}",
    access=REGISTERED,
    kind="query",
    tags=_TAGS,
    summary="One order, with its story",
)
async def show_order(request: ApiRequest, order_id: Id) -> Response[answers.Order]:
    """To its buyer, to the host who sold it, and to admins. The story is in your language."""
    views, wanted = request.platform.views, wanted_position(request)
    seen = await get_order(views, order_id, min_position=wanted)
    if seen.value is None or not _may_see(request, seen.value):
        raise OrderNotFoundError(order_id=order_id)
    (shown,) = await _told(request, [seen.value], seen.position)
    return answer(seen, shown, _NO_STORE)


def _asked(
    request: ApiRequest, side: str | None, status: OrderStatus | None, stream: str | None
) -> list[Listed]:
    """Each is one range of an index: of both at once a database would read all."""
    caller = request.caller
    asked = [Listed(owner="bought", id=caller.user_id, stream_id=stream)]
    if stream is not None and _ADMIN in caller.roles:
        sold = [Listed(owner="shown", id=stream)]
    else:
        sold = [Listed(owner="sold", id=caller.user_id, stream_id=stream)]
    sides = {"bought": asked, "sold": sold}
    chosen = [*asked, *sold] if side is None else sides[side]
    position = wanted_position(request)
    return [replace(each, status=status, min_position=position) for each in chosen]


async def _newest(
    views: Views, asked: list[Listed], *, limit: int, before: int | None
) -> Seen[list[OrderView]]:
    """Of several lists together, each order once; as of the position all of them show."""
    seen = [await list_orders(views, each, limit=limit, before=before) for each in asked]
    found = {view.id: view for each in seen for view in each.value}
    newest = sorted(found.values(), key=lambda view: -view.listed_at)
    return Seen(newest[:limit], min(each.position for each in seen))


def _may_see(request: ApiRequest, view: OrderView) -> bool:
    return request.caller.user_id == view.buyer_id or may_run(request, view.host_id)


async def _told(request: ApiRequest, shown: list[OrderView], position: int) -> list[answers.Order]:
    """Buyers' names come as they are now; an account that is not there yet or any more has none."""
    buyers = {view.buyer_id for view in shown}
    names = (await names_of(request.platform.views, sorted(buyers))).value if buyers else {}
    language = request.exchange.language
    return [answers.order(view, names, language, position=position) for view in shown]


ROUTES = [list_own_orders, show_order]
