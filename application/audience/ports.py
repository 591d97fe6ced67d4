"""What counting an audience needs from the outside."""

from collections.abc import Collection, Mapping
from typing import Protocol


class PresenceUnavailable(Exception):
    """Nobody can say who is where. It comes right by itself once everybody was told again."""


class Presence(Protocol):
    """Who is in which room just now, over all processes. Kept nowhere but in memory.

    Somebody is present until some seconds after they were last seen anywhere; with several
    connections they count once. Every method raises `PresenceUnavailable`.
    """

    @property
    def refresh_seconds(self) -> float: ...

    async def seen(self, rooms: Mapping[str, Collection[str]]) -> None:
        """User ids by live stream. To be told again every `refresh_seconds`."""
        ...

    async def counts(self, rooms: Collection[str]) -> dict[str, int]:
        """Of each of these rooms, 0 included."""
        ...

    async def occupied(self) -> dict[str, int]:
        """Every room somebody is in, with how many."""
        ...


class AudienceIndex(Protocol):
    """Finds shows by their audience, eventually consistent."""

    async def watched(self) -> Collection[str]:
        """The live streams that somebody watched as of their last sample. None of them where that
        cannot be told just now."""
        ...
