"""What became of a request to be forgotten that a provider handed on, for the person to read.

The confirmation code is the stored notice's own id, and stands for nothing else: who holds it
learns that somebody asked, not who.
"""

import re
from html import escape
from typing import Literal

from litestar import Response, get
from litestar.params import FromPath

from infrastructure.webhook_inbox import WebhookStatus
from interfaces.http.auth import PUBLIC
from interfaces.http.i18n import catalogue
from interfaces.http.identity.answers import NO_STORE
from interfaces.http.pages import page
from interfaces.http.request import ApiRequest

FACEBOOK_DELETION = "facebook_deletion"
_CODE = re.compile(r"([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})")
_TEXTS = {"": "erasure_unknown", "done": "erasure_done"}


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
    status = await _status(request, code)
    texts, language = catalogue(), request.exchange.language

    def say(key: str, **fields: str) -> str:
        return escape(texts.text(language, key, fields) or "")

    shown = f'<p class="small">{say("erasure_code", code=code)}</p>' if status else ""
    body = f"""<h1>{say("erasure_title")}</h1>
<p>{say(_TEXTS.get(status, "erasure_underway"))}</p>
{shown}"""
    return Response(
        page(say("erasure_title"), body, language),
        status_code=200 if status else 404,
        headers={**NO_STORE, "content-language": language, "vary": "Accept-Language"},
        media_type="text/html",
    )


async def _status(request: ApiRequest, code: str) -> WebhookStatus | Literal[""]:
    """Empty: there is no such request, or it is too long ago."""
    parts = _CODE.fullmatch(code)
    stored = await request.platform.notices.get("-".join(parts.groups())) if parts else None
    return stored.status if stored and stored.source == FACEBOOK_DELETION else ""


ROUTES = [erasure_status]
