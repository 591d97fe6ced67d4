"""How many watched a show over time, for its host and for analysts."""

from datetime import datetime, timedelta

import msgspec
from msgspec.structs import replace

from domain.audience.events import AudienceSampled
from domain.shared import Recorded
from projections.projection import Seen, TableProjection, Views

SAMPLES_AT_MOST = 720  # three hours of one in 15 s; of a longer show one in 32 s, 64 s …

# Seconds since the first sample, and how many watched.
Point = tuple[int, int]


class AudienceSample(msgspec.Struct, frozen=True, kw_only=True):
    at: datetime
    viewers: int


class AudienceView(msgspec.Struct, frozen=True, kw_only=True):
    """`curve` has one point in `spacing_seconds`, the most that were sampled in that time, and
    last of all the last sample as it was. When it gets too long the spacing is doubled until half
    of it will do."""

    viewers: int
    peak: int
    since: datetime
    curve: tuple[Point, ...]
    spacing_seconds: int = 1

    @property
    def samples(self) -> tuple[AudienceSample, ...]:
        """Oldest first."""
        return tuple(
            AudienceSample(at=self.since + timedelta(seconds=seconds), viewers=viewers)
            for seconds, viewers in self.curve
        )


def _fold(view: AudienceView | None, recorded: Recorded) -> AudienceView:
    event = recorded.event
    if not isinstance(event, AudienceSampled):
        raise TypeError(f"no audience is made of {recorded.type}")
    at, viewers, peak = recorded.recorded_at, event.viewers, event.peak
    if view is None:
        return AudienceView(viewers=viewers, peak=peak, since=at, curve=((0, viewers),))
    # Clocks of processes differ: time does not go back for all that.
    seconds = max(int((at - view.since).total_seconds()), view.curve[-1][0])
    grown = (*_settled(view.curve, view.spacing_seconds), (seconds, viewers))
    return _thinned(replace(view, viewers=viewers, peak=peak, curve=grown))


def _settled(curve: tuple[Point, ...], spacing: int) -> tuple[Point, ...]:
    """The last point joins the one before where both are of the same time."""
    *others, last = curve
    if not others or others[-1][0] // spacing != last[0] // spacing:
        return curve
    before = others.pop()
    return (*others, (before[0], max(before[1], last[1])))


def _thinned(view: AudienceView) -> AudienceView:
    if len(view.curve) <= SAMPLES_AT_MOST:
        return view
    *settled, last = view.curve
    spacing = view.spacing_seconds
    while len(settled) > SAMPLES_AT_MOST // 2:
        spacing *= 2
        settled = _most_in(spacing, settled)
    return replace(view, curve=(*settled, last), spacing_seconds=spacing)


def _most_in(spacing: int, points: list[Point]) -> list[Point]:
    most: dict[int, Point] = {}
    for seconds, viewers in points:
        first, so_far = most.get(seconds // spacing, (seconds, viewers))
        most[seconds // spacing] = (first, max(so_far, viewers))
    return list(most.values())


def _stream_id(recorded: Recorded) -> str:
    return recorded.entity_id


AUDIENCES = TableProjection(
    name="audiences",
    version=1,
    view=AudienceView,
    types=frozenset({AudienceSampled.tag}),
    key=_stream_id,
    fold=_fold,
)


async def get_audience(
    views: Views, stream_id: str, *, min_position: int = 0
) -> Seen[AudienceView | None]:
    """None: nobody has watched it yet. Who asks must be its host, an admin or an analyst. Raises
    `ProjectionBehind`."""
    await views.wait(AUDIENCES, min_position)
    return await views.get(AUDIENCES, stream_id)
