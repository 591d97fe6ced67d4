"""Both webhook systems: what they say, how they prove themselves, how they misbehave."""

import hashlib
import hmac
import time
from typing import Any

import httpx
import pytest

from infrastructure.simulators.cloudflare.courier import webhook_signature
from infrastructure.simulators.cloudflare.webhooks import nanosecond_timestamp
from infrastructure.simulators.config import WebhookTarget
from tests.support.eventually import eventually
from tests.support.simulators import VIDEO_SECRET, Caught, WebhookCatcher


async def show(api: httpx.AsyncClient) -> str:
    body = {"recording": {"mode": "automatic"}}
    return str((await api.post("/live_inputs", json=body)).json()["result"]["uid"])


def live(catcher: WebhookCatcher) -> list[Caught]:
    return [one for one in catcher.caught if "cf-webhook-auth" in one.headers]


def kinds(catcher: WebhookCatcher) -> list[str]:
    return [one.json["data"]["event_type"] for one in live(catcher)]


async def order(control: httpx.AsyncClient, effect: str, **more: Any) -> None:
    fault = {"channel": "live", "effect": effect} | more
    (await control.post("/webhooks/faults", json=fault)).raise_for_status()


@pytest.mark.parametrize(
    ("body", "signature"),
    [
        (
            b'{"uid":"6b9e68b07dfee8cc2d116e4c51d6a957","readyToStream":true,"status":'
            b'{"state":"ready","pctComplete":"100","errorReasonCode":""}}',
            "e517b28af95a5c15bf630db474c902b8abf9308995aa6dbe8034a044de63ecd6",
        ),
        (b"", "b7add7718ec459a0d6efb26624b389810ac1cd3aed3017c3694081b9876fd4b6"),
        (
            "héllo, 🦀 world!".encode(),
            "aca2bf96114b4facc2a0002e82e401047e87b2304e21c654df64f5c9dcee6bdc",
        ),
        (b'{"a":1}\n', "aace31949c72db86175dc78ee8ab82ad2ac4b881b017baf097b9e148c0912612"),
    ],
)
def test_signature_matches_the_known_vectors(body: bytes, signature: str) -> None:
    signed = webhook_signature(VIDEO_SECRET, body, 1230811200)

    assert signed == f"time=1230811200,sig1={signature}"


def test_timestamp_keeps_nanoseconds() -> None:
    assert nanosecond_timestamp(1642074221_855717910) == "2022-01-13T11:43:41.855717910Z"


async def test_connected_input_is_told_in_cloudflares_words(
    api: httpx.AsyncClient, control: httpx.AsyncClient, catcher: WebhookCatcher
) -> None:
    uid = await show(api)

    await control.post(f"/inputs/{uid}/connect")

    caught = (await eventually(lambda: live(catcher)))[0]
    body = caught.json
    updated_at = body["data"]["updated_at"]
    assert caught.headers["cf-webhook-auth"] == "shared-live"
    assert list(body) == ["name", "text", "data", "ts"]
    assert body["data"] == {
        "notification_name": "Stream Live Input",
        "input_id": uid,
        "event_type": "live_input.connected",
        "updated_at": updated_at,
    }
    assert body["text"] == (
        f"Notification type: Stream Live Input\nInput ID: {uid}\n"
        f"Event type: live_input.connected\nUpdated at: {updated_at}"
    )
    assert abs(body["ts"] - time.time()) < 5


async def test_errored_input_tells_code_and_codecs(
    api: httpx.AsyncClient, control: httpx.AsyncClient, catcher: WebhookCatcher
) -> None:
    uid = await show(api)

    await control.post(
        f"/inputs/{uid}/error", json={"code": "ERR_GOP_OUT_OF_RANGE", "video_codec": "h264"}
    )

    data = (await eventually(lambda: live(catcher)))[0].json["data"]
    assert data["event_type"] == "live_input.errored"
    assert data["live_input_errored"]["error"]["code"] == "ERR_GOP_OUT_OF_RANGE"
    assert data["live_input_errored"]["video_codec"] == "h264"


async def test_ready_recording_is_told_and_signed(
    api: httpx.AsyncClient, control: httpx.AsyncClient, catcher: WebhookCatcher
) -> None:
    uid = await show(api)
    video_uid = (await control.post(f"/inputs/{uid}/connect")).json()["result"]["video"]
    await control.post(f"/inputs/{uid}/disconnect")

    def signed() -> list[Caught]:
        return [one for one in catcher.caught if "webhook-signature" in one.headers]

    caught = (await eventually(signed))[0]
    moment, _, signature = caught.headers["webhook-signature"].partition(",")
    mac_input = moment.removeprefix("time=").encode() + b"." + caught.body
    expected = hmac.new(VIDEO_SECRET.encode(), mac_input, hashlib.sha256).hexdigest()
    assert signature == f"sig1={expected}"
    assert caught.json["uid"] == video_uid
    assert caught.json["liveInput"] == uid
    assert caught.json["readyToStream"] is True
    assert caught.json["status"]["state"] == "ready"


