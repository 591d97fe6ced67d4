"""How fast one connection may speak, before anything it says costs more than being read."""

_REFUSED_AT_MOST = 100


class Pace:
    """A token bucket: `per_second` on the long run, twice as many at once; 0: no limit."""

    __slots__ = ("_at", "_left", "_most", "_per_second", "_refused")

    def __init__(self, per_second: int) -> None:
        self._per_second = per_second
        self._most = self._left = 2.0 * per_second
        self._at = 0.0
        self._refused = 0

    def take(self, now: float) -> bool:
        """Whether one more may be said at that time, in seconds of a clock that does not go
        back."""
        if not self._per_second:
            return True
        self._left = min(self._most, self._left + (now - self._at) * self._per_second)
        self._at = now
        if self._left < 1:
            self._refused += 1
            return False
        self._left -= 1
        self._refused = max(0, self._refused - 1)
        return True

    @property
    def is_hopeless(self) -> bool:
        """It goes on and on, whatever it is told."""
        return self._refused > _REFUSED_AT_MOST
