"""The plug is pulled in a live room full of people: nobody misses or repeats a message, and what
was acknowledged stands in the log, once."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path

import httpx
import msgspec
import pymysql
import pytest
import redis

from infrastructure.ids import new_id
from tests.support.crowd import Viewer
from tests.support.eventually import eventually
from tests.support.servers import PrivateMySQL, PrivateRedis
from tests.support.serving import LiveServer

pytestmark = pytest.mark.system

_VIEWERS = 12
_SETTINGS = {
    "LIVE_RATE_LIMIT_PER_MINUTE": "0",
    "LIVE_CHAT_MESSAGES": "10000",
    "LIVE_CHAT_ROOM_PER_SECOND": "10000",
    "LIVE_ROOM_SHOWN_PER_SECOND": "0",
}


@pytest.fixture(scope="module")
def mysql() -> Iterator[PrivateMySQL]:
    with PrivateMySQL() as server:
        yield server


@pytest.fixture(scope="module")
def private_redis() -> Iterator[PrivateRedis]:
    with PrivateRedis() as server:
        yield server


@pytest.fixture
def servers(
    tmp_path: Path, mysql: PrivateMySQL, private_redis: PrivateRedis
) -> Iterator[tuple[LiveServer, LiveServer]]:
    """Everything, and beside it a second process that only serves the API."""
    name = f"t_{new_id().replace('-', '')[:16]}"
    with pymysql.connect(host="127.0.0.1", port=mysql.port, user="root") as connection:
        connection.cursor().execute(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
    settings = {
        **_SETTINGS,
        "LIVE_DATABASE_URL": f"{mysql.url}/{name}",
        "LIVE_REDIS_URL": f"{private_redis.url}/1",
        "LIVE_JOBS_REDIS_URL": f"{private_redis.url}/2",
        "LIVE_REDIS_PREFIX": f"{name}:",
    }
    with ExitStack() as stack:
        first = stack.enter_context(LiveServer(_folder(tmp_path, "first"), settings))
        shared = {
            one: value
            for one, value in first.environ.items()
            if one.startswith("LIVE_") or one == "VAR_DIR"
        }
        second = LiveServer(_folder(tmp_path, "second"), shared, role="api")
        yield first, stack.enter_context(second)


def _folder(folder: Path, name: str) -> Path:
    (folder / name).mkdir()
    return folder / name


class Room:
    """A show's room with people in it who talk without a pause."""

    def __init__(self, viewers: list[Viewer]) -> None:
        self.viewers = viewers
        self._talking = True

    @property
    def said(self) -> dict[int, str]:
        return {at: text for viewer in self.viewers for at, text in viewer.said.items()}

    async def talk(self) -> None:
        await asyncio.gather(
            *(self._talk(viewer, f"viewer {number}") for number, viewer in enumerate(self.viewers))
        )

    async def goes_on(self) -> None:
        """Fifty more are acknowledged."""
        done = len(self.said)
        await eventually(lambda: len(self.said) > done + 50, timeout=30)

    def fall_silent(self) -> None:
        self._talking = False

    async def _talk(self, viewer: Viewer, name: str) -> None:
        spoken = 0
        while self._talking:
            spoken += 1
            answer = await viewer.say(f"ref-{spoken}", f"{name} says {spoken}")
            assert answer["type"] == "ack", answer
            await asyncio.sleep(0.02)


@asynccontextmanager
async def crowded(servers: tuple[LiveServer, LiveServer]) -> AsyncIterator[Room]:
    """Half of the people came in through either process."""
    first, second = servers
    host = first.live("token", "--role", "host").split()[-1]
    async with httpx.AsyncClient(
        base_url=first.url, headers={"Authorization": f"Bearer {host}"}, timeout=20
    ) as client:
        show = await client.post("/api/v1/streams", json={"title": "Show", "description": ""})
        tokens = [await _guest(client, number) for number in range(_VIEWERS)]
    urls = [first.url, second.url]
    viewers = [
        Viewer(urls if number % 2 else urls[::-1], show.json()["id"], token)
        for number, token in enumerate(tokens)
    ]
    room = Room(viewers)
    present = [asyncio.create_task(viewer.run()) for viewer in viewers]
    talking = asyncio.create_task(room.talk())
    try:
        await eventually(lambda: len(room.said) > 100, timeout=30)
        yield room
        done = len(room.said)
        await eventually(lambda: len(room.said) > done + 200, timeout=60)
        room.fall_silent()
        await asyncio.wait_for(talking, 60)
        last = max(room.said)
        await eventually(lambda: all(viewer.reached >= last for viewer in viewers), timeout=20)
    finally:
        talking.cancel()
        await asyncio.gather(*(viewer.stop() for viewer in viewers))
        await asyncio.gather(talking, *present, return_exceptions=True)


