"""What the catalogue needs from the outside beyond the ports every context shares."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Protocol

Clock = Callable[[], datetime]
NewId = Callable[[], str]


class MediaIndex(Protocol):
    """Which uploads products are shown with."""

    async def in_use(self, keys: Sequence[str], *, min_position: int) -> Collection[str]:
        """Those of `keys`, as of a log position no earlier; an index that cannot tell raises."""
        ...
