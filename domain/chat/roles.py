"""As what somebody speaks in a room, and who leads there."""

from collections.abc import Collection
from typing import Protocol

from domain.chat.values import SpeakerRole

LEADING: frozenset[SpeakerRole] = frozenset({"host", "moderator"})


class Leaders(Protocol):
    """Who leads a room, by user id."""

    @property
    def host_id(self) -> str: ...

    @property
    def moderators(self) -> Collection[str]: ...


def role_of(user_id: str, leaders: Leaders, *, staff: bool, guest: bool) -> SpeakerRole:
    """Staff is seen as a moderator, which is what it does in a room."""
    if user_id == leaders.host_id:
        return "host"
    if staff or user_id in leaders.moderators:
        return "moderator"
    return "guest" if guest else "viewer"
