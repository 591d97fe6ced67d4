"""One connection of a person's in a room."""

from domain.shared import Language
from infrastructure.tokens import Caller
from interfaces.realtime.packet import Packet
from interfaces.realtime.room_socket import Sink


class Member:
    """`language` is what it is answered in. `pinged_at` is the loop's time, 0 before the first.

    While what it said is being carried out it is `busy`: nothing more is read of it, not even a
    pong.
    """

    __slots__ = ("busy", "caller", "language", "pinged_at", "sink")

    def __init__(self, caller: Caller, language: Language, sink: Sink) -> None:
        self.caller = caller
        self.language = language
        self.sink = sink
        self.busy = False
        self.pinged_at = 0.0

    @property
    def user_id(self) -> str:
        return self.caller.user_id

    def tell(self, body: bytes) -> bool:
        """To this connection alone. False: too much waits already for its client to read."""
        return self.sink.push(Packet((body,)))
