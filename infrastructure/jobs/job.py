"""What a job is: its name, its queue and how hard it is tried."""

from typing import Literal

import msgspec

Queue = Literal["default", "provider"]


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of work for the workers.

    Jobs of the queue `provider` wait for an outside system's call budget; the queue has a few
    threads of its own, so that a flood of them never holds up the others. A job that still fails
    at its last of `tries` is kept as dead. One try is given up after `seconds`; the pause
    between tries doubles from `first_pause` to `longest_pause` seconds. A `periodic` job is not
    kept as dead, because the next one comes anyhow.
    """

    name: str
    queue: Queue = "default"
    tries: int = 12
    seconds: float = 60.0
    first_pause: float = 1.0
    longest_pause: float = 300.0
    periodic: bool = False


class Sending(msgspec.Struct, frozen=True, kw_only=True):
    """A job on its way to the workers. `traceparent` is W3C Trace Context text."""

    job: str
    args: tuple[str, ...] = ()
    delay_seconds: float = 0
    traceparent: str | None = None
