"""Turns records into the objects the API shows (facts: developers.cloudflare.com/stream)."""

from typing import Any, Literal

import msgspec

from infrastructure.simulators.cloudflare.state import (
    DestinationRecord,
    FeedStatus,
    LiveInputRecord,
    OutputRecord,
    PolicyRecord,
    SigningKeyRecord,
    StreamWebhookRecord,
    VideoRecord,
    utc_now,
)

_STATUS_WORDS = {
    "connected": "connected",
    "disconnected": "client_disconnect",
    "errored": "failed_to_connect",
}


StatusForm = Literal["object", "string"]


class Origins(msgspec.Struct, kw_only=True):
    """The addresses the account lives at. `rtmp` ends in /live/."""

    http: str = ""
    rtmp: str = ""


class Shapes:
    """`status_form` switches between the two forms `status` is met in."""

    def __init__(self, origins: Origins) -> None:
        self._origins = origins
        self.status_form: StatusForm = "object"

    def live_input(self, record: LiveInputRecord) -> dict[str, Any]:
        """With its secrets, as create, get, update and rotate answer."""
        shape = {
            **self.listed_input(record),
            "preferLowLatency": record.prefer_low_latency,
            "recording": msgspec.to_builtins(record.recording),
            "status": self._status(record.status),
            "playback": self._manifests(record.uid),
            **self._addresses(record),
        }
        if record.default_creator is not None:
            shape["defaultCreator"] = record.default_creator
        if record.keys_rotated_at is not None:
            shape["keysRotatedAt"] = record.keys_rotated_at
        return shape

    def listed_input(self, record: LiveInputRecord) -> dict[str, Any]:
        """What a list shows: neither secrets nor status."""
        return {
            "uid": record.uid,
            "created": record.created,
            "modified": record.modified,
            "meta": record.meta,
            "enabled": record.enabled,
            "deleteRecordingAfterDays": record.delete_recording_after_days,
        }

    def video(self, record: VideoRecord) -> dict[str, Any]:
        shape = {
            "uid": record.uid,
            "creator": record.creator,
            "thumbnail": f"{self._origins.http}/{record.uid}/thumbnails/thumbnail.jpg",
            "thumbnailTimestampPct": record.thumbnail_timestamp_pct,
            "readyToStream": record.state in {"ready", "live-inprogress"},
            "readyToStreamAt": record.ready_at,
            "status": _video_status(record),
            "meta": record.meta,
            "created": record.created,
            "modified": record.modified,
            "scheduledDeletion": record.scheduled_deletion,
            "size": record.size,
            "preview": f"{self._origins.http}/{record.uid}/watch",
            "allowedOrigins": record.allowed_origins,
            "requireSignedURLs": record.require_signed_urls,
            "uploaded": record.created,
            "uploadExpiry": None,
            "maxSizeBytes": None,
            "maxDurationSeconds": None,
            "duration": record.duration,
            "input": {"width": record.width, "height": record.height},
            "playback": self._manifests(record.uid),
            "watermark": None,
            "liveInput": record.input_uid,
            "clippedFrom": None,
        }
        if record.public_details:
            shape["publicDetails"] = record.public_details
        return shape

    def _manifests(self, uid: str) -> dict[str, str]:
        base = f"{self._origins.http}/{uid}/manifest/video"
        return {"hls": f"{base}.m3u8", "dash": f"{base}.mpd"}

    def _addresses(self, record: LiveInputRecord) -> dict[str, Any]:
        rtmp, secrets, http = self._origins.rtmp, record.secrets, self._origins.http
        srt = f"srt://{rtmp.removeprefix('rtmp://').partition(':')[0]}:778"
        return {
            "rtmps": {"url": rtmp, "streamKey": secrets.rtmps},
            "rtmpsPlayback": {"url": rtmp, "streamKey": secrets.rtmps_playback},
            "srt": {"url": srt, "streamId": record.uid, "passphrase": secrets.srt},
            "srtPlayback": {
                "url": srt,
                "streamId": f"play{record.uid}",
                "passphrase": secrets.srt_playback,
            },
            "webRTC": {"url": f"{http}/{secrets.whip}/webRTC/publish"},
            "webRTCPlayback": {"url": f"{http}/{record.uid}/webRTC/play"},
        }

    def _status(self, status: FeedStatus | None) -> Any:
        if status is None:
            return None
        if self.status_form == "string":
            return _STATUS_WORDS[status.state]
        shown = msgspec.to_builtins(status)
        if status.state == "connected":
            shown["statusLastSeen"] = utc_now()
        return {"current": shown}


def _video_status(record: VideoRecord) -> dict[str, str]:
    finished = record.state in {"ready", "live-inprogress"}
    return {
        "state": record.state,
        "pctComplete": "100.000000" if finished else "39.000000",
        "errorReasonCode": record.error_code,
        "errorReasonText": record.error_text,
    }


def output(record: OutputRecord) -> dict[str, Any]:
    return {
        "uid": record.uid,
        "url": record.url,
        "streamKey": record.stream_key,
        "enabled": record.enabled,
    }


def listed_key(record: SigningKeyRecord) -> dict[str, Any]:
    return {"id": record.id, "key_id": record.id, "created": record.created}


def stream_webhook(record: StreamWebhookRecord) -> dict[str, Any]:
    return {
        "notificationUrl": record.url,
        "notification_url": record.url,
        "modified": record.modified,
        "secret": record.secret,
    }


def destination(record: DestinationRecord) -> dict[str, Any]:
    """Without its secret, which no reply ever holds."""
    return {
        "id": record.id,
        "name": record.name,
        "type": "generic",
        "url": record.url,
        "created_at": record.created_at,
        "last_success": record.last_success,
        "last_failure": record.last_failure,
    }


def policy(record: PolicyRecord) -> dict[str, Any]:
    return {
        "id": record.id,
        "name": record.name,
        "description": record.description,
        "alert_type": record.alert_type,
        "enabled": record.enabled,
        "mechanisms": {"webhooks": [{"id": one} for one in record.destinations]},
        "filters": record.filters,
        "created": record.created,
        "modified": record.modified,
    }
