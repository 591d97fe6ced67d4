"""What Apple calls when a person takes our permission back or deletes their Apple Account."""

from litestar import Response, post

from application.identity.ports import ProviderNotice
from interfaces.http.auth import UNCOUNTED
from interfaces.http.refusals import NotFound
from interfaces.http.request import ApiRequest
from interfaces.webhooks import notices


@post(
    "/webhooks/apple",
    access=UNCOUNTED,
    status_code=200,
    tags=["Webhooks"],
    summary="Apple: something changed about a person's sign-in",
)
async def take_apple_notice(request: ApiRequest) -> Response[None]:
    """Proven by Apple's signature on `payload`. What concerns mail alone is let pass."""
    await notices.take(request, notices.APPLE, _proven(request))
    return Response(None)


async def _proven(request: ApiRequest) -> ProviderNotice | None:
    reader = request.platform.provider_notices.apple
    if reader is None:
        raise NotFound
    return await reader.read(await request.body())


ROUTES = [take_apple_notice]
