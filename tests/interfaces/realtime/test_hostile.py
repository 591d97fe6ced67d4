"""Whatever a client sends, it alone bears the consequences, and nothing is logged as our fault."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.interfaces.realtime.test_room import shown
from tests.support.http import BASE, Api
from tests.support.room_client import in_room

pytestmark = [pytest.mark.services, pytest.mark.asyncio(loop_scope="module")]

_KEY = "dGhlIHNhbXBsZSBub25jZQ=="
_TEXT, _BINARY, _PING, _CONT = 0x1, 0x2, 0x9, 0x0


def frame(opcode: int, payload: bytes = b"", *, fin: bool = True) -> bytes:
    """A client's frame (RFC 6455 §5.2), masked with zeros."""
    head = bytes([opcode | (0x80 if fin else 0)])
    if len(payload) < 126:
        head += bytes([0x80 | len(payload)])
    elif len(payload) < 1 << 16:
        head += bytes([0x80 | 126]) + struct.pack("!H", len(payload))
    else:
        head += bytes([0x80 | 127]) + struct.pack("!Q", len(payload))
    return head + bytes(4) + payload


class RawClient:
    """A WebSocket by hand, for what no library sends."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def send(self, *frames: bytes) -> None:
        """As much of it as the server takes."""
        try:
            for one in frames:
                self.writer.write(one)
                await self.writer.drain()
        except ConnectionError:
            pass

    async def frames(self) -> AsyncIterator[tuple[int, bytes]]:
        """Opcode and payload of the server's frames, which are not masked, to the end."""
        try:
            while True:
                first, size = await self.reader.readexactly(2)
                if size == 126:
                    (size,) = struct.unpack("!H", await self.reader.readexactly(2))
                yield first & 0x0F, await self.reader.readexactly(size)
        except (asyncio.IncompleteReadError, ConnectionError):
            return

    async def close_code(self) -> int | None:
        async with asyncio.timeout(10):
            async for opcode, payload in self.frames():
                if opcode == 0x8:
                    code: int = struct.unpack("!H", payload[:2])[0]
                    return code
        return None

    async def text(self) -> str:
        """The next one."""
        async with asyncio.timeout(10):
            async for opcode, payload in self.frames():
                if opcode == _TEXT:
                    return payload.decode()
        raise EOFError


