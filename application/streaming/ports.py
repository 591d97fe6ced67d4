"""What the streaming services need besides the common ports: ids, the clock, webhooks."""

from collections.abc import Callable
from datetime import datetime
from typing import Literal, Protocol

import msgspec

Clock = Callable[[], datetime]
NewId = Callable[[], str]


class ProviderNotice(msgspec.Struct, frozen=True, kw_only=True):
    """What a webhook of the video provider says. Only a hint: the truth is asked for.

    `kind` error: the feed was rejected at `at`, for the provider's own `error_code`.
    """

    kind: Literal["feed", "error", "recording"]
    input_uid: str
    at: datetime | None = None
    error_code: str = ""
    video_codec: str | None = None
    audio_codec: str | None = None


class ReadNotice(Protocol):
    """Reads the raw body of a webhook from `source`; None when it concerns no live input.

    Raises `ValueError` when it is not what the provider sends.
    """

    def __call__(self, source: str, body: bytes) -> ProviderNotice | None: ...


class StoredWebhook(Protocol):
    @property
    def source(self) -> str: ...

    @property
    def body(self) -> bytes: ...

    @property
    def status(self) -> str:
        """`done` once it has been taken."""
        ...


class Inbox(Protocol):
    """Webhooks as they came in, kept until they are done."""

    async def get(self, webhook_id: str, /) -> StoredWebhook | None: ...

    async def mark_done(self, webhook_id: str, /) -> None: ...

    async def mark_failed(self, webhook_id: str, error: str, /) -> None: ...

    async def unfinished(self, older_than: datetime, /) -> list[str]: ...