async def test_failed_recording_spells_its_error_the_webhooks_way(
    api: httpx.AsyncClient, control: httpx.AsyncClient, catcher: WebhookCatcher
) -> None:
    uid = await show(api)
    video_uid = (await control.post(f"/inputs/{uid}/connect")).json()["result"]["video"]

    await control.post(f"/videos/{video_uid}/error", json={"code": "ERR_MALFORMED_VIDEO"})

    await eventually(lambda: len(catcher.caught) == 2)
    body = next(one for one in catcher.caught if "webhook-signature" in one.headers).json
    assert body["readyToStream"] is False
    assert body["status"]["errReasonCode"] == "ERR_MALFORMED_VIDEO"
    assert "errorReasonCode" not in body["status"]


async def test_duplicate_arrives_twice_the_same(
    api: httpx.AsyncClient, control: httpx.AsyncClient, catcher: WebhookCatcher
) -> None:
    uid = await show(api)
    await order(control, "duplicate", seconds=0)

    await control.post(f"/inputs/{uid}/connect")

    await eventually(lambda: len(live(catcher)) == 2)
    first, second = live(catcher)
    assert first.body == second.body


async def test_dropped_never_arrives(
    api: httpx.AsyncClient, control: httpx.AsyncClient, catcher: WebhookCatcher
) -> None:
    uid = await show(api)
    await order(control, "drop")

    await control.post(f"/inputs/{uid}/connect")
    await control.post(f"/inputs/{uid}/disconnect")

    await eventually(lambda: kinds(catcher) == ["live_input.disconnected"])
    sent = (await control.get("/webhooks")).json()["result"]
    assert [one["outcome"] for one in sent if one["channel"] == "live"] == ["dropped", "delivered"]


async def test_reordered_arrives_after_its_successor(
    api: httpx.AsyncClient, control: httpx.AsyncClient, catcher: WebhookCatcher
) -> None:
    uid = await show(api)
    await order(control, "reorder")

    await control.post(f"/inputs/{uid}/connect")
    await control.post(f"/inputs/{uid}/disconnect")

    expected = ["live_input.disconnected", "live_input.connected"]
    await eventually(lambda: kinds(catcher) == expected)


async def test_late_arrives_when_ordered(
    api: httpx.AsyncClient, control: httpx.AsyncClient, catcher: WebhookCatcher
) -> None:
    uid = await show(api)
    await order(control, "delay", seconds=0.3)

    started = time.monotonic()
    await control.post(f"/inputs/{uid}/connect")

    await eventually(lambda: live(catcher))
    assert time.monotonic() - started >= 0.3


async def test_wrong_signature_carries_another_secret(
    api: httpx.AsyncClient, control: httpx.AsyncClient, catcher: WebhookCatcher
) -> None:
    uid = await show(api)
    await order(control, "wrong_signature")

    await control.post(f"/inputs/{uid}/connect")

    await eventually(lambda: live(catcher))
    assert live(catcher)[0].headers["cf-webhook-auth"] != "shared-live"


async def test_refused_webhook_is_tried_again(
    api: httpx.AsyncClient, control: httpx.AsyncClient, catcher: WebhookCatcher
) -> None:
    uid = await show(api)
    catcher.status = 503
    await control.post(f"/inputs/{uid}/connect")
    await eventually(lambda: live(catcher))

    catcher.status = 200

    async def delivered() -> bool:
        sent = (await control.get("/webhooks")).json()["result"]
        return [one["outcome"] for one in sent] == ["delivered"]

    _: bool = await eventually(delivered)
    assert len({one.body for one in live(catcher)}) == 1


async def test_policy_lets_only_its_inputs_and_events_pass(
    api: httpx.AsyncClient, control: httpx.AsyncClient, catcher: WebhookCatcher
) -> None:
    wanted, other = await show(api), await show(api)
    alerting = str(api.base_url).replace("/stream/", "/alerting/v3")
    policy = (await api.get(f"{alerting}/policies")).json()["result"][0]["id"]
    filters = {"input_id": [wanted], "event_type": ["live_input.disconnected"]}
    await api.put(f"{alerting}/policies/{policy}", json={"filters": filters})

    for uid in (other, wanted):
        await control.post(f"/inputs/{uid}/connect")
        await control.post(f"/inputs/{uid}/disconnect")

    await eventually(lambda: live(catcher))
    assert [one.json["data"]["input_id"] for one in live(catcher)] == [wanted]
    assert kinds(catcher) == ["live_input.disconnected"]
    history = (await api.get(f"{alerting}/history")).json()["result"]
    assert [one["alert_body"] for one in history] == [live(catcher)[0].body.decode()]


async def test_test_notification_has_text_alone(
    api: httpx.AsyncClient, control: httpx.AsyncClient, catcher: WebhookCatcher
) -> None:
    alerting = str(api.base_url).replace("/stream/", "/alerting/v3")
    destination = (await api.get(f"{alerting}/destinations/webhooks")).json()["result"][0]["id"]

    await control.post(f"/webhooks/test/{destination}")

    caught = (await eventually(lambda: live(catcher)))[0]
    assert list(caught.json) == ["text"]


def test_target_does_not_show_its_secret() -> None:
    assert "planted" not in repr(WebhookTarget(url="https://shop.example", secret="planted"))
