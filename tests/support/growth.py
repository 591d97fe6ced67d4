"""How what a text costs grows with its length: the least of some runs, so that a busy machine does
not matter."""

import time
from collections.abc import Callable

LONGER = 8  # times; what is quadratic takes 64 times as long
NO_FASTER = 24


def growth(work: Callable[[str], object], text: str) -> float:
    """How many times as long a text takes that is eight times as long."""
    return cost(lambda: work(text * LONGER)) / cost(lambda: work(text))


def cost(work: Callable[[], object]) -> float:
    """The least of some, in seconds: nothing else was going on then."""
    return min(_seconds(work) for _ in range(7))


def _seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    for _ in range(20):
        work()
    return time.perf_counter() - begun
