"""Orders nobody paid in time: found by the clock in the view, ended once, all they took given
back."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from application.ordering.due_orders import DueOrder, OrderIndex
from application.ordering.numbering import Numbers
from application.processes.orders import OrderPorts, Orders
from application.processes.waitlist import Waitlists
from domain.inventory.events import ReservationExpired
from domain.ordering.events import OrderExpired
from domain.ordering.ordering import ORDER
from infrastructure.event_store.known_commands import SqlKnownCommands
from infrastructure.event_store.recent_states import SequencerStates
from infrastructure.ids import derived_id, new_id
from infrastructure.order_index import ProjectedOrderIndex
from projections.ordering.orders import ORDERS
from tests.interfaces.http.shop.test_order_life import asked, coupon
from tests.interfaces.http.shop.test_orders import ordered
from tests.support.http import BASE, Api
from tests.support.shop_front import ShopFront, open_shop_front

pytestmark = pytest.mark.asyncio(loop_scope="module")

HOUR = timedelta(hours=1)


class Behind:
    """Implements `OrderIndex`: a view that lags."""

    def __init__(self, *known: DueOrder) -> None:
        self._known = known

    async def due(
        self, now: datetime, *, limit: int, after: tuple[datetime, str] | None = None
    ) -> Sequence[DueOrder]:
        return [each for each in self._known if each.due_at <= now][:limit]


def scheduler(api: Api, at: datetime, index: OrderIndex | None = None) -> Orders:
    """What another scheduler has of orders, at that moment."""
    platform = api.platform

    def clock() -> datetime:
        return at

    async def key(content: bytes) -> bytes:
        return content

    return Orders(
        OrderPorts(
            bus=platform.bus,
            log=platform.log,
            recent=SequencerStates(platform.bus, platform.log),
            known=SqlKnownCommands(platform.engine),
            terms=platform.services.terms,
            numbers=Numbers(bus=platform.bus, clock=clock, new_id=new_id, key=key),
            index=index or ProjectedOrderIndex(platform.views),
            clock=clock,
            new_id=new_id,
            derived_id=derived_id,
        )
    )


async def facts_of(api: Api, stream: str, kind: type[Any]) -> list[Any]:
    recorded = await api.platform.log.read_stream(stream, limit=1000)
    return [one for one in recorded if isinstance(one.event, kind)]


async def test_what_it_took_is_given_back_once_however_many_look(api: Api) -> None:
    shop = await open_shop_front(api, units=2, per_customer=2)
    mei, kai = await shop.buyer("Mei"), await shop.buyer("Kai")
    code = await coupon(shop)
    order = await ordered(shop, mei, coupon=code)
    assert (await shop.put(kai, 1)).json()["waitlisted"] == 1
    await api.platform.views.wait(ORDERS, await api.platform.log.head())
    late = datetime.now(UTC) + HOUR
    await asyncio.gather(*(scheduler(api, late).expire_due() for _ in range(2)))
    assert len(await facts_of(api, ORDER.stream(order["id"]), OrderExpired)) == 1
    assert len(await facts_of(api, f"sku-{shop.sku}", ReservationExpired)) == 1
    await _served(api, shop)
    cart = await shop.cart(kai, await api.platform.log.head())
    assert [item["waitlisted"] for item in cart["items"]] == [0]
    assert (await asked(shop, mei, 1, coupon=code)).status_code == 201


async def _served(api: Api, shop: ShopFront) -> None:
    platform = api.platform
    waitlists = Waitlists(
        bus=platform.bus,
        log=platform.log,
        clock=lambda: datetime.now(UTC),
        derived_id=derived_id,
    )
    await waitlists.jobs()["shop.serve_waitlist"](shop.sku)


async def test_one_that_was_given_more_time_expires_at_the_end_of_that(api: Api) -> None:
    """A view that lagged asked too soon: that blocks nothing, not even under the same time."""
    shop = await open_shop_front(api)
    path = f"{BASE}/streams/{shop.stream_id}/showcase"
    await api.client.patch(path, json={"merge_orders": True}, headers=shop.host)
    mei = await shop.buyer("Mei")
    first = await ordered(shop, mei, 1)
    before = datetime.fromisoformat(first["expires_at"])
    second = await ordered(shop, mei, 1)
    cart = await shop.cart(mei, second["position"])
    known = DueOrder(
        order_id=first["id"],
        cart_id=cart["id"],
        skus=(shop.sku,),
        coupon=None,
        due_at=before,
        position=first["position"],
    )
    await scheduler(api, before, Behind(known)).expire_due()
    assert not await facts_of(api, ORDER.stream(first["id"]), OrderExpired)
    caught_up = replace(known, position=second["position"])
    await scheduler(api, before + HOUR, Behind(caught_up)).expire_due()
    assert len(await facts_of(api, ORDER.stream(first["id"]), OrderExpired)) == 1
