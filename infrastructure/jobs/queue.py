"""Hands jobs to dramatiq's workers without blocking the event loop.

dramatiq itself only sends synchronously, one message a script call. This leaves messages where its
script does (brokers/redis/dispatch.lua, command `enqueue`): many at once, on an asyncio client.
"""

import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import msgspec
from dramatiq import Message
from dramatiq.common import dq_name
from redis.asyncio import Redis
from redis.exceptions import RedisError

from application.ports import JobsUnavailable
from infrastructure.ids import new_id
from infrastructure.jobs.job import Job, Sending
from infrastructure.observability.traces import current_traceparent

_AT_ONCE = 500
_encode = msgspec.json.Encoder().encode


class QueueSize(msgspec.Struct, frozen=True, kw_only=True):
    """Messages of one queue: ready to be taken, taken, and waiting for their time."""

    queue: str
    waiting: int
    running: int
    delayed: int


class DramatiqJobQueue:
    """Implements `JobQueue`. `namespace` is the prefix of every key in the jobs' Redis."""

    def __init__(self, redis: Redis, namespace: str, jobs: Iterable[Job]) -> None:
        self._redis = redis
        self._namespace = namespace
        self._jobs: Mapping[str, Job] = {job.name: job for job in jobs}

    def knows(self, job: str) -> bool:
        return job in self._jobs

    async def enqueue(self, job: str, *args: str, delay_seconds: float = 0) -> None:
        sending = Sending(
            job=job, args=args, delay_seconds=delay_seconds, traceparent=current_traceparent()
        )
        await self.enqueue_all([sending])

    async def enqueue_all(self, sendings: Sequence[Sending]) -> None:
        """In order. After `JobsUnavailable` any number of them may have been handed over."""
        messages = [self._message(sending) for sending in sendings]
        for start in range(0, len(messages), _AT_ONCE):
            await self._send(messages[start : start + _AT_ONCE])

    async def sizes(self) -> list[QueueSize]:
        queues = sorted({job.queue for job in self._jobs.values()})
        return [await self._size(queue) for queue in queues]

    async def _size(self, queue: str) -> QueueSize:
        name = f"{self._namespace}:{queue}"
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.llen(name)
            pipe.hlen(f"{name}.msgs")
            pipe.hlen(f"{name}.DQ.msgs")
            waiting, held, delayed = await pipe.execute()
        return QueueSize(queue=queue, waiting=waiting, running=held - waiting, delayed=delayed)

    def _message(self, sending: Sending) -> Message[None]:
        """Raises `KeyError` for a job nobody knows: that is a mistake in the code."""
        now, message_id = time.time(), new_id()
        options: dict[str, object] = {"redis_message_id": message_id}
        if sending.traceparent:
            options["traceparent"] = sending.traceparent
        queue = self._jobs[sending.job].queue
        name: str = queue
        if sending.delay_seconds > 0:
            name = dq_name(queue)
            options["eta"] = int((now + sending.delay_seconds) * 1000)
        return Message(name, sending.job, sending.args, {}, options, message_id, int(now * 1000))

    async def _send(self, messages: Sequence[Message[None]]) -> None:
        """All of them or none, in one round trip."""
        queues: dict[str, list[str | bytes]] = defaultdict(list)
        for message in messages:
            queues[message.queue_name] += (message.message_id, _encode(message))
        try:
            async with self._redis.pipeline(transaction=True) as pipe:
                for queue, items in queues.items():
                    name = f"{self._namespace}:{queue}"
                    pipe.hset(f"{name}.msgs", items=items)
                    pipe.rpush(name, *items[::2])
                await pipe.execute()
        except RedisError as error:
            raise JobsUnavailable(f"the job queue cannot be reached: {error}") from error
