"""Commands that nobody sends but the system itself: by the clock, or because of a fact."""

import hashlib
from datetime import datetime

from application.ports import Dispatch
from domain.shared import Command, Recorded


def by_system(
    command: Command, command_id: str, *, job: str, now: datetime, cause: Recorded | None = None
) -> Dispatch:
    """In the name of `job`, as what `cause` led to. The id says all that the command is about."""
    return Dispatch(
        command=command,
        command_id=command_id,
        actor=f"system:{job}",
        now=now,
        correlation_id=cause.correlation_id if cause else None,
        causation_id=cause.event_id if cause else None,
        fingerprint=fingerprint_of(command_id),
    )


def fingerprint_of(command_id: str) -> bytes:
    """For commands whose id says all that they are about."""
    return hashlib.sha256(command_id.encode()).digest()
