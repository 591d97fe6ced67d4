"""FLV tags around what RTMP brings, and which codecs they hold (Adobe, FLV and F4V 10.1, §E)."""

import struct

HEADER = b"FLV\x01\x05\x00\x00\x00\x09\x00\x00\x00\x00"
H264, AAC = "h264", "aac"
_VIDEO_CODECS = {2: "h263", 3: "screen", 4: "vp6", 5: "vp6a", 7: H264, 12: "hevc"}
_AUDIO_CODECS = {
    0: "pcm",
    1: "adpcm",
    2: "mp3",
    3: "pcm",
    7: "pcma",
    8: "pcmu",
    10: AAC,
    11: "speex",
}
_FOUR_CC = {"avc1": H264, "hvc1": "hevc", "av01": "av1", "vp09": "vp9", "mp4a": AAC}
_ENHANCED_AUDIO = 9
_PREFIX = b"\x02\x00\x0d@setDataFrame"


def tag(kind: int, timestamp: int, payload: bytes) -> bytes:
    """One tag with the size that follows it; `timestamp` in milliseconds."""
    moment = struct.pack(">I", timestamp & 0xFFFFFFFF)
    size = len(payload).to_bytes(3, "big")
    head = bytes([kind]) + size + moment[1:] + moment[:1] + bytes(3)
    return head + payload + struct.pack(">I", len(head) + len(payload))


def video_codec(payload: bytes) -> str:
    """Also reads Enhanced RTMP's form (veovera.org): a flag, then a four-character code."""
    if payload[0] & 0x80:
        return _named(payload)
    return _VIDEO_CODECS.get(payload[0] & 0x0F, "unknown")


def audio_codec(payload: bytes) -> str:
    number = payload[0] >> 4
    return _named(payload) if number == _ENHANCED_AUDIO else _AUDIO_CODECS.get(number, "unknown")


def is_keyframe(payload: bytes) -> bool:
    """Of H.264, the codec's own headers left out."""
    return len(payload) > 1 and payload[0] >> 4 == 1 and payload[1] == 1


def metadata(payload: bytes) -> bytes:
    """A data message as it stands in a file: without the word that tells a server to keep it."""
    return payload.removeprefix(_PREFIX)


def _named(payload: bytes) -> str:
    code = payload[1:5].decode("ascii", "replace")
    return _FOUR_CC.get(code, code)
