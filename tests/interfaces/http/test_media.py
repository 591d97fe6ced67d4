"""A cover picture: asked for, uploaded to the (simulated) object store, attached, shown."""

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from infrastructure.settings import Settings
from tests.support.http import BASE, Api, problem, running_api
from tests.support.simulators import running_simulators

PICTURE = b"\x89PNG\r\n\x1a\n" + b"\x00" * 120


async def requested(api: Api, headers: dict[str, str], **changed: object) -> httpx.Response:
    body = {
        "content_type": "image/png",
        "size": len(PICTURE),
        "purpose": "stream_thumbnail",
        **changed,
    }
    return await api.client.post(f"{BASE}/media", json=body, headers=headers)


async def test_uploaded_picture_becomes_the_show_s_cover(
    settings: Callable[..., Settings], tmp_path: Path
) -> None:
    async with running_simulators(tmp_path / "simulators") as simulators:
        config = simulators.config
        r2 = {
            "LIVE_R2_ENDPOINT_URL": f"{simulators.url}/r2",
            "LIVE_R2_ACCESS_KEY_ID": config.r2_access_key_id,
            "LIVE_R2_SECRET_ACCESS_KEY": config.r2_secret_access_key,
            "LIVE_R2_BUCKET": config.r2_buckets[0],
        }
        async with running_api(settings(**r2)) as api:
            host = await api.headers("Mei", "host")
            stream_id, _ = await api.announced(host)
            media = (await requested(api, host)).json()
            path = f"{BASE}/streams/{stream_id}"
            attach = {"media_id": media["media_id"]}
            early = await api.client.post(f"{path}/thumbnail", json=attach, headers=host)
            assert problem(early)["code"] == "thumbnail_not_uploaded"
            upload = media["upload"]
            async with httpx.AsyncClient() as outside:
                sent = await outside.request(
                    upload["method"], upload["url"], headers=upload["headers"], content=PICTURE
                )
            assert sent.status_code == 200, sent.text
            attached = await api.client.post(f"{path}/thumbnail", json=attach, headers=host)
            assert attached.status_code == 200, attached.text
            position = attached.json()["position"]
            shown = (await api.client.get(f"{path}?min_position={position}")).json()
            assert shown["thumbnail_url"] == media["url"]


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"content_type": "image/svg+xml"}, "invalid_thumbnail"),
        ({"size": 50_000_000}, "invalid_thumbnail"),
        ({"size": 0}, "invalid_input"),
        ({"size": "10"}, "invalid_input"),
        ({"purpose": "malware"}, "invalid_input"),
        ({"colour": "red"}, "invalid_input"),
    ],
)
@pytest.mark.asyncio(loop_scope="module")
async def test_upload_that_cannot_be_used_is_refused_before_it_is_made(
    api: Api, changed: dict[str, object], code: str
) -> None:
    host = await api.headers("Mei", "host")
    assert problem(await requested(api, host, **changed))["code"] == code


@pytest.mark.asyncio(loop_scope="module")
async def test_picture_of_somebody_else_cannot_be_attached(api: Api) -> None:
    host = await api.headers("Mei", "host")
    stream_id, _ = await api.announced(host)
    other = (await requested(api, await api.headers("Ploy", "host"))).json()["media_id"]
    answer = await api.client.post(
        f"{BASE}/streams/{stream_id}/thumbnail",
        json={"media_id": other},
        headers=host,
    )
    assert problem(answer)["code"] == "thumbnail_not_uploaded"


@pytest.mark.parametrize("name", ["", "\u98ef" * 245, "a b", "../x?y"])
@pytest.mark.asyncio(loop_scope="module")
async def test_media_id_we_never_gave_out_is_bad_input(api: Api, name: str) -> None:
    host = await api.headers("Mei", "host")
    stream_id, _ = await api.announced(host)
    media_id = f"streams/{stream_id}/thumbnails/{name}" if name else ""
    answer = await api.client.post(
        f"{BASE}/streams/{stream_id}/thumbnail", json={"media_id": media_id}, headers=host
    )
    assert problem(answer)["code"] == "invalid_input"


@pytest.mark.asyncio(loop_scope="module")
async def test_object_store_that_does_not_answer_is_a_503(api: Api) -> None:
    host = await api.headers("Mei", "host")
    stream_id, _ = await api.announced(host)
    own = (await requested(api, host)).json()["media_id"]
    answer = await api.client.post(
        f"{BASE}/streams/{stream_id}/thumbnail",
        json={"media_id": own},
        headers=host,
        timeout=60,
    )
    assert answer.status_code == 503
    assert problem(answer)["code"] == "provider_unavailable"
