"""Persons erased a moment ago: what was read or sent before that may still hold what they said."""

from collections.abc import Collection, Iterable

from projections.chat.frames import RoomFrame

_REMEMBERED = 10_000  # reading that began before an erasure ends within seconds of it


class Erasures:
    """One a process."""

    __slots__ = ("_persons",)

    def __init__(self) -> None:
        self._persons: dict[str, None] = {}

    def __contains__(self, person: str) -> bool:
        return person in self._persons

    def add(self, persons: Collection[str]) -> None:
        self._persons.update(dict.fromkeys(persons))
        while len(self._persons) > _REMEMBERED:
            del self._persons[next(iter(self._persons))]

    def hide(self, frame: RoomFrame) -> bool:
        return frame.kind == "message" and frame.user_id in self._persons

    def without(self, frames: Iterable[RoomFrame]) -> list[RoomFrame]:
        return [frame for frame in frames if not self.hide(frame)]
