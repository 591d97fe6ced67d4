"""What a show offers: making it ready, opening, closing and pinning it. Deciding is
`domain.showcase`'s."""

from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
from litestar import Response, get, patch, post
from litestar.params import JSONBody
from msgspec import UNSET, UnsetType

from application.showcase.handlers import OfferAnswer, ShowcaseAnswer
from domain.inventory.values import SKU
from domain.shared import Money
from domain.showcase import commands as ask
from domain.showcase.values import HoldPolicy, OfferTerms
from infrastructure.ids import new_id
from interfaces.http.auth import PUBLIC
from interfaces.http.commands import accepted, envelope, execute
from interfaces.http.hosting import HOST_OR_ADMIN, as_host
from interfaces.http.paging import Page, next_cursor, wanted_cursor, wanted_limit
from interfaces.http.parameters import Id
from interfaces.http.queries import answer, wanted_position
from interfaces.http.request import ApiRequest
from interfaces.http.shop.offer_answers import Offer, offer
from projections.showcase.offers import available_of, cursor_of, list_offers

_TAGS = ["Offers"]
_NO_STORE = {"cache-control": "no-store"}
Moment = Annotated[datetime, msgspec.Meta(tz=True)]
Code = Annotated[str, msgspec.Meta(max_length=100, examples=["A01"])]
Sku = Annotated[str, msgspec.Meta(pattern=f"^{SKU}$", max_length=64, examples=["COAT-RED-M"])]