@asynccontextmanager
async def raw(api: Api, stream_id: str, token: str) -> AsyncIterator[RawClient]:
    """Its kernel takes no more than a few KB for it, so that not reading shows soon."""
    host, port = api.url.removeprefix("http://").split(":")
    own = socket.socket()
    own.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    own.setblocking(False)
    await asyncio.get_running_loop().sock_connect(own, (host, int(port)))
    reader, writer = await asyncio.open_connection(sock=own, limit=4096)
    writer.write(
        f"GET {BASE}/streams/{stream_id}/room?token={token} HTTP/1.1\r\nHost: {host}:{port}\r\n"
        f"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: {_KEY}\r\n"
        f"Sec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    await reader.readuntil(b"\r\n\r\n")
    try:
        yield RawClient(reader, writer)
    finally:
        writer.close()


DEEP = b'{"type":"send","ref":' + b"[" * 8000 + b"]" * 8000 + b"}"


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (b"{", "malformed_frame"),
        (b"null", "malformed_frame"),
        (b"[]", "malformed_frame"),
        (b'"send"', "malformed_frame"),
        (b"{}", "malformed_frame"),
        (DEEP, "malformed_frame"),
        (b'{"type":"send","text":"no ref"}', "malformed_frame"),
        (b'{"type":"send","ref":1,"text":"x"}', "malformed_frame"),
        (b'{"type":"send","ref":"","text":"x"}', "malformed_frame"),
        (b'{"type":"send","ref":"1","text":"\\ud800"}', "malformed_frame"),
        (b'{"type":"send","ref":"1","text":["x"]}', "malformed_frame"),
        (b'{"type":"send","ref":"1","text":"x","user_id":"somebody"}', "malformed_frame"),
        (b'{"type":"react","kind":"like","count":1e400}', "malformed_frame"),
        (b'{"type":"react","kind":"like","count":51}', "malformed_frame"),
        (b'{"type":"react","kind":"like","count":-1}', "malformed_frame"),
        (b'{"type":"react","kind":"spit"}', "malformed_frame"),
        (b'{"type":"mute","user_id":"x","seconds":99999999999999999999999}', "malformed_frame"),
        (b'{"type":"sudo","ref":"1"}', "unknown_message_type"),
        (b'{"type":"send","ref":"1","text":""}', "text_empty"),
        (b'{"type":"send","ref":"1","text":"\\u200b\\u200b"}', "text_empty"),
        (b'{"type":"ban","user_id":"somebody"}', "malformed_frame"),
        (b'{"type":"ban","user_id":"019a1c0e-7c1f-7b5e-9d3a-2f4b6c8d0e1f"}', "forbidden"),
    ],
)
async def test_what_makes_no_sense_is_answered_and_the_connection_stays(
    api: Api, sent: bytes, code: str
) -> None:
    stream_id, _ = await shown(api)
    async with in_room(api, stream_id, await api.token("Lin Mei")) as (client, _):
        await client.socket.send_str(sent.decode())
        assert (await client.until("error"))["code"] == code
        await client.told()


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        pytest.param([frame(_BINARY, b"\x00\x01")], 1003, id="binary"),
        pytest.param([frame(_TEXT, b'{"type":"\xff\xfe"}')], 1007, id="not UTF-8"),
        pytest.param([frame(_TEXT, b" " * 10_000_000)], 1009, id="10 MB"),
        pytest.param(
            [frame(_TEXT, b"{", fin=False), *[frame(_CONT, fin=False)] * 500], 1009, id="fragments"
        ),
        pytest.param(
            [frame(_TEXT, b" " * 9000, fin=False), frame(_CONT, b" " * 9000)], 1009, id="in parts"
        ),
        pytest.param([frame(_TEXT, b'{"type":"ping"}') * 10_000], 4029, id="a flood"),
        pytest.param([frame(_TEXT, b"") * 20_000], 4029, id="a flood of nothing"),
        pytest.param([frame(_PING) * 20_000], 4029, id="a flood of pings"),
        pytest.param([frame(0x3, b"x")], 1002, id="no such opcode"),
        pytest.param([b"\x81\x02{}"], 1002, id="not masked"),
        pytest.param([frame(_PING, b"x" * 126)], 1002, id="a ping too long"),
    ],
)
async def test_what_breaks_the_protocol_ends_the_connection_with_a_code_of_its_own(
    api: Api, sent: list[bytes], code: int, caplog: pytest.LogCaptureFixture
) -> None:
    stream_id, host = await shown(api)
    async with (
        in_room(api, stream_id, host) as (neighbour, _),
        raw(api, stream_id, await api.token("Lin Mei")) as client,
    ):
        await client.text()
        sending = asyncio.create_task(client.send(*sent))
        assert await client.close_code() == code
        await sending
        await neighbour.say("still here")
        await neighbour.until("message", text="still here")
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


async def test_nonsense_without_end_ends_the_connection(api: Api) -> None:
    stream_id, host = await shown(api)
    async with in_room(api, stream_id, host) as (client, _):
        for _ in range(21):
            await client.socket.send_str("{")
        assert await client.close_code() == 4400


async def test_who_says_too_much_is_told_first(api: Api) -> None:
    stream_id, host = await shown(api)
    async with in_room(api, stream_id, host) as (client, _):
        for _ in range(50):
            await client.send("ping")
        error = await client.until("error")
        assert error["code"] == "rate_limited"
        assert error["retry_after"] == 1


async def test_a_connection_that_goes_away_without_a_word_leaves_nothing_behind(api: Api) -> None:
    stream_id, host = await shown(api)
    async with in_room(api, stream_id, host) as (client, _):
        async with raw(api, stream_id, await api.token("Lin Mei")) as gone:
            await gone.text()
            gone.writer.transport.abort()
        async with raw(api, stream_id, await api.token("Lin Mei")) as half:
            await half.text()
            half.writer.write_eof()
        await client.say("still here")
        await client.until("message", text="still here")
        (room,) = [room for room in api.hub.rooms if room.stream_id == stream_id]
        assert len(room.members) == 1


async def test_other_paths_are_refused_in_the_handshake(
    api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    host, port = api.url.removeprefix("http://").split(":")
    for path in ("/", f"{BASE}/streams/x/room", f"{BASE}/streams/../room", f"{BASE}/events"):
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(
            f"GET {path} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {_KEY}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        assert (await reader.readline()).startswith(b"HTTP/1.1 404")
        await reader.read()
        writer.close()
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


async def test_an_address_that_is_not_ascii_is_a_bad_request(
    api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    host, port = api.url.removeprefix("http://").split(":")
    for path in (b"/\xff", b"/api/v1/streams/x/room?token=\xe4\xbd\xa0"):
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(
            b"GET " + path + b" HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
            b"Connection: Upgrade\r\nSec-WebSocket-Key: " + _KEY.encode() + b"\r\n"
            b"Sec-WebSocket-Version: 13\r\n\r\n"
        )
        assert (await reader.readline()).startswith(b"HTTP/1.1 400")
        writer.close()
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []
