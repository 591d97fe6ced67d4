"""Composes the two kinds of webhooks. Owns their bodies, headers and who is subscribed."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec

from infrastructure.simulators.cloudflare.courier import Courier, Envelope
from infrastructure.simulators.cloudflare.shapes import Shapes
from infrastructure.simulators.cloudflare.state import (
    CloudflareState,
    DestinationRecord,
    PolicyRecord,
    VideoRecord,
    utc_now,
)

LIVE_ALERT = "stream_live_notifications"
_NOTIFICATION = "Stream Live Input"


def nanosecond_timestamp(nanoseconds: int) -> str:
    """RFC 3339 in UTC with nine digits, as `updated_at` of a notification has."""
    seconds, rest = divmod(nanoseconds, 1_000_000_000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:09d}Z"


class Webhooks:
    """Tells the subscribers what happened."""

    def __init__(self, state: CloudflareState, shapes: Shapes, courier: Courier) -> None:
        self._state = state
        self._shapes = shapes
        self._courier = courier

    def live(self, input_uid: str, event: str, error: dict[str, Any] | None = None) -> None:
        """`event` is connected, disconnected or errored; `error` goes with errored alone."""
        event_type = f"live_input.{event}"
        now = time.time_ns()
        data: dict[str, Any] = {
            "notification_name": _NOTIFICATION,
            "input_id": input_uid,
            "event_type": event_type,
            "updated_at": nanosecond_timestamp(now),
        }
        if error is not None:
            data["live_input_errored"] = error
        for policy, destination in self._subscribed(input_uid, event_type):
            self._notify(policy, destination, data)

    def video(self, record: VideoRecord) -> None:
        """The recording is ready, or failed for good."""
        target = self._state.stream_webhook.get("account")
        if target is None:
            return
        shape = self._shapes.video(record)
        if record.state == "error":
            shape["status"] = _failed_status(record)

        self._courier.post(
            Envelope(
                channel="video",
                url=target.url,
                about=record.uid,
                event=record.state,
                body=msgspec.json.encode(shape),
                secret=target.secret,
            )
        )

    def test(self, destination: DestinationRecord) -> None:
        """What "Save and Test" sends: a body with `text` alone."""
        body = msgspec.json.encode({"text": f"Hello World! This is a test of {destination.name}."})
        self._send(destination, "test", "", body, "")

    def _subscribed(
        self, input_uid: str, event_type: str
    ) -> list[tuple[PolicyRecord, DestinationRecord]]:
        pairs: list[tuple[PolicyRecord, DestinationRecord]] = []
        for policy in self._state.policies:
            wanted = policy.enabled and policy.alert_type == LIVE_ALERT
            if not wanted or not _passes(policy, input_uid, event_type):
                continue
            found = (self._state.destinations.get(one) for one in policy.destinations)
            pairs.extend((policy, one) for one in found if one is not None)
        return pairs

    def _notify(
        self, policy: PolicyRecord, destination: DestinationRecord, data: dict[str, Any]
    ) -> None:
        text = (
            f"Notification type: {_NOTIFICATION}\nInput ID: {data['input_id']}\n"
            f"Event type: {data['event_type']}\nUpdated at: {data['updated_at']}"
        )
        body = {"name": destination.name, "text": text, "data": data, "ts": int(time.time())}
        self._send(
            destination,
            data["event_type"],
            data["input_id"],
            msgspec.json.encode(body),
            policy.id,
        )

    def _send(
        self, destination: DestinationRecord, event: str, about: str, body: bytes, policy: str
    ) -> None:
        self._courier.post(
            Envelope(
                channel="live",
                url=destination.url,
                about=about,
                event=event,
                body=body,
                secret=destination.secret,
                report=self._reporter(destination),
                policy=policy,
                mechanism=destination.id,
            )
        )

    def _reporter(self, destination: DestinationRecord) -> Callable[[bool], None]:
        def report(arrived: bool) -> None:  # noqa: FBT001 - a callback
            if arrived:
                destination.last_success = utc_now()
            else:
                destination.last_failure = utc_now()
            if self._state.destinations.get(destination.id) is not None:
                self._state.destinations.save(destination.id, destination)

        return report


def _passes(policy: PolicyRecord, input_uid: str, event_type: str) -> bool:
    inputs = policy.filters.get("input_id") or [input_uid]
    events = policy.filters.get("event_type") or [event_type]
    return input_uid in inputs and event_type in events


def _failed_status(record: VideoRecord) -> dict[str, str]:
    """The webhook spells the error keys otherwise than the API does."""
    return {
        "state": "error",
        "step": "encoding",
        "pctComplete": "39",
        "errReasonCode": record.error_code,
        "errReasonText": record.error_text,
    }
