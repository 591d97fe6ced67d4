"""Cloudflare's official SDK drives the simulated API, operation by operation."""

import base64
from datetime import UTC, datetime, timedelta

import cloudflare
import httpx
import jwt
import msgspec
import pytest
from cloudflare import AsyncCloudflare

from infrastructure.simulators.serving import Simulators

TARGET = "rtmp://example.test/app"


@pytest.fixture
def account(simulators: Simulators) -> str:
    return simulators.config.account_id


async def _input(sdk: AsyncCloudflare, account: str) -> str:
    made = await sdk.stream.live_inputs.create(
        account_id=account,
        meta={"name": "Test Stream"},
        recording={"mode": "automatic", "timeout_seconds": 5},
    )
    assert made is not None
    assert made.uid
    return made.uid


async def _broadcast(control: httpx.AsyncClient, uid: str) -> str:
    answer = await control.post(f"/inputs/{uid}/connect")
    return str(answer.json()["result"]["video"])


async def test_live_input_is_made_with_credentials(sdk: AsyncCloudflare, account: str) -> None:
    uid = await _input(sdk, account)

    found = await sdk.stream.live_inputs.get(uid, account_id=account)

    assert found is not None
    assert found.rtmps is not None
    assert found.rtmps.url is not None
    assert found.rtmps.url.startswith("rtmp://127.0.0.1:")
    assert found.rtmps.stream_key is not None
    assert found.rtmps.stream_key.endswith(f"k{uid}")
    assert found.srt is not None
    assert found.srt.stream_id == uid
    assert found.playback is not None
    assert found.playback.hls.endswith(f"/{uid}/manifest/video.m3u8")
    assert found.recording is not None
    assert found.recording.timeout_seconds == 5
    assert found.status is None


async def test_list_shows_neither_secrets_nor_status(sdk: AsyncCloudflare, account: str) -> None:
    uid = await _input(sdk, account)

    listed = await sdk.stream.live_inputs.list(account_id=account)

    assert listed is not None
    assert listed.total == 1
    assert listed.live_inputs is not None
    assert [one.uid for one in listed.live_inputs] == [uid]
    assert uid + "k" not in listed.to_json()
    assert "status" not in listed.to_json()


async def test_update_keeps_what_is_left_out(sdk: AsyncCloudflare, account: str) -> None:
    uid = await _input(sdk, account)

    await sdk.stream.live_inputs.update(uid, account_id=account, delete_recording_after_days=45)
    found = await sdk.stream.live_inputs.update(uid, account_id=account, enabled=False)

    assert found is not None
    assert found.enabled is False
    assert found.delete_recording_after_days == 45
    assert found.meta == {"name": "Test Stream"}


async def test_deleted_live_input_is_not_found(sdk: AsyncCloudflare, account: str) -> None:
    uid = await _input(sdk, account)

    await sdk.stream.live_inputs.delete(uid, account_id=account)

    with pytest.raises(cloudflare.NotFoundError):
        await sdk.stream.live_inputs.get(uid, account_id=account)


async def test_outputs_are_made_switched_listed_and_deleted(
    sdk: AsyncCloudflare, account: str
) -> None:
    uid = await _input(sdk, account)
    outputs = sdk.stream.live_inputs.outputs

    made = await outputs.create(uid, account_id=account, url=TARGET, stream_key="invented")
    assert made is not None
    assert made.uid is not None
    switched = await outputs.update(
        made.uid, account_id=account, live_input_identifier=uid, enabled=False
    )
    listed = [one async for one in outputs.list(uid, account_id=account)]
    await outputs.delete(made.uid, account_id=account, live_input_identifier=uid)

    assert switched is not None
    assert switched.enabled is False
    assert [(one.url, one.stream_key) for one in listed] == [(TARGET, "invented")]
    assert [one async for one in outputs.list(uid, account_id=account)] == []


async def test_videos_are_listed_by_their_filters(
    sdk: AsyncCloudflare, account: str, control: httpx.AsyncClient
) -> None:
    first, second = await _input(sdk, account), await _input(sdk, account)
    older, newer = await _broadcast(control, first), await _broadcast(control, second)
    await control.post(f"/inputs/{first}/disconnect")
    await control.post("/advance")

    async def found(**filters: object) -> list[str | None]:
        page = sdk.stream.list(account_id=account, **filters)  # type: ignore[arg-type]
        return [video.uid async for video in page]

    assert await found(status="live-inprogress") == [newer]
    assert await found(live_input_id=first) == [older]
    assert await found(type="live") == [newer]
    assert await found(asc=True) == [older, newer]
    assert await found(limit=1) == [newer]
    assert await found(id=f"{older},{newer}") == [newer, older]
    assert await found(search="test str") == [newer, older]
    assert await found(start=datetime.now(UTC) + timedelta(hours=1)) == []
    assert await found(creator="nobody") == []


