"""Where more is said than people can read, everybody is shown the same fair part of it."""

from collections.abc import Sequence
from typing import NamedTuple

from interfaces.realtime.pace import Pace
from projections.chat.frames import RoomFrame

_CLAIMS_PER_SECOND = 3  # a person; beyond them they are like anything else that is said
_MOST_SPEAKERS = 5000
_EPSILON = 1e-9


class Chosen(NamedTuple):
    """Both in order of position."""

    shown: list[RoomFrame]
    left_out: list[RoomFrame]


class FairSample:
    """At most `per_second` messages a second on the long run, as many again after a quiet second;
    0: all. What is not a message, or `leads`, is always shown and counts nothing; so is what
    `stands`, within an allowance of its own for each person.

    Whoever was shown longest ago comes first, and everybody once before anybody twice.
    """

    __slots__ = ("_allowance", "_at", "_claims", "_last_shown", "_per_second", "_turn", "hot")

    def __init__(self, per_second: int) -> None:
        self._per_second = per_second
        self._allowance = float(per_second)
        self._at = 0.0
        self._turn = 0
        self._last_shown: dict[str, int] = {}
        self._claims: dict[str, Pace] = {}
        self.hot = False

    def choose(self, frames: Sequence[RoomFrame], now: float) -> Chosen:
        """`now` is in seconds by any clock that does not go back."""
        if not self._per_second:
            return Chosen(list(frames), [])
        self._refill(now)
        optional = [frame for frame in frames if not self._is_always_shown(frame, now)]
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

    def _is_always_shown(self, frame: RoomFrame, now: float) -> bool:
        if frame.kind != "message" or frame.leads:
            return True
        return frame.stands and self._may_claim(frame.user_id, now)

    def _may_claim(self, user_id: str, now: float) -> bool:
        pace = self._claims.pop(user_id, None) or Pace(_CLAIMS_PER_SECOND)
        self._claims[user_id] = pace
        _keep_the_last(self._claims)
        return pace.take(now)

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
        _keep_the_last(self._last_shown)


def _keep_the_last(known: dict[str, int] | dict[str, Pace]) -> None:
    while len(known) > _MOST_SPEAKERS:
        del known[next(iter(known))]
