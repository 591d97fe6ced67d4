"""The room's load client must see what a server loses or repeats, else its figures mean nothing."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from websockets.asyncio.server import ServerConnection, serve

from interfaces.bench.room.crowd import Crowd
from interfaces.bench.room.steps import Step, paced_step

VIEWERS = 6

# What a viewer, by its number, is sent of the n-th message: itself once, or less, or more.
Copies = Callable[[int, int], int]


@asynccontextmanager
async def small_server(copies: Copies) -> AsyncIterator[int]:
    """Broadcasts in arrays, as a room does; its port."""
    viewers: list[ServerConnection] = []
    said = 0

    async def handle(connection: ServerConnection) -> None:
        nonlocal said
        await connection.send('{"type":"welcome"}')
        viewers.append(connection)
        async for frame in connection:
            sent = json.loads(frame)
            body = json.dumps({"type": "message", "text": sent["text"]})
            for number, viewer in enumerate(viewers):
                await viewer.send(f"[{','.join([body] * copies(number, said))}]")
            said += 1

    async with serve(handle, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1]


async def step_against(copies: Copies) -> Step:
    async with small_server(copies) as port:
        crowd = Crowd("live", port, ["/room"] * VIEWERS)
        await asyncio.to_thread(crowd.enter)
        step = await asyncio.to_thread(paced_step, crowd, "t1", 100.0, 0.3)
        crowd.leave()
    return step


async def test_all_is_well_when_everybody_gets_everything_once() -> None:
    step = await step_against(lambda _viewer, _message: 1)
    assert step.holds(p99_ms=1000)
    assert step.deliveries == 100 * VIEWERS
    assert step.p99_ms > 0


async def test_one_message_that_one_viewer_did_not_get_is_lost() -> None:
    step = await step_against(lambda viewer, message: 0 if (viewer, message) == (3, 7) else 1)
    assert (step.lost, step.holds(p99_ms=10_000)) == (1, False)


@pytest.mark.parametrize("viewer", [0, 1], ids=["watched", "only counted"])
async def test_one_message_that_came_twice_spoils(viewer: int) -> None:
    step = await step_against(lambda one, message: 2 if (one, message) == (viewer, 7) else 1)
    assert (step.spoilt, step.holds(p99_ms=10_000)) == (1, False)


@pytest.mark.parametrize("whose", [0, 1], ids=["watched", "only counted"])
async def test_a_loss_is_not_made_up_for_by_a_repetition(whose: int) -> None:
    def copies(viewer: int, message: int) -> int:
        return {(whose, 7): 0, (whose, 8): 2}.get((viewer, message), 1)

    assert not (await step_against(copies)).holds(p99_ms=10_000)
