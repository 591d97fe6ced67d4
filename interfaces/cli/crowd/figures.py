"""What a simulated crowd sees of the server, as one line every few seconds."""

from collections import Counter
from collections.abc import Callable
from time import monotonic


class Figures:
    """Counts since the last line. `present` and `counted` are as of now: viewers connected, and
    what the server says of them."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._looked_at = clock()
        self._viewer_seconds = 0.0
        self.present = 0
        self.counted = 0
        self.said = 0  # since the start
        self.refused = Counter[str]()  # since the start, by code
        self.lost = Counter[str]()  # connections that broke, by close code
        self._restart()

    def line(self) -> str:
        self._look_at_the_clock()
        seconds = max(self._looked_at - self._since, 0.001)
        parts = [
            f"viewers {self.present} (server says {self.counted})",
            f"said {self._acknowledged / seconds:.1f}/s",
            f"shown {self.shown / max(self._viewer_seconds, 0.001):.1f}/s each",
            f"reactions {self.reactions / seconds:.0f}/s",
            f"came {self.came} left {self.left}",
            *self._latency(),
        ]
        if self.refused:
            parts.append("refused " + _listed(self.refused))
        if self.lost:
            parts.append("lost " + _listed(self.lost))
        if self.waits:
            parts.append(f"{self.waits} sign-ins wait: LIVE_SIGN_IN_LIMIT_PER_ADDRESS")
        self._restart()
        return "  ".join(parts)

    def come(self) -> None:
        self._look_at_the_clock()
        self.present += 1
        self.came += 1

    def leave(self) -> None:
        self._look_at_the_clock()
        self.present -= 1
        self.left += 1

    def acknowledged(self, seconds: float) -> None:
        """A message of the crowd's is durable, so long after it was sent."""
        self.said += 1
        self._acknowledged += 1
        self._took.append(seconds)

    def _latency(self) -> list[str]:
        if not self._took:
            return []
        took = sorted(self._took)
        middle, late = took[len(took) // 2], took[min(len(took) - 1, len(took) * 99 // 100)]
        return [f"ack p50 {middle * 1000:.0f} ms p99 {late * 1000:.0f} ms"]

    def _look_at_the_clock(self) -> None:
        """Whoever was there for a part of the time was shown a part of what was said."""
        now = self._clock()
        self._viewer_seconds += self.present * (now - self._looked_at)
        self._looked_at = now

    def _restart(self) -> None:
        self._look_at_the_clock()
        self._since = self._looked_at
        self._viewer_seconds = 0.0
        self._acknowledged = 0
        self._took: list[float] = []
        self.shown = self.reactions = self.came = self.left = self.waits = 0


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.most_common())
