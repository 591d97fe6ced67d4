"""Misbehaviour on demand: what the control API orders, and who consumes it."""

from typing import Annotated, Literal

import msgspec

Channel = Literal["live", "video"]
Times = Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
Seconds = Annotated[float, msgspec.Meta(ge=0, le=3600)]


class WebhookFault(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Befalls the next `times` webhooks of a channel.

    drop: never sent · duplicate: sent twice, `seconds` apart · delay: sent `seconds` late ·
    reorder: sent after the webhook that follows it · wrong_signature: signed with another secret.
    """

    channel: Channel
    effect: Literal["drop", "duplicate", "delay", "reorder", "wrong_signature"]
    times: Times = 1
    seconds: Seconds = 1.0


class ApiFault(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Befalls the next `times` API calls with this method whose path contains `path`.

    status: answered with `status` and nothing done · delay: answered `seconds` late ·
    timeout_after_success: done, but the answer does not come for `seconds`, then is a 504.
    """

    effect: Literal["status", "delay", "timeout_after_success"]
    method: str = ""
    path: str = ""
    status: Annotated[int, msgspec.Meta(ge=400, le=599)] = 500
    retry_after: int | None = None
    times: Times = 1
    seconds: Seconds = 60.0


class Faults:
    """The orders still open, oldest first."""

    def __init__(self) -> None:
        self.webhooks: list[WebhookFault] = []
        self.api: list[ApiFault] = []

    def clear(self) -> None:
        self.webhooks.clear()
        self.api.clear()

    def webhook(self, channel: Channel) -> WebhookFault | None:
        """The fault that befalls the next webhook of `channel`, consumed."""
        for fault in self.webhooks:
            if fault.channel == channel:
                fault.times -= 1
                if fault.times == 0:
                    self.webhooks.remove(fault)
                return fault
        return None

    def call(self, method: str, path: str) -> ApiFault | None:
        """The fault that befalls this API call, consumed."""
        for fault in self.api:
            if fault.method in {"", method} and fault.path in path:
                fault.times -= 1
                if fault.times == 0:
                    self.api.remove(fault)
                return fault
        return None
