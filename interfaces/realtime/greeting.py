"""What somebody is told who comes into a room, or has to begin anew: welcome, what they missed or
the newest there is, and how things stand."""

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from interfaces.realtime.member import Member
from interfaces.realtime.packet import Packet
from interfaces.realtime.picture import RoomPicture
from interfaces.realtime.server_messages import RoomSummary, Welcome
from projections.chat.frames import RoomFrame

NEWEST = 50
_PACKET_BYTES = 32 * 1024


class Greeting:
    """`missed` are the frames they have not seen, up to `upto`; None: that is not known. Nothing,
    or more than `most_bytes`, is given up for the newest."""

    def __init__(
        self,
        picture: RoomPicture,
        upto: int,
        most_bytes: int,
        missed: Sequence[RoomFrame] | None = None,
    ) -> None:
        self._picture = picture
        self._offers = tuple(map(msgspec.Raw, picture.offers.open_now().values()))
        self._recovered = missed is not None and _size(missed) <= most_bytes
        if missed is None or not self._recovered:
            missed = _last(picture.tail.newest(NEWEST, upto), most_bytes)
        # Were it beyond what follows, who is cut off in between would come back without that.
        self._position = missed[0].position - 1 if missed else upto
        bodies = [*(bytes(frame.body) for frame in missed), *picture.states.values()]
        self._packets = _packets(bodies, upto)

    def of(self, member: Member) -> tuple[Packet, ...]:
        return (Packet((self._welcome(member),)), *self._packets)

    def _welcome(self, member: Member) -> bytes:
        rules = self._picture.rules
        return Welcome(
            viewer_id=member.user_id,
            role=rules.role_of(member.caller),
            muted_until=rules.muted_until(member.user_id, datetime.now(UTC)),
            room=RoomSummary(
                slow_mode_seconds=rules.slow_mode_seconds,
                who_may_chat=rules.who_may_chat,
                links_allowed=rules.links_allowed,
                closed=rules.closed,
                status=rules.status,
                pinned_message=msgspec.Raw(self._picture.shown_pinned),
            ),
            offers=self._offers,
            position=self._position,
            recovered=self._recovered,
        ).body()


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
