"""Orders, sales and claims on real databases, through the real engine."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest_asyncio
from cryptography.fernet import Fernet, MultiFernet
from redis.asyncio import Redis
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.inventory.events import EVENTS as INVENTORY
from domain.ordering.events import EVENTS as ORDERING
from domain.showcase.events import EVENTS as SHOWCASE
from infrastructure.database import METADATA, create_engine
from infrastructure.event_store.codec import EventCodec
from infrastructure.event_store.keyring import Keyring
from infrastructure.event_store.opening import lay_head
from infrastructure.event_store.signal import LogSignal
from infrastructure.order_index import ProjectedOrderIndex
from infrastructure.read_models.control import ProjectionControl
from infrastructure.read_models.projector import Projector
from infrastructure.read_models.read_models import ReadModels
from interfaces.contexts import EVENTS, PROJECTIONS
from projections.ordering.claims import claims_of_offer
from projections.ordering.item_sales import sales_of_items
from projections.ordering.order_queries import Listed, get_order, list_orders, orders_of
from projections.ordering.orders import OrderView
from projections.ordering.sales import minutes_of_show, sales_of_show
from projections.projection import Seen, TableProjection
from tests.support import order_facts as given_fact
from tests.support.builders import HOST, SHOW, at
from tests.support.eventually import eventually
from tests.support.order_facts import A_LIFE, BUYER, CART, OFFER, ORDER, SKU
from tests.support.projections import running
from tests.support.recording import Recorder, recording

SHOPPING = frozenset(event.tag for event in (*ORDERING, *INVENTORY, *SHOWCASE))
SHOP: list[TableProjection[Any]] = [
    each for each in PROJECTIONS if isinstance(each, TableProjection) and each.types & SHOPPING
]
ORDERS_PLACED = [f"0190f3a2-0000-7000-8000-{number:012d}" for number in range(1, 6)]


@dataclass
class Shop:
    """Facts go in, views come out."""

    recorder: Recorder
    views: ReadModels
    control: ProjectionControl

    async def place(self, order_id: str, **changes: Any) -> int:
        return await self.recorder.record((f"order-{order_id}", given_fact.placed(**changes)))

    async def live_a_life(self) -> int:
        """In the order things happen; the position the last was recorded at."""
        return [await self.recorder.record(each) for each in A_LIFE][-1]

    async def everything(self, projection: TableProjection[Any]) -> list[Any]:
        seen = await self.views.select(
            projection, lambda table: select(table.c.view).order_by(table.c.key)
        )
        return seen.value


@pytest_asyncio.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    made = create_engine(database_url)
    async with made.begin() as connection:
        await connection.run_sync(METADATA.create_all)
    await lay_head(made)
    yield made
    await made.dispose()


@pytest_asyncio.fixture
async def shop(engine: AsyncEngine, redis_url: str, redis_prefix: str) -> AsyncIterator[Shop]:
    redis = Redis.from_url(redis_url)
    codec = EventCodec(EVENTS, Keyring(engine, MultiFernet([Fernet(Fernet.generate_key())])))
    async with recording(engine, codec, LogSignal()) as recorder:
        kept: dict[str, Any] = {
            "log": recorder.store.log,
            "engine": engine,
            "redis": redis,
            "prefix": redis_prefix,
        }
        async with (
            running(Projector(SHOP, **kept)),
            ReadModels(engine, redis, prefix=redis_prefix) as views,
        ):
            yield Shop(recorder, views, ProjectionControl(SHOP, **kept))
    await redis.aclose()


def ids(seen: Seen[list[OrderView]]) -> list[str]:
    return [view.id for view in seen.value]


async def test_orders_are_listed_page_by_page_the_newest_first(shop: Shop) -> None:
    for order_id in ORDERS_PLACED:
        position = await shop.place(order_id)
    bought = Listed(owner="bought", id=BUYER, min_position=position)
    page = await list_orders(shop.views, bought, limit=2)
    before = page.value[-1].listed_at
    rest = await list_orders(shop.views, bought, limit=9, before=before)
    assert ids(page) + ids(rest) == ORDERS_PLACED[::-1]


async def test_orders_are_those_of_a_buyer_of_a_merchant_and_of_a_show(shop: Shop) -> None:
    own, others, elsewhere, *_ = ORDERS_PLACED
    await shop.place(own)
    await shop.place(others, buyer_id="another")
    position = await shop.place(elsewhere, stream_id="another", host_id="another")
    wanted: dict[str, dict[str, Any]] = {
        "bought": {"owner": "bought", "id": BUYER},
        "sold": {"owner": "sold", "id": HOST},
        "shown": {"owner": "shown", "id": SHOW},
        "paid": {"owner": "bought", "id": BUYER, "status": "paid"},
        "there": {"owner": "bought", "id": BUYER, "stream_id": "another"},
    }
    listed = {
        name: ids(await list_orders(shop.views, Listed(**each, min_position=position), limit=9))
        for name, each in wanted.items()
    }
    assert listed == {
        "bought": [elsewhere, own],
        "sold": [others, own],
        "shown": [others, own],
        "paid": [],
        "there": [elsewhere],
    }


async def test_orders_unpaid_beyond_their_time_are_due_the_longest_overdue_first(
    shop: Shop,
) -> None:
    early, late, settled, on_delivery, _ = ORDERS_PLACED
    await shop.place(late, expires_at=at(20))
    await shop.place(early, expires_at=at(10), coupon="AUTUMN")
    await shop.place(settled, expires_at=at(5))
    await shop.recorder.record((f"order-{settled}", given_fact.paid()))
    position = await shop.place(on_delivery, expires_at=None)
    assert (await get_order(shop.views, on_delivery, min_position=position)).value
    index = ProjectedOrderIndex(shop.views)
    due = await index.due(at(20), limit=9)
    assert [each.order_id for each in due] == [early, late]
    assert (due[0].cart_id, due[0].skus, due[0].coupon) == (CART, (SKU,), "AUTUMN")
    assert due[0].due_at == at(10)
    assert [each.order_id for each in await index.due(at(19.999), limit=9)] == [early]
    (first,) = await index.due(at(20), limit=1)
    rest = await index.due(at(20), limit=9, after=(first.due_at, first.order_id))
    assert [each.order_id for each in rest] == [late]


async def test_what_a_show_sells_is_read_as_soon_as_it_was_written(shop: Shop) -> None:
    position = await shop.live_a_life()
    show = await sales_of_show(shop.views, SHOW, min_position=position)
    items = await sales_of_items(shop.views, SHOW, min_position=position)
    minutes = await minutes_of_show(shop.views, SHOW, limit=9, min_position=position)
    claims = await claims_of_offer(shop.views, OFFER, limit=9, min_position=position)
    assert (show.value.paid, show.value.refunded) == (2460, 1200)
    assert [(item.claimed, item.sold) for item in items.value] == [(3, 2)]
    assert sum(minute.paid for minute in minutes.value) == 2460
    assert [claim.order_ids for claim in claims.value] == [(ORDER,)]
    assert set((await orders_of(shop.views, [ORDER, "none"])).value) == {ORDER}
    nothing = await sales_of_show(shop.views, "another", min_position=position)
    assert (nothing.value.stream_id, nothing.value.orders) == ("another", 0)


async def test_views_of_the_shop_built_anew_are_the_same(shop: Shop) -> None:
    position = await shop.live_a_life()
    before = {}
    for each in SHOP:
        await shop.views.wait(each, position)
        before[each.name] = await shop.everything(each)
        await shop.control.rebuild(each.name)
    assert {"orders", "claims", "item_sales", "show_sales", "sales_minutes"} <= before.keys()
    assert all(before[name] for name in ("orders", "claims", "item_sales", "show_sales"))
    await eventually(lambda: built_anew(shop))
    assert {each.name: await shop.everything(each) for each in SHOP} == before
    assert [await shop.control.parked(each.name) for each in SHOP] == [[] for _ in SHOP]


async def built_anew(shop: Shop) -> bool:
    active = [each for each in await shop.control.status() if each.state == "active"]
    return len(active) == len(SHOP) and all(each.generation == 2 for each in active)
