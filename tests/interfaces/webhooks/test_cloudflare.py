import hashlib
import hmac
import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import func, select

from infrastructure.webhook_inbox import WEBHOOK_INBOX
from tests.support.http import (
    BASE,
    LIVE_SECRET,
    VIDEO_SECRET,
    Api,
    api_settings,
    problem,
    running_api,
)

LIVE = f"{BASE}/webhooks/cloudflare/live"
VIDEO = f"{BASE}/webhooks/cloudflare/video"
# The documentation's example (facts: Notifications webhook), with invented ids.
CONNECTED = (
    b'{"name":"Live Webhook Test","text":"Notification type: Stream Live Input","data":'
    b'{"notification_name":"Stream Live Input","input_id":"eb222fcca08eeb1ae84c981ebe8aeeb6",'
    b'"event_type":"live_input.connected","updated_at":"2026-01-13T11:43:41.855717910Z"},'
    b'"ts":1642074233}'
)
READY = (
    b'{"uid":"6b9e68b07dfee8cc2d116e4c51d6a957","liveInput":"eb222fcca08eeb1ae84c981ebe8aeeb6",'
    b'"readyToStream":true,"status":{"state":"ready"},"modified":"2026-01-13T11:50:00.000000Z"}'
)


@pytest.fixture
async def api(
    tmp_path: Path, sqlite_url: str, redis_url: str, redis_prefix: str
) -> AsyncIterator[Api]:
    settings = api_settings(
        tmp_path, database_url=sqlite_url, redis_url=redis_url, prefix=redis_prefix
    )
    async with running_api(settings, projecting=False) as running:
        yield running


def signed(body: bytes, *, at: float | None = None, secret: str = VIDEO_SECRET) -> dict[str, str]:
    moment = str(int(at if at is not None else time.time()))
    mac = hmac.new(secret.encode(), moment.encode() + b"." + body, hashlib.sha256).hexdigest()
    return {"Webhook-Signature": f"time={moment},sig1={mac}"}


async def stored(api: Api) -> int:
    async with api.platform.engine.connect() as connection:
        counted = await connection.execute(select(func.count()).select_from(WEBHOOK_INBOX))
        return int(counted.scalar_one())


async def waiting(api: Api) -> int:
    return sum(size.waiting for size in await api.platform.jobs.sizes())


async def test_live_notification_is_stored_once_and_handed_over(api: Api) -> None:
    headers = {"cf-webhook-auth": LIVE_SECRET}
    for _ in range(3):
        answer = await api.client.post(LIVE, content=CONNECTED, headers=headers)
        assert (answer.status_code, answer.json()) == (200, {"received": True})
    assert await stored(api) == 1
    assert await waiting(api) == 1


async def test_signed_video_notification_is_stored(api: Api) -> None:
    answer = await api.client.post(VIDEO, content=READY, headers=signed(READY))
    assert answer.status_code == 200
    assert await stored(api) == 1


@pytest.mark.parametrize("headers", [{}, {"cf-webhook-auth": "wrong"}, {"cf-webhook-auth": ""}])
async def test_live_notification_without_the_secret_is_not_stored(
    api: Api, headers: dict[str, str]
) -> None:
    answer = await api.client.post(LIVE, content=CONNECTED, headers=headers)
    await assert_refused(api, answer)


async def assert_refused(api: Api, answer: httpx.Response) -> None:
    assert answer.status_code == 401
    assert problem(answer)["code"] == "invalid_signature"
    assert (await stored(api), await waiting(api)) == (0, 0)


async def test_video_notification_that_is_badly_signed_is_not_stored(api: Api) -> None:
    now = time.time()
    for headers in (
        {},
        {"Webhook-Signature": "nonsense"},
        signed(READY, secret="another"),
        signed(READY + b" "),
        signed(READY, at=now - 3600),
        signed(READY, at=now + 3600),
    ):
        await assert_refused(api, await api.client.post(VIDEO, content=READY, headers=headers))


async def test_test_notification_is_answered_and_not_stored(api: Api) -> None:
    headers = {"cf-webhook-auth": LIVE_SECRET}
    answer = await api.client.post(LIVE, content=b'{"text": "Hello World!"}', headers=headers)
    assert answer.status_code == 200
    assert await stored(api) == 0


@pytest.mark.parametrize("body", [b"", b"not json", b"[]", b"\xff\x00", b'{"data": 1}'])
async def test_proven_but_unreadable_webhook_is_kept_for_whoever_looks_into_it(
    api: Api, body: bytes
) -> None:
    answer = await api.client.post(VIDEO, content=body, headers=signed(body))
    assert answer.status_code == 200
    assert await stored(api) == 1


async def test_webhook_over_the_size_limit_gets_413(api: Api) -> None:
    body = b" " * 300_000
    answer = await api.client.post(VIDEO, content=body, headers=signed(body))
    assert answer.status_code == 413
    assert await stored(api) == 0


async def test_webhook_is_kept_for_the_sweep_when_the_job_queue_is_away(api: Api) -> None:
    pool = api.platform.jobs._redis.connection_pool
    await pool.disconnect()
    pool.connection_kwargs["port"] = 9
    headers = {"cf-webhook-auth": LIVE_SECRET}
    answer = await api.client.post(LIVE, content=CONNECTED, headers=headers, timeout=30)
    assert answer.status_code == 200
    assert await stored(api) == 1
