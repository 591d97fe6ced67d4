"""Translates the provider's videos into what a show is told of its recordings."""

from collections.abc import Sequence

from application.ports import Video, VideoState
from domain.streaming.values import RecordingReport, RecordingStatus

_STATUSES: dict[VideoState, RecordingStatus] = {
    "live": "recording",
    "processing": "recording",
    "ready": "ready",
    "failed": "failed",
}


def reports(videos: Sequence[Video]) -> tuple[RecordingReport, ...]:
    """In the order of `videos`, the oldest first."""
    return tuple(
        RecordingReport(
            recording_id=video.uid,
            status=_STATUSES[video.state],
            created_at=video.created_at,
            duration_seconds=video.duration_seconds,
            provider_code=video.error_code,
        )
        for video in videos
    )


def settled(videos: Sequence[Video]) -> bool:
    """Whether nothing more is to be expected of any of them."""
    return all(video.state in {"ready", "failed"} for video in videos)
