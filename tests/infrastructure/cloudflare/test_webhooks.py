"""Which webhooks are believed, and what is read in them."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from infrastructure.cloudflare.webhooks import (
    LiveInputNotification,
    TestNotification,
    UnknownNotification,
    VideoNotification,
    WebhookRefused,
    parse_notification,
    verify_shared_secret,
    verify_signature,
)
from infrastructure.settings import Secret
from tests.support.any_json import JSON

# Cloudflare's documented example secret and time; A to C agree with an independent library.
SECRET = Secret("85011ed3a913c6ad5f9cf6c5573cc0a7")
TIME = 1230811200
BODY_A = (
    b'{"uid":"6b9e68b07dfee8cc2d116e4c51d6a957","readyToStream":true,'
    b'"status":{"state":"ready","pctComplete":"100","errorReasonCode":""}}'
)
SIG_A = "e517b28af95a5c15bf630db474c902b8abf9308995aa6dbe8034a044de63ecd6"
DOCUMENTED_SIG = "60493ec9388b44585a29543bcf0de62e377d4da393246a8b1c901d0e3e672404"
HEADER_A = f"time={TIME},sig1={SIG_A}"


def _verify(header: str | None, body: bytes = BODY_A, *, now: float = TIME) -> None:
    verify_signature(header, body, SECRET, now=now, tolerance_seconds=300)


@pytest.mark.parametrize(
    ("body", "sig1"),
    [
        (BODY_A, SIG_A),
        (b"", "b7add7718ec459a0d6efb26624b389810ac1cd3aed3017c3694081b9876fd4b6"),
        (
            "héllo, 🦀 world!".encode(),
            "aca2bf96114b4facc2a0002e82e401047e87b2304e21c654df64f5c9dcee6bdc",
        ),
        (b'{"a":1}\n', "aace31949c72db86175dc78ee8ab82ad2ac4b881b017baf097b9e148c0912612"),
    ],
    ids="ABCD",
)
def test_signature_of_every_vector_is_accepted(body: bytes, sig1: str) -> None:
    _verify(f"time={TIME},sig1={sig1}", body)


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "garbage",
        f"time={TIME}",
        f"sig1={SIG_A}",
        f"time=,sig1={SIG_A}",
        f"time=-{TIME},sig1={SIG_A}",
        f"time={TIME}.0,sig1={SIG_A}",
        f"time=١٢٣٠٨١١٢٠٠,sig1={SIG_A}",
        f"time={'9' * 400},sig1={SIG_A}",
        f"time={TIME},sig1=",
        f"time={TIME},sig1={SIG_A[:-2]}",
        f"time={TIME},sig1={SIG_A.upper()}",
        f"time={TIME},sig1={DOCUMENTED_SIG}",
        f"time={TIME},time={TIME},sig1={SIG_A}",
        f"time={TIME},sig1={DOCUMENTED_SIG},sig1={SIG_A}",
        f"time={TIME + 1},sig1={SIG_A}",
        f"time={TIME},sig2={SIG_A}",
        f"{HEADER_A},{HEADER_A}",
    ],
)
def test_signature_is_refused_when_it_is_malformed_doubled_or_wrong(header: str | None) -> None:
    with pytest.raises(WebhookRefused):
        _verify(header)


def test_signature_is_accepted_when_it_has_fields_of_the_future() -> None:
    _verify(f"{HEADER_A},sig2=abc")


@pytest.mark.parametrize("body", [BODY_A + b"\n", BODY_A.replace(b"true", b"false"), b""])
def test_signature_is_refused_when_the_body_is_another(body: bytes) -> None:
    with pytest.raises(WebhookRefused):
        _verify(HEADER_A, body)


@pytest.mark.parametrize(
    ("drift", "accepted"), [(300, True), (-300, True), (301, False), (-301, False)]
)
def test_signature_is_refused_when_it_is_stale(drift: int, accepted: bool) -> None:
    try:
        _verify(HEADER_A, now=TIME + drift)
    except WebhookRefused:
        assert not accepted
    else:
        assert accepted


def test_everything_is_refused_when_no_secret_is_configured() -> None:
    with pytest.raises(WebhookRefused):
        verify_signature(HEADER_A, BODY_A, Secret(""), now=TIME, tolerance_seconds=300)
    with pytest.raises(WebhookRefused):
        verify_shared_secret("", Secret(""))


def test_shared_secret_is_accepted_when_it_is_the_same() -> None:
    verify_shared_secret("longé-secret", Secret("longé-secret"))


@pytest.mark.parametrize(
    "header", [None, "", "long-secre", "long-secret ", "LONG-SECRET", "\udcff"]
)
def test_shared_secret_is_refused_when_it_differs(header: str | None) -> None:
    with pytest.raises(WebhookRefused):
        verify_shared_secret(header, Secret("long-secret"))


def _live(**data: Any) -> bytes:
    body = {"name": "Live", "text": "…", "ts": 1642074233, "policy_id": "p", "data": data}
    return msgspec.json.encode(body)


def test_live_notification_is_read() -> None:
    notification = parse_notification(
        _live(
            notification_name="Stream Live Input",
            input_id="eb222fcca08eeb1ae84c981ebe8aeeb6",
            event_type="live_input.disconnected",
            updated_at="2022-01-13T11:43:41.855717910Z",
        )
    )
    assert isinstance(notification, LiveInputNotification)
    assert notification.event_type == "live_input.disconnected"
    assert notification.updated_at == "2022-01-13T11:43:41.855717910Z"
    assert notification.dedupe_key == (
        "live:eb222fcca08eeb1ae84c981ebe8aeeb6:live_input.disconnected:"
        "2022-01-13T11:43:41.855717910Z"
    )
    assert notification.occurred_at is not None
    assert notification.occurred_at.microsecond == 855717


def test_live_notification_tells_why_a_feed_was_rejected() -> None:
    errored = {
        "error": {"code": "ERR_GOP_OUT_OF_RANGE", "message": "…"},
        "video_codec": "",
        "audio_codec": "mp3",
    }
    notification = parse_notification(
        _live(input_id="i1", event_type="live_input.errored", live_input_errored=errored)
    )
    assert isinstance(notification, LiveInputNotification)
    assert notification.error_code == "ERR_GOP_OUT_OF_RANGE"
    assert (notification.video_codec, notification.audio_codec) == (None, "mp3")


@pytest.mark.parametrize(
    ("status", "state", "code"),
    [
        ({"state": "ready", "pctComplete": "39.000000", "errorReasonCode": ""}, "ready", None),
        ({"state": "error", "errReasonCode": "ERR_NON_VIDEO"}, "failed", "ERR_NON_VIDEO"),
        ({"state": "error", "errorReasonCode": ""}, "failed", "ERR_UNKNOWN"),
    ],
)
def test_video_notification_is_read(status: Any, state: str, code: str | None) -> None:
    body = {"uid": "v1", "liveInput": "i1", "readyToStream": state == "ready", "status": status}
    notification = parse_notification(msgspec.json.encode(body))
    assert isinstance(notification, VideoNotification)
    assert (notification.video_uid, notification.input_uid) == ("v1", "i1")
    assert (notification.state, notification.error_code) == (state, code)


def test_test_notification_is_known_by_its_text_alone() -> None:
    assert parse_notification(b'{"text":"Hello World!"}') == TestNotification()


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"\xff", b"[]", b"1", b"null", b'{"data":{}}', b'{"uid":7}', b"[" * 100_000],
)
def test_anything_else_is_unknown(body: bytes) -> None:
    assert isinstance(parse_notification(body), UnknownNotification)


def test_dedupe_key_is_short_and_printable_when_the_sender_is_not() -> None:
    notification = parse_notification(_live(input_id="é" * 900, event_type="x", updated_at="y"))
    assert isinstance(notification, LiveInputNotification)
    assert notification.dedupe_key.isascii()
    assert len(notification.dedupe_key) <= 200


@given(JSON, st.sampled_from(["data", "uid", "text", "status", "live_input_errored"]))
def test_nothing_raises_on_any_json(raw: Any, name: str) -> None:
    data = {"input_id": "i1", "event_type": "e", "updated_at": "u", name: raw}
    for body in (raw, {name: raw}, {"uid": "v1", name: raw}, {"data": data}):
        parse_notification(msgspec.json.encode(body))


def test_notifications_without_a_time_are_the_same_only_when_their_bodies_are() -> None:
    bodies = [
        b'{"data": {"input_id": "a", "event_type": "live_input.connected"}, "ts": %d}' % number
        for number in (1, 1, 2)
    ]
    keys = [parse_notification(body).dedupe_key for body in bodies]  # type: ignore[union-attr]
    assert keys[0] == keys[1] != keys[2]
