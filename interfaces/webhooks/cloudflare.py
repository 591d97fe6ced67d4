"""Takes Cloudflare's webhooks in: proven, stored raw, answered at once. A job makes sense of them.

Notifications (live inputs) repeat a shared secret, Stream (videos) signs.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime

import msgspec
import structlog
from litestar import Response, post

from application.ports import JobsUnavailable
from infrastructure.cloudflare.webhooks import (
    TestNotification,
    WebhookRefused,
    parse_notification,
    verify_shared_secret,
    verify_signature,
)
from infrastructure.observability.metrics import WEBHOOKS
from infrastructure.observability.sparing import Sparing
from interfaces.http.auth import UNCOUNTED
from interfaces.http.exchange import Exchange
from interfaces.http.refusals import InvalidSignature
from interfaces.http.request import ApiRequest
from interfaces.platform import Platform

LIVE = "cloudflare_live"
VIDEO = "cloudflare_video"
SOURCES = (LIVE, VIDEO)
_JOB = "streaming.take_webhook"

_sparing = Sparing()
_log = structlog.get_logger("live.webhooks")


class Received(msgspec.Struct, frozen=True):
    """`received`: stored now, or before."""

    received: bool = True


@post(
    "/webhooks/cloudflare/live",
    access=UNCOUNTED,
    status_code=200,
    tags=["Webhooks"],
    summary="Cloudflare Notifications: a feed came, went or was refused",
)
async def take_live_notification(request: ApiRequest) -> Response[Received]:
    """Proven by the header `cf-webhook-auth`."""
    settings = request.platform.settings
    secret = settings.cloudflare_live_webhook_secret
    sent = _header(request.exchange, b"cf-webhook-auth")
    return await _take(request, LIVE, lambda _body: verify_shared_secret(sent, secret))


@post(
    "/webhooks/cloudflare/video",
    access=UNCOUNTED,
    status_code=200,
    tags=["Webhooks"],
    summary="Cloudflare Stream: a video was processed",
)
async def take_video_notification(request: ApiRequest) -> Response[Received]:
    """Proven by the header `Webhook-Signature`, which also bounds its age."""
    settings = request.platform.settings
    sent = _header(request.exchange, b"webhook-signature")

    def verify(body: bytes) -> None:
        verify_signature(
            sent,
            body,
            settings.cloudflare_video_webhook_secret,
            now=time.time(),
            tolerance_seconds=settings.cloudflare_webhook_tolerance_seconds,
        )

    return await _take(request, VIDEO, verify)


async def _take(
    request: ApiRequest, source: str, verify: Callable[[bytes], None]
) -> Response[Received]:
    body = await request.body()
    try:
        verify(body)
    except WebhookRefused as refused:
        WEBHOOKS.labels(source, "refused").inc()
        if _sparing.may_tell(source):  # anybody may call this as often as they like
            _log.warning("webhook refused", source=source, reason=str(refused))
        raise InvalidSignature from None
    notification = parse_notification(body)
    if isinstance(notification, TestNotification):
        WEBHOOKS.labels(source, "test").inc()
    else:
        await _keep(request.platform, source, notification.dedupe_key, body)
    return Response(Received())


async def _keep(platform: Platform, source: str, dedupe_key: str, body: bytes) -> None:
    webhook_id, is_new = await platform.inbox.store(source, dedupe_key, body, datetime.now(UTC))
    WEBHOOKS.labels(source, "stored" if is_new else "repeated").inc()
    if not is_new:
        return
    try:
        await platform.jobs.enqueue(_JOB, webhook_id)
    except JobsUnavailable:
        # It is stored: the sweep hands over what was never taken.
        _log.warning("webhook waits for the sweep", source=source, webhook_id=webhook_id)


def _header(exchange: Exchange, name: bytes) -> str | None:
    return exchange.header(name) or None


ROUTES = [take_live_notification, take_video_notification]
