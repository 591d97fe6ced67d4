"""Live inputs as Cloudflare writes them: what we send, and what we take from an answer.

Their objects hold stream keys, and the WHIP URL is itself a secret: no repr here shows one.
"""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from application.ports import (
    IngestCredentials,
    LiveInput,
    ProviderUnavailable,
    RtmpsCredentials,
    SrtCredentials,
    WhipCredentials,
)

MARKER = "idempotency_key"
_HOST = re.compile(r"https?://([^/?#@]+)")
# What a PUT may carry (facts of POST and PUT alike); everything else in a reply is not ours.
_WRITABLE = (
    "meta",
    "enabled",
    "preferLowLatency",
    "deleteRecordingAfterDays",
    "defaultCreator",
    "recording",
)


class Recording(msgspec.Struct, frozen=True, kw_only=True):
    """How broadcasts are recorded; without a recording there is no HLS either.

    `timeout_seconds`: a longer gap in the feed begins another video. `signed`: playback asks for
    a token.
    """

    timeout_seconds: int
    signed: bool


class _Hidden(msgspec.Struct, frozen=True, kw_only=True):
    def __repr__(self) -> str:
        return f"{type(self).__name__}(…)"


class _Rtmps(_Hidden, frozen=True, kw_only=True, rename="camel"):
    url: str
    stream_key: str


class _Srt(_Hidden, frozen=True, kw_only=True, rename="camel"):
    url: str = ""
    stream_id: str = ""
    passphrase: str = ""


class _WebRtc(_Hidden, frozen=True, kw_only=True):
    url: str = ""


class _Playback(_Hidden, frozen=True, kw_only=True):
    hls: str | None = None


class _Input(_Hidden, frozen=True, kw_only=True, rename="camel"):
    uid: str
    rtmps: _Rtmps
    srt: _Srt | None = None
    web_rtc: _WebRtc | None = msgspec.field(name="webRTC", default=None)
    web_rtc_playback: _WebRtc | None = msgspec.field(name="webRTCPlayback", default=None)
    playback: _Playback | None = None


class _Listed(msgspec.Struct, frozen=True, kw_only=True):
    uid: str
    meta: Any = None
    created: str = ""


class _Listing(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    live_inputs: list[_Listed] = []
    total: int | None = None


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """`uid` of the input that carries a marker. `complete`: no input went unseen."""

    uid: str | None
    complete: bool


def creation(
    meta: Mapping[str, str], idempotency_key: str, *, low_latency: bool, recording: Recording
) -> dict[str, Any]:
    """The body that makes an input, marked so that it can be found again."""
    return {
        "meta": {**meta, MARKER: idempotency_key},
        "enabled": True,
        "preferLowLatency": low_latency,
        "recording": {
            "mode": "automatic",
            "timeoutSeconds": recording.timeout_seconds,
            "requireSignedURLs": recording.signed,
        },
    }


def updated(current: Mapping[str, Any], *, enabled: bool) -> dict[str, Any]:
    """A whole body, as it stands, with one change: whether a PUT merges is not documented."""
    kept = {name: current[name] for name in _WRITABLE if name in current}
    return {**kept, "enabled": enabled}


def live_input(result: bytes) -> LiveInput:
    """Raises `ProviderUnavailable` for an answer without credentials or playback host."""
    parsed = _parsed(result)
    return LiveInput(
        uid=parsed.uid, credentials=_credentials(parsed), customer_host=_customer_host(parsed)
    )


def credentials(result: bytes) -> IngestCredentials:
    """Raises `ProviderUnavailable` for an answer without credentials."""
    return _credentials(_parsed(result))


def find(result: bytes, idempotency_key: str) -> Found:
    """Which listed input was made for that key: the first made, should there be several."""
    try:
        listing = msgspec.json.decode(result, type=_Listing)
    except msgspec.MsgspecError:
        raise ProviderUnavailable("Cloudflare's list of live inputs could not be read") from None
    marked = [each for each in listing.live_inputs if _marker(each.meta) == idempotency_key]
    first = min(marked, key=lambda each: (each.created, each.uid), default=None)
    return Found(
        uid=first.uid if first else None,
        complete=listing.total is None or listing.total <= len(listing.live_inputs),
    )


def _marker(meta: Any) -> Any:
    return meta.get(MARKER) if isinstance(meta, Mapping) else None


def _parsed(result: bytes) -> _Input:
    try:
        return msgspec.json.decode(result, type=_Input)
    except msgspec.MsgspecError:  # `from None`: its frames hold the answer
        raise ProviderUnavailable("Cloudflare's live input could not be read") from None


def _credentials(parsed: _Input) -> IngestCredentials:
    srt, web_rtc = parsed.srt or _Srt(), parsed.web_rtc or _WebRtc()
    return IngestCredentials(
        rtmps=RtmpsCredentials(url=parsed.rtmps.url, stream_key=parsed.rtmps.stream_key),
        srt=SrtCredentials(url=srt.url, stream_id=srt.stream_id, passphrase=srt.passphrase),
        whip=WhipCredentials(url=web_rtc.url),
    )


def _customer_host(parsed: _Input) -> str:
    """customer-<CODE>.cloudflarestream.com: no field gives it, every playback address has it."""
    addresses = (
        parsed.playback.hls if parsed.playback else None,
        parsed.web_rtc_playback.url if parsed.web_rtc_playback else None,
        parsed.web_rtc.url if parsed.web_rtc else None,
    )
    for address in addresses:
        host = _HOST.match(address or "")
        if host:
            return host[1]
    raise ProviderUnavailable("Cloudflare's live input names no playback address")
