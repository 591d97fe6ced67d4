"""The conversation before a feed, word for word as OBS leads it, and what ends it."""

import asyncio
import contextlib
import struct
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from infrastructure.simulators.cloudflare import amf, rtmp
from infrastructure.simulators.cloudflare.rtmp import MessageReader
from infrastructure.simulators.serving import Simulators

HELLO = b"\x03" + bytes(1536)
FOUR_CCS = b"\x00\x0afourCcList\x0a\x00\x00\x00\x01\x02\x00\x04hvc1"


class Obs:
    """Sends commands, keeps the answers."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self._messages = MessageReader(reader)

    def command(self, *values: Any, stream: int = 0) -> None:
        self.send(rtmp.COMMAND, amf.encode(*values), stream=stream)

    def send(self, kind: int, payload: bytes, *, stream: int = 0) -> None:
        self._writer.write(rtmp.pack(kind, payload, stream=stream))

    def connect(self, app: str) -> None:
        """With what Enhanced RTMP adds to the object."""
        whole = amf.encode("connect", 1, {"app": app, "type": "nonprivate"})
        self.send(rtmp.COMMAND, whole[:-3] + FOUR_CCS + whole[-3:])

    async def answer(self) -> list[Any]:
        async with asyncio.timeout(5):
            while (message := await self._messages.next()).kind != rtmp.COMMAND:
                pass
        return amf.decode(message.payload)

    async def ended(self) -> bool:
        try:
            await self.answer()
        except (asyncio.IncompleteReadError, ConnectionError):
            return True
        return False


@contextlib.asynccontextmanager
async def obs(simulators: Simulators) -> AsyncIterator[Obs]:
    place = urlsplit(simulators.rtmp_url)
    reader, writer = await asyncio.open_connection(place.hostname, place.port)
    writer.write(HELLO)
    await reader.readexactly(1 + 1536 + 1536)
    writer.write(bytes(1536))
    try:
        yield Obs(reader, writer)
    finally:
        writer.close()


@pytest.fixture
async def stream_key(api: httpx.AsyncClient) -> str:
    made = await api.post("/live_inputs", json={"recording": {"mode": "automatic"}})
    return str(made.json()["result"]["rtmps"]["streamKey"])


async def test_encoder_is_led_to_publishing(simulators: Simulators, stream_key: str) -> None:
    async with obs(simulators) as encoder:
        encoder.connect("live/")
        connected = await encoder.answer()
        encoder.send(rtmp.SET_CHUNK_SIZE, struct.pack(">I", 128))
        encoder.command("releaseStream", 2, None, stream_key)
        encoder.command("FCPublish", 3, None, stream_key)
        encoder.command("createStream", 4, None)
        created = await encoder.answer()
        encoder.command("_checkbw", 5, None)
        encoder.command("publish", 6, None, stream_key, "live", stream=1)
        publishing = await encoder.answer()

    assert connected[:2] == ["_result", 1]
    assert connected[3]["code"] == "NetConnection.Connect.Success"
    assert created == ["_result", 4, None, 1]
    assert publishing[0] == "onStatus"
    assert publishing[3]["code"] == "NetStream.Publish.Start"


async def test_publishing_alone_is_not_yet_a_broadcast(
    simulators: Simulators, api: httpx.AsyncClient, stream_key: str
) -> None:
    async with obs(simulators) as encoder:
        encoder.connect("live")
        await encoder.answer()
        encoder.command("publish", 6, None, stream_key, "live", stream=1)
        await encoder.answer()

        listed = (await api.get("/live_inputs")).json()["result"]["liveInputs"]
        shown = (await api.get(f"/live_inputs/{listed[0]['uid']}")).json()["result"]
        assert shown["status"] is None


async def test_unknown_application_is_refused(simulators: Simulators) -> None:
    async with obs(simulators) as encoder:
        encoder.connect("vod")

        answer = await encoder.answer()

        assert answer[0] == "_error"
        assert answer[3]["code"] == "NetConnection.Connect.Rejected"
        assert await encoder.ended()


async def test_unknown_key_is_told_and_hung_up_on(simulators: Simulators) -> None:
    async with obs(simulators) as encoder:
        encoder.connect("live")
        await encoder.answer()
        encoder.command("publish", 6, None, "unknown", "live", stream=1)

        answer = await encoder.answer()

        assert (answer[3]["level"], answer[3]["code"]) == ("error", "NetStream.Publish.BadName")
        assert await encoder.ended()


async def test_playing_is_refused(simulators: Simulators, stream_key: str) -> None:
    async with obs(simulators) as encoder:
        encoder.connect("live")
        await encoder.answer()
        encoder.command("play", 6, None, stream_key, stream=1)

        assert (await encoder.answer())[3]["code"] == "NetStream.Play.Failed"
        assert await encoder.ended()


async def test_second_stream_on_a_connection_ends_it(
    simulators: Simulators, stream_key: str
) -> None:
    async with obs(simulators) as encoder:
        encoder.connect("live")
        await encoder.answer()
        encoder.command("publish", 6, None, stream_key, "live", stream=1)
        await encoder.answer()
        encoder.command("publish", 7, None, stream_key, "live", stream=1)

        assert await encoder.ended()


@pytest.mark.parametrize(
    "garbage", [b"\x04", b"\x02\x00\xff", b"\x11\x00\x00", b"\x0a\xff\xff\xff\xff"]
)
async def test_garbage_ends_the_connection(simulators: Simulators, garbage: bytes) -> None:
    async with obs(simulators) as encoder:
        encoder.send(rtmp.COMMAND, garbage)

        assert await encoder.ended()
