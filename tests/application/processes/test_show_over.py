"""A show that is over sells nothing more, and nobody waits in it."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from application.processes.process import Enqueue
from application.processes.show_over import CLOSE_SHOWCASE, ShowOver
from domain.ordering import events as ordering
from domain.shared import Event
from domain.showcase import events as fact
from domain.streaming.events import LiveStreamCancelled, LiveStreamFailed
from tests.support.builders import SHOW, connected, ended, recorded
from tests.support.chatting import ANOTHER, VIEWER
from tests.support.stall import Stall, stall


@pytest_asyncio.fixture
async def shop(sqlite_url: str) -> AsyncIterator[Stall]:
    async with stall(sqlite_url) as built:
        yield built


@pytest.mark.parametrize(
    "event",
    [ended(), LiveStreamCancelled(), LiveStreamFailed(problem="refused")],
    ids=lambda event: type(event).__name__,
)
def test_the_end_of_a_show_closes_its_offers(event: Event) -> None:
    assert ShowOver().react(recorded(event)) == (Enqueue(CLOSE_SHOWCASE, (SHOW,)),)
    assert ShowOver().react(recorded(connected(1))) == ()


async def over(shop: Stall) -> None:
    await shop.backlog.take(ShowOver().react(recorded(ended())))
    await shop.settle()


async def test_offers_are_closed_once(shop: Stall) -> None:
    await shop.offer("A01")
    await shop.pin("A01")
    await shop.prepare("B02")
    await over(shop)
    await over(shop)
    closing = await shop.shown(fact.ProductUnpinned, fact.OfferClosed, fact.ShowcaseClosed)
    assert closing == [
        fact.ProductUnpinned(offer_id="o-A01"),
        fact.OfferClosed(offer_id="o-A01", reason="show_over"),
        fact.OfferClosed(offer_id="o-B02", reason="show_over"),
        fact.ShowcaseClosed(),
    ]


async def test_nobody_waits_any_more_and_what_is_held_stays_held(shop: Stall) -> None:
    await shop.offer("A01", stock=1)
    await shop.offer("B02", stock=0)
    await shop.say("A01+1 B02+2")
    await shop.say("A01+2 B02+1", by=ANOTHER)
    await shop.settle()
    await over(shop)
    await over(shop)
    ends = {
        by: [
            (one.offer_id, one.quantity)
            for one in await shop.facts(by)
            if isinstance(one, ordering.WaitEnded)
        ]
        for by in (VIEWER, ANOTHER)
    }
    assert ends == {VIEWER: [("o-B02", 2)], ANOTHER: [("o-A01", 2), ("o-B02", 1)]}
    assert [(await shop.sku(code)).waiting for code in ("A01", "B02")] == [0, 0]
    assert (await shop.cart()).line("o-A01").held == 1


async def test_what_is_claimed_afterwards_is_refused(shop: Stall) -> None:
    await shop.offer("A01")
    await over(shop)
    await shop.say("A01+1")
    await shop.settle()
    assert await shop.refusals() == [("offer_closed", "A01", 1)]
