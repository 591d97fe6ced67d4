"""Cloudflare Stream Live as the platform's video provider."""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar

import msgspec
import structlog
from redis.asyncio import Redis
from redis.exceptions import LockError, RedisError

from application.ports import (
    IngestCredentials,
    IngestStatus,
    LiveInput,
    OutputTarget,
    ProviderNotFound,
    ProviderUnavailable,
    Video,
)
from domain.shared import EPOCH
from infrastructure.cloudflare.client import Call, CloudflareClient, checked
from infrastructure.cloudflare.inputs import (
    Recording,
    creation,
    credentials,
    find,
    live_input,
    updated,
)
from infrastructure.cloudflare.outputs import Output, output, output_to
from infrastructure.cloudflare.status import ingest_status, video
from infrastructure.settings import Settings

T = TypeVar("T")

_log = structlog.get_logger(__name__)
_INPUTS = "/stream/live_inputs"
_TURN_LASTS_SECONDS = 20.0  # and so long is it lost when its process is killed


class CloudflareLiveVideo:
    """With `redis`, processes take turns at making one and the same input."""

    def __init__(
        self,
        client: CloudflareClient,
        recording: Recording,
        *,
        redis: "Redis | None" = None,
        prefix: str = "live:",
    ) -> None:
        self._client = client
        self._recording = recording
        self._redis = redis
        self._prefix = prefix

    async def create_input(
        self, *, name: str, idempotency_key: str, low_latency: bool, meta: Mapping[str, str]
    ) -> LiveInput:
        """Looks for an input marked with the key before every try.

        Cloudflare takes an Idempotency-Key on this call but does not say what it does with it.
        """
        body = creation(
            {**meta, "name": name},
            idempotency_key,
            low_latency=low_latency,
            recording=self._recording,
        )
        call = Call(
            operation="create_input",
            method="POST",
            path=_INPUTS,
            body=body,
            idempotency_key=idempotency_key,
            repeatable=False,
        )

        async def make() -> LiveInput:
            return live_input(await self._client.fetch(call))

        async with self._turn(idempotency_key):
            return await self._only_once(lambda: self._made_before(idempotency_key), make)

    async def input_status(self, uid: str) -> IngestStatus:
        return ingest_status((await self._input(uid)).get("status"))

    async def input_videos(self, uid: str) -> Sequence[Video]:
        result = await self._get("input_videos", f"{_INPUTS}/{checked(uid)}/videos")
        of_input = [
            msgspec.structs.replace(each, input_uid=each.input_uid or uid)
            for each in _videos(result)
        ]
        return sorted(of_input, key=lambda each: (each.created_at or EPOCH, each.uid))

    async def live_videos(self) -> Sequence[Video]:
        """At most 1,000: Cloudflare's longest list."""
        result = await self._get(
            "live_videos", "/stream", {"status": "live-inprogress", "limit": "1000"}
        )
        return [each for each in _videos(result) if each.state == "live"]

    async def set_input_enabled(self, uid: str, *, enabled: bool) -> None:
        current = await self._input(uid)
        if current.get("enabled", True) is enabled:
            return
        body = updated(current, enabled=enabled)
        path = f"{_INPUTS}/{checked(uid)}"
        call = Call(operation="update_input", method="PUT", path=path, body=body)
        _compare(body, _mapping(await self._client.fetch(call)))

    async def rotate_keys(self, uid: str) -> IngestCredentials:
        # Repeatable: nobody has the keys of an answer that got lost.
        path = f"{_INPUTS}/{checked(uid)}"
        call = Call(operation="rotate_keys", method="POST", path=f"{path}/rotate_keys")
        result = await self._client.fetch(call)
        try:
            return credentials(result)
        except ProviderUnavailable:
            return credentials(await self._get("input", path))

    async def delete_input(self, uid: str) -> None:
        await self._delete("delete_input", f"{_INPUTS}/{checked(uid)}")

    async def add_output(self, uid: str, target: OutputTarget) -> str:
        """Refused for a broadcast by WHIP. At most 50 at once. A disabled one is enabled again."""
        path = f"{_INPUTS}/{checked(uid)}/outputs"
        call = Call(
            operation="add_output",
            method="POST",
            path=path,
            body={"url": target.url, "streamKey": target.stream_key, "enabled": True},
            repeatable=False,
            secrets=(target.stream_key, target.url),
        )

        async def look() -> Output | None:
            return output_to(target, await self._get("outputs", path))

        async def make() -> Output:
            return output(await self._client.fetch(call))

        made = await self._only_once(look, make)
        if not made.enabled:
            await self._enable_output(f"{path}/{checked(made.uid)}")
        return made.uid

    async def remove_output(self, uid: str, output_uid: str) -> None:
        """Already gone counts as done. A running one stops within 30 s."""
        path = f"{_INPUTS}/{checked(uid)}/outputs/{checked(output_uid)}"
        await self._delete("remove_output", path)

    async def _enable_output(self, path: str) -> None:
        body = {"enabled": True}
        await self._client.do(Call(operation="update_output", method="PUT", path=path, body=body))

    async def _only_once(
        self, look: Callable[[], Awaitable[T | None]], make: Callable[[], Awaitable[T]]
    ) -> T:
        """Makes what is not there yet. A try whose answer got lost may have made it: look again."""
        tries = 0
        while True:
            there = await look()
            if there is not None:
                return there
            try:
                return await make()
            except ProviderUnavailable as problem:
                tries += 1
                await self._client.pause(tries, problem)

    async def _made_before(self, idempotency_key: str) -> LiveInput | None:
        found = find(await self._get("inputs", _INPUTS), idempotency_key)
        if found.uid is None:
            if not found.complete:
                _log.warning("cloudflare_inputs_not_all_listed")
            return None
        try:
            return live_input(await self._get("input", f"{_INPUTS}/{checked(found.uid)}"))
        except ProviderNotFound:
            return None

    @contextlib.asynccontextmanager
    async def _turn(self, idempotency_key: str) -> AsyncIterator[None]:
        """One process at a time; without Redis, or while it is away, nobody waits."""
        if self._redis is None:
            yield
            return
        name = f"{self._prefix}cloudflare:create:{idempotency_key}"
        lock = self._redis.lock(name, timeout=_TURN_LASTS_SECONDS, blocking=False)
        try:
            taken = await lock.acquire()
        except (RedisError, OSError):
            _log.warning("cloudflare_turn_not_shared")
            taken = True
        if not taken:
            raise ProviderUnavailable("this live input is being made just now")
        try:
            yield
        finally:
            with contextlib.suppress(LockError, RedisError, OSError):
                await lock.release()

    async def _input(self, uid: str) -> Mapping[str, Any]:
        return _mapping(await self._get("input", f"{_INPUTS}/{checked(uid)}"))

    async def _get(
        self, operation: str, path: str, query: Mapping[str, str] | None = None
    ) -> bytes:
        call = Call(operation=operation, method="GET", path=path, query=query or {})
        return await self._client.fetch(call)

    async def _delete(self, operation: str, path: str) -> None:
        with contextlib.suppress(ProviderNotFound):
            await self._client.do(Call(operation=operation, method="DELETE", path=path))


