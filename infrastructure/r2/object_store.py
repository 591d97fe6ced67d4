"""Cloudflare R2 as the object store: media that clients upload, and exports.

boto3 is synchronous, so its calls run in a few threads of their own. Configured as R2 needs it
(developers.cloudflare.com/r2/examples/aws/boto3, /r2/api/s3/presigned-urls).
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

import boto3
import botocore.session
import msgspec
from botocore.client import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.handlers import add_expect_header

from application.ports import (
    ProviderError,
    ProviderNotFound,
    ProviderRefused,
    ProviderThrottled,
    ProviderUnavailable,
    StoredObject,
    Upload,
)
from infrastructure.observability.metrics import PROVIDER_CALLS
from infrastructure.observability.traces import span
from infrastructure.settings import Secret, Settings

T = TypeVar("T")

LONGEST_PRESIGN_SECONDS = 604_800
LARGEST_UPLOAD_BYTES = 5 * 1024**3 - 5 * 1024**2
LONGEST_KEY_BYTES = 1024
_THREADS = 8
_KEYS_A_CALL = 1000
_THROTTLED = frozenset({"TooManyRequests", "SlowDown", "Throttling", "RequestLimitExceeded"})
_MESSAGE_LENGTH = 200
_LOCAL = frozenset({"127.0.0.1", "localhost", "::1"})


class Bucket(msgspec.Struct, frozen=True, kw_only=True):
    """Which bucket, where, as whom. `public_url` serves it; without one, the S3 address does."""

    endpoint_url: str
    access_key_id: str
    secret_access_key: Secret
    name: str
    public_url: str = ""


class R2ObjectStore:
    """Implements `ObjectStore`."""

    def __init__(self, bucket: Bucket, *, timeout: float = 30.0) -> None:
        self._bucket = bucket
        self._s3 = _s3_client(bucket, timeout)
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="r2")

    async def presign_upload(
        self, key: str, *, content_type: str, size: int, now: datetime, ttl_seconds: int
    ) -> Upload:
        """A PUT of exactly `size` bytes of that type. Raises `ValueError` beyond R2's limits.

        R2 takes no POST forms, and boto3 checks no bound: 1 s to 7 days, 1 byte to 5 GiB - 5 MiB.
        """
        _check_bounds(size, ttl_seconds)
        parameters = {**self._at(key), "ContentType": content_type, "ContentLength": size}
        url = await self._call(
            "presign_upload",
            lambda: self._s3.generate_presigned_url("put_object", parameters, ttl_seconds),
        )
        return Upload(
            method="PUT",
            url=url,
            headers={"Content-Type": content_type, "Content-Length": str(size)},
            expires_at=now + timedelta(seconds=ttl_seconds),
        )

    async def head(self, key: str) -> StoredObject | None:
        at = self._at(key)
        try:
            found = await self._call("head", lambda: self._s3.head_object(**at))
        except ProviderNotFound:
            return None
        return StoredObject(
            key=key, size=found["ContentLength"], content_type=found.get("ContentType", "")
        )

    async def put(self, key: str, body: bytes, *, content_type: str) -> None:
        """R2 takes one write a second and key; more raise `ProviderThrottled`."""
        parameters = {**self._at(key), "ContentType": content_type, "Body": body}
        await self._call("put", lambda: self._s3.put_object(**parameters))

    async def get(self, key: str) -> bytes | None:
        """The whole object, in memory."""
        at = self._at(key)
        try:
            return await self._call("get", lambda: _read(self._s3.get_object(**at)))
        except ProviderNotFound:
            return None

    async def delete(self, key: str) -> None:
        """Already gone counts as done."""
        at = self._at(key)
        await self._call("delete", lambda: self._s3.delete_object(**at))

    async def keys(self, prefix: str) -> Sequence[str]:
        """A thousand a call."""
        found: list[str] = []
        parameters = {"Bucket": self._bucket.name, "Prefix": prefix, "MaxKeys": _KEYS_A_CALL}
        while True:
            page = await self._call("keys", partial(self._s3.list_objects_v2, **parameters))
            found += (one["Key"] for one in page.get("Contents", ()))
            if not page["IsTruncated"]:
                return found
            parameters["ContinuationToken"] = page["NextContinuationToken"]

    def public_url(self, key: str) -> str:
        bucket = self._bucket
        base = bucket.public_url or f"{bucket.endpoint_url}/{bucket.name}"
        return f"{base}/{quote(_checked(key))}"

    async def aclose(self) -> None:
        """Calls under way finish in their threads."""
        self._threads.shutdown(wait=False)
        self._s3.close()

    def _at(self, key: str) -> dict[str, Any]:
        return {"Bucket": self._bucket.name, "Key": _checked(key)}

    async def _call(self, operation: str, run: Callable[[], T]) -> T:
        loop = asyncio.get_running_loop()
        outcome = "failed"
        try:
            with span(f"r2.{operation}"):
                answer = await loop.run_in_executor(self._threads, run)
        except (ClientError, BotoCoreError) as problem:
            error = _port_error(problem)
            outcome = _outcome(error)
            raise error from problem
        else:
            outcome = "ok"
            return answer
        finally:
            PROVIDER_CALLS.labels("r2", operation, outcome).inc()


def open_object_store(settings: Settings) -> R2ObjectStore:
    return R2ObjectStore(
        Bucket(
            endpoint_url=settings.r2_endpoint_url,
            access_key_id=settings.r2_access_key_id,
            secret_access_key=settings.r2_secret_access_key,
            name=settings.r2_bucket,
            public_url=settings.r2_public_url,
        )
    )


def _s3_client(bucket: Bucket, timeout: float) -> Any:
    """region auto and s3v4, else presigning falls back to SigV2; checksums when required only,
    for R2 once broke on boto3's default ones. The machine's AWS profile has no part in it.
    """
    hermetic = botocore.session.Session({"profile": (None, None, None, None)})
    config = Config(
        region_name="auto",
        signature_version="s3v4",
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        connect_timeout=5,
        read_timeout=timeout,
        max_pool_connections=_THREADS,
        retries={"mode": "standard", "max_attempts": 3},
        s3={"addressing_style": "path"},
        proxies={} if urlsplit(bucket.endpoint_url).hostname in _LOCAL else None,
    )
    client = boto3.session.Session(botocore_session=hermetic).client(
        "s3",
        endpoint_url=bucket.endpoint_url,
        aws_access_key_id=bucket.access_key_id,
        aws_secret_access_key=bucket.secret_access_key.text,
        config=config,
    )
    # R2 never answers 100 Continue: waiting for it costs every upload a second.
    client.meta.events.unregister("before-call.s3", add_expect_header)
    return client


def _read(found: Any) -> bytes:
    with found["Body"] as stream:
        return bytes(stream.read())


def _check_bounds(size: int, ttl_seconds: int) -> None:
    if not 1 <= ttl_seconds <= LONGEST_PRESIGN_SECONDS:
        raise ValueError(f"an upload may be open from 1 to {LONGEST_PRESIGN_SECONDS} seconds")
    if not 1 <= size <= LARGEST_UPLOAD_BYTES:
        raise ValueError(f"an upload may hold 1 to {LARGEST_UPLOAD_BYTES} bytes")


def _checked(key: str) -> str:
    if not 1 <= len(key.encode()) <= LONGEST_KEY_BYTES:
        raise ValueError(f"an object's key has 1 to {LONGEST_KEY_BYTES} bytes")
    return key


def _port_error(problem: ClientError | BotoCoreError) -> ProviderError:
    if not isinstance(problem, ClientError):
        return ProviderUnavailable(f"R2 did not answer: {type(problem).__name__}")
    status = problem.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    error = problem.response.get("Error", {})
    code = error.get("Code", "")
    detail = f"R2 answered {status} {code}: {error.get('Message', '')[:_MESSAGE_LENGTH]}"
    if status == HTTPStatus.TOO_MANY_REQUESTS or code in _THROTTLED:
        return ProviderThrottled(detail, retry_after=1.0)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return ProviderUnavailable(detail)
    if status == HTTPStatus.NOT_FOUND:
        return ProviderNotFound(detail, status=status, code=code)
    return ProviderRefused(detail, status=status, code=code)


def _outcome(error: ProviderError) -> str:
    if isinstance(error, ProviderThrottled):
        return "throttled"
    return "unavailable" if isinstance(error, ProviderUnavailable) else "refused"
