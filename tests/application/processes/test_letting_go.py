"""Claims, holds and the waitlist on the real log: looked up late, asked twice, asked at once."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta

import msgspec
import pytest
import pytest_asyncio
from msgspec.structs import replace

from application.ordering.carts import DueCart
from application.ports import Dispatch, Outcome
from application.processes.claiming import CartItemAnswer
from application.processes.holds import Holds
from domain.inventory.events import StockReceived, StockReserved
from domain.ordering.commands import ClaimItem
from domain.ordering.events import HoldExpired
from domain.showcase.errors import OfferNotFoundError
from infrastructure.ids import derived_id
from tests.support.builders import SHOW
from tests.support.chatting import VIEWER
from tests.support.stall import OnTheShelf, Stall, stall

HELD = timedelta(seconds=900)


class Remembered:
    """Implements `CartIndex`: what a view that lags still has."""

    def __init__(self, *due: DueCart) -> None:
        self._due = due

    async def due(
        self, now: datetime, *, limit: int, after: tuple[datetime, str] | None = None
    ) -> Sequence[DueCart]:
        return [each for each in self._due if each.due_at <= now][:limit]


@pytest_asyncio.fixture
async def shop(sqlite_url: str) -> AsyncIterator[Stall]:
    async with stall(sqlite_url) as built:
        yield built


def claiming(shop: Stall, code: str, quantity: int = 1, by: str = VIEWER) -> Dispatch:
    command = ClaimItem(
        cart_id="",
        buyer_id=by,
        stream_id=SHOW,
        now=shop.clock(),
        offer_id=f"o-{code}",
        sku="",
        quantity=quantity,
    )
    return replace(shop.dispatch(command), fingerprint=None)


def answered(outcome: Outcome) -> CartItemAnswer:
    return msgspec.json.decode(outcome.answer, type=CartItemAnswer)


def holds(shop: Stall, *due: DueCart) -> Holds:
    return Holds(
        bus=shop.store.sequencer,
        log=shop.store.log,
        index=Remembered(*due),
        clock=shop.clock,
        derived_id=derived_id,
    )


def due(shop: Stall, *skus: str) -> DueCart:
    cart_id = shop.claims.cart_id(SHOW, VIEWER)
    return DueCart(cart_id=cart_id, skus=skus, due_at=shop.clock() + HELD, position=0)


async def expired(shop: Stall) -> list[tuple[str, int]]:
    return [
        (each.offer_id, each.quantity)
        for each in await shop.facts()
        if isinstance(each, HoldExpired)
    ]


async def test_what_the_view_does_not_know_yet_is_let_go_as_well(shop: Stall) -> None:
    for code in ("A01", "B02"):
        await shop.offer(code)
        await shop.claims.execute(claiming(shop, code))
    remembered = due(shop, "S-A01")
    shop.clock.ahead += HELD + timedelta(seconds=1)
    assert await holds(shop, remembered).expire_due() == 1
    assert await expired(shop) == [("o-A01", 1), ("o-B02", 1)]


async def test_however_many_look_each_hold_goes_back_once(shop: Stall) -> None:
    await shop.offer("A01")
    await shop.claims.execute(claiming(shop, "A01", 2))
    remembered = due(shop, "S-A01")
    assert await holds(shop, remembered).expire_due() == 0
    shop.clock.ahead += HELD + timedelta(seconds=1)
    await asyncio.gather(*(holds(shop, remembered).expire_due() for _ in range(3)))
    shop.clock.ahead += timedelta(seconds=1)
    await holds(shop, remembered).expire_due()
    assert await expired(shop) == [("o-A01", 2)]
    assert (await shop.sku()).available == 5


async def test_a_long_line_is_served_to_its_end_in_its_order(shop: Stall) -> None:
    await shop.offer("A01", stock=0)
    people = [f"user-{number:02}" for number in range(45)]
    for each in people:
        await shop.claims.execute(claiming(shop, "A01", by=each))
    received = StockReceived(quantity=44, available=44, waiting=45)
    await shop.note(OnTheShelf(stream="sku-S-A01", facts=(received,)))
    await shop.settle()
    facts = [each.event for each in await shop.store.log.read_stream("sku-S-A01", limit=1000)]
    served = [each.buyer_id for each in facts if isinstance(each, StockReserved)]
    assert served == people[:44]
    assert [each.buyer_id for each in (await shop.sku()).waitlist] == people[44:]


async def test_a_repeated_claim_is_answered_as_the_first_whatever_has_happened(shop: Stall) -> None:
    await shop.offer("A01", stock=1, waitlist=False)
    dispatch = claiming(shop, "A01")
    first = await shop.claims.execute(dispatch)
    await shop.close("A01")
    later = replace(dispatch.command, now=shop.clock() + timedelta(seconds=5))
    again = await shop.claims.execute(replace(dispatch, command=later))
    assert again.replayed
    assert answered(again) == answered(first)
    assert answered(first).quantity == 1


async def test_an_offer_nobody_made_is_not_found(shop: Stall) -> None:
    with pytest.raises(OfferNotFoundError):
        await shop.claims.execute(claiming(shop, "Z99"))
