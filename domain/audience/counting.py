"""A show's audience: how many watch, and the most there have been. Pure."""

import msgspec

from domain.audience.commands import SampleAudience
from domain.audience.events import AudienceSampled
from domain.shared import Command, Decider, Event


class Audience(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """As of the last sample."""

    viewers: int = 0
    peak: int = 0


def evolve(state: Audience, event: Event) -> Audience:
    """A fact of a type unknown here changes nothing."""
    if not isinstance(event, AudienceSampled):
        return state
    return Audience(viewers=event.viewers, peak=event.peak)


def decide(state: Audience, command: Command) -> tuple[Event, ...]:
    """Raises `TypeError` for a command of another context. An empty room stays so silently; any
    other sample counts, also one like the last: samples make a curve over time."""
    if not isinstance(command, SampleAudience):
        raise TypeError(f"an audience does not decide {type(command).__name__}")
    if state.viewers == command.viewers == command.most == 0:
        return ()
    peak = max(state.peak, command.most, command.viewers)
    return (AudienceSampled(viewers=command.viewers, peak=peak),)


AUDIENCE: Decider[Audience] = Decider(
    category="audience", initial=Audience(), decide=decide, evolve=evolve
)
