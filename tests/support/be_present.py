"""Says that somebody is in a room, again and again, until it is killed.

Run as `python -m tests.support.be_present REDIS_URL PREFIX ROOM USER …`; prints a line once said.
"""

import asyncio
import sys

from redis.asyncio import Redis

from infrastructure.realtime.presence import RedisPresence


async def be_present(url: str, prefix: str, room: str, users: list[str]) -> None:
    async with Redis.from_url(url) as redis:
        presence = RedisPresence(redis, prefix=prefix)
        while True:
            await presence.seen({room: users})
            sys.stdout.write("seen\n")
            sys.stdout.flush()
            await asyncio.sleep(presence.refresh_seconds)


if __name__ == "__main__":
    asyncio.run(be_present(sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:]))
