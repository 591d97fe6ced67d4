"""What a room is to be told at its next tick."""

from collections.abc import Mapping, Sequence

from infrastructure.observability.metrics import ROOM_LEFT_OUT
from interfaces.realtime.fan_out import Delivery
from interfaces.realtime.member import Member
from interfaces.realtime.packet import Packet
from interfaces.realtime.sampling import FairSample
from interfaces.realtime.tail import is_message, removed_id
from projections.chat.frames import RoomFrame

_MOST_BYTES = 64 * 1024  # in one frame
_SHARE = 4  # of what may wait for a client, one frame takes at most so much


class Outbox:
    """Durable frames in order, and states of which only the newest counts."""

    __slots__ = ("_frames", "_most_bytes", "_sample", "_states")

    def __init__(self, shown_per_second: int, buffer_bytes: int) -> None:
        self._most_bytes = min(_MOST_BYTES, buffer_bytes // _SHARE)
        self._frames: list[RoomFrame] = []
        self._states: dict[str, bytes] = {}
        self._sample = FairSample(shown_per_second)

    def __bool__(self) -> bool:
        return bool(self._frames or self._states)

    @property
    def oldest(self) -> int | None:
        """The position of the first durable frame that waits."""
        return self._frames[0].position if self._frames else None

    @property
    def hot(self) -> bool:
        """Whether more was said lately than is shown: the next sample needs a choice."""
        return self._sample.hot

    def add(self, frame: RoomFrame) -> None:
        if frame.kind == "message_removed":
            gone = removed_id(frame)
            self._frames = [one for one in self._frames if not is_message(one, gone)]
        self._frames.append(frame)

    def put(self, key: str, body: bytes) -> None:
        self._states[key] = body

    def clear(self) -> None:
        self._frames.clear()

    def take(self, now: float, members_of: Mapping[str, Sequence[Member]]) -> Delivery:
        """What is due. A person's own messages and private frames go to them beside the rest, in
        order of position."""
        frames = self._next()
        chosen = self._sample.choose([frame for frame in frames if not frame.hidden], now)
        ROOM_LEFT_OUT.inc(len(chosen.left_out))
        own: dict[str, list[RoomFrame]] = {}
        for frame in (*chosen.left_out, *(frame for frame in frames if frame.hidden)):
            if frame.user_id in members_of:
                own.setdefault(frame.user_id, []).append(frame)
        states = list(self._states.values())
        self._states.clear()
        reached = frames[-1].position if frames else 0
        instead = {
            member: packet
            for user_id, more in own.items()
            if (packet := _packet([*chosen.shown, *more], states, reached))
            for member in members_of[user_id]
        }
        return Delivery(_packet(chosen.shown, states, reached), instead)

    def _next(self) -> list[RoomFrame]:
        size = count = 0
        for frame in self._frames:
            size += len(bytes(frame.body))
            if size > self._most_bytes and count:
                break
            count += 1
        frames, self._frames = self._frames[:count], self._frames[count:]
        return frames


def _packet(frames: list[RoomFrame], states: list[bytes], reached: int) -> Packet | None:
    if not frames and not states:
        return None
    frames.sort(key=lambda frame: frame.position)
    return Packet([*(bytes(frame.body) for frame in frames), *states], reached)
