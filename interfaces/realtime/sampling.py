"""Where more is said than people can read, everybody is shown the same fair part of it."""

from collections.abc import Sequence
from typing import NamedTuple

from projections.chat.frames import RoomFrame

_MOST_SPEAKERS = 5000
_EPSILON = 1e-9


class Chosen(NamedTuple):
    """Both in order of position."""

    shown: list[RoomFrame]
    left_out: list[RoomFrame]


class FairSample:
    """At most `per_second` messages a second on the long run, as many again after a quiet second;
    0: all. What is not a message, or `stands`, is always shown and counts nothing.

    Whoever was shown longest ago comes first, and everybody once before anybody twice.
    """

    __slots__ = ("_allowance", "_at", "_last_shown", "_per_second", "_turn", "hot")

    def __init__(self, per_second: int) -> None:
        self._per_second = per_second
        self._allowance = float(per_second)
        self._at = 0.0
        self._turn = 0
        self._last_shown: dict[str, int] = {}
        self.hot = False

    def choose(self, frames: Sequence[RoomFrame], now: float) -> Chosen:
        """`now` is in seconds by any clock that does not go back."""
        if not self._per_second:
            return Chosen(list(frames), [])
        self._refill(now)
        optional = [frame for frame in frames if frame.kind == "message" and not frame.stands]
        room = int(self._allowance + _EPSILON)
        self.hot = len(optional) > room
        picked = self._fairest(optional, room) if self.hot else optional
        self._allowance -= len(picked)
        if not self.hot:
            return Chosen(list(frames), [])
        left_out = {frame.position for frame in optional} - {frame.position for frame in picked}
        return Chosen(
            [frame for frame in frames if frame.position not in left_out],
            [frame for frame in frames if frame.position in left_out],
        )

    def _refill(self, now: float) -> None:
        earned = (now - self._at) * self._per_second
        self._allowance = min(float(self._per_second), self._allowance + earned)
        self._at = now

    def _fairest(self, frames: Sequence[RoomFrame], count: int) -> list[RoomFrame]:
        self._turn += 1
        said: dict[str, int] = {}
        ranked = []
        for frame in frames:
            nth = said[frame.user_id] = said.get(frame.user_id, 0) + 1
            ranked.append((nth, self._last_shown.get(frame.user_id, 0), frame.position, frame))
        ranked.sort(key=lambda one: one[:3])
        picked = [frame for *_, frame in ranked[:count]]
        self._remember(picked)
        return picked

    def _remember(self, picked: Sequence[RoomFrame]) -> None:
        for frame in picked:
            self._last_shown.pop(frame.user_id, None)
            self._last_shown[frame.user_id] = self._turn
        while len(self._last_shown) > _MOST_SPEAKERS:
            del self._last_shown[next(iter(self._last_shown))]
