"""What counting an audience needs from the outside."""

from collections.abc import Collection, Mapping
from typing import Protocol


class Presence(Protocol):
    """Who is in which room just now, over all processes. Kept nowhere but in memory.

    Somebody is present until some seconds after they were last seen anywhere; with several
    connections they count once.
    """

    async def seen(self, rooms: Mapping[str, Collection[str]]) -> None:
        """User ids by live stream. To be told again every `refresh_seconds`."""
        ...

    async def counts(self, rooms: Collection[str]) -> dict[str, int]: ...

    async def occupied(self) -> dict[str, int]:
        """Every room somebody is in, with how many."""
        ...
