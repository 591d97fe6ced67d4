"""The discounts that a host gave out, for the host: how each stands, and how often it was used."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from msgspec.structs import replace
from sqlalchemy import Column, Select, String, Table, select

from domain.ordering import events as fact
from domain.ordering.values import CouponTerms
from domain.shared import Market, Recorded
from projections.columns import LAST_POSITION, place
from projections.projection import Seen, TableProjection, Views


class CouponView(msgspec.Struct, frozen=True, kw_only=True):
    """`redeemed` counts orders that came to something. `issued` is the position it was issued at:
    lists have the newest first."""

    code: str
    host_id: str
    market: Market
    terms: CouponTerms
    stream_id: str | None
    starts_at: datetime | None
    ends_at: datetime | None
    issued: int
    position: int
    redeemed: int = 0
    withdrawn: bool = False


def _fold(view: CouponView | None, recorded: Recorded) -> CouponView:
    event = recorded.event
    if isinstance(event, fact.CouponIssued):
        return _issued(event, recorded)
    if view is None:
        raise ValueError("a coupon begins by being issued")
    view = replace(view, position=recorded.position)
    match event:
        case fact.CouponRedeemed():
            return replace(view, redeemed=view.redeemed + 1)
        case fact.CouponGivenBack():
            return replace(view, redeemed=view.redeemed - 1)
        case _:
            return replace(view, withdrawn=True)


def _issued(event: fact.CouponIssued, recorded: Recorded) -> CouponView:
    return CouponView(
        code=recorded.entity_id,
        host_id=event.host_id,
        market=event.market,
        terms=event.terms,
        stream_id=event.stream_id,
        starts_at=event.starts_at,
        ends_at=event.ends_at,
        issued=recorded.position,
        position=recorded.position,
    )


def _code(recorded: Recorded) -> str:
    return recorded.entity_id


def _row(view: CouponView) -> Mapping[str, Any]:
    return {"host": place(view.host_id, view.issued)}


COUPONS = TableProjection(
    name="coupons",
    version=1,
    view=CouponView,
    types=frozenset(
        event.tag
        for event in (
            fact.CouponIssued,
            fact.CouponRedeemed,
            fact.CouponGivenBack,
            fact.CouponWithdrawn,
        )
    ),
    key=_code,
    fold=_fold,
    begins=frozenset({fact.CouponIssued.tag}),
    columns=(Column("host", String(255), nullable=False, index=True),),
    row=_row,
)


async def list_coupons(
    views: Views, host_id: str, *, limit: int, before: int | None = None, min_position: int = 0
) -> Seen[list[CouponView]]:
    """The newest first, from just behind the one issued at `before`. Raises `ProjectionBehind`."""
    last = LAST_POSITION if before is None else before - 1

    def build(table: Table) -> Select[Any]:
        host = table.c.host
        chosen = select(table.c.view).where(host.between(place(host_id, 0), place(host_id, last)))
        return chosen.order_by(host.desc()).limit(limit)

    await views.wait(COUPONS, min_position)
    return await views.select(COUPONS, build)
