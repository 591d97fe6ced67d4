"""boto3 drives the simulated R2; what R2 refuses is refused."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import boto3
import httpx
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from infrastructure.simulators.cloudflare.courier import tls
from infrastructure.simulators.serving import Simulators

BUCKET = "live-media"
PLACE = {"Bucket": BUCKET, "Key": "shows/ชื่อ 1+2.txt"}
Call = Callable[..., Any]


def s3_client(simulators: Simulators, **changes: Any) -> Any:
    settings: dict[str, Any] = {
        "endpoint_url": f"{simulators.url}/r2",
        "aws_access_key_id": simulators.config.r2_access_key_id,
        "aws_secret_access_key": simulators.config.r2_secret_access_key,
        "region_name": "auto",
        "config": Config(
            signature_version="s3v4",
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            s3={"addressing_style": "path"},
            retries={"max_attempts": 1},
        ),
    }
    return boto3.client("s3", **(settings | changes))


@pytest.fixture
def s3(simulators: Simulators) -> Any:
    return s3_client(simulators)


@pytest.fixture
async def browser() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(trust_env=False, verify=tls()) as client:
        yield client


async def call(operation: Call, **arguments: Any) -> Any:
    return await asyncio.to_thread(operation, **arguments)


async def refused(operation: Call, **arguments: Any) -> tuple[int, str]:
    with pytest.raises(ClientError) as caught:
        await call(operation, **arguments)
    response = caught.value.response
    return response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"]


async def test_object_is_put_read_headed_and_deleted(s3: Any) -> None:
    body = "สวัสดี".encode()

    put = await call(
        s3.put_object, **PLACE, Body=body, ContentType="text/plain", Metadata={"a": "b"}
    )
    got = await call(s3.get_object, **PLACE)
    part = await call(s3.get_object, **PLACE, Range="bytes=0-2")
    head = await call(s3.head_object, **PLACE)
    await call(s3.delete_object, **PLACE)

    assert put["ETag"] == f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'
    assert got["Body"].read() == body
    assert (got["ContentType"], got["Metadata"], got["ETag"]) == (
        "text/plain", {"a": "b"}, put["ETag"]
    )  # fmt: skip
    assert part["Body"].read() == body[:3]
    assert part["ContentRange"] == f"bytes 0-2/{len(body)}"
    assert head["ContentLength"] == len(body)
    assert await refused(s3.get_object, **PLACE) == (404, "NoSuchKey")
    assert await refused(s3.head_object, **PLACE) == (404, "404")


async def test_objects_are_listed_in_pages_and_folders(s3: Any) -> None:
    for key in ("a/1", "a/2", "b/1", "top&bottom"):
        await call(s3.put_object, Bucket=BUCKET, Key=key, Body=b"x")

    pages = s3.get_paginator("list_objects_v2").paginate(
        Bucket=BUCKET, PaginationConfig={"PageSize": 2}
    )
    keys = [one["Key"] for page in await call(lambda: list(pages)) for one in page["Contents"]]
    top = await call(s3.list_objects_v2, Bucket=BUCKET, Delimiter="/")
    inner = await call(s3.list_objects_v2, Bucket=BUCKET, Prefix="a/", StartAfter="a/1")

    assert keys == ["a/1", "a/2", "b/1", "top&bottom"]
    assert [one["Prefix"] for one in top["CommonPrefixes"]] == ["a/", "b/"]
    assert [one["Key"] for one in top["Contents"]] == ["top&bottom"]
    assert [one["Key"] for one in inner["Contents"]] == ["a/2"]


async def test_second_write_is_refused_when_the_first_must_stay(s3: Any) -> None:
    await call(s3.put_object, **PLACE, Body=b"1", IfNoneMatch="*")

    again = await refused(s3.put_object, **PLACE, Body=b"2", IfNoneMatch="*")

    assert again == (412, "PreconditionFailed")


async def test_bucket_must_exist(s3: Any) -> None:
    put = {"Bucket": "unknown", "Key": "k", "Body": b"x"}
    assert await refused(s3.put_object, **put) == (404, "NoSuchBucket")

    await call(s3.create_bucket, Bucket="unknown")

    await call(s3.put_object, **put)


async def test_wrong_credentials_are_refused(simulators: Simulators) -> None:
    secret = s3_client(simulators, aws_secret_access_key="wrong")
    key_id = s3_client(simulators, aws_access_key_id="wrong")

    assert await refused(secret.get_object, **PLACE) == (403, "SignatureDoesNotMatch")
    assert await refused(key_id.get_object, **PLACE) == (403, "InvalidAccessKeyId")


@pytest.mark.parametrize("extra", [{"ACL": "private"}, {"Tagging": "a=b"}])
async def test_acls_and_tags_are_refused(s3: Any, extra: dict[str, str]) -> None:
    assert await refused(s3.put_object, **PLACE, Body=b"x", **extra) == (501, "NotImplemented")


async def test_presigned_upload_holds_to_what_was_signed(
    s3: Any, simulators: Simulators, browser: httpx.AsyncClient
) -> None:
    url = s3.generate_presigned_url(
        "put_object",
        Params={**PLACE, "ContentType": "image/png", "ContentLength": 3, "IfNoneMatch": "*"},
        ExpiresIn=60,
    )
    right = {"content-type": "image/png", "if-none-match": "*"}

    answers = [
        await browser.put(url, content=b"too long", headers=right),
        await browser.put(url, content=b"png", headers=right | {"content-type": "text/html"}),
        await browser.put(url, content=b"png", headers={"content-type": "image/png"}),
        await browser.put(url, content=b"png", headers=right | {"x-amz-meta-a": "b"}),
        await browser.put(url, content=b"png", headers=right),
        await browser.put(url, content=b"png", headers=right),
    ]

    assert [one.status_code for one in answers] == [403, 403, 403, 403, 200, 412]
    assert "<Code>SignatureDoesNotMatch</Code>" in answers[0].text


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        (("X-Amz-Expires=60", "X-Amz-Expires=61"), 403, "SignatureDoesNotMatch"),
        (("X-Amz-Expires=60", "X-Amz-Expires=604801"), 400, "AuthorizationQueryParametersError"),
        (("1%2B2", "1%2B3"), 403, "SignatureDoesNotMatch"),
    ],
)
async def test_changed_presigned_url_is_refused(
    s3: Any, browser: httpx.AsyncClient, change: tuple[str, str], status: int, code: str
) -> None:
    url = s3.generate_presigned_url("get_object", Params=PLACE, ExpiresIn=60)

    answer = await browser.get(url.replace(*change))

    assert (answer.status_code, f"<Code>{code}</Code>" in answer.text) == (status, True)


async def test_presigned_url_expires(s3: Any, browser: httpx.AsyncClient) -> None:
    url = s3.generate_presigned_url("get_object", Params=PLACE, ExpiresIn=1)
    old = url.replace(url.split("X-Amz-Date=")[1][:16], "20200101T000000Z")

    answer = await browser.get(old)

    assert answer.status_code == 400
    assert "<Code>ExpiredRequest</Code>" in answer.text


async def test_browser_may_upload_from_any_origin(
    s3: Any, simulators: Simulators, browser: httpx.AsyncClient
) -> None:
    url = s3.generate_presigned_url(
        "put_object", Params={**PLACE, "ContentType": "image/png"}, ExpiresIn=60
    )
    origin = {"origin": "https://shop.example"}
    asked = {
        "access-control-request-method": "PUT",
        "access-control-request-headers": "content-type",
    }

    preflight = await browser.options(url, headers=origin | asked)
    put = await browser.put(url, content=b"png", headers=origin | {"content-type": "image/png"})

    assert preflight.is_success
    assert preflight.headers["access-control-allow-origin"] == "*"
    assert "content-type" in preflight.headers["access-control-allow-headers"].lower() or (
        preflight.headers["access-control-allow-headers"] == "*"
    )
    assert put.status_code == 200
    assert "etag" in put.headers["access-control-expose-headers"].lower()


async def test_form_upload_is_refused(s3: Any, browser: httpx.AsyncClient) -> None:
    form = s3.generate_presigned_post(BUCKET, "k")

    answer = await browser.post(form["url"], data=form["fields"], files={"file": b"x"})

    assert answer.status_code == 501


@pytest.mark.parametrize(
    "header",
    [
        {"x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER"},
        {"x-amz-trailer": "x-amz-checksum-crc32"},
        {"x-amz-copy-source": "/live-media/k"},
    ],
)
async def test_what_is_not_simulated_is_refused_in_words(
    simulators: Simulators, browser: httpx.AsyncClient, header: dict[str, str]
) -> None:
    answer = await browser.put(f"{simulators.url}/r2/{BUCKET}/k", content=b"x", headers=header)

    assert answer.status_code == 501
    assert "<Code>NotImplemented</Code>" in answer.text


async def test_body_that_is_not_what_was_signed_is_refused(s3: Any) -> None:
    md5 = "1B2M2Y8AsgTpgAmY7PhCfg=="  # of nothing

    assert await refused(s3.put_object, **PLACE, Body=b"x", ContentMD5=md5) == (400, "BadDigest")
    assert await refused(s3.get_object, **PLACE) == (404, "NoSuchKey")


async def test_unsigned_request_is_refused(
    simulators: Simulators, browser: httpx.AsyncClient
) -> None:
    assert (await browser.get(f"{simulators.url}/r2/{BUCKET}/k")).status_code == 400


async def test_bucket_is_public_at_its_own_address(
    s3: Any, simulators: Simulators, browser: httpx.AsyncClient
) -> None:
    await call(s3.put_object, **PLACE, Body=b"poster", ContentType="image/png")
    url = f"{simulators.url}/media/{PLACE['Key']}"

    whole = await browser.get(url, headers={"origin": "https://shop.example"})
    part = await browser.get(url, headers={"range": "bytes=-3"})
    held = await browser.get(url, headers={"if-none-match": whole.headers["etag"]})
    head = await browser.head(url)

    assert (whole.content, whole.headers["content-type"]) == (b"poster", "image/png")
    assert whole.headers["access-control-allow-origin"] == "*"
    assert (part.status_code, part.content) == (206, b"ter")
    assert held.status_code == 304
    assert (head.headers["content-length"], head.content) == ("6", b"")
    assert (await browser.put(url, content=b"x")).status_code == 405
    assert (await browser.get(f"{simulators.url}/media/unknown")).status_code == 404