def open_live_video(
    client: CloudflareClient, settings: Settings, redis: "Redis | None" = None
) -> CloudflareLiveVideo:
    """Recordings ask for playback tokens when a signing key is configured."""
    recording = Recording(
        timeout_seconds=settings.cloudflare_recording_timeout_seconds,
        signed=bool(settings.playback_signing_key_id),
    )
    return CloudflareLiveVideo(client, recording, redis=redis, prefix=settings.redis_prefix)


def _mapping(result: bytes) -> Mapping[str, Any]:
    decoded = msgspec.json.decode(result)
    if not isinstance(decoded, Mapping):
        raise ProviderUnavailable("Cloudflare's live input could not be read")
    return decoded


def _videos(result: bytes) -> list[Video]:
    decoded = msgspec.json.decode(result)
    rows = decoded.get("videos") if isinstance(decoded, Mapping) else decoded
    if not isinstance(rows, list):
        raise ProviderUnavailable("Cloudflare's list of videos could not be read")
    return [each for each in map(video, rows) if each is not None]


def _compare(sent: Mapping[str, Any], echoed: Mapping[str, Any]) -> None:
    """Whether a PUT took effect is told by its echo alone; names only, no values, are logged."""
    changed = [name for name in sent if name in echoed and _differs(sent[name], echoed[name])]
    if "enabled" in changed:
        raise ProviderUnavailable("Cloudflare's live input did not take the change")
    if changed:
        _log.warning("cloudflare_update_changed_more", fields=changed)


def _differs(sent: Any, echoed: Any) -> bool:
    if isinstance(sent, Mapping) and isinstance(echoed, Mapping):
        return any(echoed.get(name) != value for name, value in sent.items())
    return bool(sent != echoed)
