"""What only shows between our parts and the other side: budget, signed playback, webhooks."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
import msgspec
import pytest

from application.ports import ProviderThrottled
from infrastructure.cloudflare.client import Call, CloudflareClient
from infrastructure.cloudflare.inputs import Recording
from infrastructure.cloudflare.live_video import CloudflareLiveVideo
from infrastructure.cloudflare.playback import CloudflarePlayback, load_signing_key
from infrastructure.cloudflare.signing_keys import check_signing_key
from infrastructure.cloudflare.webhooks import (
    LiveInputNotification,
    VideoNotification,
    WebhookRefused,
    parse_notification,
    verify_shared_secret,
    verify_signature,
)
from infrastructure.settings import Secret, SettingError
from infrastructure.simulators.config import WebhookTarget
from infrastructure.simulators.serving import Simulators
from tests.contracts.live_video_contract import made
from tests.support.eventually import eventually
from tests.support.scripted_http import Reply, ScriptedServer, replies, scripted_server
from tests.support.simulated_cloudflare import client_on, simulated

SECRET = Secret("planted-webhook-secret")


async def test_calls_stop_before_cloudflare_would_block_them(tmp_path: Path) -> None:
    async with simulated(tmp_path) as (simulators, studio), client_on(simulators) as client:
        video = CloudflareLiveVideo(client, Recording(timeout_seconds=30, signed=False))
        await studio.budget(2, 300)
        assert [list(await video.live_videos()) for _ in range(2)] == [[], []]
        with pytest.raises(ProviderThrottled) as refusal:
            await video.live_videos()
    assert 290 < refusal.value.retry_after <= 300


async def test_signed_playback_plays_and_unsigned_does_not(tmp_path: Path) -> None:
    async with simulated(tmp_path) as (simulators, studio), client_on(simulators) as client:
        video = CloudflareLiveVideo(client, Recording(timeout_seconds=30, signed=True))
        live = await made(video)
        await studio.connect(live.uid)
        signed = await _signer(client)
        plain = CloudflarePlayback(None, scheme="http")
        answers = [
            await _status(each.playback(host=live.customer_host, uid=live.uid, now=_now()).hls)
            for each in (signed, plain)
        ]
    assert answers[0] in {httpx.codes.OK, httpx.codes.NO_CONTENT}
    assert answers[1] == httpx.codes.UNAUTHORIZED


async def test_signed_playback_ends_when_its_key_is_revoked(tmp_path: Path) -> None:
    async with simulated(tmp_path) as (simulators, _), client_on(simulators) as client:
        key = await _new_key(client)
        await check_signing_key(client, key["id"])
        path = f"/stream/keys/{key['id']}"
        await client.do(Call(operation="revoke", method="DELETE", path=path))
        with pytest.raises(SettingError):
            await check_signing_key(client, key["id"])


async def test_live_webhook_is_believed_and_read(tmp_path: Path) -> None:
    async with (
        _inbox() as (inbox, target),
        simulated(tmp_path, live_webhook=target, webhook_delay=0) as (simulators, studio),
    ):
        uid = await _made_input(simulators)
        await studio.connect(uid)
        await eventually(lambda: inbox.requests)
    request = inbox.requests[0]
    header = request.headers["cf-webhook-auth"]
    verify_shared_secret(header, SECRET)
    with pytest.raises(WebhookRefused):
        verify_shared_secret(header, Secret("another"))
    notification = parse_notification(request.body)
    assert isinstance(notification, LiveInputNotification)
    assert (notification.input_uid, notification.event_type) == (uid, "live_input.connected")


async def test_video_webhook_is_believed_and_read(tmp_path: Path) -> None:
    async with (
        _inbox() as (inbox, target),
        simulated(
            tmp_path,
            video_webhook=target,
            webhook_delay=0,
            processing_time=0.05,
            default_timeout=0.05,
        ) as (simulators, studio),
    ):
        uid = await _made_input(simulators)
        await studio.connect(uid)
        await studio.disconnect(uid)
        await eventually(lambda: inbox.requests)
    request = inbox.requests[0]
    header = request.headers["webhook-signature"]
    verify_signature(header, request.body, SECRET, now=time.time(), tolerance_seconds=300)
    notification = parse_notification(request.body)
    assert isinstance(notification, VideoNotification)
    assert (notification.input_uid, notification.state) == (uid, "ready")


@asynccontextmanager
async def _inbox() -> AsyncIterator[tuple[ScriptedServer, WebhookTarget]]:
    async with scripted_server(replies(Reply())) as inbox:
        yield inbox, WebhookTarget(url=inbox.url, secret=SECRET.text)


async def _made_input(simulators: Simulators) -> str:
    async with client_on(simulators) as client:
        recording = Recording(timeout_seconds=0, signed=False)
        return (await made(CloudflareLiveVideo(client, recording))).uid


async def _new_key(client: CloudflareClient) -> dict[str, str]:
    call = Call(operation="new_key", method="POST", path="/stream/keys", repeatable=False)
    return msgspec.json.decode(await client.fetch(call), type=dict[str, str])


async def _signer(client: CloudflareClient) -> CloudflarePlayback:
    key = await _new_key(client)
    return CloudflarePlayback(load_signing_key(key["id"], Secret(key["pem"])), scheme="http")


async def _status(url: str | None) -> int:
    assert url is not None
    async with httpx.AsyncClient(trust_env=False) as http:
        return (await http.get(url)).status_code


def _now() -> datetime:
    return datetime.now(UTC)
