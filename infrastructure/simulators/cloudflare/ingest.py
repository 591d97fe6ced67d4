"""The RTMP port: lets encoders in by their stream key and turns their feed into a broadcast."""

import asyncio
import contextlib
import struct
from typing import Any

from infrastructure.simulators.cloudflare import amf, flv, rtmp
from infrastructure.simulators.cloudflare.broadcasts import FeedError
from infrastructure.simulators.cloudflare.rtmp import Message, MessageReader, RtmpError
from infrastructure.simulators.cloudflare.segmenter import Segmenter
from infrastructure.simulators.cloudflare.simulator import CloudflareSimulator
from infrastructure.simulators.cloudflare.state import LiveInputRecord, VideoRecord

_APPLICATION = "live"
_WINDOW = 2_500_000
_SETUP_SECONDS = 10
_GOODBYE_SECONDS = 4
_MOST_PENDING = 2000
_LONGEST_GOP_MS = 10_000
_NO_VIDEO_MS = 10_000
_STREAM = 1


class IngestServer:
    """One port for all inputs; the stream key tells them apart."""

    def __init__(self, simulator: CloudflareSimulator) -> None:
        self._simulator = simulator
        self._server: asyncio.Server | None = None
        self._connections: dict[asyncio.Task[None], Connection] = {}

    async def start(self, host: str, port: int) -> int:
        """The port listened on. Raises OSError when it is taken."""
        self._server = await asyncio.start_server(self._serve, host, port)
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Broadcasts that run are not reported as ended: the next start does."""
        if self._server is not None:
            self._server.close()
        for connection in self._connections.values():
            connection.abandon()
        if self._connections:
            await asyncio.wait(tuple(self._connections), timeout=_GOODBYE_SECONDS)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = Connection(self._simulator, reader, writer)
        task = asyncio.create_task(connection.run())
        self._connections[task] = connection
        task.add_done_callback(self._connections.pop)


class Connection:
    """An encoder, from its handshake to its end. It is the `Feed` of its broadcast."""

    def __init__(
        self,
        simulator: CloudflareSimulator,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self._simulator = simulator
        self._raw = reader
        self._writer = writer
        self._reader = MessageReader(reader)
        self._acknowledged = 0
        self._record: LiveInputRecord | None = None
        self._publication: Publication | None = None

    def cut(self) -> None:
        self._writer.transport.abort()

    def abandon(self) -> None:
        """Cuts the feed without a word about it."""
        self._record = None
        self.cut()

    async def run(self) -> None:
        try:
            await self._listen()
            await self._leave()
        finally:
            self.cut()

    async def _listen(self) -> None:
        try:
            async with asyncio.timeout(_SETUP_SECONDS):
                await rtmp.shake_hands(self._raw, self._writer)
            await self._converse()
        except (OSError, EOFError, TimeoutError, RtmpError, amf.AmfError):
            pass  # gone or no encoder: either way the feed is over

    async def _leave(self) -> None:
        if self._publication is not None:
            await self._publication.close()
        if self._record is not None:
            self._simulator.broadcasts.lost(self._record.uid, self)
        self._writer.close()
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(_GOODBYE_SECONDS):
                await self._writer.wait_closed()

    async def _converse(self) -> None:
        while True:
            silence: float = _SETUP_SECONDS
            if self._publication is not None:
                silence = self._simulator.config.feed_silence
            async with asyncio.timeout(silence):
                message = await self._reader.next()
            await self._take(message)
            self._acknowledge()

    async def _take(self, message: Message) -> None:
        if message.kind == rtmp.COMMAND:
            await self._command(amf.decode(message.payload))
        elif self._publication is not None and message.kind in {rtmp.AUDIO, rtmp.VIDEO, rtmp.DATA}:
            await self._publication.take(message)

    async def _command(self, values: list[Any]) -> None:
        match values:
            case ["connect", number, {"app": app}, *_]:
                self._accept(number, str(app))
            case ["createStream", number, *_]:
                self._send("_result", number, None, _STREAM)
            case ["publish", _, _, str(key), *_]:
                self._publish(key)
            case ["FCUnpublish" | "deleteStream" | "closeStream", *_]:
                raise EOFError
            case ["play", *_]:
                self._status("error", "NetStream.Play.Failed", "Playback is not simulated")
                raise EOFError
        await self._writer.drain()

    def _accept(self, number: float, app: str) -> None:
        if app.strip("/").partition("?")[0] != _APPLICATION:
            self._refuse_application(number)
            raise EOFError
        self._writer.write(rtmp.pack(rtmp.WINDOW_SIZE, struct.pack(">I", _WINDOW)))
        self._writer.write(rtmp.pack(rtmp.PEER_BANDWIDTH, struct.pack(">IB", _WINDOW, 2)))
        self._send(
            "_result",
            number,
            {"fmsVer": "FMS/3,0,1,123", "capabilities": 31},
            _information("status", "NetConnection.Connect.Success", "Connection succeeded"),
        )

    def _refuse_application(self, number: float) -> None:
        information = _information("error", "NetConnection.Connect.Rejected", "Unknown application")
        self._send("_error", number, None, information)

    def _publish(self, key: str) -> None:
        if self._publication is not None:
            raise RtmpError("a connection publishes one stream")
        record = self._simulator.state.input_with_key(key)
        if record is None or not record.enabled:
            self._status("error", "NetStream.Publish.BadName", "Stream key is not valid")
            raise EOFError
        if self._simulator.broadcasts.storage_exhausted:
            self._simulator.broadcasts.failed(record, FeedError(code="ERR_STORAGE_QUOTA_EXHAUSTED"))
            self._status("error", "NetStream.Publish.Denied", "Storage quota exhausted")
            raise EOFError
        self._record = record
        self._publication = Publication(self._simulator, record, self)
        self._status("status", "NetStream.Publish.Start", "Publishing")

    def _status(self, level: str, code: str, text: str) -> None:
        self._send("onStatus", 0, None, _information(level, code, text), stream=_STREAM)

    def _send(self, *values: Any, stream: int = 0) -> None:
        self._writer.write(rtmp.pack(rtmp.COMMAND, amf.encode(*values), stream=stream))

    def _acknowledge(self) -> None:
        """§5.4.3; some encoders stop sending without it."""
        if self._reader.received - self._acknowledged >= _WINDOW:
            self._acknowledged = self._reader.received
            total = struct.pack(">I", self._acknowledged & 0xFFFFFFFF)
            self._writer.write(rtmp.pack(rtmp.ACKNOWLEDGEMENT, total))


class Publication:
    """One feed. The broadcast starts with the first usable picture, since only then is it known
    that the feed can be used; what came before is kept until then."""

    def __init__(
        self, simulator: CloudflareSimulator, record: LiveInputRecord, connection: Connection
    ) -> None:
        self._simulator = simulator
        self._record = record
        self._connection = connection
        self._pending: list[bytes] = []
        self._segmenter: Segmenter | None = None
        self._started = False
        self._size: tuple[int, int] = (-1, -1)
        self._audio = ""
        self._last_keyframe: int | None = None

    async def take(self, message: Message) -> None:
        """Raises EOFError when the feed cannot go on."""
        if not message.payload:
            return
        payload = message.payload
        if message.kind == rtmp.DATA:
            payload = flv.metadata(payload)
            self._measure(payload)
        elif message.kind == rtmp.AUDIO:
            self._check_audio(payload)
        else:
            self._check_video(payload, message.timestamp)
        await self._store(message.kind, flv.tag(message.kind, message.timestamp, payload))
        if not self._started and message.timestamp > _NO_VIDEO_MS:
            self._fail("ERR_UNSUPPORTED_VIDEO_CODEC")

    async def close(self) -> None:
        if self._segmenter is not None:
            await self._segmenter.close()

    async def _store(self, kind: int, tag: bytes) -> None:
        if not self._started and kind == rtmp.VIDEO:
            await self._start()
        if self._segmenter is not None:
            await self._segmenter.write(tag)
        elif not self._started and len(self._pending) < _MOST_PENDING:
            self._pending.append(tag)

    async def _start(self) -> None:
        self._started = True
        video = self._simulator.broadcasts.connected(self._record, self._connection, "rtmp")
        if video is not None:
            self._segmenter = await self._segment(video)
            await self._segmenter.write(b"".join(self._pending))
        self._pending.clear()

    async def _segment(self, video: VideoRecord) -> Segmenter:
        folder = self._simulator.media.part(video.uid, video.parts)
        video.parts += 1
        video.width, video.height = self._size
        self._simulator.state.save_video(video)
        return await Segmenter.start(folder)

    def _measure(self, payload: bytes) -> None:
        match amf.decode(payload):
            case ["onMetaData", {"width": float(width), "height": float(height)}, *_]:
                self._size = (int(width), int(height))

    def _check_audio(self, payload: bytes) -> None:
        self._audio = flv.audio_codec(payload)
        if self._audio != flv.AAC:
            self._fail("ERR_UNSUPPORTED_AUDIO_CODEC", video=flv.H264 if self._started else "")

    def _check_video(self, payload: bytes, timestamp: int) -> None:
        codec = flv.video_codec(payload)
        if codec != flv.H264:
            self._fail("ERR_UNSUPPORTED_VIDEO_CODEC", video=codec)
        if self._simulator.config.strict_gop:
            self._check_keyframes(payload, timestamp)

    def _check_keyframes(self, payload: bytes, timestamp: int) -> None:
        if self._last_keyframe is None or flv.is_keyframe(payload):
            self._last_keyframe = timestamp
        if timestamp - self._last_keyframe > _LONGEST_GOP_MS:
            self._fail("ERR_GOP_OUT_OF_RANGE", video=flv.H264)

    def _fail(self, code: str, *, video: str = "") -> None:
        self._simulator.broadcasts.failed(
            self._record, FeedError(code=code, video_codec=video, audio_codec=self._audio)
        )
        raise EOFError


def _information(level: str, code: str, description: str) -> dict[str, str]:
    return {"level": level, "code": code, "description": description}
