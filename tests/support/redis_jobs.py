"""Looks into the job queue's Redis, as a worker would find it."""

import json

from redis.asyncio import Redis

from tests.support.jobs import NAMESPACE


async def sent(redis_url: str) -> list[str]:
    """The first argument of every job waiting, in order."""
    redis = Redis.from_url(redis_url)
    order = await redis.lrange(f"{NAMESPACE}:default", 0, -1)
    bodies = await redis.hgetall(f"{NAMESPACE}:default.msgs")
    await redis.aclose()
    return [str(json.loads(bodies[name])["args"][0]) for name in order]
