"""How the R2 client is set up, its bounds, and how its failures come out."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest

from application.ports import ProviderError, ProviderRefused, ProviderThrottled, ProviderUnavailable
from infrastructure.r2.object_store import LARGEST_UPLOAD_BYTES, Bucket, R2ObjectStore
from infrastructure.settings import Secret
from tests.support.scripted_http import Reply, replies, scripted_server

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
SECRET = "planted-r2-secret"
ENDPOINT = "https://acc0unt.r2.cloudflarestorage.com"


@asynccontextmanager
async def _store(
    endpoint_url: str = ENDPOINT, public_url: str = ""
) -> AsyncIterator[R2ObjectStore]:
    store = R2ObjectStore(
        Bucket(
            endpoint_url=endpoint_url,
            access_key_id="AKID",
            secret_access_key=Secret(SECRET),
            name="live-media",
            public_url=public_url,
        ),
        timeout=0.5,
    )
    yield store
    await store.aclose()


def _xml(status: int, code: str) -> Reply:
    body = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>no</Message></Error>"
    return Reply(status=status, body=body.encode(), headers={"Content-Type": "application/xml"})


async def test_presigned_upload_locks_type_and_size_by_sigv4() -> None:
    async with _store() as store:
        upload = await store.presign_upload(
            "thumbnails/a b.png", content_type="image/png", size=12, now=NOW, ttl_seconds=600
        )
    url = urlsplit(upload.url)
    query = dict(parse_qsl(url.query))
    assert (upload.method, url.path) == ("PUT", "/live-media/thumbnails/a%20b.png")
    assert query["X-Amz-Algorithm"] == "AWS4-HMAC-SHA256"
    assert "/auto/s3/aws4_request" in query["X-Amz-Credential"]
    assert query["X-Amz-SignedHeaders"] == "content-length;content-type;host"
    assert query["X-Amz-Expires"] == "600"
    assert not [name for name in query if "checksum" in name.lower()]
    assert upload.headers == {"Content-Type": "image/png", "Content-Length": "12"}
    assert upload.expires_at == NOW + timedelta(seconds=600)


@pytest.mark.parametrize(
    ("key", "size", "ttl_seconds"),
    [
        ("k", 12, 0),
        ("k", 12, 604_801),
        ("k", 0, 60),
        ("k", LARGEST_UPLOAD_BYTES + 1, 60),
        ("", 12, 60),
        ("é" * 513, 12, 60),
    ],
)
async def test_presigned_upload_is_refused_beyond_r2s_limits(
    key: str, size: int, ttl_seconds: int
) -> None:
    async with _store() as store:
        with pytest.raises(ValueError, match=r"may|key"):
            await store.presign_upload(
                key, content_type="image/png", size=size, now=NOW, ttl_seconds=ttl_seconds
            )


async def test_put_sends_a_plain_body_without_checksum_trailer() -> None:
    async with scripted_server(replies(Reply())) as server, _store(server.url) as store:
        await store.put("k", b"hello", content_type="text/plain")
    request = server.requests[0]
    assert (request.method, request.path, request.body) == ("PUT", "/live-media/k", b"hello")
    assert request.headers["content-type"] == "text/plain"
    assert "expect" not in request.headers
    assert not [name for name in request.headers if "checksum" in name or "trailer" in name]


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (_xml(429, "TooManyRequests"), ProviderThrottled),
        (_xml(503, "ServiceUnavailable"), ProviderUnavailable),
        (Reply(hangs_up=True), ProviderUnavailable),
        (_xml(403, "SignatureDoesNotMatch"), ProviderRefused),
        (_xml(412, "PreconditionFailed"), ProviderRefused),
    ],
)
async def test_failure_comes_out_as_a_port_error(reply: Reply, kind: type[ProviderError]) -> None:
    async with scripted_server(replies(reply)) as server, _store(server.url) as store:
        with pytest.raises(ProviderError) as failure:
            await store.get("k")
    assert type(failure.value) is kind
    assert SECRET not in str(failure.value)


async def test_absent_object_is_none() -> None:
    async with (
        scripted_server(replies(_xml(404, "NoSuchKey"))) as server,
        _store(server.url) as store,
    ):
        assert await store.get("k") is None
        assert await store.head("k") is None


async def test_public_url_is_the_custom_domain_when_there_is_one() -> None:
    async with _store(public_url="https://media.example") as store:
        assert store.public_url("a/b c.png") == "https://media.example/a/b%20c.png"
    async with _store() as store:
        assert store.public_url("k") == f"{ENDPOINT}/live-media/k"


async def test_the_machines_aws_profile_has_no_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "does-not-exist")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "foreign")
    async with _store() as store:
        upload = await store.presign_upload(
            "k", content_type="image/png", size=1, now=NOW, ttl_seconds=60
        )
    assert "Token" not in upload.url
