"""People in a room without a network: what they were sent waits in memory."""

import time

from infrastructure.tokens import Caller
from interfaces.realtime.feed import FeedSink
from interfaces.realtime.member import Member


def somebody(
    user_id: str, *, buffer_bytes: int = 1 << 20, roles: tuple[str, ...] = ("viewer",)
) -> Member:
    caller = Caller(
        user_id=user_id,
        name="Somebody",
        roles=frozenset(roles),
        market="TW",
        language="en",
        expires_at=time.time() + 60,
    )
    return Member(caller, "en", FeedSink(buffer_bytes))
