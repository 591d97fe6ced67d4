"""What clients may say, read strictly."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from domain.chat.values import RAW_MESSAGE_CHARACTERS, REACTIONS_AT_ONCE, ReactionKind
from interfaces.http.parameters import UUID
from interfaces.http.refusals import Refusal

# The client's own name for what it sent: answers carry it, and repeating it does nothing twice.
# It is printable, which no pattern tells.
_REF_CHARACTERS = 100
Ref = Annotated[str, Meta(min_length=1, max_length=_REF_CHARACTERS)]
# As over HTTP; `$` alone would let a line end follow.
Id = Annotated[str, Meta(pattern=UUID, max_length=36)]
_SECONDS_AT_MOST = 10**9  # what is sensible, the room decides


class MalformedFrame(Refusal):
    code = "malformed_frame"
    status = 400


class UnknownMessageType(Refusal):
    code = "unknown_message_type"
    status = 400


class ClientMessage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    ref: Ref | None = None


class Send(ClientMessage, frozen=True, kw_only=True, tag="send"):
    ref: Ref
    text: Annotated[str, Meta(max_length=RAW_MESSAGE_CHARACTERS)]
    reply_to: Id | None = None

    def __repr__(self) -> str:
        return f"Send(ref={self.ref!r}, …)"


class React(ClientMessage, frozen=True, kw_only=True, tag="react"):
    kind: ReactionKind
    count: Annotated[int, Meta(ge=1, le=REACTIONS_AT_ONCE)] = 1


class Ping(ClientMessage, frozen=True, kw_only=True, tag="ping"):
    pass


class Token(ClientMessage, frozen=True, kw_only=True, tag="token"):
    """A newer access token of the same person."""

    token: Annotated[str, Meta(max_length=4096)]

    def __repr__(self) -> str:
        return "Token(…)"


class Remove(ClientMessage, frozen=True, kw_only=True, tag="remove"):
    id: Id


class Mute(ClientMessage, frozen=True, kw_only=True, tag="mute"):
    user_id: Id
    seconds: Annotated[int, Meta(ge=0, le=_SECONDS_AT_MOST)]


class Ban(ClientMessage, frozen=True, kw_only=True, tag="ban"):
    user_id: Id


class Unban(ClientMessage, frozen=True, kw_only=True, tag="unban"):
    user_id: Id


class SlowMode(ClientMessage, frozen=True, kw_only=True, tag="slow_mode"):
    seconds: Annotated[int, Meta(ge=0, le=_SECONDS_AT_MOST)]


class Pin(ClientMessage, frozen=True, kw_only=True, tag="pin"):
    id: Id


class Unpin(ClientMessage, frozen=True, kw_only=True, tag="unpin"):
    pass


Moderation = Remove | Mute | Ban | Unban | SlowMode | Pin | Unpin
Said = Send | React | Ping | Token | Moderation

_decode = msgspec.json.Decoder(Said).decode


class _Outline(msgspec.Struct):
    """Of what could not be read: whatever its fields hold."""

    type: Any = None
    ref: Any = None


_outline = msgspec.json.Decoder(_Outline).decode
_TYPES = frozenset(str(kind.__struct_config__.tag) for kind in ClientMessage.__subclasses__())


def read(text: str) -> Said:
    """Raises `MalformedFrame` or `UnknownMessageType`; each has the `ref` in its fields, where
    there is a usable one."""
    try:
        said: Said = _decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise _refusal(text) from None
    if said.ref is not None and not said.ref.isprintable():
        raise MalformedFrame(ref=None)
    return said


def _refusal(text: str) -> Refusal:
    try:
        outline = _outline(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return MalformedFrame(ref=None)
    ref = outline.ref if _is_usable(outline.ref) else None
    if isinstance(outline.type, str) and outline.type not in _TYPES:
        return UnknownMessageType(ref=ref)
    return MalformedFrame(ref=ref)


def _is_usable(ref: Any) -> bool:
    return isinstance(ref, str) and 0 < len(ref) <= _REF_CHARACTERS and ref.isprintable()
