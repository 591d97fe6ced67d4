"""What follows when people leave: erased when they ask for it, and parted from their providers."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from application.pictures import UPLOAD_TIME
from application.processes.process import Enqueue, Reaction, SetDeadline
from domain.identity import events as fact
from domain.shared import Event, Recorded

_SCRUB_AFTER = timedelta(seconds=15)  # of several erasures in a row, once for all


class Erasure:
    """Leads to jobs alone: they are repeated until they are done, whoever is down meanwhile."""

    name = "erasure"
    contexts = frozenset({"identity"})

    def react(self, recorded: Recorded) -> Sequence[Reaction]:
        react = REACTIONS.get(type(recorded.event))
        return () if react is None else react(recorded, recorded.event)


def _look_again(recorded: Recorded, event: fact.PersonalDataErased) -> Sequence[Reaction]:
    """An address for uploads that was given out before the erasure is good until then. And the
    stores' own journals hold for a while what was deleted."""
    once_more = SetDeadline(
        key=f"late-uploads-{event.user_id}",
        due_at=recorded.recorded_at + UPLOAD_TIME,
        job="identity.remove_avatars",
        args=(event.user_id,),
    )
    scrubbing = SetDeadline(
        key="scrub", due_at=recorded.recorded_at + _SCRUB_AFTER, job="identity.scrub"
    )
    return (once_more, scrubbing)


def _erase(_recorded: Recorded, event: fact.ErasureRequested) -> Sequence[Reaction]:
    return (Enqueue("identity.erase_person", (event.user_id,)),)


def _leave(recorded: Recorded, event: fact.IdentityUnlinked) -> Sequence[Reaction]:
    """Whoever links another login of the provider meanwhile stays signed in by that."""
    then = recorded.recorded_at.isoformat()
    return (
        Enqueue("identity.end_sessions", (event.user_id, event.provider, then)),
        Enqueue("identity.forget_login", (event.login_id,)),
        Enqueue("identity.tell_provider", (event.login_id, event.provider)),
    )


def _tidy_up(_recorded: Recorded, event: fact.AvatarAttached) -> Sequence[Reaction]:
    return (Enqueue("identity.remove_old_avatars", (event.user_id,)),)


REACTIONS: dict[type[Event], Callable[[Recorded, Any], Sequence[Reaction]]] = {
    fact.ErasureRequested: _erase,
    fact.IdentityUnlinked: _leave,
    fact.AvatarAttached: _tidy_up,
    fact.PersonalDataErased: _look_again,
}
