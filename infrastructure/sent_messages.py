"""The chat services' `SentMessages`, read from the projection `messages`."""

import re

from application.chat.ports import SentMessage
from application.ports import EventLog
from projections.chat.messages import MessageView, find_message
from projections.projection import Views

_ID = re.compile(r"[0-9a-f-]{36}")


class ProjectedSentMessages:
    """Raises `ProjectionBehind` when it cannot be told in time whether a message was said."""

    def __init__(self, views: Views, log: EventLog) -> None:
        self._views = views
        self._log = log

    async def find(self, stream_id: str, message_id: str) -> SentMessage | None:
        if not _ID.fullmatch(message_id):
            return None
        view = await self._found(message_id)
        if view is None or view.stream_id != stream_id:
            return None
        return SentMessage(
            stream_id=stream_id,
            message_id=message_id,
            user_id=view.user_id,
            removed=view.removed,
        )

    async def _found(self, message_id: str) -> MessageView | None:
        """People answer within the second: one not there may just not have been folded yet."""
        seen = await find_message(self._views, message_id)
        if seen.value is not None:
            return seen.value
        head = await self._log.head()
        return (await find_message(self._views, message_id, min_position=head)).value
