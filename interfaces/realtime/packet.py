"""What goes to viewers as one frame, encoded once for all connections of a kind."""

from collections.abc import Sequence
from functools import cached_property

from websockets.frames import Frame, Opcode


class Packet:
    """One JSON object, or an array of several. `position` is where a feed stands after it; 0: it
    holds nothing durable."""

    def __init__(self, bodies: Sequence[bytes], position: int = 0) -> None:
        self.json = bodies[0] if len(bodies) == 1 else b"[" + b",".join(bodies) + b"]"
        self.count = len(bodies)
        self.position = position

    @cached_property
    def websocket(self) -> bytes:
        """RFC 6455 §5.2; a server does not mask."""
        return Frame(Opcode.TEXT, self.json).serialize(mask=False)

    @cached_property
    def server_sent(self) -> bytes:
        """https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream;
        our JSON has no line ends in it."""
        head = b"id: %d\n" % self.position if self.position else b""
        return b"%bdata: %b\n\n" % (head, self.json)
