"""What was said in the rooms, message by message: to read back, to replay, and to moderate.

Holds what people wrote, and drops it when a message is removed or its author erased.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from msgspec.structs import replace
from sqlalchemy import Column, Select, Table, select

from domain.chat import events as fact
from domain.chat.values import SpeakerRole
from domain.shared import ERASED_TEXT, Language, Recorded
from projections.columns import LAST_POSITION, ascii_text, place
from projections.projection import Seen, TableProjection, Views


class MessageView(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """A message. `name` and `role` are its author's when they said it, `position` is where the log
    has it, `recorded_us` when, in microseconds since 1970 by a clock that never runs backwards.

    Of a `removed` one there is no name and no text any more. Those of erased people are removed.
    """

    id: str
    stream_id: str
    user_id: str
    role: SpeakerRole
    language: Language
    sent_at: datetime
    position: int
    recorded_us: int
    name: str = ""
    text: str = ""
    reply_to: str | None = None
    removed: bool = False

    def __repr__(self) -> str:
        return f"MessageView(id={self.id!r}, …)"


def _sent(recorded: Recorded, event: fact.ChatMessageSent) -> MessageView:
    """Of somebody erased by then nothing is shown, though they were on their way out still."""
    view = _as_said(recorded, event)
    return _removed(view) if event.text == event.name == ERASED_TEXT else view


def _as_said(recorded: Recorded, event: fact.ChatMessageSent) -> MessageView:
    return MessageView(
        id=event.message_id,
        stream_id=recorded.entity_id,
        user_id=event.user_id,
        role=event.role,
        language=event.language,
        sent_at=event.sent_at,
        position=recorded.position,
        recorded_us=recorded.recorded_us,
        name=event.name,
        text=event.text,
        reply_to=event.reply_to,
    )


def _removed(view: MessageView) -> MessageView:
    return view if view.removed else replace(view, name="", text="", removed=True)


def _fold(view: MessageView | None, recorded: Recorded) -> MessageView | None:
    event = recorded.event
    if isinstance(event, fact.ChatMessageSent):
        return _sent(recorded, event)
    return None if view is None else _removed(view)


def _message_id(recorded: Recorded) -> str | None:
    event = recorded.event
    if isinstance(event, fact.ChatMessageSent | fact.ChatMessageRemoved):
        return event.message_id
    return None


def _author(view: MessageView) -> tuple[str, ...]:
    return () if view.removed else (view.user_id,)


def _forgotten(view: MessageView, _person: str) -> MessageView:
    """It stays in its place, as what others answered to."""
    return _removed(view)


def _row(view: MessageView) -> Mapping[str, Any]:
    return {
        "place": place(view.stream_id, view.position),
        "author": None if view.removed else view.user_id,
    }


MESSAGES = TableProjection(
    name="messages",
    version=1,
    view=MessageView,
    types=frozenset({fact.ChatMessageSent.tag, fact.ChatMessageRemoved.tag}),
    key=_message_id,
    fold=_fold,
    begins=frozenset({fact.ChatMessageSent.tag}),
    persons=_author,
    forget=_forgotten,
    columns=(
        Column("place", ascii_text(96), nullable=False, index=True),
        Column("author", ascii_text(64), nullable=True, index=True),
    ),
    person="author",
    row=_row,
)


async def find_message(
    views: Views, message_id: str, *, min_position: int = 0
) -> Seen[MessageView | None]:
    """Raises `ProjectionBehind`."""
    await views.wait(MESSAGES, min_position)
    return await views.get(MESSAGES, message_id)


class Stretch(msgspec.Struct, frozen=True, kw_only=True):
    """The messages of a room said beyond log position `after` and below `before`.

    `min_position`: wait for it.
    """

    stream_id: str
    after: int = 0
    before: int | None = None
    min_position: int = 0


async def list_messages(
    views: Views, wanted: Stretch, *, limit: int, newest_first: bool
) -> Seen[list[MessageView]]:
    """The first `limit` of the stretch, from the end that is asked for.

    Costs the same in a room of millions. Raises `ProjectionBehind`.
    """

    first = place(wanted.stream_id, wanted.after + 1)
    last = place(wanted.stream_id, LAST_POSITION if wanted.before is None else wanted.before - 1)

    def build(table: Table) -> Select[Any]:
        place = table.c.place
        chosen = select(table.c.view).where(place.between(first, last))
        return chosen.order_by(place.desc() if newest_first else place).limit(limit)

    await views.wait(MESSAGES, wanted.min_position)
    return await views.select(MESSAGES, build)
