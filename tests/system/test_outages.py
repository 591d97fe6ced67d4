"""The plug is pulled on MySQL, on Redis and on the server itself, under load: callers are told,
all goes on, nothing acknowledged is lost, and every view is what a fresh rebuild would be."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import msgspec
import pymysql
import pytest
import redis

from infrastructure.ids import new_id
from tests.support.eventually import eventually
from tests.support.servers import PrivateMySQL, PrivateRedis
from tests.support.serving import LiveServer

pytestmark = pytest.mark.system

_STREAMS = "/api/v1/streams"


class Load:
    """Clients that schedule streams without a pause, repeating what was not acknowledged."""

    def __init__(self, server: LiveServer, token: str) -> None:
        self._server = server
        self._token = token
        self._stopping = False
        self.acknowledged: dict[str, int] = {}
        self.answers: Counter[int] = Counter()
        self.unavailable: list[httpx.Response] = []

    async def run(self, clients: int) -> None:
        headers = {"Authorization": f"Bearer {self._token}"}
        async with httpx.AsyncClient(
            base_url=self._server.url, headers=headers, timeout=20
        ) as client:
            await asyncio.gather(*(self._client(client) for _ in range(clients)))

    def stop(self) -> None:
        self._stopping = True

    async def _client(self, client: httpx.AsyncClient) -> None:
        while not self._stopping:
            key = new_id()
            while not await self._schedule(client, key):  # noqa: ASYNC110  # comes back later
                await asyncio.sleep(0.05)

    async def _schedule(self, client: httpx.AsyncClient, key: str) -> bool:
        body = {"title": f"Show {key}", "description": ""}
        try:
            answer = await client.post(_STREAMS, json=body, headers={"Idempotency-Key": key})
        except httpx.TransportError:
            return self._stopping
        self.answers[answer.status_code] += 1
        if answer.status_code == 503:
            self.unavailable.append(answer)
            return self._stopping
        assert answer.status_code == 201, answer.text
        self.acknowledged[answer.json()["id"]] = answer.json()["position"]
        return True


@pytest.fixture(scope="module")
def mysql() -> Iterator[PrivateMySQL]:
    with PrivateMySQL() as server:
        yield server


@pytest.fixture(scope="module")
def private_redis() -> Iterator[PrivateRedis]:
    with PrivateRedis() as server:
        yield server


@pytest.fixture
def server(
    tmp_path: Path, mysql: PrivateMySQL, private_redis: PrivateRedis
) -> Iterator[LiveServer]:
    name = f"t_{new_id().replace('-', '')[:16]}"
    with pymysql.connect(host="127.0.0.1", port=mysql.port, user="root") as connection:
        connection.cursor().execute(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
    settings = {
        "LIVE_DATABASE_URL": f"{mysql.url}/{name}",
        "LIVE_REDIS_URL": f"{private_redis.url}/1",
        "LIVE_JOBS_REDIS_URL": f"{private_redis.url}/2",
        "LIVE_REDIS_PREFIX": f"{name}:",
        "LIVE_RATE_LIMIT_PER_MINUTE": "0",
    }
    with LiveServer(tmp_path, settings) as server:
        yield server


@asynccontextmanager
async def load(server: LiveServer, *, clients: int = 8) -> AsyncIterator[Load]:
    token = server.live("token", "--role", "host").split()[-1]
    clients_at_work = Load(server, token)
    running = asyncio.create_task(clients_at_work.run(clients))
    try:
        await eventually(lambda: len(clients_at_work.acknowledged) > 20, timeout=30)
        yield clients_at_work
        done = len(clients_at_work.acknowledged)
        await eventually(lambda: len(clients_at_work.acknowledged) > done + 20, timeout=60)
    finally:
        clients_at_work.stop()
        await asyncio.wait_for(running, 60)


async def assert_nothing_lost(server: LiveServer, done: Load) -> None:
    """Every acknowledged stream is in the log once, at its position, and in the directory."""
    lines = server.live("events", "export", "--to", "-").splitlines()
    events = [msgspec.json.decode(line) for line in lines]
    assert [event["position"] for event in events] == list(range(1, len(events) + 1))
    scheduled = {
        event["stream"].removeprefix("live_stream-"): event["position"]
        for event in events
        if event["type"] == "streaming.LiveStreamScheduled"
    }
    titles = Counter(
        event["payload"]["title"]
        for event in events
        if event["type"] == "streaming.LiveStreamScheduled"
    )
    assert set(titles.values()) == {1}
    assert {one: scheduled.get(one) for one in done.acknowledged} == done.acknowledged
    async with httpx.AsyncClient(base_url=server.url, timeout=20) as client:
        for stream_id, position in done.acknowledged.items():
            answer = await client.get(f"{_STREAMS}/{stream_id}", params={"min_position": position})
            assert answer.status_code == 200, answer.text
    assert "intact" in server.live("events", "verify")


async def test_mysql_restarted_under_load_loses_nothing(
    server: LiveServer, mysql: PrivateMySQL
) -> None:
    async with load(server) as clients:
        await asyncio.to_thread(mysql.kill)
        await eventually(lambda: clients.answers[503] > 0, timeout=30)
        await asyncio.to_thread(mysql.start)

    assert all(int(answer.headers["Retry-After"]) >= 1 for answer in clients.unavailable)
    assert {answer.json()["code"] for answer in clients.unavailable} <= {
        "log_unavailable",
        "overloaded",
        "unavailable",
    }
    await eventually(server.is_ready, timeout=30)
    await assert_nothing_lost(server, clients)


async def test_redis_flushed_under_load_heals(
    server: LiveServer, private_redis: PrivateRedis
) -> None:
    async with load(server) as clients:
        with redis.Redis.from_url(f"{private_redis.url}/1") as connection:
            connection.flushdb()

    await eventually(lambda: _served(server, clients), timeout=30)
    await assert_nothing_lost(server, clients)


async def test_redis_restarted_under_load_heals(
    server: LiveServer, private_redis: PrivateRedis
) -> None:
    async with load(server) as clients:
        await asyncio.to_thread(private_redis.kill)
        await asyncio.to_thread(private_redis.start)

    await eventually(lambda: _served(server, clients), timeout=30)
    await assert_nothing_lost(server, clients)


async def test_server_killed_under_load_loses_nothing(server: LiveServer) -> None:
    async with load(server) as clients:
        await asyncio.to_thread(server.kill)
        await asyncio.to_thread(server.start)

    await eventually(lambda: _served(server, clients), timeout=30)
    await assert_nothing_lost(server, clients)


async def _served(server: LiveServer, done: Load) -> bool:
    last = max(done.acknowledged, key=lambda one: done.acknowledged[one])
    async with httpx.AsyncClient(base_url=server.url, timeout=20) as client:
        return (await client.get(f"{_STREAMS}/{last}")).is_success
