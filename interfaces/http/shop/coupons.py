"""Coupons: what a host gives off, to whoever names the code."""

from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
from litestar import Response, get, post
from litestar.params import JSONBody, PathParameter

from application.ordering.handlers import CouponAnswer
from domain.money import BASIS_POINTS
from domain.ordering import commands as ask
from domain.ordering.values import COUPON_REDEMPTIONS_AT_MOST, CouponKind, CouponTerms
from domain.shared import Market, Money
from interfaces.http.commands import execute
from interfaces.http.hosting import HOST, HOST_OR_ADMIN
from interfaces.http.paging import Page, next_cursor, wanted_cursor, wanted_limit
from interfaces.http.parameters import UUID
from interfaces.http.queries import answer, wanted_position
from interfaces.http.request import ApiRequest
from projections.ordering.coupons import CouponView, list_coupons

_TAGS = ["Orders"]
_NO_STORE = {"cache-control": "no-store"}
_ANY_CASE = "^[A-Za-z0-9]{3,32}$"
_LISTING = "coupons"
CodePath = Annotated[str, PathParameter(pattern=_ANY_CASE, max_length=32)]
Times = Annotated[int, msgspec.Meta(ge=1, le=COUPON_REDEMPTIONS_AT_MOST)]
Moment = Annotated[datetime, msgspec.Meta(tz=True)]


class IssueCoupon(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """`amount` off, or `basis_points` (500 are 5 %) of the subtotal, at most `at_most`; from a
    subtotal of `minimum` on. `total` times in all, `per_customer` times by one buyer; in one show
    where `stream_id` names it."""

    code: Annotated[str, msgspec.Meta(pattern=_ANY_CASE, examples=["LIVE100"])]
    kind: CouponKind
    amount: Money | None = None
    basis_points: Annotated[int, msgspec.Meta(ge=0, le=BASIS_POINTS)] = 0
    at_most: Money | None = None
    minimum: Money | None = None
    total: Times = COUPON_REDEMPTIONS_AT_MOST
    per_customer: Times = 1
    market: Market | None = None
    stream_id: Annotated[str, msgspec.Meta(pattern=UUID, max_length=36)] | None = None
    starts_at: Moment | None = None
    ends_at: Moment | None = None


class Coupon(msgspec.Struct, frozen=True, kw_only=True):
    """As it was issued; `redeemed` counts the orders that have it, `status` is `issued` or
    `withdrawn`."""

    code: str
    status: str
    market: Market
    kind: CouponKind
    amount: Money | None
    basis_points: int
    at_most: Money | None
    minimum: Money | None
    total: int
    per_customer: int
    stream_id: str | None
    starts_at: datetime | None
    ends_at: datetime | None
    redeemed: int


@post(
    "/coupons",
    access=HOST,
    kind="command",
    status_code=201,
    tags=_TAGS,
    summary="Give out a discount",
)
async def issue_coupon(request: ApiRequest, data: JSONBody[IssueCoupon]) -> Response[CouponAnswer]:
    """Its code is nobody else's. Letters count the same large and small."""
    terms = CouponTerms(
        kind=data.kind,
        amount=data.amount,
        basis_points=data.basis_points,
        at_most=data.at_most,
        minimum=data.minimum,
        total=data.total,
        per_customer=data.per_customer,
    )
    command = ask.IssueCoupon(
        coupon=data.code.upper(),
        by=request.caller.user_id,
        market=data.market or request.caller.market,
        terms=terms,
        now=datetime.now(UTC),
        stream_id=data.stream_id,
        starts_at=data.starts_at,
        ends_at=data.ends_at,
    )
    return await execute(request, command, data, status=201)


@post(
    "/coupons/{code:str}/withdraw",
    access=HOST_OR_ADMIN,
    kind="command",
    status_code=200,
    tags=_TAGS,
    summary="End a discount",
)
async def withdraw_coupon(request: ApiRequest, code: CodePath) -> Response[CouponAnswer]:
    caller = request.caller
    command = ask.WithdrawCoupon(
        coupon=code.upper(), by=caller.user_id, as_staff="admin" in caller.roles
    )
    return await execute(request, command)


@get("/coupons", access=HOST, kind="list", tags=_TAGS, summary="My coupons, the newest first")
async def list_own_coupons(request: ApiRequest) -> Response[Page[Coupon]]:
    limit = wanted_limit(request)
    seen = await list_coupons(
        request.platform.views,
        request.caller.user_id,
        limit=limit + 1,
        before=wanted_cursor(request, _LISTING, int),
        min_position=wanted_position(request),
    )
    shown = seen.value[:limit]
    last = shown[-1].issued if shown else 0
    page = Page(
        items=[_shown(view) for view in shown],
        next_cursor=next_cursor(_LISTING, last, more=len(seen.value) > limit),
    )
    return answer(seen, page, _NO_STORE)


def _shown(view: CouponView) -> Coupon:
    terms: dict[str, Any] = msgspec.structs.asdict(view.terms)
    return Coupon(
        **terms,
        code=view.code,
        status="withdrawn" if view.withdrawn else "issued",
        market=view.market,
        stream_id=view.stream_id,
        starts_at=view.starts_at,
        ends_at=view.ends_at,
        redeemed=view.redeemed,
    )


ROUTES = [issue_coupon, withdraw_coupon, list_own_coupons]