class PrepareOffer(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """What is to be offered, and on what terms. Buyers write the `code`; the price includes tax.
    `quantity` is what the offer has at most, `per_customer` what one buyer may have of it. Units
    are held `hold_seconds` from a claim on (`hold_policy`: or once they are ordered, or only paid),
    and `answer_seconds` for who had waited. It opens and closes by itself at `opens_at` and
    `closes_at`, or `open_seconds` after it was opened."""

    sku: Sku
    code: Code
    price: Money
    quantity: int | None = None
    per_customer: int | None = None
    hold_policy: HoldPolicy = "on_claim"
    hold_seconds: int = 900
    answer_seconds: int = 300
    waitlist: bool = True
    opens_at: Moment | None = None
    closes_at: Moment | None = None
    open_seconds: int | None = None


class ReviseOffer(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """What is left out stays as it is."""

    code: Code | UnsetType = UNSET
    price: Money | UnsetType = UNSET
    quantity: int | UnsetType | None = UNSET
    per_customer: int | UnsetType | None = UNSET
    hold_policy: HoldPolicy | UnsetType = UNSET
    hold_seconds: int | UnsetType = UNSET
    answer_seconds: int | UnsetType = UNSET
    waitlist: bool | UnsetType = UNSET
    opens_at: Moment | UnsetType | None = UNSET
    closes_at: Moment | UnsetType | None = UNSET
    open_seconds: int | UnsetType | None = UNSET


class ReviseShowcase(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`merge_orders`: what a buyer claims later joins their order of this show while it is
    unpaid."""

    merge_orders: bool


@post(
    "/streams/{stream_id:str}/offers",
    access=HOST_OR_ADMIN,
    kind="command",
    status_code=201,
    tags=_TAGS,
    summary="Make something ready to be offered in a show",
)
async def prepare_offer(
    request: ApiRequest, stream_id: Id, data: JSONBody[PrepareOffer]
) -> Response[OfferAnswer]:
    command = ask.PrepareOffer(
        **as_host(request, stream_id),
        offer_id=new_id(),
        terms=OfferTerms(product_id="", titles={}, **msgspec.structs.asdict(data)),
        now=datetime.now(UTC),
    )
    showcase = request.platform.services.showcase
    return accepted(await showcase.prepare(envelope(request, command, data)), status=201)


@get(
    "/streams/{stream_id:str}/offers",
    access=PUBLIC,
    kind="list",
    tags=_TAGS,
    summary="What a show offers",
)
async def list_show_offers(request: ApiRequest, stream_id: Id) -> Response[Page[Offer]]:
    """In the order it was prepared in, with what was offered before."""
    views, listing = request.platform.views, f"offers/{stream_id}"
    limit = wanted_limit(request)
    seen = await list_offers(
        views,
        stream_id,
        limit=limit + 1,
        after=wanted_cursor(request, listing, tuple[float, str]),
        min_position=wanted_position(request),
    )
    shown = seen.value[:limit]
    available = await available_of(views, {view.terms.sku for view in shown})
    language = request.exchange.language
    items = [offer(view, language, available.get(view.terms.sku, 0)) for view in shown]
    more = len(seen.value) > limit
    cursor = next_cursor(listing, cursor_of(shown[-1]), more=more) if shown else None
    return answer(seen, Page(items=items, next_cursor=cursor), _NO_STORE)


@patch(
    "/streams/{stream_id:str}/offers/{offer_id:str}",
    access=HOST_OR_ADMIN,
    kind="command",
    tags=_TAGS,
    summary="Change the terms of an offer that was never open",
)
async def revise_offer(
    request: ApiRequest, stream_id: Id, offer_id: Id, data: JSONBody[ReviseOffer]
) -> Response[OfferAnswer]:
    command = ask.ReviseOffer(
        **as_host(request, stream_id),
        offer_id=offer_id,
        now=datetime.now(UTC),
        **msgspec.structs.asdict(data),
    )
    return await execute(request, command, data)


@post(
    "/streams/{stream_id:str}/offers/{offer_id:str}/open",
    access=HOST_OR_ADMIN,
    kind="command",
    status_code=200,
    tags=_TAGS,
    summary="Open an offer: it can be claimed from now on",
)
async def open_offer(request: ApiRequest, stream_id: Id, offer_id: Id) -> Response[OfferAnswer]:
    """Its terms stand from then on. One that was closed may be opened again."""
    return await _ask(request, ask.OpenOffer, stream_id, offer_id, now=datetime.now(UTC))


@post(
    "/streams/{stream_id:str}/offers/{offer_id:str}/close",
    access=HOST_OR_ADMIN,
    kind="command",
    status_code=200,
    tags=_TAGS,
    summary="Close an offer: it can be claimed no more",
)
async def close_offer(request: ApiRequest, stream_id: Id, offer_id: Id) -> Response[OfferAnswer]:
    """What was claimed stays."""
    return await _ask(request, ask.CloseOffer, stream_id, offer_id)


@post(
    "/streams/{stream_id:str}/offers/{offer_id:str}/pin",
    access=HOST_OR_ADMIN,
    kind="command",
    status_code=200,
    tags=_TAGS,
    summary="Show an offer above the chat: +1 means it",
)
async def pin_offer(request: ApiRequest, stream_id: Id, offer_id: Id) -> Response[OfferAnswer]:
    return await _ask(request, ask.PinProduct, stream_id, offer_id)


@post(
    "/streams/{stream_id:str}/offers/{offer_id:str}/unpin",
    access=HOST_OR_ADMIN,
    kind="command",
    status_code=200,
    tags=_TAGS,
    summary="Take a pinned offer down",
)
async def unpin_offer(request: ApiRequest, stream_id: Id, offer_id: Id) -> Response[OfferAnswer]:
    return await _ask(request, ask.UnpinProduct, stream_id, offer_id)


@patch(
    "/streams/{stream_id:str}/showcase",
    access=HOST_OR_ADMIN,
    kind="command",
    tags=_TAGS,
    summary="Change how a show sells",
)
async def revise_showcase(
    request: ApiRequest, stream_id: Id, data: JSONBody[ReviseShowcase]
) -> Response[ShowcaseAnswer]:
    command = ask.ChangeMerging(**as_host(request, stream_id), merge_orders=data.merge_orders)
    showcase = request.platform.services.showcase
    return accepted(await showcase.change_merging(envelope(request, command, data)))


async def _ask(
    request: ApiRequest,
    command: type[ask.OfferCommand],
    stream_id: str,
    offer_id: str,
    **asked: Any,
) -> Response[OfferAnswer]:
    return await execute(
        request, command(**as_host(request, stream_id), offer_id=offer_id, **asked)
    )


ROUTES = [
    prepare_offer,
    list_show_offers,
    revise_offer,
    open_offer,
    close_offer,
    pin_offer,
    unpin_offer,
    revise_showcase,
]
