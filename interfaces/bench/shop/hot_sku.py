"""Reservations a second on the bus: `hot_sku URL SKUS BUYERS SECONDS`.

So many buyers at once each claim one unit for the first time, wait for the durable answer, and
somebody else comes. With one SKU everybody wants the same.
"""

import asyncio
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import cycle

import uvloop

from application.ports import Dispatch
from application.processes.claiming import Claiming
from domain.inventory.events import SkuRegistered, StockReceived
from domain.ordering.commands import ClaimItem
from domain.shared import Money
from domain.showcase.events import OfferOpened, OfferPrepared, ShowcaseOpened
from domain.showcase.values import OfferTerms
from infrastructure.event_store.recent_states import SequencerStates
from infrastructure.ids import derived_id, new_id
from interfaces.bench.history import Fact, write
from interfaces.bench.measurement import percentile, report
from interfaces.bench.parts import BenchedStore, benched_store

_WARM_UP_SECONDS = 1.0
_UNITS = 1_000_000
_OFFERS_A_SHOW = 250
_OPENED = datetime(2026, 1, 1, 12, tzinfo=UTC)

Offered = tuple[str, str]  # ids of the show and of the offer


async def measure(url: str, skus: int, buyers: int, seconds: float) -> None:
    async with benched_store(url) as benched:
        offered = [(new_id(), [new_id() for _ in range(some)]) for some in _shows(skus)]
        facts = (fact for show, offers in offered for fact in _selling(show, offers))
        await write(benched, facts, ())
        offers = [(show, offer) for show, of_show in offered for offer in of_show]
        claiming = _claiming(benched)
        await _load(claiming, offers, buyers, _WARM_UP_SECONDS)
        started = time.perf_counter()
        latencies = sorted(await _load(claiming, offers, buyers, seconds))
        elapsed = time.perf_counter() - started
    report(
        rate=len(latencies) / elapsed,
        p50_ms=percentile(latencies, 0.5) * 1000,
        p99_ms=percentile(latencies, 0.99) * 1000,
    )


def _shows(skus: int) -> Iterator[int]:
    """How many of them each show offers."""
    for start in range(0, skus, _OFFERS_A_SHOW):
        yield min(_OFFERS_A_SHOW, skus - start)


def _selling(show: str, offers: list[str]) -> Iterator[Fact]:
    """Each offer has a SKU of its own."""
    showcase = f"showcase-{show}"
    yield showcase, 1, ShowcaseOpened(host_id="host", market="TW")
    for number, offer_id in enumerate(offers):
        sku = f"bench-{offer_id}"
        yield f"sku-{sku}", 1, SkuRegistered(product_id=offer_id, merchant_id="host")
        yield f"sku-{sku}", 2, StockReceived(quantity=_UNITS, available=_UNITS)
        terms = OfferTerms(
            sku=sku,
            product_id=offer_id,
            code=f"a{number:03d}",
            price=Money(amount=590, currency="TWD"),
            titles={"en": "Tea"},
        )
        yield showcase, 2 * number + 2, OfferPrepared(offer_id=offer_id, terms=terms)
        yield showcase, 2 * number + 3, OfferOpened(offer_id=offer_id, opened_at=_OPENED)


def _claiming(benched: BenchedStore) -> Claiming:
    bus, log = benched.store.sequencer, benched.store.log
    return Claiming(bus=bus, log=log, recent=SequencerStates(bus, log), derived_id=derived_id)


async def _load(
    claiming: Claiming, offers: list[Offered], buyers: int, seconds: float
) -> list[float]:
    latencies: list[float] = []
    turns, end = cycle(offers), time.perf_counter() + seconds

    async def buy() -> None:
        while (started := time.perf_counter()) < end:
            await claiming.execute(_claim(*next(turns)))
            latencies.append(time.perf_counter() - started)

    await asyncio.gather(*(buy() for _ in range(buyers)))
    return latencies


def _claim(show: str, offer_id: str) -> Dispatch:
    """By somebody who has not been here before."""
    buyer, now = new_id(), datetime.now(UTC)
    command = ClaimItem(
        cart_id="",
        buyer_id=buyer,
        stream_id=show,
        now=now,
        offer_id=offer_id,
        sku="",
        quantity=1,
    )
    return Dispatch(command=command, command_id=new_id(), actor=f"user:{buyer}", now=now)


if __name__ == "__main__":
    url, skus, buyers, seconds = sys.argv[1:]
    uvloop.run(measure(url, int(skus), int(buyers), float(seconds)))
