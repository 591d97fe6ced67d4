"""For what somebody waits for, but would rather do without than wait for long."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

_PATIENCE_SECONDS = 0.25
_PAUSE_SECONDS = 1.0


class BriefWait:
    """A quarter of a second; what took longer is not waited for at all for a second after it."""

    def __init__(self) -> None:
        self._away_until = 0.0

    @asynccontextmanager
    async def waiting(self) -> AsyncIterator[None]:
        """Raises `TimeoutError`."""
        if time.monotonic() < self._away_until:
            raise TimeoutError
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                yield
        except TimeoutError:
            self._away_until = time.monotonic() + _PAUSE_SECONDS
            raise
