"""A broadcast's life: connected, lost, back in time or too late, ended, recorded. No pictures."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from infrastructure.simulators.config import WebhookTarget
from infrastructure.simulators.serving import Simulators
from tests.support.eventually import eventually
from tests.support.simulators import (
    WebhookCatcher,
    api_client,
    control_client,
    running_simulators,
)

Show = Callable[..., Awaitable[str]]


@pytest.fixture
def show(api: httpx.AsyncClient) -> Show:
    """Makes a recording live input and returns its uid."""

    async def make(**recording: Any) -> str:
        body = {"meta": {"name": "Show"}, "recording": {"mode": "automatic"} | recording}
        answer = await api.post("/live_inputs", json=body)
        return str(answer.json()["result"]["uid"])

    return make


async def connect(control: httpx.AsyncClient, uid: str) -> str | None:
    answer = await control.post(f"/inputs/{uid}/connect")
    video: str | None = answer.json()["result"]["video"]
    return video


async def states(api: httpx.AsyncClient, uid: str) -> list[str]:
    """Of the input's videos, newest first."""
    videos = (await api.get(f"/live_inputs/{uid}/videos")).json()["result"]
    return [video["status"]["state"] for video in videos]


async def feed(api: httpx.AsyncClient, uid: str) -> tuple[str, str | None]:
    current = (await api.get(f"/live_inputs/{uid}")).json()["result"]["status"]["current"]
    return current["state"], current["reason"]


async def until_states(api: httpx.AsyncClient, uid: str, expected: list[str]) -> None:
    async def as_expected() -> bool:
        assert await states(api, uid) == expected
        return True

    _: bool = await eventually(as_expected)


async def test_connected_feed_is_a_live_video(
    show: Show, api: httpx.AsyncClient, control: httpx.AsyncClient
) -> None:
    uid = await show(requireSignedURLs=True)

    video_uid = await connect(control, uid)

    video = (await api.get(f"/{video_uid}")).json()["result"]
    assert video["liveInput"] == uid
    assert video["status"]["state"] == "live-inprogress"
    assert video["requireSignedURLs"] is True
    assert video["meta"]["name"].startswith("Show ")
    assert (video["duration"], video["size"]) == (-1, 0)
    assert await feed(api, uid) == ("connected", None)


async def test_feed_that_comes_back_in_time_continues_its_video(
    show: Show, api: httpx.AsyncClient, control: httpx.AsyncClient
) -> None:
    uid = await show(timeoutSeconds=60)
    first = await connect(control, uid)

    await control.post(f"/inputs/{uid}/disconnect")
    lost = await feed(api, uid)
    second = await connect(control, uid)

    assert lost == ("disconnected", "clientDisconnect")
    assert second == first
    assert await states(api, uid) == ["live-inprogress"]


async def test_feed_that_comes_back_late_starts_another_video(
    show: Show, api: httpx.AsyncClient, control: httpx.AsyncClient
) -> None:
    uid = await show()
    await connect(control, uid)

    await control.post(f"/inputs/{uid}/disconnect")
    await until_states(api, uid, ["ready"])
    await connect(control, uid)

    assert await states(api, uid) == ["live-inprogress", "ready"]


async def test_waiting_is_over_at_once_when_time_is_advanced(
    show: Show, api: httpx.AsyncClient, control: httpx.AsyncClient
) -> None:
    uid = await show(timeoutSeconds=3600)
    await connect(control, uid)
    await control.post(f"/inputs/{uid}/disconnect")

    await control.post("/advance")

    await until_states(api, uid, ["ready"])


async def test_input_without_recording_makes_no_video(
    show: Show, api: httpx.AsyncClient, control: httpx.AsyncClient, simulators: Simulators
) -> None:
    uid = await show(mode="off")

    assert await connect(control, uid) is None

    assert await feed(api, uid) == ("connected", None)
    assert (await api.get(f"{simulators.url}/{uid}/manifest/video.m3u8")).status_code == 204


async def test_disabling_ends_the_broadcast_and_lets_nobody_in(
    show: Show, api: httpx.AsyncClient, control: httpx.AsyncClient
) -> None:
    uid = await show(timeoutSeconds=3600)
    await connect(control, uid)

    await api.put(f"/live_inputs/{uid}", json={"enabled": False})

    await until_states(api, uid, ["ready"])
    assert (await control.post(f"/inputs/{uid}/connect")).status_code == 400


async def test_deleting_the_input_keeps_its_recording(
    show: Show, api: httpx.AsyncClient, control: httpx.AsyncClient
) -> None:
    uid = await show(timeoutSeconds=3600)
    video_uid = await connect(control, uid)

    await api.delete(f"/live_inputs/{uid}")

    async def ready() -> bool:
        video = (await api.get(f"/{video_uid}")).json()["result"]
        return video["readyToStreamAt"] is not None

    _: bool = await eventually(ready)
    assert (await api.get(f"/live_inputs/{uid}")).status_code == 404


async def test_rotation_cuts_the_feed_on_stale_keys(
    show: Show, api: httpx.AsyncClient, control: httpx.AsyncClient
) -> None:
    uid = await show(timeoutSeconds=60)
    await connect(control, uid)

    await api.post(f"/live_inputs/{uid}/rotate_keys")

    assert await feed(api, uid) == ("disconnected", "clientDisconnect")
    assert await states(api, uid) == ["live-inprogress"]


async def test_recording_is_scheduled_for_deletion_when_asked_for(
    api: httpx.AsyncClient, control: httpx.AsyncClient
) -> None:
    body = {"recording": {"mode": "automatic"}, "deleteRecordingAfterDays": 30}
    uid = (await api.post("/live_inputs", json=body)).json()["result"]["uid"]
    await connect(control, uid)

    await api.put(f"/live_inputs/{uid}", json={"enabled": False})

    await until_states(api, uid, ["ready"])
    video = (await api.get(f"/live_inputs/{uid}/videos")).json()["result"][0]
    assert video["scheduledDeletion"] > video["readyToStreamAt"]


async def test_full_storage_refuses_new_broadcasts(
    show: Show, api: httpx.AsyncClient, control: httpx.AsyncClient, catcher: WebhookCatcher
) -> None:
    uid = await show()
    await control.put("/switches", json={"storage_exhausted": True})

    await connect(control, uid)

    await eventually(lambda: catcher.caught)
    error = catcher.caught[0].json["data"]["live_input_errored"]["error"]
    assert error["code"] == "ERR_STORAGE_QUOTA_EXHAUSTED"
    assert await feed(api, uid) == ("errored", "badRequest")
    assert await states(api, uid) == []


async def test_restart_closes_what_was_live(tmp_path: Path, catcher: WebhookCatcher) -> None:
    target = WebhookTarget(url=catcher.url, secret="shared-live")
    async with (
        running_simulators(tmp_path, live_webhook=target) as before,
        api_client(before) as api,
        control_client(before) as control,
    ):
        body = {"recording": {"mode": "automatic", "timeoutSeconds": 1}}
        uid = (await api.post("/live_inputs", json=body)).json()["result"]["uid"]
        await connect(control, uid)
        await eventually(lambda: catcher.caught)

    async with running_simulators(tmp_path) as after, api_client(after) as api:
        assert await feed(api, uid) == ("disconnected", "clientDisconnect")
        await eventually(lambda: catcher.events() == ["connected", "disconnected"])
        await until_states(api, uid, ["ready"])