async def _guest(client: httpx.AsyncClient, number: int) -> str:
    body = {"market": "TW", "language": "zh-TW", "name": f"Guest {number}"}
    answer = await client.post("/api/v1/auth/guest", json=body)
    token: str = answer.json()["access_token"]
    return token


def assert_everybody_saw_everything(room: Room) -> None:
    """In order and once: from where each came in, all that was said, by whoever."""
    for viewer in room.viewers:
        assert viewer.gaps == 0
        assert viewer.seen == sorted(set(viewer.seen))
        first = viewer.seen[0]
        assert [at for at in sorted(room.said) if at >= first] == [
            at for at in viewer.seen if at in room.said
        ]


def assert_in_the_log_once(server: LiveServer, room: Room) -> None:
    events = [
        msgspec.json.decode(line)
        for line in server.live("events", "export", "--to", "-").splitlines()
    ]
    logged = [one["position"] for one in events if one["type"] == "chat.ChatMessageSent"]
    texts = {at: viewer.texts[at] for viewer in room.viewers for at in viewer.texts}
    assert room.said.items() <= texts.items()
    assert room.said.keys() <= set(logged)
    assert len(set(room.said.values())) == len(room.said)
    assert "intact" in server.live("events", "verify")


async def test_process_killed_under_load_costs_nobody_a_message(
    servers: tuple[LiveServer, LiveServer],
) -> None:
    first, second = servers
    async with crowded(servers) as room:
        await eventually(lambda: {one.viewers for one in room.viewers} == {_VIEWERS}, timeout=15)
        await asyncio.to_thread(second.kill)
        await eventually(lambda: all(viewer.is_here for viewer in room.viewers), timeout=30)
        await eventually(lambda: {one.viewers for one in room.viewers} == {_VIEWERS}, timeout=10)

    assert_everybody_saw_everything(room)
    assert_in_the_log_once(first, room)


async def test_restarted_servers_cost_nobody_a_message(
    servers: tuple[LiveServer, LiveServer],
) -> None:
    async with crowded(servers) as room:
        for server in servers:
            await asyncio.to_thread(server.kill)
        for server in servers:
            await asyncio.to_thread(server.start)

    assert_everybody_saw_everything(room)
    assert_in_the_log_once(servers[0], room)


async def test_redis_flushed_costs_nobody_a_message(
    servers: tuple[LiveServer, LiveServer], private_redis: PrivateRedis
) -> None:
    async with crowded(servers) as room:
        for _ in range(3):
            with redis.Redis.from_url(f"{private_redis.url}/1") as connection:
                connection.flushdb()
            await room.goes_on()

    assert {viewer.connections for viewer in room.viewers} == {1}
    assert_everybody_saw_everything(room)


async def test_redis_restarted_costs_nobody_a_message(
    servers: tuple[LiveServer, LiveServer], private_redis: PrivateRedis
) -> None:
    async with crowded(servers) as room:
        await asyncio.to_thread(private_redis.kill)
        await asyncio.sleep(2)
        await asyncio.to_thread(private_redis.start)

    assert_everybody_saw_everything(room)


async def test_mysql_restarted_costs_nobody_a_message(
    servers: tuple[LiveServer, LiveServer], mysql: PrivateMySQL
) -> None:
    async with crowded(servers) as room:
        await asyncio.to_thread(mysql.kill)
        await asyncio.to_thread(mysql.start)

    assert_everybody_saw_everything(room)
    assert_in_the_log_once(servers[0], room)
