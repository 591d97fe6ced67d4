"""A viewer's WebSocket: uvicorn's own protocol, written to without a detour through ASGI.

What goes to a whole room is one `bytes` object handed to every transport. Reading, the opening
handshake and the application's task stay uvicorn's.
"""

import socket
from http import HTTPStatus
from typing import Any, Protocol, cast

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import OPEN

from interfaces.realtime.packet import Packet

EXTENSION = "live.room_socket"  # where the application finds the socket in its scope

TOO_MANY_FRAMES = 4029
_BAD_TEXT = 1007
_TOO_BIG = 1009
_RESTART = 1012

_LINGER_SECONDS = 5.0  # for the close frame to arrive behind what is queued, and to be answered
_PIECE = 2048  # parsed at once: uvloop reads up to 256 KiB, which may be 40,000 empty frames
_MOST_UNREAD = 128
_MOST_FRAGMENTS = 64
_MOST_CONTROL_FRAMES = 20
_CONTROL_SECONDS = 1.0
# The kernel doubles it. Small, so that a client that does not read shows in our own buffer soon.
_KERNEL_BUFFER = 64 * 1024
_PING = Frame(Opcode.PING, b"").serialize(mask=False)


class Sink(Protocol):
    """Where a member's frames go. `heard_at` is the loop's time of the last sign of life,
    `limit` how many bytes may wait for the client to read them."""

    heard_at: float
    limit: int

    def push(self, packet: Packet) -> bool:
        """Queues a frame. False: more would wait than may; nothing was queued."""
        ...

    def ping(self) -> None: ...

    def end(self, code: int, reason: str) -> None:
        """Says why, behind what is queued, and closes. Repeating it changes nothing."""
        ...

    def abort(self) -> None: ...


class RoomSocket(WebSocketsSansIOProtocol):
    """`limit`: bytes that may wait for a client to read them. `ended`: nothing more is sent."""

    limit: int = 256 * 1024

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.heard_at = self.loop.time()
        self.ended = False
        self._control_frames = 0
        self._control_since = self.heard_at

    # Writing

    def push(self, packet: Packet) -> bool:
        if self.ended:
            return True
        frame = packet.websocket
        waiting = self.transport.get_write_buffer_size()
        if waiting and waiting + len(frame) > self.limit:
            return False
        self.transport.write(frame)
        return True

    def ping(self) -> None:
        if not self.ended:
            self.transport.write(_PING)

    def end(self, code: int, reason: str) -> None:
        if self.ended:
            return
        if self.conn.state is not OPEN:
            self.abort()
            return
        self.conn.send_close(code, reason)
        self._leave(code, reason)

    def abort(self) -> None:
        """Cuts the connection: nobody is there to be told anything."""
        self.ended = True
        self.transport.abort()

    def _leave(self, code: int, reason: str) -> None:
        """Sends what `conn` has for the peer, and reads on for a moment: were the socket closed
        with something unread in it, the peer's kernel would throw our last words away."""
        self.ended = self.close_sent = True
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        self.transport.write(b"".join(self.conn.data_to_send()))
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()
        self.close_timer = self.loop.call_later(_LINGER_SECONDS, self.transport.abort)

    # What uvicorn calls

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        kernel = transport.get_extra_info("socket")
        if kernel is not None:
            kernel.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _KERNEL_BUFFER)

    def connection_lost(self, exc: Exception | None) -> None:
        self.ended = True
        super().connection_lost(exc)

    def shutdown(self) -> None:
        if self.conn.state is OPEN:
            self.end(_RESTART, "restarting")
        else:
            super().shutdown()

    def data_received(self, data: bytes) -> None:
        self.heard_at = self.loop.time()
        for start in range(0, len(data), _PIECE):
            if self.close_sent:
                self._await_close(data[start:])
                return
            super().data_received(data[start : start + _PIECE])
            if self.queue.qsize() > _MOST_UNREAD:
                self.end(TOO_MANY_FRAMES, "too many frames")
        if self.conn.handshake_exc is not None and not self.handshake_initiated:
            self.transport.close()  # not even a request; uvicorn would leave it open for ever

    def _await_close(self, data: bytes) -> None:
        """After our close frame only the peer's matters; after a fault not even that."""
        if self.conn.parser_exc is None:
            self.conn.receive_data(data)
            closed = any(
                isinstance(event, Frame) and event.opcode is Opcode.CLOSE
                for event in self.conn.events_received()
            )
            if closed or self.conn.parser_exc is not None:
                self.transport.close()

    def handle_connect(self, event: Request) -> None:
        """uvicorn's raises for an address that is not ASCII, as RFC 9112 §3.2 wants it."""
        if not event.path.isascii():
            self.handshake_initiated = self.handshake_complete = self.close_sent = True
            self.conn.send_response(self.conn.reject(HTTPStatus.BAD_REQUEST, ""))
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.transport.close()
            return
        super().handle_connect(event)
        if not self.close_sent:
            cast("dict[str, Any]", self.scope["extensions"])[EXTENSION] = self

    def handle_cont(self, event: Frame) -> None:
        """Empty fragments count nothing against the size limit, so they are counted here."""
        if len(self.frames) >= _MOST_FRAGMENTS:
            self.end(_TOO_BIG, "too many fragments")
            return
        super().handle_cont(event)

    def handle_ping(self) -> None:
        self._count_control_frame()
        if not self.ended:
            super().handle_ping()

    def handle_pong(self, event: Frame) -> None:
        self._count_control_frame()

    def _count_control_frame(self) -> None:
        if self.heard_at - self._control_since > _CONTROL_SECONDS:
            self._control_since, self._control_frames = self.heard_at, 0
        self._control_frames += 1
        if self._control_frames > _MOST_CONTROL_FRAMES:
            self.end(TOO_MANY_FRAMES, "too many frames")

    def handle_close(self, event: Frame) -> None:
        self.ended = True
        super().handle_close(event)

    def handle_parser_exception(self) -> None:
        """Too big, or not a frame of a client's: `conn` has the close frame ready."""
        if self.ended:
            return
        close = self.conn.close_sent
        if close is None:
            self.abort()
        else:
            self._leave(close.code, close.reason)

    def send_receive_event_to_app(self) -> None:
        """uvicorn's own logs a traceback for text that is not UTF-8."""
        if self.curr_msg_data_type == "text" and not _is_utf8(self.frames):
            self.frames = []
            self.end(_BAD_TEXT, "not UTF-8")
            return
        super().send_receive_event_to_app()


def _is_utf8(parts: list[bytes]) -> bool:
    try:
        b"".join(parts).decode()
    except UnicodeDecodeError:
        return False
    return True
