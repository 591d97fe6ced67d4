"""Loads the shop: `load FILE`, which has a `Task` as JSON. One process, one thread."""

import asyncio
import os
import sys
from collections import Counter, deque
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from time import perf_counter

import msgspec
import uvloop

from interfaces.bench.measurement import percentile, report
from interfaces.bench.servers import HOST
from interfaces.bench.shop.connection import Connection
from interfaces.bench.shop.shopping import Shopper
from interfaces.bench.shop.tasks import SHOPPERS, Task

_WARM_UP_SECONDS = 1.5


class Times:
    """Seconds that each step of each checkout took."""

    def __init__(self) -> None:
        self.claim: list[float] = []
        self.order: list[float] = []
        self.pay: list[float] = []

    def figures(self) -> dict[str, float]:
        whole = sorted(map(sum, zip(self.claim, self.order, self.pay, strict=True)))
        steps = {"claim": self.claim, "order": self.order, "pay": self.pay}
        medians = {
            f"{name}_p50_ms": percentile(sorted(took), 0.5) * 1000 for name, took in steps.items()
        }
        return {
            "p50_ms": percentile(whole, 0.5) * 1000,
            "p99_ms": percentile(whole, 0.99) * 1000,
            **medians,
        }


async def checkouts(task: Task, connections: list[Connection]) -> dict[str, float]:
    """Whole checkouts a second, counted when they are paid."""
    await _shop(task, connections, _WARM_UP_SECONDS)
    started = perf_counter()
    times = await _shop(task, connections, task.seconds)
    return {"rate": len(times.pay) / (perf_counter() - started), **times.figures()}


async def _shop(task: Task, connections: list[Connection], seconds: float) -> Times:
    """Nobody is two shoppers at once, and nobody's turn comes again before everybody's did."""
    buyers, offers, times = deque(task.buyers), cycle(task.offers), Times()
    end = perf_counter() + seconds

    async def shop(connection: Connection) -> None:
        while perf_counter() < end:
            token = buyers.popleft()
            await _check_out(Shopper(connection, task.stream_id, token), next(offers), times)
            buyers.append(token)

    await asyncio.gather(*map(shop, connections))
    return times


async def _check_out(shopper: Shopper, offer_id: str, times: Times) -> None:
    started = perf_counter()
    if (claimed := await shopper.claim(offer_id)) != "held":
        raise RuntimeError(f"there is enough of everything, but the claim was {claimed}")
    claimed_at = perf_counter()
    order_id = await shopper.order()
    ordered_at = perf_counter()
    await shopper.pay(order_id)
    times.claim.append(claimed_at - started)
    times.order.append(ordered_at - claimed_at)
    times.pay.append(perf_counter() - ordered_at)


async def rush(task: Task, connections: list[Connection]) -> dict[str, float]:
    """Buyers answered a second, and how many of them got which answer."""
    waiting, took, answers = iter(task.buyers), list[float](), Counter[str]()
    offer_id = task.offers[0]

    async def serve(connection: Connection, waiting: Iterator[str]) -> None:
        for token in waiting:
            started = perf_counter()
            answers[await Shopper(connection, task.stream_id, token).claim(offer_id)] += 1
            took.append(perf_counter() - started)

    started = perf_counter()
    await asyncio.gather(*(serve(connection, waiting) for connection in connections))
    elapsed = perf_counter() - started
    took.sort()
    return {
        "rate": len(took) / elapsed,
        "p50_ms": percentile(took, 0.5) * 1000,
        "p99_ms": percentile(took, 0.99) * 1000,
        **answers,
    }


async def run(task: Task) -> None:
    """Shoppers come in through each of the processes in turn."""
    ports = cycle(task.ports)
    connections = [await Connection.to(HOST, next(ports)) for _ in range(SHOPPERS)]
    work = checkouts if task.work == "checkout" else rush
    report(**await work(task, connections))
    for connection in connections:
        await connection.close()


if __name__ == "__main__":
    task = msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=Task)
    if task.cores:
        os.sched_setaffinity(0, task.cores)
    uvloop.run(run(task))
