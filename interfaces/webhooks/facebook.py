"""What Facebook calls when a person removes our app, or wants their data deleted.

Both are forms with a `signed_request` (developers.facebook.com, "Data Deletion Request Callback").
"""

from typing import Literal
from urllib.parse import parse_qs

import msgspec
from litestar import Response, post

from application.identity.ports import ProviderNotice, SignInRefused
from interfaces.http.auth import UNCOUNTED
from interfaces.http.identity.erasure_status import FACEBOOK_DELETION, confirmation_code
from interfaces.http.refusals import NotFound
from interfaces.http.request import ApiRequest
from interfaces.webhooks import notices


class DeletionConfirmed(msgspec.Struct, frozen=True):
    """Facebook shows both to the person."""

    url: str
    confirmation_code: str


@post(
    "/webhooks/facebook/deletion",
    access=UNCOUNTED,
    status_code=200,
    tags=["Webhooks"],
    summary="Facebook: a person wants their data deleted",
)
async def take_deletion_request(request: ApiRequest) -> Response[DeletionConfirmed]:
    """Answers where the person can read what became of it."""
    proving = _proven(request, "deleted")
    webhook_id = await notices.take(request, FACEBOOK_DELETION, proving)
    code = confirmation_code(webhook_id or "")
    url = f"{request.platform.settings.public_url}/erasures/{code}"
    return Response(DeletionConfirmed(url=url, confirmation_code=code))


@post(
    "/webhooks/facebook/deauthorize",
    access=UNCOUNTED,
    status_code=200,
    tags=["Webhooks"],
    summary="Facebook: a person removed our app",
)
async def take_deauthorization(request: ApiRequest) -> None:
    """The login is unlinked; the account stays."""
    proving = _proven(request, "unlinked")
    await notices.take(request, notices.FACEBOOK_DEAUTHORIZE, proving)


async def _proven(request: ApiRequest, kind: Literal["unlinked", "deleted"]) -> ProviderNotice:
    reader = request.platform.provider_notices.facebook
    if reader is None:
        raise NotFound
    return reader.read(_signed_request(await request.body()), kind)


def _signed_request(body: bytes) -> str:
    try:
        found = parse_qs(body.decode("ascii"), max_num_fields=10).get("signed_request", [])
    except ValueError:
        found = []
    if len(found) != 1:
        raise SignInRefused("malformed")
    return found[0]


ROUTES = [take_deletion_request, take_deauthorization]
