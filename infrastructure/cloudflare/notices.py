"""Tells the streaming context, in its own words, what a stored webhook of Cloudflare's says."""

from application.streaming.ports import ProviderNotice
from infrastructure.cloudflare.webhooks import (
    LiveInputNotification,
    UnknownNotification,
    VideoNotification,
    parse_notification,
)


def read_notice(source: str, body: bytes) -> ProviderNotice | None:
    """None for a test notification, and for a video that was no broadcast.

    Raises `ValueError` for what Cloudflare does not send. A body tells its kind by itself.
    """
    match parse_notification(body):
        case LiveInputNotification() as live:
            return _of_feed(live)
        case VideoNotification(input_uid=str(input_uid)):
            return ProviderNotice(kind="recording", input_uid=input_uid)
        case UnknownNotification():
            raise ValueError(f"a webhook of {source} that Cloudflare does not send")
        case _:
            return None


def _of_feed(live: LiveInputNotification) -> ProviderNotice:
    rejected = live.event_type == "live_input.errored"
    return ProviderNotice(
        kind="error" if rejected else "feed",
        input_uid=live.input_uid,
        at=live.occurred_at,
        error_code=live.error_code or "",
        video_codec=live.video_codec,
        audio_codec=live.audio_codec,
    )
