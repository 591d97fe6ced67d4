"""What the showcase needs from the outside. Adapters stand in infrastructure."""

from typing import Protocol


class OfferShows(Protocol):
    """Finds the show that an offer belongs to, which never changes; eventually consistent."""

    async def stream_of(self, offer_id: str) -> str | None: ...
