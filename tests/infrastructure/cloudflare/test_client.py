"""How calls fail: what is repeated, what stops everybody, and what an error says."""

import json
import logging
import traceback
from typing import Any

import pytest
from redis.asyncio import Redis

from application.ports import (
    ProviderError,
    ProviderNotFound,
    ProviderRefused,
    ProviderThrottled,
    ProviderUnavailable,
)
from infrastructure.cloudflare.client import Call, CloudflareClient, checked
from tests.support.cloudflare import STREAM_KEY, TOKEN, client_of, ok, refused
from tests.support.scripted_http import Reply, Request, gathered, replies, scripted_server

READ = Call(operation="read", method="GET", path="/stream")
MAKE = Call(
    operation="make",
    method="POST",
    path="/stream/things",
    body={"streamKey": STREAM_KEY, "url": "rtmp://other.example/app/planted-word"},
    repeatable=False,
    secrets=(STREAM_KEY, "planted-word"),
)
HANGS = Reply(hangs=True)
HANGS_UP = Reply(hangs_up=True)
GARBAGE = Reply(body=b"<html>it works</html>")


async def _error(client: CloudflareClient, call: Call = READ) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        await client.fetch(call)
    return caught.value


async def test_fetch_sends_the_token_and_returns_the_result() -> None:
    async with scripted_server(replies(ok({"a": 1}))) as server, client_of(server) as client:
        assert json.loads(await client.fetch(READ)) == {"a": 1}
    assert server.requests[0].path == "/client/v4/accounts/a1/stream"
    assert server.requests[0].headers["authorization"] == f"Bearer {TOKEN}"


@pytest.mark.parametrize("failure", [HANGS, HANGS_UP, GARBAGE, refused(502), Reply(status=503)])
async def test_fetch_is_repeated_when_that_is_harmless(failure: Reply) -> None:
    async with scripted_server(replies(failure, ok(1))) as server, client_of(server) as client:
        assert await client.fetch(READ) == b"1"
    assert len(server.requests) == 2


@pytest.mark.parametrize("failure", [HANGS, HANGS_UP, GARBAGE, refused(502), Reply(status=503)])
async def test_fetch_is_not_repeated_when_it_may_have_happened(failure: Reply) -> None:
    async with scripted_server(replies(failure)) as server, client_of(server) as client:
        assert isinstance(await _error(client, MAKE), ProviderUnavailable)
    assert len(server.requests) == 1


async def test_fetch_gives_up_after_three_tries() -> None:
    async with scripted_server(replies(refused(500))) as server, client_of(server) as client:
        assert isinstance(await _error(client), ProviderUnavailable)
    assert len(server.requests) == 3


async def test_fetch_leaves_a_long_wait_to_the_caller() -> None:
    answer = replies(refused(503, retry_after="60"))
    async with scripted_server(answer) as server, client_of(server) as client:
        error = await _error(client)
    assert isinstance(error, ProviderUnavailable)
    assert error.retry_after == 60
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("reply", "kind", "code"),
    [
        (refused(409, 10046), ProviderRefused, "10046"),
        (refused(401, 10000), ProviderRefused, "10000"),
        (refused(424, 10033), ProviderRefused, "10033"),
        (refused(404, 10003), ProviderNotFound, "10003"),
        (Reply(status=403, body=b"error code: 1010"), ProviderRefused, ""),
        (refused(200, 10005), ProviderRefused, "10005"),
    ],
)
async def test_refusal_carries_the_providers_code(
    reply: Reply, kind: type[ProviderRefused], code: str
) -> None:
    async with scripted_server(replies(reply)) as server, client_of(server) as client:
        error = await _error(client)
    assert type(error) is kind
    assert (error.status, error.code) == (reply.status, code)
    assert len(server.requests) == 1


@pytest.mark.parametrize("retry_after", ["287", None])
async def test_429_stops_every_call_at_once(retry_after: str | None) -> None:
    headers = {"retry_after": retry_after} if retry_after else {}
    answer = replies(refused(429, 971, **headers))
    async with scripted_server(answer) as server, client_of(server) as client:
        errors = [await _error(client), *await gathered(*(client.fetch(READ) for _ in "abc"))]
    assert all(isinstance(each, ProviderThrottled) for each in errors)
    assert all(285 < each.retry_after <= 300 for each in errors)
    assert len(server.requests) == 1


async def test_429_stops_other_processes_too(redis_url: str, redis_prefix: str) -> None:
    async with (
        Redis.from_url(redis_url) as redis,
        scripted_server(replies(refused(429, 971, retry_after="300"))) as server,
        client_of(server, redis=redis, prefix=redis_prefix) as here,
        client_of(server, redis=redis, prefix=redis_prefix) as there,
    ):
        errors = [await _error(here), await _error(there)]
    assert all(isinstance(each, ProviderThrottled) for each in errors)
    assert len(server.requests) == 1


async def test_spent_quota_stops_calls_before_cloudflare_blocks_them() -> None:
    answer = replies(ok(1, Ratelimit='"default";r=0;t=30'))
    async with scripted_server(answer) as server, client_of(server) as client:
        assert await client.fetch(READ) == b"1"
        error = await _error(client)
    assert isinstance(error, ProviderThrottled)
    assert 29 < error.retry_after <= 30


async def test_own_budget_throttles_before_a_call_leaves() -> None:
    async with scripted_server(replies(ok(1))) as server, client_of(server, calls=4) as client:
        assert await client.fetch(READ) == b"1"
        assert isinstance(await _error(client), ProviderThrottled)
    assert len(server.requests) == 1


@pytest.mark.parametrize("failure", [HANGS, HANGS_UP, GARBAGE, refused(400), refused(500)])
async def test_no_secret_shows_when_a_call_fails(
    failure: Reply, caplog: pytest.LogCaptureFixture
) -> None:
    def echo(request: Request) -> Reply:
        errors: list[dict[str, Any]] = [
            {"code": 10005, "message": f"bad {request.body.decode()} from {TOKEN}"}
        ]
        body = json.dumps({"success": False, "errors": errors}).encode()
        return Reply(status=failure.status, body=body) if failure.status != 200 else failure

    caplog.set_level(logging.DEBUG)
    async with scripted_server(echo) as server, client_of(server) as client:
        error = await _error(client, MAKE)
    shown = "".join(traceback.format_exception(error)) + repr(error) + repr(MAKE) + caplog.text
    assert not [each for each in (TOKEN, STREAM_KEY, "planted-word") if each in shown]


@pytest.mark.parametrize("uid", ["", "..", "a/b", "a?b", "é", "x" * 65])
def test_uid_is_refused_when_it_could_change_the_path(uid: str) -> None:
    with pytest.raises(ProviderNotFound):
        checked(uid)
