"""What every object store's adapter must do, shown against the store or its simulator."""

from datetime import UTC, datetime

import httpx
import pytest

from application.ports import ObjectStore, StoredObject, Upload

PICTURE = b"\x89PNG not really"


async def opened(store: ObjectStore, key: str = "thumbnails/a.png") -> Upload:
    return await store.presign_upload(
        key,
        content_type="image/png",
        size=len(PICTURE),
        now=datetime.now(UTC),
        ttl_seconds=60,
    )


async def sent(upload: Upload, body: bytes, headers: dict[str, str] | None = None) -> int:
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.request(
            upload.method, upload.url, content=body, headers=headers or upload.headers
        )
    return answer.status_code


class ObjectStoreContract:
    """A subclass gives the fixture `store`: an empty bucket."""

    async def test_get_returns_what_was_put(self, store: ObjectStore) -> None:
        await store.put("exports/a b é.json", b"{}", content_type="application/json")
        assert await store.get("exports/a b é.json") == b"{}"

    async def test_head_tells_size_and_type(self, store: ObjectStore) -> None:
        await store.put("k", PICTURE, content_type="image/png")
        assert await store.head("k") == StoredObject(
            key="k", size=len(PICTURE), content_type="image/png"
        )

    async def test_absent_object_is_none(self, store: ObjectStore) -> None:
        assert await store.get("absent") is None
        assert await store.head("absent") is None

    async def test_keys_are_those_that_begin_so(self, store: ObjectStore) -> None:
        for key in ("media/p/b.png", "media/p/a é.png", "media/pp/c.png"):
            await store.put(key, PICTURE, content_type="image/png")
        assert await store.keys("media/p/") == ["media/p/a é.png", "media/p/b.png"]
        assert await store.keys("nobody/") == []

    async def test_delete_is_done_when_it_is_gone(self, store: ObjectStore) -> None:
        await store.put("k", PICTURE, content_type="image/png")
        await store.delete("k")
        await store.delete("k")
        assert await store.get("k") is None

    async def test_upload_by_its_presigned_address_is_stored(self, store: ObjectStore) -> None:
        assert await sent(await opened(store), PICTURE) == httpx.codes.OK
        stored = await store.head("thumbnails/a.png")
        assert stored is not None
        assert (stored.size, stored.content_type) == (len(PICTURE), "image/png")

    @pytest.mark.parametrize(
        ("body", "content_type"), [(PICTURE + b"!", "image/png"), (PICTURE, "text/html")]
    )
    async def test_upload_of_another_size_or_type_is_refused(
        self, store: ObjectStore, body: bytes, content_type: str
    ) -> None:
        headers = {"Content-Type": content_type, "Content-Length": str(len(body))}
        assert await sent(await opened(store), body, headers) == httpx.codes.FORBIDDEN
        assert await store.head("thumbnails/a.png") is None

    async def test_upload_to_another_key_is_refused(self, store: ObjectStore) -> None:
        upload = await opened(store)
        elsewhere = Upload(
            method=upload.method,
            url=upload.url.replace("/a.png", "/b.png"),
            headers=upload.headers,
            expires_at=upload.expires_at,
        )
        assert await sent(elsewhere, PICTURE) == httpx.codes.FORBIDDEN

    async def test_public_url_names_the_object(self, store: ObjectStore) -> None:
        assert store.public_url("thumbnails/a.png").endswith("/thumbnails/a.png")
