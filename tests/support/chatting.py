"""Valid commands and facts of a room by default: a test states only what matters to it."""

from typing import Any

from domain.chat import commands as ask
from domain.chat import events as fact
from domain.chat.deciding import ROOM
from domain.chat.room import Room
from domain.shared import Event
from tests.support.builders import HOST, NOON, SHOW, at
from tests.support.scenario import Scenario

VIEWER = "0190f3a2-0000-7000-8000-0000000000c1"
ANOTHER = "0190f3a2-0000-7000-8000-0000000000c2"
MODERATOR = "0190f3a2-0000-7000-8000-0000000000d1"
PEER = "0190f3a2-0000-7000-8000-0000000000d2"
STAFF = "0190f3a2-0000-7000-8000-0000000000e1"
MESSAGE = "0190f3a2-0000-7000-8000-00000000f001"

OPENED = fact.RoomOpened(host_id=HOST, market="TW", language="zh-TW")
APPOINTED = fact.ModeratorAppointed(user_id=MODERATOR, by=HOST)
OPEN: tuple[Event, ...] = (
    OPENED,
    APPOINTED,
    fact.ModeratorAppointed(user_id=PEER, by=HOST),
)
CLOSED: tuple[Event, ...] = (*OPEN, fact.RoomClosed())


def given(*events: Event) -> Scenario[Room]:
    """In a room that is open and has two moderators."""
    return Scenario(ROOM).given(*OPEN, *events)


def send(
    text: str = "Is it in blue?", *, seconds: float = 0, **changes: Any
) -> ask.SendChatMessage:
    """So many seconds past noon."""
    told: dict[str, Any] = {
        "stream_id": SHOW,
        "message_id": MESSAGE,
        "by": VIEWER,
        "name": "Lin Mei",
        "text": text,
        "language": "en",
        "now": at(seconds),
    }
    return ask.SendChatMessage(**{**told, **changes})


def sent(text: str = "Is it in blue?", *, seconds: float = 0, **changes: Any) -> Event:
    told: dict[str, Any] = {
        "message_id": MESSAGE,
        "user_id": VIEWER,
        "name": "Lin Mei",
        "role": "viewer",
        "text": text,
        "language": "en",
        "sent_at": at(seconds),
    }
    return fact.ChatMessageSent(**{**told, **changes})


def remove(**changes: Any) -> ask.RemoveMessage:
    told: dict[str, Any] = {
        "stream_id": SHOW,
        "by": MODERATOR,
        "message_id": MESSAGE,
        "user_id": VIEWER,
    }
    return ask.RemoveMessage(**{**told, **changes})


def removed(**changes: Any) -> fact.ChatMessageRemoved:
    told = {"message_id": MESSAGE, "user_id": VIEWER, "by": MODERATOR}
    return fact.ChatMessageRemoved(**{**told, **changes})


def mute(seconds: int = 60, **changes: Any) -> ask.MuteViewer:
    told: dict[str, Any] = {"stream_id": SHOW, "by": MODERATOR, "user_id": VIEWER, "now": NOON}
    return ask.MuteViewer(**{**told, "seconds": seconds, **changes})


def muted(seconds: float = 60, **changes: Any) -> fact.ViewerMuted:
    """Until so many seconds past noon."""
    told: dict[str, Any] = {"user_id": VIEWER, "until": at(seconds), "by": MODERATOR}
    return fact.ViewerMuted(**{**told, **changes})


def ban(**changes: Any) -> ask.BanViewer:
    return ask.BanViewer(**{"stream_id": SHOW, "by": MODERATOR, "user_id": VIEWER, **changes})


def banned(**changes: Any) -> fact.ViewerBanned:
    return fact.ViewerBanned(**{"user_id": VIEWER, "by": MODERATOR, **changes})


def unban(**changes: Any) -> ask.UnbanViewer:
    return ask.UnbanViewer(**{"stream_id": SHOW, "by": MODERATOR, "user_id": VIEWER, **changes})


def change(**changes: Any) -> ask.ChangeRoom:
    return ask.ChangeRoom(**{"stream_id": SHOW, "by": MODERATOR, **changes})


def slow(seconds: int) -> fact.SlowModeChanged:
    return fact.SlowModeChanged(seconds=seconds, by=MODERATOR)


def rules(**changes: Any) -> fact.ChatRulesChanged:
    told: dict[str, Any] = {
        "who_may_chat": "everyone",
        "links_allowed": True,
        "blocked_words": {},
        "by": MODERATOR,
    }
    return fact.ChatRulesChanged(**{**told, **changes})


def pin(**changes: Any) -> ask.PinMessage:
    told: dict[str, Any] = {
        "stream_id": SHOW,
        "by": MODERATOR,
        "message_id": MESSAGE,
        "user_id": VIEWER,
    }
    return ask.PinMessage(**{**told, **changes})


def pinned(**changes: Any) -> fact.MessagePinned:
    told = {"message_id": MESSAGE, "user_id": VIEWER, "by": MODERATOR}
    return fact.MessagePinned(**{**told, **changes})


def appoint(user_id: str = VIEWER, **changes: Any) -> ask.AppointModerator:
    told: dict[str, Any] = {"stream_id": SHOW, "by": HOST, "user_id": user_id}
    return ask.AppointModerator(**{**told, **changes})


def dismiss(user_id: str = MODERATOR, **changes: Any) -> ask.DismissModerator:
    told: dict[str, Any] = {"stream_id": SHOW, "by": HOST, "user_id": user_id}
    return ask.DismissModerator(**{**told, **changes})
