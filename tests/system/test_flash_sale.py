"""A thousand people want two hundred units, through four processes: each unit is sold once, also
when one of the processes is killed meanwhile; the log and every view agree."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from interfaces.bench.shop.stalls import Keeper, Stall
from tests.support.eventually import eventually
from tests.support.serving import LiveServer
from tests.support.shop_servers import Log, keeping, shop_servers
from tests.support.shoppers import Shopper, come_in

pytestmark = pytest.mark.system

_BUYERS, _UNITS, _AT_ONCE = 1_000, 200, 64


@pytest.fixture
def servers(
    tmp_path: Path, mysql_url: str, redis_url: str, jobs_redis_url: str, redis_prefix: str
) -> Iterator[list[LiveServer]]:
    settings = {
        "LIVE_DATABASE_URL": mysql_url,
        "LIVE_REDIS_URL": redis_url,
        "LIVE_JOBS_REDIS_URL": jobs_redis_url,
        "LIVE_REDIS_PREFIX": redis_prefix,
    }
    with shop_servers(tmp_path, settings, more=3) as servers:
        yield servers


@dataclass
class Sale:
    """One show with one offer, and who came for it."""

    keeper: Keeper
    stall: Stall
    buyers: list[Shopper]

    @property
    def outcomes(self) -> Counter[str]:
        return Counter(buyer.outcome for buyer in self.buyers if buyer.outcome)

    async def rush(self, then: Callable[[Shopper], Awaitable[None]] | None = None) -> None:
        """Everybody claims a unit, so many at once; who holds one goes on with `then`."""
        waiting = iter(self.buyers)

        async def serve() -> None:
            for buyer in waiting:
                await buyer.claim(self.stall.stream_id, self.stall.offers[0])
                if then is not None and buyer.outcome == "held":
                    await then(buyer)

        await asyncio.gather(*(serve() for _ in range(_AT_ONCE)))


@asynccontextmanager
async def sale(servers: list[LiveServer], **terms: object) -> AsyncIterator[Sale]:
    async with keeping(servers[0]) as (keeper, session):
        stall = await keeper.open_stall(1, _UNITS, **terms)
        buyers = await come_in(session, [server.url for server in servers], _BUYERS)
        yield Sale(keeper, stall, buyers)


def assert_each_unit_was_reserved_once(log: Log) -> None:
    """For as many carts, each of which holds it by the same command; and never below zero."""
    assert log.field("inventory.StockReserved", "quantity") == [1] * _UNITS
    assert len(set(log.field("inventory.StockReserved", "cart_id"))) == _UNITS
    reserved = log.commands("inventory.StockReserved")
    assert sorted(reserved) == sorted(log.commands("ordering.ItemHeld"))
    available = log.field("inventory.StockReserved", "available")
    assert available == list(range(_UNITS - 1, -1, -1))
    assert not log.of("inventory.ReservationReleased")
    assert not log.of("inventory.ReservationExpired")


def assert_sold_in_whole_orders(log: Log, sold: Sale) -> None:
    """No order without stock, no stock without an order, and each acknowledged one in the log."""
    orders = {event["stream"].removeprefix("order-") for event in log.of("ordering.OrderPlaced")}
    assert len(log.of("ordering.OrderPlaced")) == len(orders) == _UNITS
    lines = [line for order in log.field("ordering.OrderPlaced", "lines") for line in order]
    assert [line["quantity"] for line in lines] == [1] * _UNITS
    carts = log.field("ordering.OrderPlaced", "cart_id")
    assert sorted(carts) == sorted(log.field("inventory.StockReserved", "cart_id"))
    assert len(set(log.field("ordering.OrderPlaced", "number"))) == _UNITS
    assert sorted(log.field("inventory.StockCommitted", "order_id")) == sorted(orders)
    paid = [event["stream"].removeprefix("order-") for event in log.of("ordering.OrderPaid")]
    assert sorted(paid) == sorted(orders)
    assert {buyer.ordered.body["id"] for buyer in sold.buyers if buyer.ordered} == orders


async def assert_carts_agree(sold: Sale, position: int) -> None:
    """What buyers see, each fourth of them, is what they were told."""
    waiting = iter(sold.buyers[::4])

    async def look() -> None:
        for buyer in waiting:
            cart = await buyer.cart(sold.stall.stream_id, position)
            items = [(item["quantity"], item["waitlisted"]) for item in cart["items"]]
            ordered = buyer.ordered is not None
            expected = {"held": [] if ordered else [(1, 0)], "waitlisted": [(0, 1)]}
            assert items == expected.get(buyer.outcome, []), buyer.outcome

    await asyncio.gather(*(look() for _ in range(_AT_ONCE)))


async def stock_and_sales(sold: Sale, position: int) -> tuple[Any, Any]:
    stock = await sold.keeper.stock(sold.stall.skus[0], min_position=position)
    return stock, await sold.keeper.sales(sold.stall.stream_id, min_position=position)


async def test_flash_sale_reserves_each_unit_once(servers: list[LiveServer]) -> None:
    async with sale(servers, waitlist=False) as sold:
        await sold.rush()
        assert sold.outcomes == {"held": _UNITS, "out_of_stock": _BUYERS - _UNITS}
        log = Log(servers[0])
        assert_each_unit_was_reserved_once(log)
        await assert_carts_agree(sold, log.head)
        stock, sales = await stock_and_sales(sold, log.head)
    assert (stock["on_hand"], stock["reserved"], stock["available"]) == (_UNITS, _UNITS, 0)
    assert sales["claimed"]["quantity"] == sales["reserved"]["quantity"] == _UNITS
    assert sales["orders"] == 0


async def test_flash_sale_sells_each_unit_once_when_a_process_is_killed(
    servers: list[LiveServer],
) -> None:
    async with sale(servers) as sold:
        rush = asyncio.create_task(sold.rush(then=Shopper.check_out))
        await eventually(lambda: sold.outcomes.total() > _UNITS // 2 or rush.done(), timeout=30)
        await asyncio.to_thread(servers[2].kill)
        await rush
        assert sold.outcomes == {"held": _UNITS, "waitlisted": _BUYERS - _UNITS}
        log = Log(servers[0])
        assert_each_unit_was_reserved_once(log)
        assert_sold_in_whole_orders(log, sold)
        await assert_carts_agree(sold, log.head)
        stock, sales = await stock_and_sales(sold, log.head)
    assert (stock["on_hand"], stock["reserved"], stock["available"]) == (0, 0, 0)
    assert stock["waiting"] == _BUYERS - _UNITS
    assert sales["sold"]["quantity"] == sales["orders_paid"] == sales["orders"] == _UNITS
    assert sales["claimed"]["quantity"] == _BUYERS
