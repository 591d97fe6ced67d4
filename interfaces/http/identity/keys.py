"""The public keys our access tokens verify with, for other services (RFC 7517)."""

from litestar import Response, get

from infrastructure.identity.signing_keys import JsonWebKeySet
from interfaces.http.auth import UNCOUNTED
from interfaces.http.request import ApiRequest

_FRESH_SECONDS = 300  # less than a key is announced before it signs


@get(
    "/.well-known/jwks.json",
    access=UNCOUNTED,
    tags=["Identity"],
    summary="The keys that verify access tokens",
)
async def list_keys(request: ApiRequest) -> Response[JsonWebKeySet]:
    """The one that signs, the one announced, and those whose tokens are not all over yet."""
    published = await request.platform.signing_keys.published()
    # Before the first token there may be none yet, which nobody should remember.
    fresh = f"public, max-age={_FRESH_SECONDS}" if published.keys else "no-store"
    return Response(published, headers={"cache-control": fresh})


ROUTES = [list_keys]
