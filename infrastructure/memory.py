"""How often Python looks for reference cycles in a process that serves."""

import gc

_YOUNG, _MIDDLE, _OLD = 50_000, 20, 50


def collect_rarely() -> None:
    """Call once everything is set up: what is there now is never looked through again.

    Our values form no cycles and are freed by counting references; at Python's own thresholds the
    collector took a fifth of a busy writer's time and paused it for tens of milliseconds.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, _MIDDLE, _OLD)
