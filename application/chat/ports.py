"""What the chat needs from the outside, as roles."""

from collections.abc import Mapping
from typing import Protocol

import msgspec

from domain.chat.values import ReactionKind
from domain.shared import DomainError


class ChatTooFastError(DomainError):
    """The person, or the whole room, says more than is let through; `seconds` to wait."""

    code = "chat_too_fast"


class RepeatedMessageError(DomainError):
    """The person said the very same a moment ago."""

    code = "repeated_message"


class KeyedDigest(Protocol):
    """A digest under a key of the installation's: without the key, nobody can confirm a guess at
    what it was taken of. It is the same in all processes."""

    async def __call__(self, content: bytes) -> bytes: ...


class Remark(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be let through or not. Its text is known by a digest alone."""

    stream_id: str
    user_id: str
    command_id: str
    digest: bytes
    exempt: bool = False


class ChatLimits(Protocol):
    """Token buckets a person and a room, and the flood of repetitions."""

    async def admit(self, remark: Remark) -> None:
        """Raises `ChatTooFastError` or `RepeatedMessageError`. The same `command_id` again is no
        repetition. Hosts, moderators and staff are `exempt`: counted in the room, and let in."""
        ...

    async def take_back(self, remark: Remark) -> None:
        """The room refused it, so to say it again is no repetition. It counts in the buckets all
        the same: attempts do."""
        ...

    async def admit_reactions(self, stream_id: str, user_id: str, count: int) -> int:
        """How many of so many reactions of a person count; the rest is dropped, unseen."""
        ...


class ReactionsUnavailable(Exception):
    """The totals cannot be reached; what was to be counted may or may not have been."""


class ReactionTotals(Protocol):
    """How many reactions a room has seen, live: ahead of what has been recorded. Both methods
    raise `ReactionsUnavailable`."""

    async def add(
        self,
        stream_id: str,
        counts: Mapping[ReactionKind, int],
        recorded: Mapping[ReactionKind, int],
    ) -> dict[ReactionKind, int]:
        """Counts, on top of what was `recorded`, or shown, at least; all totals now."""
        ...

    async def totals(self, stream_id: str) -> dict[ReactionKind, int]:
        """Empty where nothing has been counted lately."""
        ...


class SentMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A message of the log, as moderating it needs it."""

    stream_id: str
    message_id: str
    user_id: str
    removed: bool


class SentMessages(Protocol):
    """Finds messages by id. That one was said, and by whom, never changes."""

    async def find(self, stream_id: str, message_id: str) -> SentMessage | None: ...
