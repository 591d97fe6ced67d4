"""The chat services' `SentMessages`: the newest from the log, the rest from the view `messages`."""

import re

from application.chat.ports import SentMessage
from domain.chat.deciding import ROOM
from domain.chat.events import ChatMessageRemoved, ChatMessageSent
from infrastructure.event_store.log import SqlEventLog
from projections.chat.messages import MessageView, find_message
from projections.projection import Views

_ID = re.compile(r"[0-9a-f-]{36}")
_NEWEST = 500
_TYPES = frozenset({ChatMessageSent.tag, ChatMessageRemoved.tag})


class ProjectedSentMessages:
    """Moderating what was just said must not wait for a view that lags, or for its projector.

    Raises `ProjectionBehind` when it cannot be told in time whether an older message was said.
    """

    def __init__(self, views: Views, log: SqlEventLog) -> None:
        self._views = views
        self._log = log

    async def find(self, stream_id: str, message_id: str) -> SentMessage | None:
        if not _ID.fullmatch(message_id):
            return None
        seen = (await find_message(self._views, message_id)).value
        if seen is None:
            return await self._just_said(stream_id, message_id) or await self._waited_for(
                stream_id, message_id
            )
        return _in_room(seen, stream_id)

    async def _just_said(self, stream_id: str, message_id: str) -> SentMessage | None:
        newest = await self._log.read_stream_back(ROOM.stream(stream_id), _TYPES, _NEWEST)
        removed = False
        for recorded in newest:
            event = recorded.event
            if isinstance(event, ChatMessageRemoved):
                removed = removed or event.message_id == message_id
            elif isinstance(event, ChatMessageSent) and event.message_id == message_id:
                return SentMessage(
                    stream_id=stream_id,
                    message_id=message_id,
                    user_id=event.user_id,
                    removed=removed,
                )
        return None

    async def _waited_for(self, stream_id: str, message_id: str) -> SentMessage | None:
        head = await self._log.head()
        seen = (await find_message(self._views, message_id, min_position=head)).value
        return None if seen is None else _in_room(seen, stream_id)


def _in_room(view: MessageView, stream_id: str) -> SentMessage | None:
    if view.stream_id != stream_id:
        return None
    return SentMessage(
        stream_id=stream_id, message_id=view.id, user_id=view.user_id, removed=view.removed
    )
