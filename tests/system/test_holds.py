"""What is held goes back in time, whoever is gone: the process that held it, or all of them. Who
waits for it gets it, first come first served."""

import asyncio
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.eventually import eventually
from tests.support.serving import LiveServer
from tests.support.shop_servers import Log, keeping, shop_servers
from tests.support.shoppers import Answer, come_in

pytestmark = pytest.mark.system

_HOLD_SECONDS = 10  # no offer holds for less
_IN_TIME = timedelta(seconds=2)


@pytest.fixture
def settings(
    mysql_url: str, redis_url: str, jobs_redis_url: str, redis_prefix: str
) -> dict[str, str]:
    return {
        "LIVE_DATABASE_URL": mysql_url,
        "LIVE_REDIS_URL": redis_url,
        "LIVE_JOBS_REDIS_URL": jobs_redis_url,
        "LIVE_REDIS_PREFIX": redis_prefix,
    }


@pytest.fixture
def servers(tmp_path: Path, settings: Mapping[str, str]) -> Iterator[list[LiveServer]]:
    with shop_servers(tmp_path, settings, more=1) as servers:
        yield servers


def _time(event: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(event["recorded_at"])


def _held_until(answer: Answer) -> datetime:
    return datetime.fromisoformat(answer.body["held_until"])


async def test_hold_of_a_killed_process_goes_to_who_waits_in_their_order(
    servers: list[LiveServer],
) -> None:
    everything, other = servers
    terms = {"hold_seconds": _HOLD_SECONDS, "answer_seconds": 60}
    async with keeping(everything) as (keeper, session):
        stall = await keeper.open_stall(1, 3, **terms)
        people = await come_in(session, [other.url, everything.url], 5, at_once=1)
        wanted = (3, 2, 1, 1, 1)  # the first holds all there is
        for person, quantity in zip(people, wanted, strict=True):
            await person.claim(stall.stream_id, stall.offers[0], quantity)
        await asyncio.to_thread(other.kill)

        async def nothing_is_left_to_serve() -> bool:
            stock = await keeper.stock(stall.skus[0])
            return bool(stock["waiting"] == 2 and stock["available"] == 0)

        await eventually(nothing_is_left_to_serve, timeout=_HOLD_SECONDS + 10)
    first = people[0].claimed
    assert first is not None
    assert [person.outcome for person in people] == ["held", *["waitlisted"] * 4]
    log = Log(everything)
    (expired,) = log.of("inventory.ReservationExpired")
    assert timedelta() <= _time(expired) - _held_until(first) <= _IN_TIME
    served = [(event["cart_id"], event["quantity"]) for event in _told(log, "WaitlistServed")]
    joined = [(event["cart_id"], event["quantity"]) for event in _told(log, "WaitlistJoined")]
    assert served == joined[:2]
    offered = log.of("ordering.ItemHeld")[-2:]
    for held in offered:
        until = datetime.fromisoformat(held["payload"]["held_until"])
        assert _time(held) - _time(expired) <= _IN_TIME
        assert until - _time(held) > timedelta(seconds=_HOLD_SECONDS)  # a time of their own


def _told(log: Log, fact: str) -> list[Any]:
    return [event["payload"] for event in log.of(f"inventory.{fact}")]


async def test_hold_whose_time_is_over_while_nobody_runs_goes_back_at_the_start(
    servers: list[LiveServer],
) -> None:
    everything, _ = servers
    async with keeping(everything) as (keeper, session):
        stall = await keeper.open_stall(1, 1, hold_seconds=_HOLD_SECONDS)
        (buyer,) = await come_in(session, [server.url for server in servers], 1)
        held = await buyer.claim(stall.stream_id, stall.offers[0])
        for server in servers:
            await asyncio.to_thread(server.kill)
        await eventually(
            lambda: datetime.now(_held_until(held).tzinfo) > _held_until(held),
            timeout=_HOLD_SECONDS + 1,
        )
        await asyncio.to_thread(everything.start)
        ready = datetime.now(_held_until(held).tzinfo)

        async def is_back() -> bool:
            return bool((await keeper.stock(stall.skus[0]))["available"] == 1)

        await eventually(is_back, timeout=10)
    (expired,) = Log(everything).of("inventory.ReservationExpired")
    assert _time(expired) - ready <= _IN_TIME
