"""Lets somebody into a room: welcome, what they missed or the newest there is, how things stand."""

from collections.abc import Sequence

import msgspec

from domain.chat.errors import BannedError
from interfaces.realtime.member import Member
from interfaces.realtime.packet import Packet
from interfaces.realtime.reader import RoomReader
from interfaces.realtime.room import LiveRoom
from interfaces.realtime.server_messages import RoomSummary, Welcome
from projections.chat.frames import RoomFrame

NEWEST = 50
_PACKET_BYTES = 32 * 1024


async def let_in(reader: RoomReader, room: LiveRoom, member: Member, after: int | None) -> None:
    """`after`: the position of the last frame the client has seen. Raises `BannedError`, or that
    the log cannot be read."""
    if member.user_id in room.rules.banned:
        await reader.look_at_ban(room, member.user_id)
    missed = None if after is None else await reader.missed(room, after)
    # No await from here on: the next tick brings what comes after `flushed`.
    if member.user_id in room.rules.banned:
        raise BannedError
    greet(room, member, missed)
    room.add(member)


def greet(room: LiveRoom, member: Member, missed: Sequence[RoomFrame] | None) -> None:
    """None: what was missed is not known, or is more than a connection can be given at once."""
    most_bytes = member.sink.limit * 3 // 4
    recovered = missed is not None and _size(missed) <= most_bytes
    if missed is None or not recovered:
        missed = _last(room.newest(NEWEST), most_bytes)
    # Were it beyond what follows, who is cut off in between would come back without that.
    position = missed[0].position - 1 if missed else room.flushed
    member.sink.push(Packet((_welcome(room, member, position, recovered=recovered),)))
    bodies = [bytes(frame.body) for frame in missed if _concerns(frame, member)]
    bodies += room.states.values()
    for packet in _packets(bodies, room.flushed):
        member.sink.push(packet)


def _welcome(room: LiveRoom, member: Member, position: int, *, recovered: bool) -> bytes:
    rules = room.rules
    return Welcome(
        viewer_id=member.user_id,
        role=rules.role_of(member.caller),
        muted_until=rules.muted_until.get(member.user_id),
        room=RoomSummary(
            slow_mode_seconds=rules.slow_mode_seconds,
            who_may_chat=rules.who_may_chat,
            links_allowed=rules.links_allowed,
            closed=rules.closed,
            status=rules.status,
            pinned_message=_pinned(room),
        ),
        position=position,
        recovered=recovered,
    ).body()


def _pinned(room: LiveRoom) -> msgspec.Raw | None:
    """Of one that is being looked up, the id."""
    if room.lacks_pinned:
        return msgspec.Raw(msgspec.json.encode({"id": room.rules.pinned}))
    return None if room.pinned is None else msgspec.Raw(room.pinned)


def _concerns(frame: RoomFrame, member: Member) -> bool:
    return not frame.hidden or frame.user_id == member.user_id


def _size(frames: Sequence[RoomFrame]) -> int:
    return sum(len(bytes(frame.body)) for frame in frames)


def _last(frames: Sequence[RoomFrame], most_bytes: int) -> Sequence[RoomFrame]:
    """As many of the newest as there is room for."""
    size = 0
    for number, frame in enumerate(reversed(frames)):
        size += len(bytes(frame.body))
        if size > most_bytes:
            return frames[len(frames) - number :]
    return frames


def _packets(bodies: Sequence[bytes], position: int) -> list[Packet]:
    """In portions, each no longer than a frame should be."""
    packets: list[Packet] = []
    portion: list[bytes] = []
    size = 0
    for body in bodies:
        if portion and size + len(body) > _PACKET_BYTES:
            packets.append(Packet(portion))
            portion, size = [], 0
        portion.append(body)
        size += len(body)
    if portion:
        packets.append(Packet(portion, position))
    return packets
