"""Messages dramatiq itself gives up, such as a job this version of the code does not know."""

import asyncio
import time
from typing import Any

from dramatiq.middleware import Middleware

from infrastructure.jobs.dead_jobs import DeadJob, DeadJobs


class KeepStrays(Middleware):
    """Shows them among the dead jobs. dramatiq keeps its own copy for 30 days as well."""

    def __init__(self, dead: DeadJobs, loop: asyncio.AbstractEventLoop) -> None:
        self._dead = dead
        self._loop = loop

    def before_nack(self, _broker: Any, message: Any) -> None:
        stray = DeadJob(
            id=message.message_id,
            job=message.actor_name[:100],
            args=tuple(str(arg) for arg in message.args),
            tries=message.options.get("tries", 0),
            error=f"no worker of this version knows the job {message.actor_name}",
            traceparent=message.options.get("traceparent"),
            died_us=time.time_ns() // 1000,
        )
        asyncio.run_coroutine_threadsafe(self._dead.keep(stray), self._loop).result(timeout=10)
