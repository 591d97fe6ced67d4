"""A show's room: opened for the first who comes into it, closed once the show is over.

Nothing is opened as shows are scheduled: most of what is announced nobody looks at before it
begins, and each room would cost every reader of the log a fact.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta

from application.ports import CommandBus, DerivedId, Dispatch, EventLog
from application.processes.process import Enqueue, Reaction, SetDeadline
from domain.chat.commands import CloseRoom, OpenRoom
from domain.chat.deciding import ROOM
from domain.chat.errors import RoomClosedError, RoomNotFoundError
from domain.shared import Recorded
from domain.streaming.deciding import LIVE_STREAM
from domain.streaming.events import (
    LiveStreamCancelled,
    LiveStreamEnded,
    LiveStreamFailed,
    LiveStreamScheduled,
)
from domain.streaming.values import OVER

CLOSE_ROOM = "chat.close_room"
_OPENED_BY_THEN = timedelta(minutes=1)


class RoomClosing:
    """Looks twice: a room may just be being opened as its show ends, and neither decision knows of
    the other. To be told of opened rooms, it would have to read all that is ever said."""

    name = "room_closing"
    contexts = frozenset({"streaming"})

    def react(self, recorded: Recorded) -> Sequence[Reaction]:
        if not isinstance(recorded.event, LiveStreamEnded | LiveStreamFailed | LiveStreamCancelled):
            return ()
        stream_id = recorded.entity_id
        once_more = SetDeadline(
            key=f"room-{stream_id}",
            due_at=recorded.recorded_at + _OPENED_BY_THEN,
            job=CLOSE_ROOM,
            args=(stream_id,),
        )
        return (Enqueue(CLOSE_ROOM, (stream_id,)), once_more)


class Rooms:
    """Opens and closes rooms by what the log says of their shows; it never lags."""

    def __init__(
        self,
        *,
        bus: CommandBus,
        log: EventLog,
        clock: Callable[[], datetime],
        derived_id: DerivedId,
    ) -> None:
        self._bus = bus
        self._log = log
        self._clock = clock
        self._derived_id = derived_id

    async def open(self, stream_id: str) -> None:
        """Repeating it, anywhere at once, opens one room. Raises `RoomNotFoundError` where there
        is no such show, `RoomClosedError` where it is over and no room was ever opened."""
        if (await self._log.load(ROOM, ROOM.stream(stream_id))).version:
            return
        announced = await self._announced(stream_id)
        if await self._is_over(stream_id):
            raise RoomClosedError()
        command = OpenRoom(
            stream_id=stream_id,
            host_id=announced.host_id,
            market=announced.market,
            language=announced.language,
        )
        command_id = self._derived_id("chat.open_room", stream_id)
        await self._bus.execute(self._dispatch(command, command_id, "system:chat.open_room"))

    async def close_room(self, stream_id: str) -> None:
        """The job: closes the room of a show that is over."""
        room = await self._log.load(ROOM, ROOM.stream(stream_id))
        if not room.state.is_open or not await self._is_over(stream_id):
            return
        command_id = self._derived_id(CLOSE_ROOM, stream_id)
        command = CloseRoom(stream_id=stream_id)
        await self._bus.execute(self._dispatch(command, command_id, f"system:{CLOSE_ROOM}"))

    def jobs(self) -> Mapping[str, Callable[..., Awaitable[None]]]:
        """The methods that run as jobs, by the jobs' names. Their arguments are all text."""
        return {CLOSE_ROOM: self.close_room}

    async def _announced(self, stream_id: str) -> LiveStreamScheduled:
        """Its first fact is all that never changes of a show: host, market, language."""
        first = await self._log.read_stream(LIVE_STREAM.stream(stream_id), limit=1)
        if not first or not isinstance(first[0].event, LiveStreamScheduled):
            raise RoomNotFoundError(stream_id=stream_id)
        return first[0].event

    async def _is_over(self, stream_id: str) -> bool:
        show = await self._log.load(LIVE_STREAM, LIVE_STREAM.stream(stream_id))
        return show.state.status in OVER

    def _dispatch(self, command: OpenRoom | CloseRoom, command_id: str, actor: str) -> Dispatch:
        return Dispatch(command=command, command_id=command_id, actor=actor, now=self._clock())
