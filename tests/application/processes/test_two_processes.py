"""What one process remembers of the shop, another may have changed: it is never held against a
buyer."""

import asyncio
from pathlib import Path

import pytest
from redis.asyncio import Redis

from domain.ordering.errors import CouponUsedUpError, OrderPaidError, SoldOutError
from domain.shared import Money
from domain.showcase.errors import OfferClosedError
from infrastructure.database import create_engine
from infrastructure.read_models.read_models import ReadModels
from tests.support.accounts import create_tables
from tests.support.till import till


@pytest.fixture
async def url(tmp_path: Path) -> str:
    url = f"sqlite+aiosqlite:///{tmp_path / 'log.sqlite'}"
    await create_tables(url)
    return url


@pytest.fixture
def views(url: str) -> ReadModels:
    """Nothing is read of them here."""
    return ReadModels(create_engine(url), Redis(), prefix="till:")


async def test_a_cart_that_another_process_filled_is_not_empty(url: str, views: ReadModels) -> None:
    async with till(url, views) as one, till(url, views) as other:
        await one.sell("A01")
        with pytest.raises(SoldOutError):
            await one.put("ann", "A01", 500)
        await other.put("ann", "A01", 1)

        assert await one.order("ann")


async def test_items_join_the_order_that_another_process_took(url: str, views: ReadModels) -> None:
    async with till(url, views) as one, till(url, views) as other:
        await one.sell("A01", "A02")
        await one.merge()
        await other.put("bo", "A01", 1)
        first = await one.order("bo")
        await one.put("bo", "A02", 1)

        assert await other.order("bo") == first


@pytest.mark.parametrize("policy", ["none", "on_checkout"])
async def test_what_is_put_aside_cannot_be_ordered_once_the_show_is_over(
    url: str, views: ReadModels, policy: str
) -> None:
    async with till(url, views) as one:
        await one.sell("A01", hold_policy=policy)  # type: ignore[arg-type]  # pytest gives text
        await one.put("ann", "A01", 1)
        await one.end()

        with pytest.raises(OfferClosedError):
            await one.order("ann")


async def test_a_quote_is_of_the_order_the_items_join(url: str, views: ReadModels) -> None:
    async with till(url, views) as shop:
        await shop.sell("A01", "A02")
        await shop.merge()
        await shop.put("ann", "A01", 1)
        alone = await shop.quote("ann")
        first = await shop.order("ann", expected_total=alone.total)
        await shop.put("ann", "A02", 1)

        quoted = await shop.quote("ann")

        assert (alone.id, quoted.id) == ("", first)
        assert await shop.order("ann", expected_total=quoted.total) == first


async def test_what_is_paid_is_all_that_another_process_added(url: str, views: ReadModels) -> None:
    async with till(url, views) as one, till(url, views) as other:
        await one.sell("A01", "A02")
        await one.merge()
        await one.put("bo", "A01", 1)
        order_id = await one.order("bo")
        await other.put("bo", "A02", 1)
        await other.order("bo")

        await one.pay("bo", order_id)
        with pytest.raises(OrderPaidError):
            await other.pay("bo", order_id)


async def test_the_last_coupon_is_had_by_one(url: str, views: ReadModels) -> None:
    async with till(url, views) as one, till(url, views) as other:
        await one.sell("A01")
        await one.give_away("LAST", Money(amount=10, currency="TWD"), 1)
        await one.put("ann", "A01", 1)
        await other.put("bo", "A01", 1)
        orders = (one.order("ann", coupon="LAST"), other.order("bo", coupon="LAST"))

        outcomes = await asyncio.gather(*orders, return_exceptions=True)

        assert {type(outcome) for outcome in outcomes} == {str, CouponUsedUpError}