async def test_video_is_edited_and_deleted_once_it_is_over(
    sdk: AsyncCloudflare, account: str, control: httpx.AsyncClient
) -> None:
    uid = await _input(sdk, account)
    video_uid = await _broadcast(control, uid)
    with pytest.raises(cloudflare.ConflictError) as refused:
        await sdk.stream.delete(video_uid, account_id=account)
    assert refused.value.body["errors"][0]["code"] == 10046  # type: ignore[index]

    edited = await sdk.stream.edit(
        video_uid, account_id=account, meta={"name": "Replay"}, require_signed_urls=True
    )
    assert edited is not None
    assert (edited.meta, edited.require_signed_urls) == ({"name": "Replay"}, True)

    await control.post(f"/videos/{video_uid}/error")
    await sdk.stream.delete(video_uid, account_id=account)
    with pytest.raises(cloudflare.NotFoundError):
        await sdk.stream.get(video_uid, account_id=account)


async def test_keys_sign_tokens_until_they_are_revoked(sdk: AsyncCloudflare, account: str) -> None:
    uid = await _input(sdk, account)
    key = await sdk.stream.keys.create(account_id=account)
    assert key is not None
    assert key.id
    assert key.pem
    assert key.jwk
    assert base64.b64decode(key.pem).startswith(b"-----BEGIN RSA PRIVATE KEY-----")
    jwk = jwt.PyJWK(msgspec.json.decode(base64.b64decode(key.jwk)))

    made = await sdk.stream.token.create(uid, account_id=account, downloadable=True)

    assert made is not None
    assert made.token
    claims = jwt.decode(made.token, jwk.key.public_key(), algorithms=["RS256"])
    assert (claims["sub"], claims["kid"], claims["downloadable"]) == (uid, key.id, True)
    assert [one.id async for one in sdk.stream.keys.get(account_id=account)] == [key.id]
    assert await sdk.stream.keys.delete(key.id, account_id=account) == "Revoked"
    assert [one async for one in sdk.stream.keys.get(account_id=account)] == []


async def test_stream_webhook_is_set_read_and_removed(sdk: AsyncCloudflare, account: str) -> None:
    made = await sdk.stream.webhooks.update(
        account_id=account, body_notification_url_2="https://shop.example/video"
    )
    read = await sdk.stream.webhooks.get(account_id=account)

    assert made is not None
    assert read is not None
    assert read.notification_url == "https://shop.example/video"
    assert read.secret == made.secret
    await sdk.stream.webhooks.delete(account_id=account)
    with pytest.raises(cloudflare.NotFoundError):
        await sdk.stream.webhooks.get(account_id=account)


async def test_destinations_never_show_their_secret(sdk: AsyncCloudflare, account: str) -> None:
    webhooks = sdk.alerting.destinations.webhooks

    made = await webhooks.create(
        account_id=account, name="Shop", url="https://shop.example/live", secret="planted-secret"
    )
    assert made is not None
    assert made.id
    await webhooks.update(
        made.id, account_id=account, name="Store", url="https://shop.example/live"
    )
    read = await webhooks.get(made.id, account_id=account)

    assert read is not None
    assert (read.name, read.type) == ("Store", "generic")
    assert "planted-secret" not in read.to_json()
    assert made.id in [one.id async for one in webhooks.list(account_id=account)]
    await webhooks.delete(made.id, account_id=account)
    with pytest.raises(cloudflare.NotFoundError):
        await webhooks.get(made.id, account_id=account)


async def test_policy_subscribes_a_destination_to_chosen_events(
    sdk: AsyncCloudflare, account: str
) -> None:
    destination = await sdk.alerting.destinations.webhooks.create(
        account_id=account, name="Shop", url="https://shop.example/live"
    )
    assert destination is not None
    assert destination.id
    policies = sdk.alerting.policies

    made = await policies.create(
        account_id=account,
        alert_type="stream_live_notifications",
        enabled=True,
        name="Live",
        mechanisms={"webhooks": [{"id": destination.id}]},
        filters={"event_type": ["live_input.errored"]},
    )
    assert made is not None
    assert made.id
    await policies.update(made.id, account_id=account, enabled=False)
    read = await policies.get(made.id, account_id=account)

    assert read is not None
    assert (read.name, read.enabled) == ("Live", False)
    assert made.id in [one.id async for one in policies.list(account_id=account)]
    await policies.delete(made.id, account_id=account)
    with pytest.raises(cloudflare.NotFoundError):
        await policies.get(made.id, account_id=account)


async def test_storage_usage_counts_videos(
    sdk: AsyncCloudflare, account: str, control: httpx.AsyncClient
) -> None:
    await _broadcast(control, await _input(sdk, account))

    usage = await sdk.stream.videos.storage_usage(account_id=account)

    assert usage is not None
    assert usage.video_count == 1
    assert usage.total_storage_minutes_limit == 10_000
