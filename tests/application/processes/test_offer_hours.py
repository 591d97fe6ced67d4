"""Offers open and close at their times, once, whatever happened to them meanwhile."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest_asyncio

from domain.showcase import commands as ask
from domain.showcase import events as fact
from tests.support.builders import HOST, SHOW
from tests.support.stall import Stall, stall

TOLD = (fact.OfferOpened, fact.OfferClosed)


@pytest_asyncio.fixture
async def shop(sqlite_url: str) -> AsyncIterator[Stall]:
    async with stall(sqlite_url) as built:
        yield built


async def became(shop: Stall) -> list[str]:
    """What became of the offers, in order; of closing, why."""
    return [
        one.reason if isinstance(one, fact.OfferClosed) else "opened"
        for one in await shop.shown(*TOLD)
    ]


async def ask_host(shop: Stall, command: type[ask.ShowcaseCommand], **asked: Any) -> None:
    told: dict[str, Any] = {"stream_id": SHOW, "by": HOST, "offer_id": "o-A01", **asked}
    await shop.store.sequencer.execute(shop.dispatch(command(**told)))


async def test_offer_opens_and_closes_at_its_times(shop: Stall) -> None:
    now = shop.clock()
    times: dict[str, Any] = {
        "opens_at": now + timedelta(seconds=60),
        "closes_at": now + timedelta(seconds=120),
    }
    await shop.prepare("A01", **times)
    await shop.later(30)
    assert await became(shop) == []
    await shop.later(30)
    assert await became(shop) == ["opened"]
    await shop.later(60)
    assert await became(shop) == ["opened", "time"]
    assert shop.backlog.deadlines == {}


async def test_countdown_begins_as_the_offer_opens(shop: Stall) -> None:
    await shop.prepare("A01", opens_at=shop.clock() + timedelta(seconds=60), open_seconds=30)
    await shop.later(75)
    (opened,) = await shop.shown(fact.OfferOpened)
    assert isinstance(opened, fact.OfferOpened)
    assert opened.closes_at == opened.opened_at + timedelta(seconds=30)
    await shop.later(29)
    assert await became(shop) == ["opened"]
    await shop.later(1)
    assert await became(shop) == ["opened", "time"]


async def test_revised_offer_opens_at_its_new_time_alone(shop: Stall) -> None:
    await shop.prepare("A01", opens_at=shop.clock() + timedelta(seconds=60))
    await shop.settle()
    new_time = shop.clock() + timedelta(seconds=120)
    await ask_host(shop, ask.ReviseOffer, now=shop.clock(), opens_at=new_time)
    await shop.later(60)
    assert await became(shop) == []
    await shop.later(60)
    assert await became(shop) == ["opened"]


async def test_job_of_a_time_that_was_revised_opens_nothing(shop: Stall) -> None:
    due_at = shop.clock()
    await shop.prepare("A01", opens_at=due_at + timedelta(seconds=120))
    await shop.hours.open_offer(SHOW, "o-A01", due_at.isoformat())
    assert await became(shop) == []


async def test_offer_without_times_any_more_stays_as_it_is(shop: Stall) -> None:
    await shop.prepare("A01", opens_at=shop.clock() + timedelta(seconds=60))
    await shop.settle()
    await ask_host(shop, ask.ReviseOffer, now=shop.clock(), opens_at=None)
    await shop.later(61)
    assert await became(shop) == []


async def test_offer_closed_early_and_opened_again_has_its_countdown_anew(shop: Stall) -> None:
    await shop.prepare("A01", open_seconds=60)
    await ask_host(shop, ask.OpenOffer, now=shop.clock())
    await shop.later(30)
    await ask_host(shop, ask.CloseOffer)
    await shop.settle()
    assert shop.backlog.deadlines == {}
    await ask_host(shop, ask.OpenOffer, now=shop.clock())
    await shop.later(45)
    assert await became(shop) == ["opened", "host", "opened"]
    await shop.later(15)
    assert await became(shop) == ["opened", "host", "opened", "time"]


async def test_times_that_come_while_nobody_runs_are_seen_to_afterwards_once(shop: Stall) -> None:
    now = shop.clock()
    times: dict[str, Any] = {
        "opens_at": now + timedelta(seconds=60),
        "closes_at": now + timedelta(seconds=120),
    }
    await shop.prepare("A01", **times)
    await shop.settle()
    shop.restart()
    await shop.later(90)
    assert await became(shop) == ["opened"]
    shop.restart()
    await shop.later(60)
    shop.restart()
    await shop.settle()
    assert await became(shop) == ["opened", "time"]
