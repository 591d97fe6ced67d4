"""RTMP on the wire: handshake and chunks (Adobe's RTMP 1.0 specification, §5). No meaning."""

import asyncio
import os
import struct

import msgspec

SET_CHUNK_SIZE, ABORT, ACKNOWLEDGEMENT = 1, 2, 3
WINDOW_SIZE, PEER_BANDWIDTH = 5, 6
AUDIO, VIDEO, DATA, COMMAND = 8, 9, 18, 20
VERSION = 3
_HANDSHAKE = 1536
_EXTENDED = 0xFFFFFF
_LARGEST_MESSAGE = 8 * 1024 * 1024
_LARGEST_CHUNK = 0xFFFFFF
_HEADER_SIZES = {0: 11, 1: 7, 2: 3, 3: 0}


class RtmpError(Exception):
    """The peer does not speak RTMP as the specification has it."""


class Message(msgspec.Struct, frozen=True):
    """`timestamp` is in milliseconds, from a point of the sender's choosing."""

    kind: int
    stream: int
    timestamp: int
    payload: bytes


class _Channel(msgspec.Struct):
    timestamp: int = 0
    delta: int = 0
    length: int = 0
    kind: int = 0
    stream: int = 0
    extended: bool = False
    payload: bytearray = msgspec.field(default_factory=bytearray)


async def shake_hands(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """The simple handshake of §5.2. Raises `RtmpError` for a peer that speaks something else."""
    if (await reader.readexactly(1))[0] != VERSION:
        raise RtmpError("not RTMP version 3")
    theirs = await reader.readexactly(_HANDSHAKE)
    ours = bytes(8) + os.urandom(_HANDSHAKE - 8)
    writer.write(bytes([VERSION]) + ours + theirs)
    await writer.drain()
    await reader.readexactly(_HANDSHAKE)


class MessageReader:
    """Puts messages together from chunks. `received` counts bytes for acknowledgements."""

    def __init__(self, reader: asyncio.StreamReader) -> None:
        self._reader = reader
        self._channels: dict[int, _Channel] = {}
        self._chunk_size = 128
        self.received = 0

    async def next(self) -> Message:
        """The next message that is not about chunks themselves. Raises `RtmpError`, and
        `asyncio.IncompleteReadError` at the end."""
        while True:
            message = await self._message()
            if message.kind == SET_CHUNK_SIZE:
                self._resize(message.payload)
            elif message.kind == ABORT:
                self._channels.pop(_number(message.payload), None)
            else:
                return message

    async def _message(self) -> Message:
        while True:
            channel = await self._chunk()
            if len(channel.payload) == channel.length:
                payload, channel.payload = bytes(channel.payload), bytearray()
                return Message(channel.kind, channel.stream, channel.timestamp, payload)

    async def _chunk(self) -> _Channel:
        form, number = await self._basic_header()
        channel = self._channels.setdefault(number, _Channel())
        await self._message_header(form, channel)
        if channel.length > _LARGEST_MESSAGE:
            raise RtmpError("message too large")
        missing = channel.length - len(channel.payload)
        channel.payload += await self._read(min(self._chunk_size, missing))
        return channel

    async def _basic_header(self) -> tuple[int, int]:
        first = (await self._read(1))[0]
        form, number = first >> 6, first & 0x3F
        if number == 0:
            number = (await self._read(1))[0] + 64
        elif number == 1:
            low, high = await self._read(2)
            number = low + high * 256 + 64
        return form, number

    async def _message_header(self, form: int, channel: _Channel) -> None:
        raw = await self._read(_HEADER_SIZES[form])
        moment = int.from_bytes(raw[:3], "big") if raw else 0
        if form < 2:  # noqa: PLR2004 - §5.3.1.2: types 0 and 1 bring length and kind
            channel.length, channel.kind = int.from_bytes(raw[3:6], "big"), raw[6]
        if form == 0:
            channel.stream = int.from_bytes(raw[7:11], "little")
        if raw:
            channel.extended = moment == _EXTENDED
        if channel.extended:
            moment = _number(await self._read(4))
        self._advance(form, channel, moment)

    def _advance(self, form: int, channel: _Channel, moment: int) -> None:
        """A chunk without header goes on with a message, or starts one with the last delta."""
        if form == 0:
            channel.timestamp = channel.delta = moment
            return
        if form != 3:  # noqa: PLR2004 - §5.3.1.2: type 3 brings no header
            channel.delta = moment
        if not channel.payload:
            channel.timestamp = (channel.timestamp + channel.delta) & 0xFFFFFFFF

    def _resize(self, payload: bytes) -> None:
        size = _number(payload)
        if not 1 <= size <= _LARGEST_CHUNK:
            raise RtmpError("impossible chunk size")
        self._chunk_size = size

    async def _read(self, size: int) -> bytes:
        if not size:
            return b""
        data = await self._reader.readexactly(size)
        self.received += size
        return data


def pack(kind: int, payload: bytes, *, stream: int = 0) -> bytes:
    """One message in chunks of the initial size, 128 bytes, which every peer understands."""
    number = 2 if kind <= PEER_BANDWIDTH else 3
    header = struct.pack(">B3s3sB", number, bytes(3), len(payload).to_bytes(3, "big"), kind)
    head = header + stream.to_bytes(4, "little") + payload[:128]
    rest = (payload[at : at + 128] for at in range(128, len(payload), 128))
    return head + b"".join(bytes([0xC0 | number]) + chunk for chunk in rest)


def _number(payload: bytes) -> int:
    if len(payload) < 4:  # noqa: PLR2004 - four bytes, big-endian
        raise RtmpError("control message cut off")
    return int.from_bytes(payload[:4], "big")
