"""The contract of `ObjectStore` on R2, through its simulator."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from infrastructure.r2.object_store import Bucket, R2ObjectStore
from infrastructure.settings import Secret
from tests.contracts.object_store_contract import PICTURE, ObjectStoreContract
from tests.support.simulated_cloudflare import simulated


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[R2ObjectStore]:
    async with simulated(tmp_path) as (simulators, _):
        config = simulators.config
        store = R2ObjectStore(
            Bucket(
                endpoint_url=f"{simulators.url}/r2",
                access_key_id=config.r2_access_key_id,
                secret_access_key=Secret(config.r2_secret_access_key),
                name=config.r2_buckets[0],
                public_url=f"{simulators.url}/media",
            )
        )
        yield store
        await store.aclose()


class TestR2ObjectStore(ObjectStoreContract):
    async def test_public_url_serves_the_object_unsigned(self, store: R2ObjectStore) -> None:
        await store.put("thumbnails/a é.png", PICTURE, content_type="image/png")
        async with httpx.AsyncClient(trust_env=False) as client:
            answer = await client.get(store.public_url("thumbnails/a é.png"))
        assert answer.content == PICTURE
        assert answer.headers["content-type"] == "image/png"

    async def test_keys_beyond_what_one_call_tells_are_asked_for(
        self, store: R2ObjectStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("infrastructure.r2.object_store._KEYS_A_CALL", 2)
        for key in "abcde":
            await store.put(f"p/{key}", PICTURE, content_type="image/png")
        assert await store.keys("p/") == [f"p/{key}" for key in "abcde"]
