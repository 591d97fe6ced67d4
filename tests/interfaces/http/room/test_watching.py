"""A room followed by server-sent events, and how many watched it."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from domain.audience.commands import SampleAudience
from infrastructure.ids import new_id
from tests.interfaces.http.room.conftest import Hall, Headers
from tests.support.http import problem

pytestmark = pytest.mark.asyncio(loop_scope="module")


@asynccontextmanager
async def following(
    hall: Hall, who: Headers, query: str = "", **headers: str
) -> AsyncIterator[AsyncIterator[dict[str, Any]]]:
    """The frames as they come, each with the `at` its event's id says."""
    path = f"{hall.path}/feed{query}"
    async with hall.api.client.stream("GET", path, headers={**who, **headers}) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["cache-control"] == "no-store"
        yield frames(answer.aiter_lines())


async def frames(lines: AsyncIterator[str]) -> AsyncIterator[dict[str, Any]]:
    at = ""
    async for line in lines:
        name, _, value = line.partition(": ")
        if name == "id":
            at = value
        elif name == "data":
            found = json.loads(value)
            for frame in found if isinstance(found, list) else [found]:
                yield {**frame, "at": at}


async def next_of(found: AsyncIterator[dict[str, Any]], kind: str) -> dict[str, Any]:
    async for frame in found:
        if frame["type"] == kind:
            return frame
    raise AssertionError(f"it ended without {kind}")


async def test_room_is_followed_as_it_goes_on(hall: Hall) -> None:
    await hall.say("before")
    async with following(hall, await hall.viewer("Mei")) as found:
        welcome = await next_of(found, "welcome")
        assert (welcome["recovered"], welcome["role"]) == (False, "viewer")
        assert (await next_of(found, "message"))["text"] == "before"
        message = await hall.say("while")
        told = await next_of(found, "message")
        assert (told["id"], told["text"]) == (message, "while")
        assert int(told["at"]) >= told["position"] == hall.position


@pytest.mark.parametrize("by_header", [True, False])
async def test_what_was_missed_comes_first(hall: Hall, by_header: bool) -> None:
    await hall.say("seen")
    seen = hall.position
    await hall.say("missed")
    query, headers = ("", {"Last-Event-ID": str(seen)}) if by_header else (f"?after={seen}", {})
    async with following(hall, hall.host, query, **headers) as found:
        assert (await next_of(found, "welcome"))["recovered"] is True
        assert (await next_of(found, "message"))["text"] == "missed"


async def test_feed_is_refused_to_who_is_banned_and_where_there_is_no_room(hall: Hall) -> None:
    mei = await hall.viewer("Mei")
    await hall.do("PUT", f"/room/bans/{hall.ids['Mei']}", hall.host)
    refused = await hall.ask("GET", "/feed", mei)
    assert (refused.status_code, problem(refused)["code"]) == (403, "banned")
    refused = await hall.ask("GET", "/feed?after=x", hall.host)
    assert (refused.status_code, problem(refused)["code"]) == (422, "invalid_input")
    hall.stream_id = new_id()
    refused = await hall.ask("GET", "/feed", mei)
    assert (refused.status_code, problem(refused)["code"]) == (404, "room_not_found")


async def test_audience_is_shown_over_time_to_its_host_and_to_analysts(hall: Hall) -> None:
    assert await hall.see("/audience") == {"viewers": 0, "peak": 0, "samples": []}
    for viewers, most in ((5, 9), (3, 4)):
        sample = SampleAudience(stream_id=hall.stream_id, viewers=viewers, most=most)
        hall.position = await hall.api.reported(sample)
    for who in (hall.host, await hall.viewer("Ana", "analyst"), await hall.viewer("Ada", "admin")):
        seen = await hall.see("/audience", who)
        assert (seen["viewers"], seen["peak"]) == (3, 9)
        assert seen["samples"][-1]["viewers"] == 3
        assert seen["samples"][-1]["at"].endswith("Z")


async def test_audience_is_nobody_else_s_to_see(hall: Hall) -> None:
    refused = await hall.ask("GET", "/audience", await hall.viewer("Other host", "host"))
    assert (refused.status_code, problem(refused)["code"]) == (403, "forbidden")
    hall.stream_id = new_id()
    refused = await hall.ask("GET", "/audience", hall.host)
    assert (refused.status_code, problem(refused)["code"]) == (404, "live_stream_not_found")
