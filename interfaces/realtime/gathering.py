"""Who is in a room, and how they leave it."""

import asyncio

from infrastructure.observability.metrics import ROOM_CLOSES
from interfaces.realtime.member import Member

TOO_SLOW = 4008


class Gathering:
    """`empty_since` is the loop's time, while there are no `members`."""

    def __init__(self) -> None:
        self.members: set[Member] = set()
        self.by_user: dict[str, tuple[Member, ...]] = {}
        self.empty_since = asyncio.get_running_loop().time()

    def add(self, member: Member) -> None:
        self.members.add(member)
        self.by_user[member.user_id] = (*self.by_user.get(member.user_id, ()), member)

    def remove(self, member: Member) -> None:
        """Repeating it changes nothing."""
        if member not in self.members:
            return
        self.members.remove(member)
        others = tuple(one for one in self.by_user[member.user_id] if one is not member)
        if others:
            self.by_user[member.user_id] = others
        else:
            del self.by_user[member.user_id]
        if not self.members:
            self.empty_since = asyncio.get_running_loop().time()

    def end(self, member: Member, code: int, reason: str) -> None:
        """Shows them out, once."""
        if member not in self.members:
            return
        self.remove(member)
        ROOM_CLOSES.labels(str(code)).inc()
        member.sink.end(code, reason)

    def too_slow(self, member: Member) -> None:
        self.end(member, TOO_SLOW, "too slow")

    def lose(self, member: Member, error: Exception | None) -> None:
        """They could not be written to: too much waits for them, or there is something wrong."""
        if error is None:
            self.too_slow(member)
        else:
            self.remove(member)
            member.sink.abort()
