"""What the server says of its own beside the frames of recorded facts."""

import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from domain.chat.values import ReactionKind, WhoMayChat
from domain.shared import Language
from domain.streaming.values import LiveStreamStatus
from interfaces.http.i18n import catalogue
from interfaces.http.problems import Failure

_encode = msgspec.json.Encoder().encode
PONG = b'{"type":"pong"}'


class RoomSummary(msgspec.Struct, frozen=True, kw_only=True):
    """`pinned_message` is as a `message` frame has it."""

    slow_mode_seconds: int
    who_may_chat: WhoMayChat
    links_allowed: bool
    closed: bool
    status: LiveStreamStatus
    pinned_message: msgspec.Raw | None


class Welcome(msgspec.Struct, frozen=True, kw_only=True, tag="welcome"):
    """`offers` that are open, as `offer` frames have them. `recovered`: what comes next, beyond
    `position`, is all that was missed; else the newest there is. `role` is what the person may do
    here; they are `muted_until` then, where they are."""

    viewer_id: str
    role: str
    muted_until: datetime | None
    room: RoomSummary
    offers: tuple[msgspec.Raw, ...]
    position: int
    recovered: bool

    def body(self) -> bytes:
        return _encode(self)


class _Ack(msgspec.Struct, frozen=True, kw_only=True, tag="ack", omit_defaults=True):
    ref: str | None
    id: str | None = None
    position: int


class _Error(msgspec.Struct, frozen=True, kw_only=True, tag="error"):
    """`seconds` until it is worth trying again, where that is known."""

    ref: str | None
    code: str
    detail: str
    retry_after: int | msgspec.UnsetType = msgspec.UNSET


class _Reconnect(msgspec.Struct, frozen=True, tag="reconnect"):
    in_seconds: float


class _Viewers(msgspec.Struct, frozen=True, tag="viewers"):
    count: int


class _Reactions(msgspec.Struct, frozen=True, tag="reactions"):
    totals: Mapping[ReactionKind, int]


class _Stream(msgspec.Struct, frozen=True, tag="stream"):
    status: LiveStreamStatus


class _Token(msgspec.Struct, frozen=True, kw_only=True, tag="token"):
    ref: str | None
    expires_in: int


class _Pinned(msgspec.Struct, frozen=True, tag="pinned"):
    message: msgspec.Raw


class _Removed(msgspec.Struct, frozen=True, tag="message_removed"):
    id: str


def ack(ref: str | None, position: int, about: str | None = None) -> bytes:
    return _encode(_Ack(ref=ref, id=about, position=position))


def error(ref: str | None, failure: Failure, language: Language) -> bytes:
    """The words of the problem that HTTP would answer with."""
    said = catalogue().text(language, f"problem_{failure.code}_detail", failure.fields)
    return _encode(
        _Error(
            ref=ref,
            code=failure.code,
            detail=said or failure.code,
            retry_after=_retry_after(failure),
        )
    )


def refused(body: bytes, language: Language) -> bytes:
    """What became of a claim, with words for whoever made it: those of the problem that HTTP would
    answer with, but for the title where the numbers in them were not recorded."""
    told: dict[str, Any] = msgspec.json.decode(body)
    numbers = told.pop("numbers", {})
    key = f"problem_{told['code']}_detail"
    if catalogue().placeholders(language, key) - numbers.keys():
        key = f"problem_{told['code']}_title"
    detail = catalogue().text(language, key, numbers)
    return _encode({**told, "detail": detail or told["code"]})


def _retry_after(failure: Failure) -> int | msgspec.UnsetType:
    told: Any = failure.headers.get("retry-after") or failure.fields.get("seconds")
    return math.ceil(float(told)) if told is not None else msgspec.UNSET


def reconnect(in_seconds: float) -> bytes:
    return _encode(_Reconnect(round(in_seconds, 1)))


def viewers(count: int) -> bytes:
    return _encode(_Viewers(count))


def reactions(totals: Mapping[ReactionKind, int]) -> bytes:
    return _encode(_Reactions(totals))


def stream(status: LiveStreamStatus) -> bytes:
    return _encode(_Stream(status))


def token(ref: str | None, expires_in: float) -> bytes:
    return _encode(_Token(ref=ref, expires_in=max(0, int(expires_in))))


def pinned(message: bytes) -> bytes:
    """As it is now, whatever came before: without a position."""
    return _encode(_Pinned(msgspec.Raw(message)))


def removed(message_id: str) -> bytes:
    """Of what nobody removed: who said it is erased."""
    return _encode(_Removed(message_id))
