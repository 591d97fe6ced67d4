"""Keeps what happens thousands of times a second from being logged as often."""

import time

_QUIET_SECONDS = 1.0


class Sparing:
    """Lets one line a second pass of each kind; there must be few kinds."""

    def __init__(self) -> None:
        self._last: dict[str, float] = {}

    def may_tell(self, kind: str) -> bool:
        now = time.monotonic()
        if now - self._last.get(kind, -_QUIET_SECONDS) < _QUIET_SECONDS:
            return False
        self._last[kind] = now
        return True
