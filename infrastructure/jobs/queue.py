"""Hands jobs to dramatiq's workers without blocking the event loop.

dramatiq itself only sends synchronously. This runs its own Redis script (brokers/redis/
dispatch.lua, command `enqueue`) on an asyncio client, many messages a round trip.
"""

import time
from collections.abc import Iterable, Mapping, Sequence
from uuid import uuid4

import msgspec
from dramatiq import Message
from dramatiq.brokers import redis as dramatiq_redis
from dramatiq.common import dq_name
from redis.asyncio import Redis
from redis.exceptions import RedisError

from application.ports import JobsUnavailable
from infrastructure.jobs.broker import DEAD_MESSAGE_MS, HEARTBEAT_TIMEOUT_MS
from infrastructure.jobs.job import Job, Sending
from infrastructure.observability.traces import current_traceparent

_PIPELINED = 500
_NO_MAINTENANCE = 0
_UNPACK_SIZE = 1000


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
        self._sender = f"sender-{uuid4()}"
        self._script = redis.register_script(dramatiq_redis._scripts["dispatch"])

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
        for start in range(0, len(messages), _PIPELINED):
            await self._send(messages[start : start + _PIPELINED])

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
        options: dict[str, object] = {"redis_message_id": str(uuid4())}
        if sending.traceparent:
            options["traceparent"] = sending.traceparent
        queue = self._jobs[sending.job].queue
        if sending.delay_seconds <= 0:
            return Message(queue, sending.job, sending.args, {}, options)
        options["eta"] = int((time.time() + sending.delay_seconds) * 1000)
        return Message(dq_name(queue), sending.job, sending.args, {}, options)

    async def _send(self, messages: Sequence[Message[None]]) -> None:
        try:
            async with self._redis.pipeline(transaction=False) as pipe:
                for message in messages:
                    await self._script(
                        keys=[self._namespace], args=self._arguments(message), client=pipe
                    )
                await pipe.execute()
        except RedisError as error:
            raise JobsUnavailable(f"the job queue cannot be reached: {error}") from error

    def _arguments(self, message: Message[None]) -> list[str | int | bytes]:
        return [
            "enqueue",
            int(time.time() * 1000),
            message.queue_name,
            self._sender,
            HEARTBEAT_TIMEOUT_MS,
            DEAD_MESSAGE_MS,
            _NO_MAINTENANCE,
            _UNPACK_SIZE,
            message.options["redis_message_id"],
            message.encode(),
        ]
