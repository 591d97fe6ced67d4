"""What became of a request to be forgotten that a provider handed on, for the person to read.

The confirmation code is the stored notice's own id, and stands for nothing else: who holds it
learns that somebody asked, not who.
"""

import re

from litestar import Response, get
from litestar.params import FromPath

from application.identity.notices import ACCOUNT_ERASED
from infrastructure.webhook_inbox import Webhook
from interfaces.http.auth import PUBLIC
from interfaces.http.identity.people_pages import say, shown
from interfaces.http.request import ApiRequest

FACEBOOK_DELETION = "facebook_deletion"
_CODE = re.compile(r"([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})")


def confirmation_code(webhook_id: str) -> str:
    """Facebook wants letters and digits only."""
    return webhook_id.replace("-", "")


@get(
    "/erasures/{code:str}",
    access=PUBLIC,
    include_in_schema=False,
    media_type="text/html",
    summary="What became of a request to be forgotten",
)
async def erasure_status(request: ApiRequest, code: FromPath[str]) -> Response[bytes]:
    stored = await _stored(request, code)
    told = say(request, _text(stored))
    known = say(request, "erasure_code", code=code) if stored else ""
    body = f'<p>{told}</p>\n<p class="small">{known}</p>'
    return shown(request, "erasure_title", body, status=200 if stored else 404)


async def _stored(request: ApiRequest, code: str) -> Webhook | None:
    """None: there is no such request, or it is too long ago."""
    parts = _CODE.fullmatch(code)
    stored = await request.platform.notices.get("-".join(parts.groups())) if parts else None
    return stored if stored and stored.source == FACEBOOK_DELETION else None


def _text(stored: Webhook | None) -> str:
    """Of a request that was worked off, the body says what came of it."""
    if stored is None:
        return "erasure_unknown"
    if stored.status != "done":
        return "erasure_underway"
    return "erasure_done" if stored.body == ACCOUNT_ERASED.encode() else "erasure_of_login_done"


ROUTES = [erasure_status]
