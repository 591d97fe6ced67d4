"""What login providers tell us of people by themselves: proven, stored once, answered at once.

What is stored is the proven notice and not what was sent: it names a person, so as little of it is
kept as the job needs, and that only until the job is done.
"""

import hashlib
from collections.abc import Awaitable
from datetime import UTC, datetime

import msgspec
import structlog

from application.identity.ports import ProviderNotice, SignInRefused
from application.ports import JobsUnavailable
from infrastructure.observability.metrics import WEBHOOKS
from infrastructure.observability.sparing import Sparing
from interfaces.http.identity.erasure_status import FACEBOOK_DELETION
from interfaces.http.refusals import InvalidSignature
from interfaces.http.request import ApiRequest
from interfaces.platform import Platform

FACEBOOK_DEAUTHORIZE = "facebook_deauthorize"
APPLE = "apple"
SOURCES = (FACEBOOK_DELETION, FACEBOOK_DEAUTHORIZE, APPLE)
_JOB = "identity.take_notice"

_sparing = Sparing()
_log = structlog.get_logger("live.webhooks")


async def take(
    request: ApiRequest, source: str, proving: Awaitable[ProviderNotice | None]
) -> str | None:
    """The stored notice's id; None: it asks nothing of us. A repeat gets the first one's.

    Raises `InvalidSignature` for what the provider did not sign.
    """
    try:
        notice = await proving
    except SignInRefused as refused:
        WEBHOOKS.labels(source, "refused").inc()
        if _sparing.may_tell(source):  # anybody may call this as often as they like
            _log.warning("webhook refused", source=source, reason=refused.reason)
        raise InvalidSignature from None
    if notice is None:
        WEBHOOKS.labels(source, "test").inc()
        return None
    return await _keep(request.platform, source, notice)


def read_notice(source: str, body: bytes) -> ProviderNotice:
    """Implements `ReadNotice` for what `take` has stored, whichever the source."""
    return msgspec.json.decode(body, type=ProviderNotice)


async def _keep(platform: Platform, source: str, notice: ProviderNotice) -> str:
    dedupe_key = hashlib.sha256(notice.notice_id.encode()).hexdigest()
    webhook_id, is_new = await platform.notices.store(
        source, dedupe_key, msgspec.json.encode(notice), datetime.now(UTC)
    )
    WEBHOOKS.labels(source, "stored" if is_new else "repeated").inc()
    if not is_new:
        return webhook_id
    try:
        await platform.jobs.enqueue(_JOB, webhook_id)
    except JobsUnavailable:
        # It is stored: the sweep hands over what was never taken.
        _log.warning("webhook waits for the sweep", source=source, webhook_id=webhook_id)
    return webhook_id
