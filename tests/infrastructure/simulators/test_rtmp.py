"""RTMP's wire: chunks and AMF0, also from peers that mean no good."""

import asyncio
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infrastructure.simulators.cloudflare import amf, flv, rtmp
from infrastructure.simulators.cloudflare.rtmp import Message, MessageReader, RtmpError


def chunk_reader(data: bytes) -> MessageReader:
    stream = asyncio.StreamReader()
    stream.feed_data(data)
    stream.feed_eof()
    return MessageReader(stream)


def head(form: int, channel: int, fields: bytes) -> bytes:
    return bytes([form << 6 | channel]) + fields


def full_header(timestamp: int, length: int, kind: int) -> bytes:
    return timestamp.to_bytes(3, "big") + length.to_bytes(3, "big") + bytes([kind]) + bytes(4)


@given(payload=st.binary(min_size=1, max_size=1000))
async def test_message_survives_its_chunks(payload: bytes) -> None:
    packed = rtmp.pack(rtmp.COMMAND, payload, stream=1)

    assert await chunk_reader(packed).next() == Message(rtmp.COMMAND, 1, 0, payload)


async def test_short_headers_continue_their_channel() -> None:
    data = (
        head(0, 6, full_header(1000, 1, rtmp.VIDEO)) + b"a"
        + head(1, 6, bytes([0, 0, 40]) + bytes([0, 0, 2, rtmp.VIDEO])) + b"bb"
        + head(2, 6, bytes([0, 0, 33])) + b"cc"
        + head(3, 6, b"") + b"dd"
    )  # fmt: skip
    reader = chunk_reader(data)

    messages = [await reader.next() for _ in range(4)]

    assert [one.timestamp for one in messages] == [1000, 1040, 1073, 1106]
    assert [one.payload for one in messages] == [b"a", b"bb", b"cc", b"dd"]


async def test_channels_may_interleave() -> None:
    first = b"v" * 200
    data = (
        head(0, 6, full_header(5, 200, rtmp.VIDEO)) + first[:128]
        + head(0, 4, full_header(7, 3, rtmp.AUDIO)) + b"aud"
        + head(3, 6, b"") + first[128:]
    )  # fmt: skip
    reader = chunk_reader(data)

    messages = [await reader.next(), await reader.next()]

    assert [(one.kind, one.payload) for one in messages] == [(8, b"aud"), (9, first)]


async def test_long_timestamps_are_read_with_every_chunk() -> None:
    moment = struct.pack(">I", 20_000_000)
    payload = b"x" * 130
    data = (
        head(0, 6, full_header(0xFFFFFF, 130, rtmp.VIDEO)) + moment + payload[:128]
        + head(3, 6, b"") + moment + payload[128:]
    )  # fmt: skip

    message = await chunk_reader(data).next()

    assert (message.timestamp, message.payload) == (20_000_000, payload)


async def test_chunk_size_and_far_channels_are_followed() -> None:
    resized = head(0, 2, full_header(0, 4, rtmp.SET_CHUNK_SIZE)) + struct.pack(">I", 4096)
    payload = b"y" * 1000
    far = bytes([0x00, 10]) + full_header(0, 1000, rtmp.VIDEO) + payload
    farther = bytes([0x01, 1, 1]) + full_header(0, 1000, rtmp.AUDIO) + payload
    reader = chunk_reader(resized + far + farther)

    assert [(await reader.next()).kind for _ in range(2)] == [rtmp.VIDEO, rtmp.AUDIO]


@pytest.mark.parametrize(
    "data",
    [
        head(0, 2, full_header(0, 4, rtmp.SET_CHUNK_SIZE)) + bytes(4),
        head(0, 2, full_header(0, 2, rtmp.SET_CHUNK_SIZE)) + b"\x01\x01",
        head(0, 6, bytes(3) + b"\xff\xff\xff" + bytes([rtmp.VIDEO]) + bytes(4)) + bytes(200),
    ],
    ids=["chunk size zero", "control cut off", "too large"],
)
async def test_nonsense_is_refused(data: bytes) -> None:
    with pytest.raises((RtmpError, asyncio.IncompleteReadError)):
        await chunk_reader(data).next()


def test_amf_values_survive() -> None:
    values = ["publish", 5.0, None, "key", True, {"app": "live", "n": 1.0}]

    assert amf.decode(amf.encode(*values)) == values


def test_amf_reads_what_encoders_send() -> None:
    array = b"\x08\x00\x00\x00\x01\x00\x05width\x00" + struct.pack(">d", 320) + b"\x00\x00\x09"
    strict = b"\x0a\x00\x00\x00\x02\x01\x01\x05"
    long_text = b"\x0c\x00\x00\x00\x02hi"
    date = b"\x0b" + struct.pack(">dh", 1.0, 0)

    assert amf.decode(array + strict + long_text + date) == [
        {"width": 320.0}, [True, None], "hi", 1.0
    ]  # fmt: skip


@given(data=st.binary(max_size=200))
def test_amf_reads_or_refuses_whatever_comes(data: bytes) -> None:
    try:
        amf.decode(data)
    except amf.AmfError:
        return


@pytest.mark.parametrize(
    ("payload", "codec"),
    [(b"\x17\x00", "h264"), (b"\x12\x00", "h263"), (b"\x1c\x00", "hevc"), (b"\x90hvc1", "hevc"),
     (b"\x90avc1", "h264"), (b"\x90av01", "av1")],
)  # fmt: skip
def test_video_codec_is_known_from_its_first_bytes(payload: bytes, codec: str) -> None:
    assert flv.video_codec(payload) == codec


@pytest.mark.parametrize(
    ("payload", "codec"), [(b"\xaf\x00", "aac"), (b"\x2f", "mp3"), (b"\x90Opus", "Opus")]
)
def test_audio_codec_is_known_from_its_first_bytes(payload: bytes, codec: str) -> None:
    assert flv.audio_codec(payload) == codec
