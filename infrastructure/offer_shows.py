"""Which show an offer belongs to, from the view of offers."""

from projections.projection import Views
from projections.showcase.offers import get_offer

_REMEMBERED = 10_000


class ProjectedOfferShows:
    """Implements `OfferShows`. What it has found once it keeps: a flash sale asks for one offer
    thousands of times."""

    def __init__(self, views: Views) -> None:
        self._views = views
        self._known: dict[str, str] = {}

    async def stream_of(self, offer_id: str) -> str | None:
        known = self._known.get(offer_id)
        if known is not None:
            return known
        found = (await get_offer(self._views, offer_id)).value
        if found is None:
            return None
        while len(self._known) >= _REMEMBERED:
            del self._known[next(iter(self._known))]
        self._known[offer_id] = found.stream_id
        return found.stream_id
