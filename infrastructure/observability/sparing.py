"""Keeps what happens thousands of times a second from being logged as often."""

import time


class Sparing:
    """Lets one line in `quiet_seconds` pass of each kind; there must be few kinds."""

    def __init__(self, quiet_seconds: float = 1.0) -> None:
        self._quiet_seconds = quiet_seconds
        self._last: dict[str, float] = {}

    def may_tell(self, kind: str) -> bool:
        now = time.monotonic()
        if now - self._last.get(kind, -self._quiet_seconds) < self._quiet_seconds:
            return False
        self._last[kind] = now
        return True
