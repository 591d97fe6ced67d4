"""Lets somebody into a room."""

from domain.chat.errors import BannedError
from interfaces.realtime.member import Member
from interfaces.realtime.reader import RoomReader
from interfaces.realtime.room import LiveRoom
from projections.chat.frames import RoomFrame


async def let_in(reader: RoomReader, room: LiveRoom, member: Member, after: int | None) -> None:
    """`after`: the position of the last frame the client has seen. Raises `BannedError`, or that
    the log cannot be read."""
    if room.rules.shut_out(member.caller):
        await reader.look_at_ban(room, member.user_id)
    missed = None if after is None else await reader.missed(room, after)
    # No await from here on: the next tick brings what comes after `flushed`.
    if room.rules.shut_out(member.caller):
        raise BannedError
    if missed is not None:
        missed = [frame for frame in missed if _concerns(frame, member)]
    room.welcome(member, missed)


def _concerns(frame: RoomFrame, member: Member) -> bool:
    return not frame.hidden or frame.user_id == member.user_id
