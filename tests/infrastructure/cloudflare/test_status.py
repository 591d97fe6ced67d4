"""Every shape of `status` met in documentation and in replies, and any other JSON."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given

from application.ports import IngestStatus
from infrastructure.cloudflare.status import ingest_status, moment, video
from tests.support.any_json import JSON


@pytest.mark.parametrize(
    ("raw", "state"),
    [
        (None, "idle"),
        ({"current": None}, "idle"),
        ("connected", "connected"),
        ("reconnected", "connected"),
        ("reconnecting", "connected"),
        ("new_configuration_accepted", "connected"),
        ("client_disconnect", "disconnected"),
        ("ttl_exceeded", "disconnected"),
        ("failed_to_connect", "errored"),
        ("failed_to_reconnect", "errored"),
        ({"current": {"state": "connected"}}, "connected"),
        ({"current": {"state": "Disconnected"}, "history": []}, "disconnected"),
        ({"current": {"state": "errored", "reason": "badRequest"}}, "errored"),
        ({"current": {"state": "clientDisconnect"}}, "disconnected"),
        ({"current": "connected"}, "connected"),
        ({"state": "connected"}, "connected"),
        ({"current": {}}, "unknown"),
        ({"current": {"state": 7}}, "unknown"),
        ("somethingNew", "unknown"),
        ("", "unknown"),
        (42, "unknown"),
        ([], "unknown"),
    ],
)
def test_ingest_status_of_every_shape(raw: Any, state: str) -> None:
    assert ingest_status(raw).state == state


def test_ingest_status_tells_reason_time_and_protocol() -> None:
    current = {
        "state": "disconnected",
        "reason": "clientDisconnect",
        "statusEnteredAt": "2026-10-06T11:43:41.855717910Z",
        "statusLastSeen": "2026-10-06T11:43:50Z",
        "ingestProtocol": "rtmp",
    }
    assert ingest_status({"current": current}) == IngestStatus(
        state="disconnected",
        reason="client_disconnect",
        since=datetime(2026, 10, 6, 11, 43, 41, 855717, UTC),
        protocol="rtmp",
    )


@pytest.mark.parametrize(
    ("status", "is_ready", "state"),
    [
        ({"state": "live-inprogress"}, True, "live"),
        ({"state": "live-inprogress"}, False, "live"),
        ({"state": "ready", "pctComplete": "39.000000"}, True, "ready"),
        ({"state": "ready"}, False, "processing"),
        ({"state": "inprogress"}, True, "ready"),
        ({"state": "inprogress"}, False, "processing"),
        ({"state": "queued"}, True, "processing"),
        ({"state": "not-found"}, True, "processing"),
        ({"state": "not-started"}, False, "processing"),
        ({"state": "error"}, True, "failed"),
        ({}, True, "processing"),
        (None, False, "processing"),
        ("ready", True, "ready"),
        (7, True, "processing"),
    ],
)
def test_video_state_of_every_shape(status: Any, is_ready: bool, state: str) -> None:
    read = video({"uid": "v1", "status": status, "readyToStream": is_ready})
    assert read is not None
    assert read.state == state


@pytest.mark.parametrize("name", ["errorReasonCode", "errReasonCode"])
def test_video_error_code_under_both_spellings(name: str) -> None:
    read = video({"uid": "v1", "status": {"state": "error", name: "ERR_MALFORMED_VIDEO"}})
    assert read is not None
    assert read.error_code == "ERR_MALFORMED_VIDEO"


@pytest.mark.parametrize(("raw", "seconds"), [(-1, None), (5.5, 5.5), (0, 0.0), ("5", None)])
def test_video_duration_is_none_when_unknown(raw: Any, seconds: float | None) -> None:
    read = video({"uid": "v1", "duration": raw})
    assert read is not None
    assert read.duration_seconds == seconds


@pytest.mark.parametrize(
    "raw", ["", "yesterday", None, 5, "2026-13-01T00:00:00Z", "9999-12-31T23:59:59-10:00"]
)
def test_moment_is_none_when_it_is_no_time(raw: Any) -> None:
    assert moment(raw) is None


@given(JSON)
def test_nothing_raises_on_any_json(raw: Any) -> None:
    ingest_status(raw)
    ingest_status({"current": raw})
    video(raw)
    video({"uid": "v1", "status": raw, "duration": raw, "created": raw, "liveInput": raw})
