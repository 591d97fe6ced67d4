"""The facts recorded about who watches, on the stream `audience-<live stream id>`."""

from domain.shared import Event


class AudienceSampled(Event, frozen=True, kw_only=True):
    """So many people were watching. `peak` is the most there have been so far."""

    tag = "audience.AudienceSampled"
    viewers: int
    peak: int


EVENTS: tuple[type[Event], ...] = (AudienceSampled,)
