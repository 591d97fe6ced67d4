"""Which uploads products are shown with; read from the projection `media_in_use`."""

from collections.abc import Collection, Sequence

from projections.catalogue.media import media_in_use
from projections.projection import Views


class ProjectedMediaIndex:
    """Implements `MediaIndex`."""

    def __init__(self, views: Views) -> None:
        self._views = views

    async def in_use(self, keys: Sequence[str], *, min_position: int) -> Collection[str]:
        """Raises `ProjectionBehind`."""
        return await media_in_use(self._views, keys, min_position=min_position)
