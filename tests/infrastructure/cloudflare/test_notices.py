"""What the streaming context hears of a webhook."""

from datetime import UTC, datetime

import msgspec
import pytest

from application.streaming.ports import ProviderNotice
from infrastructure.cloudflare.notices import read_notice

AT = "2026-01-13T11:43:41.855717910Z"


def _live(event_type: str, **errored: object) -> bytes:
    data = {"input_id": "i1", "event_type": event_type, "updated_at": AT, **errored}
    return msgspec.json.encode({"data": data})


@pytest.mark.parametrize("event_type", ["live_input.connected", "live_input.disconnected"])
def test_read_notice_of_a_feed(event_type: str) -> None:
    at = datetime(2026, 1, 13, 11, 43, 41, 855717, UTC)
    notice = read_notice("cloudflare_live", _live(event_type))
    assert notice == ProviderNotice(kind="feed", input_uid="i1", at=at)


def test_read_notice_of_a_rejected_feed() -> None:
    error = {"error": {"code": "ERR_STORAGE_QUOTA_EXHAUSTED"}, "video_codec": "h264"}
    body = _live("live_input.errored", live_input_errored=error)
    notice = read_notice("cloudflare_live", body)
    assert notice is not None
    assert (notice.kind, notice.error_code) == ("error", "ERR_STORAGE_QUOTA_EXHAUSTED")
    assert notice.video_codec == "h264"


def test_read_notice_of_a_recording() -> None:
    notice = read_notice("cloudflare_video", b'{"uid":"v1","liveInput":"i1"}')
    assert notice == ProviderNotice(kind="recording", input_uid="i1")


@pytest.mark.parametrize(
    "body", [b'{"text":"test"}', b'{"uid":"v1"}', b'{"uid":"v1","liveInput":null}']
)
def test_read_notice_is_none_when_no_live_input_is_concerned(body: bytes) -> None:
    assert read_notice("cloudflare_live", body) is None


@pytest.mark.parametrize("body", [b"", b"[]", b'{"data":{}}'])
def test_read_notice_raises_when_cloudflare_does_not_send_such(body: bytes) -> None:
    with pytest.raises(ValueError, match="does not send"):
        read_notice("cloudflare_live", body)
