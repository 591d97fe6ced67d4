"""What a viewer says to a room's server: ours, and Socket.IO's (Engine.IO 4, Socket.IO protocol 5).

Frames of a client are masked (RFC 6455 §5.3), here with zeros: that leaves the text as it is.
"""

import json
from typing import Literal

import msgspec

Speaks = Literal["live", "socketio"]
_PLAIN = 126  # lengths from here on have two more bytes
_TEXT, _PONG = 0x81, 0x8A
_FILLING = " and so much again as people write in a chat when they like what they see"


class Dialect(msgspec.Struct, frozen=True, kw_only=True):
    """`first` goes out once the connection stands, which `greeting` shows to be complete.
    `alive`, now and then, shows that the client is there. `acknowledged` stands in the answer to
    a message, where answers can be told from what else is heard."""

    first: bytes
    greeting: bytes
    alive: bytes
    sending: str
    acknowledged: bytes = b""

    def frame(self, reference: int, text: str) -> bytes:
        return text_frame((self.sending % (reference, text)).encode())


def text_frame(payload: bytes) -> bytes:
    """Of less than 64 KiB."""
    return _frame(_TEXT, payload)


def _frame(opcode: int, payload: bytes) -> bytes:
    length = len(payload)
    if length < _PLAIN:
        return bytes((opcode, 0x80 | length, 0, 0, 0, 0)) + payload
    return bytes((opcode, 0x80 | _PLAIN)) + length.to_bytes(2, "big") + bytes(4) + payload


def marker(run: str) -> str:
    """How the texts of one measurement begin: nobody counts another's."""
    return f"~{run}~"


def message(run: str, number: int) -> str:
    """`marker` and `number` in seven digits, about as long as what people write."""
    return f"{marker(run)}{number:07d}{_FILLING}"


def upgrade(path: str) -> bytes:
    """The opening handshake (RFC 6455 §4.1). The key is any 16 bytes."""
    return (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    ).encode()


DIALECTS: dict[Speaks, Dialect] = {
    "live": Dialect(
        first=b"",
        greeting=b'"welcome"',
        alive=_frame(_PONG, b""),  # one that nobody asked for (§5.5.3)
        acknowledged=b'"type":"ack"',
        sending=json.dumps({"type": "send", "ref": "%d", "text": "%s"}),
    ),
    "socketio": Dialect(
        first=text_frame(b"40"),  # into the main namespace
        greeting=b"40{",
        alive=text_frame(b"3"),  # a pong; it also puts off the server's next ping
        sending='42%d["send",{"text":"%s"}]',
    ),
}
