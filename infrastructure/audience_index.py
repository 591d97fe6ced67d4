"""Which shows are watched, as of their last sample; read from the projection `live_streams`."""

from collections.abc import Collection

from projections.projection import ProjectionBehind, Views
from projections.streaming.live_streams import watched_streams


class ProjectedAudienceIndex:
    """Implements `AudienceIndex`."""

    def __init__(self, views: Views) -> None:
        self._views = views

    async def watched(self) -> Collection[str]:
        try:
            return await watched_streams(self._views)
        except ProjectionBehind:
            return ()
