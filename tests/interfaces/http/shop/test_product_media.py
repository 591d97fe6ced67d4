"""Pictures and films of products: uploaded to the (simulated) object store, attached, arranged,
and removed when nobody attached them."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio

from domain.catalogue.commands import ReviseProduct
from domain.catalogue.values import Media
from infrastructure.settings import Settings
from tests.support.http import BASE, Api, problem, running_api
from tests.support.simulators import running_simulators

PICTURE = b"\x89PNG\r\n\x1a\n" + b"\x00" * 120
HAT = {
    "title": {"en": "Hat"},
    "variants": [{"sku": "HAT", "prices": [{"amount": 490, "currency": "TWD"}]}],
}


@pytest_asyncio.fixture
async def shop(settings: Callable[..., Settings], tmp_path: Path) -> AsyncIterator[Api]:
    async with running_simulators(tmp_path / "simulators") as simulators:
        config = simulators.config
        r2 = {
            "LIVE_R2_ENDPOINT_URL": f"{simulators.url}/r2",
            "LIVE_R2_ACCESS_KEY_ID": config.r2_access_key_id,
            "LIVE_R2_SECRET_ACCESS_KEY": config.r2_secret_access_key,
            "LIVE_R2_BUCKET": config.r2_buckets[0],
        }
        async with running_api(settings(**r2)) as api:
            yield api


async def requested(
    shop: Api, headers: dict[str, str], content_type: str, **more: Any
) -> httpx.Response:
    purpose = "product_video" if content_type.startswith("video") else "product_image"
    body = {"content_type": content_type, "size": len(PICTURE), "purpose": purpose, **more}
    return await shop.client.post(f"{BASE}/media", json=body, headers=headers)


async def uploaded(shop: Api, headers: dict[str, str], content_type: str = "image/png") -> str:
    media = (await requested(shop, headers, content_type)).json()
    upload = media["upload"]
    async with httpx.AsyncClient() as outside:
        sent = await outside.request(
            upload["method"], upload["url"], headers=upload["headers"], content=PICTURE
        )
    assert sent.status_code == 200, sent.text
    media_id: str = media["media_id"]
    return media_id


async def put_long_ago(shop: Api, user_id: str, folder: str, hours: float) -> str:
    """As if its upload had been asked for so many hours ago."""
    then = datetime.now(UTC) - timedelta(hours=hours)
    name = UUID(int=int(then.timestamp() * 1000) << 80 | 7 << 76 | 1 << 63)
    key = f"media/{user_id}/{folder}/{name}.png"
    await shop.platform.objects.put(key, PICTURE, content_type="image/png")
    return key


async def test_uploaded_media_are_shown_with_the_product_in_order(shop: Api) -> None:
    merchant = await shop.headers("Mei", "merchant")
    picture = await uploaded(shop, merchant)
    film = await uploaded(shop, merchant, "video/mp4")
    body = {**HAT, "media": [film, picture]}
    listed = await shop.client.post(f"{BASE}/products", json=body, headers=merchant)
    assert listed.status_code == 201, listed.text
    path = f"{BASE}/products/{listed.json()['id']}"
    change = {"media": [picture, film]}
    revised = (await shop.client.patch(path, json=change, headers=merchant)).json()
    shown = (await shop.client.get(f"{path}?min_position={revised['position']}")).json()
    assert [(one["media_id"], one["kind"]) for one in shown["media"]] == [
        (picture, "image"),
        (film, "video"),
    ]
    assert shown["media"][0]["url"].endswith(picture)


async def test_what_was_not_uploaded_by_the_merchant_in_time_is_not_attached(shop: Api) -> None:
    merchant = await shop.headers("Mei", "merchant")
    missing = (await requested(shop, merchant, "image/png")).json()["media_id"]
    other = await uploaded(shop, await shop.headers("Ploy", "merchant"))
    late = await put_long_ago(shop, missing.split("/")[1], "product_images", 24.1)
    for media_id in (missing, other, late):
        body = {**HAT, "media": [media_id]}
        answer = await shop.client.post(f"{BASE}/products", json=body, headers=merchant)
        assert problem(answer)["code"] == "media_not_uploaded", media_id


@pytest.mark.parametrize(
    "wrong",
    [
        {"content_type": "image/gif"},
        {"content_type": "image/png", "size": 5 * 1024 * 1024 + 1},
        {"content_type": "video/x-msvideo"},
        {"content_type": "video/mp4", "size": 100 * 1024 * 1024 + 1},
    ],
    ids=str,
)
async def test_media_of_a_wrong_kind_or_size_are_refused(shop: Api, wrong: dict[str, Any]) -> None:
    merchant = await shop.headers("Mei", "merchant")
    answer = await requested(shop, merchant, **wrong)
    assert problem(answer)["code"] == "invalid_media"
    viewer = await requested(shop, await shop.headers("Lin"), "image/png")
    assert problem(viewer)["code"] == "forbidden"


async def test_only_what_nobody_attached_for_a_day_is_removed(shop: Api) -> None:
    merchant = await shop.headers("Mei", "merchant")
    attached, fresh = await uploaded(shop, merchant), await uploaded(shop, merchant)
    user_id = attached.split("/")[1]
    body = {**HAT, "media": [attached]}
    await shop.client.post(f"{BASE}/products", json=body, headers=merchant)
    gone = await put_long_ago(shop, user_id, "product_images", 26)
    kept = [
        attached,
        fresh,
        await put_long_ago(shop, user_id, "product_videos", 24.5),
        await put_long_ago(shop, user_id, "thumbnails", 99),
    ]
    await shop.platform.services.catalogue.media.remove_orphans()
    objects = shop.platform.objects
    assert await objects.head(gone) is None
    assert None not in [await objects.head(key) for key in kept]


async def test_what_a_product_is_shown_with_stays_however_old(shop: Api) -> None:
    """It was attached in time, and is older than what is removed by now."""
    merchant = await shop.headers("Mei", "merchant")
    user_id = (await uploaded(shop, merchant)).split("/")[1]
    listed = await shop.client.post(f"{BASE}/products", json=HAT, headers=merchant)
    product_id = listed.json()["id"]
    old = await put_long_ago(shop, user_id, "product_images", 26)
    attach = ReviseProduct(product_id=product_id, by=user_id, media=(Media(key=old, kind="image"),))
    await shop.reported(attach)
    await shop.platform.services.catalogue.media.remove_orphans()
    assert await shop.platform.objects.head(old) is not None
    path = f"{BASE}/products/{product_id}"
    again = await shop.client.patch(path, json={"media": [old]}, headers=merchant)
    assert again.status_code == 200
