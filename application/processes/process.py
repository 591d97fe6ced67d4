"""What a process is: it reads the log and says what is to be done next.

Pure: carrying the reactions out, exactly in order and at least once, is the process runner's work.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from domain.shared import Recorded


class Enqueue(msgspec.Struct, frozen=True):
    """Hand a job to the workers. Repeated after a crash, so the job must be idempotent."""

    job: str
    args: tuple[str, ...] = ()


class SetDeadline(msgspec.Struct, frozen=True, kw_only=True):
    """Hand a job to the workers once `due_at` has passed. The same `key` again replaces it."""

    key: str
    due_at: datetime
    job: str
    args: tuple[str, ...] = ()


class ClearDeadline(msgspec.Struct, frozen=True):
    key: str


Reaction = Enqueue | SetDeadline | ClearDeadline


class Process(Protocol):
    """Reads every event once, in order; its position and its deadlines commit together.

    `contexts` are those it follows: an event of theirs that cannot be read holds its stream up.
    """

    name: str
    contexts: frozenset[str]

    def react(self, recorded: Recorded) -> Sequence[Reaction]: ...
